import { randomUUID } from "node:crypto";
import type { ToldRefusal } from "./refusal-buffer.js";
import type { VerdictCount } from "./verdict-counts.js";

/** How much of each kind one batch holds at most. Together they are shorter than what the console takes, 1 MiB. */
export const MOST_COUNTS_TOLD = 1_000;
export const MOST_REFUSALS_TOLD = 500;
export const MOST_REFUSAL_BYTES = 400_000;

/** What is sent to the console at once, as often as it takes: under one id it counts once. */
export interface VerdictBatch {
  readonly bytes: Uint8Array;
  /** What is lost with it: verdicts of which the console then knows nothing. */
  readonly worth: number;
}

/** @param lost how much was lost before it: refusals that are counted and not told, and what is not even counted */
export function verdictBatch(
  counts: readonly VerdictCount[],
  refusals: readonly ToldRefusal[],
  lost: number,
): VerdictBatch {
  const text = JSON.stringify({ id: randomUUID(), lost, counts, refusals });
  return {
    bytes: Buffer.from(text),
    worth: counts.reduce((sum, { count }) => sum + count, lost),
  };
}
