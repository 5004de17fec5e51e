import type { JSX } from "react";
import { useWords } from "../../words/use-words.js";
import styles from "./apps.module.css";

/** Scopes, or other short words, as they are written. */
export function ScopeList({
  scopes,
  most = Infinity,
  none,
}: {
  scopes: readonly string[];
  /** The rest is counted. */
  most?: number;
  none?: string;
}): JSX.Element {
  const { t } = useWords();
  const rest = scopes.slice(most);
  if (scopes.length === 0) return <span className="faint">{none ?? t("apps.scopes.none")}</span>;
  return (
    <span className={styles.scopes}>
      {scopes.slice(0, most).map((scope) => (
        <code key={scope}>{scope}</code>
      ))}
      {rest.length > 0 && <span title={rest.join("\n")}>+{rest.length}</span>}
    </span>
  );
}
