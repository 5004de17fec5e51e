import type { JSX } from "react";
import type { SeriesPoint, VerdictRow } from "../../api/shapes.js";
import { useWords } from "../../words/use-words.js";
import styles from "./home.module.css";

/** The three numbers that somebody wants first. */
export function Totals({
  points,
  rows,
}: {
  points: readonly SeriesPoint[];
  rows: readonly VerdictRow[] | undefined;
}): JSX.Element {
  const { t, number, percent } = useWords();
  const accepted = points.reduce((sum, point) => sum + point.accepted, 0);
  const refused = points.reduce(
    (sum, point) => sum + Object.values(point.refused).reduce((all, count) => all + count, 0),
    0,
  );
  const before = rows?.reduce((sum, row) => sum + row.before, 0);
  const all = accepted + refused;
  return (
    <dl className={styles.totals}>
      <div data-tone="refused">
        <dt>{t("home.refused")}</dt>
        <dd>{number(refused)}</dd>
        {before ? (
          <dd className={styles.before}>{t("home.before", { number: number(before) })}</dd>
        ) : null}
      </div>
      <div data-tone="accepted">
        <dt>{t("home.accepted")}</dt>
        <dd>{number(accepted)}</dd>
      </div>
      <div>
        <dt>{t("home.share")}</dt>
        <dd>{all === 0 ? "–" : percent(refused / all)}</dd>
      </div>
    </dl>
  );
}
