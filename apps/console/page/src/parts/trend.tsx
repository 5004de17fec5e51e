import type { JSX } from "react";
import { useWords } from "../words/use-words.js";
import styles from "./trend.module.css";

/** Whether refusals are more or fewer than before, as an arrow and in words. */
export function Trend({ now, before }: { now: number; before: number }): JSX.Element {
  const { t, percent, number } = useWords();
  const share = (now - before) / before;
  const [way, words] =
    before === 0
      ? ["up", t("home.trend.new")]
      : Math.abs(share) < 0.05
        ? ["same", t("home.trend.same")]
        : share >= 2
          ? ["up", t("home.trend.times", { n: number(Math.round(now / before)) })]
          : share > 0
            ? ["up", t("home.trend.up", { share: percent(share) })]
            : ["down", t("home.trend.down", { share: percent(-share) })];
  return (
    <span className={styles.trend} data-way={way}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        <path d={WAYS[way]} />
      </svg>
      {words}
    </span>
  );
}

const WAYS: Readonly<Record<string, string>> = {
  up: "M2 8 8 2M3.500 2H8v4.500",
  down: "M2 2l6 6M3.500 8H8V3.500",
  same: "M1.500 5h7",
};
