import type { JSX } from "react";
import type { App } from "../../api/shapes.js";
import { Mark, type Tone } from "../../parts/mark.js";
import type apps from "../../words/en/apps.json";
import { useWords } from "../../words/use-words.js";
import styles from "./apps.module.css";

const TONES = {
  green: "whole",
  amber: "soon",
  red: "broken",
  none: "calm",
} as const satisfies Record<App["health"], Tone>;

/** How an app's keys are, and why: in words, with a sign, and in a colour. */
export function AppHealth({ app: { health, healthReasons } }: { app: App }): JSX.Element {
  const { t } = useWords();
  return (
    <span className={styles.health}>
      <Mark tone={TONES[health]}>{t(`apps.health.${health}`)}</Mark>
      {healthReasons.length > 0 && (
        <span className="faint">
          {healthReasons.map((why) => t(`apps.why.${why}` as keyof typeof apps)).join(", ")}
        </span>
      )}
    </span>
  );
}
