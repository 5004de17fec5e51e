import type { JSX, ReactNode } from "react";
import styles from "./mark.module.css";

export type Tone = "whole" | "soon" | "broken" | "calm";

/** A word about how something stands: with a sign of its own for each tone, so that no colour is needed to tell them. */
export function Mark({ tone, children }: { tone: Tone; children: ReactNode }): JSX.Element {
  return (
    <span className={styles.mark} data-tone={tone}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        {SIGNS[tone]}
      </svg>
      {children}
    </span>
  );
}

const SIGNS: Readonly<Record<Tone, JSX.Element>> = {
  whole: <circle cx="5" cy="5" r="3.600" fill="currentColor" />,
  soon: <path d="M5 1.200 9.200 8.600H.8Z" fill="currentColor" />,
  broken: <path d="m2 2 6 6m0-6L2 8" stroke="currentColor" strokeWidth="2" fill="none" />,
  calm: <circle cx="5" cy="5" r="3.200" stroke="currentColor" strokeWidth="1.500" fill="none" />,
};
