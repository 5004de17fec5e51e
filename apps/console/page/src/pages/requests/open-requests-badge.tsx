import type { JSX } from "react";
import { useRead } from "../../api/use-api.js";
import { useWords } from "../../words/use-words.js";
import styles from "./open-requests-badge.module.css";

const MOST = 99;

/** How many requests wait for an answer. */
export function OpenRequestsBadge(): JSX.Element | null {
  const { t } = useWords();
  const query = { state: "open", limit: MOST + 1 };
  const open = useRead("GET /v1/requests", { query, everyMs: 60_000 });
  const n = open.data?.items.length ?? 0;
  if (n === 0) return null;
  return (
    <span className={styles.badge}>
      <span aria-hidden="true">{n > MOST ? `${MOST}+` : n}</span>
      <span className="visually-hidden">{t("requests.badge", { n })}</span>
    </span>
  );
}
