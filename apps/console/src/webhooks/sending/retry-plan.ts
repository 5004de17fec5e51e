const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long to wait after each try that failed: about three days in all. */
const WAITS = [
  5 * SECOND,
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
/** A `Retry-After` beyond is as if it were this. */
const LONGEST_MS = 24 * HOUR;
/** How much a wait may differ from the plan, either way, so that not everything is tried at once. */
const JITTER = 0.2;

/**
 * How long to wait for the next try; undefined: there is none.
 * @param tries how many there were
 * @param retryAfter what the last answer said of it, in seconds or as a date
 */
export function nextWaitMs(
  tries: number,
  retryAfter: string | undefined,
  nowMs: number,
  random = Math.random(),
): number | undefined {
  const planned = WAITS[tries - 1];
  if (planned === undefined) return undefined;
  const wait = planned * (1 - JITTER + 2 * JITTER * random);
  return Math.round(Math.max(wait, Math.min(askedMs(retryAfter, nowMs), LONGEST_MS)));
}

/** RFC 9110 section 10.2.3 */
function askedMs(retryAfter: string | undefined, nowMs: number): number {
  if (retryAfter === undefined) return 0;
  if (/^\d{1,10}$/.test(retryAfter)) return Number(retryAfter) * SECOND;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? 0 : Math.max(0, date - nowMs);
}
