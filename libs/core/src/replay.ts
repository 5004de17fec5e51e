import { Refusal, type RefusalCode } from "./errors.js";
import {
  progressOf,
  type Claims,
  type Fresh,
  type Permitted,
  type Routed,
  type Timely,
} from "./flow.js";
import type { NonceClaim } from "./nonce-claim.js";
import { secondOf } from "./ports/clock.js";
import type { Window } from "./window.js";

const DAY_SECONDS = 86_400;

/**
 * Refuses a time that no window could hold, before any key is looked up. The window proper is judged after the
 * MAC and the content, so that the key's holder can be told the time.
 * @throws Refusal `timestamp-absurd`
 */
export function refuseAbsurdTime(claims: Claims, nowMs: number): void {
  const { timestampSeconds, presigned } = claims;
  const aheadSeconds = timestampSeconds - secondOf(nowMs);
  if (aheadSeconds > DAY_SECONDS || -aheadSeconds - (presigned?.expiresSeconds ?? 0) > DAY_SECONDS)
    throw new Refusal("timestamp-absurd", "more than a day away", {
      appId: claims.appId,
      scheme: claims.scheme,
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

/** What a refusal itself says of the request's time; undefined where it says nothing. */
export function toldOutOfTime(code: RefusalCode): boolean | undefined {
  if (code === "timestamp-absurd" || code.startsWith("timestamp-too-")) return true;
  // These come after the window was found right.
  return code === "nonce-seen" || code === "scope-insufficient" || code.startsWith("nonces-")
    ? false
    : undefined;
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
export async function checkWindow(
  routed: Routed,
  { window, nowMs, nonce, once }: ReplayRules,
): Promise<Timely> {
  const timing = timingOf(routed.claims, window, secondOf(nowMs));
  if (timing === "in-time") return routed as Timely;
  // Refused, yet claimed: whoever kept it could otherwise send it again when its time has come.
  if (timing === "too-new" && isGoodOnce(routed.claims, once)) await nonce.make();
  throw new Refusal(`timestamp-${timing}`, undefined, progressOf(routed));
}

/**
 * Takes each request once.
 * @throws Refusal `nonce-seen`; what a claim throws
 */
export async function rejectReplay(
  permitted: Permitted,
  { nonce, once }: ReplayRules,
): Promise<Fresh> {
  if (isGoodOnce(permitted.claims, once) && (await nonce.make()) !== "fresh")
    throw new Refusal("nonce-seen", undefined, progressOf(permitted));
  return permitted as Fresh;
}
