import type { Claims } from "../scheme/claims.js";
import { secondOf } from "../ports/clock.js";
import type { NonceHorizon, NonceStore } from "../ports/nonce-store.js";
import type { Window } from "../window.js";

/*
 * What the memory of nonces must hold, and what it does (docs/protocol.md section 10).
 */

/** Whole seconds are compared, so the last second of the window is a whole one. */
const RESOLUTION_SECONDS = 1;

type Timed = Pick<Claims, "timestampSeconds" | "presigned">;

/** For how long the nonces of a window matter to whoever judges by it. */
export function horizonOfWindow(window: Window): NonceHorizon {
  const { maxAgeSeconds, futureSkewSeconds, clockSpreadSeconds } = window;
  return {
    seconds: maxAgeSeconds + RESOLUTION_SECONDS + clockSpreadSeconds,
    aheadSeconds: futureSkewSeconds + clockSpreadSeconds,
  };
}

/**
 * Until when a nonce must be remembered: through the last instant at which any verifier could still accept it.
 * @param shared what other verifiers need, where they are known
 */
export function rememberUntilMs(
  { timestampSeconds, presigned }: Timed,
  window: Window,
  shared?: NonceHorizon,
): number {
  const own = horizonOfWindow(window);
  const seconds = Math.max(own.seconds, shared?.seconds ?? 0);
  const age = presigned?.expiresSeconds ?? window.maxAgeSeconds;
  return (timestampSeconds + age + seconds - window.maxAgeSeconds) * 1000;
}

/** Whether a request may have been accepted before the store's memory of it begins, or after that has ended. */
export function isFenced(
  claims: Timed,
  scheme: string,
  nonces: NonceStore,
  window: Window,
  nowSeconds: number,
): boolean {
  return (
    claims.timestampSeconds <= fenceOf(scheme, nonces, window) ||
    isForgotten(claims, scheme, nonces, window, nowSeconds)
  );
}

/**
 * The last second of the fence: requests signed in it or before are refused with 503. −Infinity without a fence. For a
 * shared store as far ahead as any verifier looks: it may have accepted what this one would not. For a memory store as
 * far as the window says, which may be less than what it takes.
 */
export function fenceOf(scheme: string, nonces: NonceStore, window: Window): number {
  if (nonces.completeSinceMs === undefined) return -Infinity;
  const startSeconds = secondOf(nonces.completeSinceMs);
  const { futureSkewSeconds, clockSpreadSeconds, fenceSeconds = futureSkewSeconds } = window;
  if (nonces.isShared !== true) return startSeconds + fenceSeconds;
  const sharedSeconds = nonces.horizonOf?.(scheme)?.aheadSeconds ?? 0;
  return startSeconds + Math.max(futureSkewSeconds + clockSpreadSeconds, sharedSeconds);
}

/**
 * Whether a claim of this request may have been made by a verifier whose window was shorter, before it knew of a longer
 * one, and have been forgotten by now. How long a presigned URL is remembered depends on no window.
 */
function isForgotten(
  { timestampSeconds, presigned }: Timed,
  scheme: string,
  nonces: NonceStore,
  window: Window,
  nowSeconds: number,
): boolean {
  const horizon = presigned === undefined ? nonces.horizonOf?.(scheme) : undefined;
  if (horizon === undefined) return false;
  const { aheadSeconds } = horizonOfWindow(window);
  const lastClaimed = secondOf(horizon.sinceMs) + Math.max(aheadSeconds, horizon.aheadSeconds);
  const forgottenFrom = timestampSeconds + horizon.beforeSeconds - window.clockSpreadSeconds;
  return (
    timestampSeconds <= lastClaimed + RESOLUTION_SECONDS &&
    nowSeconds + RESOLUTION_SECONDS > forgottenFrom
  );
}
