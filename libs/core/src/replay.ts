import { Refusal, type RefusalCode } from "./errors.js";
import { progressOf, type Claims, type Fresh, type Routed } from "./flow.js";
import { secondOf } from "./ports/clock.js";
import {
  NonceStoreFullError,
  NonceStoreStartingError,
  type NonceStore,
} from "./ports/nonce-store.js";
import type { Window } from "./window.js";

/** Whole seconds are compared, so the last second of the window is a whole one. */
const RESOLUTION_SECONDS = 1;
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

/** What a request is held against. */
export interface ReplayRules {
  readonly window: Window;
  /** Whether even a request that its scheme would let be repeated is good once. */
  readonly once: boolean;
  readonly nonces: NonceStore;
  readonly nowMs: number;
}

/**
 * Judges the window, then claims the nonce, atomically, for as long as any verifier could accept it.
 * @throws Refusal `timestamp-too-old`, `timestamp-too-new`, `nonce-seen`; `nonces-unavailable`, `nonces-full`,
 *   `nonces-starting` when in doubt
 */
export async function rejectReplay(
  routed: Routed,
  { window, once, nonces, nowMs }: ReplayRules,
): Promise<Fresh> {
  const { appId, nonce, timestampSeconds, presigned, repeatable = false } = routed.claims;
  const { goodUntilSeconds = Infinity } = routed.claims;
  const now = secondOf(nowMs);
  const isTooNew = timestampSeconds - window.futureSkewSeconds > now;
  const goodSeconds = presigned?.expiresSeconds ?? window.maxAgeSeconds;
  const goodUntil = timestampSeconds + goodSeconds;
  // The last second of a window is included, that of a presigned URL is not.
  if (now > goodUntilSeconds || (presigned === undefined ? now > goodUntil : now >= goodUntil))
    throw refusal(routed, "timestamp-too-old");
  if (repeatable && !once) {
    if (isTooNew) throw refusal(routed, "timestamp-too-new");
    return routed as Fresh;
  }
  // A store that started empty does not know what was accepted before.
  if (timestampSeconds <= fenceOf(nonces, window)) throw refusal(routed, "nonces-starting");

  let verdict: "fresh" | "seen";
  try {
    verdict = await nonces.claim(`${appId}\n${nonce}`, rememberUntilMs(goodUntil, window));
  } catch (cause) {
    throw refusal(routed, codeOf(cause), cause);
  }
  // Refused, yet claimed: whoever kept it could otherwise send it again when its time has come.
  if (isTooNew) throw refusal(routed, "timestamp-too-new");
  if (verdict !== "fresh") throw refusal(routed, "nonce-seen");
  return routed as Fresh;
}

function codeOf(cause: unknown): RefusalCode {
  if (cause instanceof NonceStoreFullError) return "nonces-full";
  return cause instanceof NonceStoreStartingError ? "nonces-starting" : "nonces-unavailable";
}

function refusal(routed: Routed, code: RefusalCode, cause?: unknown): Refusal {
  return new Refusal(code, undefined, { ...progressOf(routed), cause });
}

/** The last second of the fence: requests signed in it or before are refused with 503. −Infinity without a fence. */
export function fenceOf(nonces: NonceStore, window: Window): number {
  if (nonces.completeSinceMs === undefined) return -Infinity;
  const spreadSeconds = nonces.isShared === true ? window.clockSpreadSeconds : 0;
  return secondOf(nonces.completeSinceMs) + window.futureSkewSeconds + spreadSeconds;
}

/** Until when a nonce must be remembered: through the last instant at which any verifier could accept it. */
export function rememberUntilMs(goodUntilSeconds: number, window: Window): number {
  return (goodUntilSeconds + RESOLUTION_SECONDS + window.clockSpreadSeconds) * 1000;
}
