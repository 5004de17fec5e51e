import type { JSX } from "react";
import { useWords } from "../words/use-words.js";
import { Seal } from "./seal.js";
import styles from "./splash.module.css";

/** While nothing is known yet. Seen only when that takes long. */
export function Splash({
  waiting = false,
}: {
  /** The console does not answer, and is asked again by itself. */
  waiting?: boolean;
}): JSX.Element {
  const { t } = useWords();
  return (
    <div
      className={styles.splash}
      role="status"
      {...(!waiting && { "aria-label": t("state.loading") })}
    >
      <Seal size={44} />
      {waiting && <p>{t("state.waiting")}</p>}
    </div>
  );
}
