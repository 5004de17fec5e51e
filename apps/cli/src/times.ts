import type { Clock } from "@lacre/core";
import { UsageError } from "./exit.js";

/**
 * The moment that `--at` names, in Unix seconds; undefined where it is not given.
 * @throws UsageError
 */
export function readMoment(text: string | undefined, clock: Clock): number | undefined {
  if (text === undefined) return undefined;
  if (text === "now") return Math.floor(clock.nowMs() / 1000);
  if (!/^[1-9]\d{9}$/.test(text))
    throw new UsageError('--at is no moment. Write Unix seconds, such as 1700000000, or "now".');
  return Number(text);
}

/**
 * What `--max-age` says, in seconds.
 * @throws UsageError
 */
export function readMaxAge(text = "300"): number {
  if (!/^[1-9]\d{0,4}$/.test(text))
    throw new UsageError("--max-age is no number of seconds. Write 1 to 99999.");
  return Number(text);
}
