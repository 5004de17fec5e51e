import { randomUUID } from "node:crypto";
import { LONGEST_NAME, told, type ToldRefusal } from "./refusal-buffer.js";
import type { VerdictCount } from "./verdict-counts.js";

/** How much of each kind one batch holds at most. Together they are shorter than what the console takes, 1 MiB. */
export const MOST_COUNTS_TOLD = 1_000;
export const MOST_REFUSALS_TOLD = 500;
export const MOST_REFUSAL_BYTES = 400_000;
/** More than this is told as if it were this. */
const MOST_LOST_TOLD = 1_000_000_000;

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
  const text = JSON.stringify({
    id: randomUUID(),
    lost: Math.min(lost, MOST_LOST_TOLD),
    counts: counts.map(toldCount),
    refusals,
  });
  return {
    bytes: Buffer.from(text),
    worth: counts.reduce((sum, { count }) => sum + count, lost),
  };
}

/** The names in it are what senders have written, where nobody has proven them. */
const toldCount = ({ appId, keyId, source, ...count }: VerdictCount): VerdictCount => ({
  appId: told(appId, LONGEST_NAME),
  keyId: told(keyId, LONGEST_NAME),
  source: told(source, LONGEST_NAME),
  ...count,
});
