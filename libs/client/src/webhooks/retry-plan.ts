import { ConfigurationError } from "@lacre/core";

const DAY_SECONDS = 86_400;

/**
 * How long to wait after each attempt that failed, in seconds: a list, whose end is the end of the delivery, or a function
 * of the number of attempts, from 1 on, which ends it with undefined.
 */
export type RetryPlan = readonly number[] | ((attempts: number) => number | undefined);

/** The plan that Standard Webhooks recommends: nine retries in about three days. */
export const STANDARD_RETRY_PLAN: readonly number[] = [
  ...[5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, DAY_SECONDS],
];

/** How much a wait may differ from the plan, either way, so that not everything is sent at once. */
const JITTER = 0.2;
/** A `Retry-After` beyond is as if it were this. */
const LONGEST_MS = DAY_SECONDS * 1000;

/**
 * A plan that waits longer each time: `exponentialPlan({ retries: 8, firstSeconds: 10, factor: 4, mostSeconds: 86400 })`.
 */
export function exponentialPlan(terms: {
  readonly retries: number;
  readonly firstSeconds: number;
  /** 2 unless given. */
  readonly factor?: number;
  /** A day unless given. */
  readonly mostSeconds?: number;
}): readonly number[] {
  const { retries, firstSeconds, factor = 2, mostSeconds = DAY_SECONDS } = terms;
  return Array.from({ length: retries }, (_, i) =>
    Math.min(firstSeconds * factor ** i, mostSeconds),
  );
}

/** @throws ConfigurationError */
export function readRetryPlan(
  plan: RetryPlan,
  at: string,
): (attempts: number) => number | undefined {
  if (typeof plan === "function") return plan;
  const waits: readonly unknown[] = Array.isArray(plan) ? plan : [undefined];
  const isWait = (wait: unknown): wait is number =>
    typeof wait === "number" && wait >= 0 && wait <= 365 * DAY_SECONDS;
  if (waits.length <= 100 && waits.every(isWait)) return (attempts) => waits[attempts - 1];
  throw new ConfigurationError(
    at,
    "must be a list of at most 100 waits in seconds, or a function.",
    "Give [5, 300, 1800], for example.",
  );
}

/**
 * How long to wait for the next attempt; undefined: there is none.
 * @param plannedSeconds what the plan says
 * @param retryAfter what the last answer said of it, in seconds or as a date
 * @param nowMs the time, for such a date
 */
export function nextWaitMs(
  plannedSeconds: number | undefined,
  retryAfter: string | undefined,
  nowMs: number,
  random = Math.random(),
): number | undefined {
  if (plannedSeconds === undefined || !(plannedSeconds >= 0)) return undefined;
  const wait = plannedSeconds * 1000 * (1 - JITTER + 2 * JITTER * random);
  return Math.round(Math.max(wait, Math.min(askedMs(retryAfter, nowMs), LONGEST_MS)));
}

/** RFC 9110 section 10.2.3 */
function askedMs(retryAfter: string | undefined, nowMs: number): number {
  if (retryAfter === undefined) return 0;
  if (/^\d{1,10}$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? 0 : Math.max(0, date - nowMs);
}
