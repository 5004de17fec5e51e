import type { JSX } from "react";
import type { Key } from "../../api/shapes.js";
import { Mark, type Tone } from "../../parts/mark.js";
import { useWords } from "../../words/use-words.js";

export type KeyState = "live" | "acceptOnly" | "future" | "ended" | "revoked";

export function stateOf({ state, live, notBefore }: Key): KeyState {
  if (state === "revoked") return "revoked";
  if (live) return state === "accept-only" ? "acceptOnly" : "live";
  return new Date(notBefore).getTime() > Date.now() ? "future" : "ended";
}

/** Nothing brings it back. */
export const isOver = (key: Key): boolean => ["ended", "revoked"].includes(stateOf(key));

const TONES: Readonly<Record<KeyState, Tone>> = {
  ...{ live: "whole", acceptOnly: "soon", future: "calm", ended: "calm", revoked: "broken" },
};

export function KeyStateMark({ of }: { of: Key }): JSX.Element {
  const { t } = useWords();
  const state = stateOf(of);
  return <Mark tone={TONES[state]}>{t(`keys.state.${state}`)}</Mark>;
}
