import { Refusal } from "../errors.js";
import { after, type Maybe } from "../after.js";
import {
  progressOf,
  type Claimed,
  type Fresh,
  type Permitted,
  type Routed,
  type Timely,
} from "../flow.js";
import type { Claims } from "../scheme/claims.js";
import type { NonceClaim } from "./nonce-claim.js";
import { noteOfTime } from "./notes.js";
import { refusalOfRepeat } from "./refusal-of-repeat.js";
import { secondOf } from "../ports/clock.js";
import type { Window } from "../window.js";

const DAY_SECONDS = 86_400;

/**
 * Refuses a time that no window could hold, before any key is looked up. The window proper is judged after the
 * MAC and the content, so that the key's holder can be told the time.
 * @throws Refusal `timestamp-absurd`
 */
export function refuseAbsurdTime({ scheme, reading }: Claimed, nowMs: number): void {
  const { appId, timestampSeconds, presigned } = reading.claims;
  const aheadSeconds = timestampSeconds - secondOf(nowMs);
  if (aheadSeconds > DAY_SECONDS || -aheadSeconds - (presigned?.expiresSeconds ?? 0) > DAY_SECONDS)
    throw new Refusal("timestamp-absurd", "more than a day away", {
      appId,
      scheme: scheme.name,
      note: `its time is ${Math.abs(aheadSeconds)} s ${aheadSeconds > 0 ? "ahead of" : "behind"} this server's clock`,
    });
}

/** Where a request's own time lies, seen from a window. */
export type Timing = "too-old" | "in-time" | "too-new";

/** Judges the claimed time alone. */
export function timingOf(
  { timestampSeconds, presigned, goodUntilSeconds = Infinity }: Claims,
  window: Window,
  nowSeconds: number,
): Timing {
  const goodUntil = timestampSeconds + (presigned?.expiresSeconds ?? window.maxAgeSeconds);
  // The last second of a window is included, that of a presigned URL is not.
  const hasEnded = presigned === undefined ? nowSeconds > goodUntil : nowSeconds >= goodUntil;
  if (hasEnded || nowSeconds > goodUntilSeconds) return "too-old";
  return timestampSeconds - window.futureSkewSeconds > nowSeconds ? "too-new" : "in-time";
}

/** Whether a request is good once: everything but what its scheme lets be repeated, on a route that does as well. */
export const isGoodOnce = ({ repeatable = false }: Claims, once = false): boolean =>
  once || !repeatable;

/** What a request is held against. */
export interface ReplayRules {
  readonly window: Window;
  readonly nowMs: number;
  readonly nonce: NonceClaim;
  /** Whether even a request that its scheme would let be repeated is good once. */
  readonly once: boolean;
}

/**
 * Judges the window.
 * @throws Refusal `timestamp-too-old`, `timestamp-too-new`; what a claim throws
 */
export function checkWindow(
  routed: Routed,
  { window, nowMs, nonce, once }: ReplayRules,
): Maybe<Timely> {
  const nowSeconds = secondOf(nowMs);
  const timing = timingOf(routed.claims, window, nowSeconds);
  if (timing === "in-time") return routed as Timely;
  const refuse = (): never => {
    const note = noteOfTime(routed.claims, window, nowSeconds);
    throw new Refusal(`timestamp-${timing}`, undefined, { ...progressOf(routed), note });
  };
  // Refused, yet claimed: whoever kept it could otherwise send it again when its time has come.
  return timing === "too-new" && isGoodOnce(routed.claims, once)
    ? after(nonce.make(), refuse)
    : refuse();
}

/**
 * Judges the end of the window alone.
 * @throws Refusal `timestamp-too-old`
 */
export function refuseTooOld(fresh: Fresh, window: Window, nowMs: number): void {
  const nowSeconds = secondOf(nowMs);
  if (timingOf(fresh.claims, window, nowSeconds) !== "too-old") return;
  const note = noteOfTime(fresh.claims, window, nowSeconds);
  throw new Refusal("timestamp-too-old", "by the end of its claim", { ...progressOf(fresh), note });
}

/**
 * Takes each request once.
 * @throws Refusal `nonce-seen`, or what its scheme has repeats told: `nonce-under-way`, `nonce-done`; what a claim throws
 */
export function rejectReplay(permitted: Permitted, { nonce, once }: ReplayRules): Maybe<Fresh> {
  if (!isGoodOnce(permitted.claims, once)) return permitted as Fresh;
  return after(nonce.make(), (answer) => {
    if (answer === "fresh") return permitted as Fresh;
    throw refusalOfRepeat(answer, permitted);
  });
}
