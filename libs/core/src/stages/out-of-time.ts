import type { RefusalCode } from "../errors.js";
import type { Claims } from "../scheme/claims.js";
import type { Window } from "../window.js";
import { timingOf } from "./replay.js";

/** A client believes that its clock is wrong only for so long after it has sent the request. */
const BELIEVED_SECONDS = 10;

/**
 * Whether the claimed time is outside of the window, and was so already when the client sent the request, by the clock of
 * every server: then no copy of it can have run, and the client may send it again (docs/protocol.md section 11, "Setting
 * the clock").
 */
export function wasOutOfTime(claims: Claims, window: Window, nowSeconds: number): boolean {
  const sentSeconds = nowSeconds - BELIEVED_SECONDS - window.clockSpreadSeconds;
  return (
    timingOf(claims, window, nowSeconds) === "too-new" ||
    timingOf(claims, window, sentSeconds) === "too-old"
  );
}

/** Whether a refusal comes after the window was found right. */
export const isInTime = (code: RefusalCode): boolean =>
  code === "nonce-seen" ||
  code === "nonce-under-way" ||
  code === "nonce-done" ||
  code === "network-not-allowed" ||
  code === "scope-insufficient" ||
  code === "clock-off" ||
  code.startsWith("nonces-");
