import type { Networks } from "../apps/networks.js";
import type { Authentic } from "../flow.js";
import { secondOf, type Clock } from "../ports/clock.js";
import type { NonceStore } from "../ports/nonce-store.js";
import type { Claims } from "../scheme/claims.js";
import type { Window } from "../window.js";
import { fenceOf } from "./nonce-memory.js";

/*
 * What the log says of a refusal beyond its code: the `note` of its progress. No caller is told any of it.
 */

/** By how much a request is outside of a window. */
export function noteOfTime(
  { timestampSeconds, presigned, goodUntilSeconds = Infinity }: Claims,
  { maxAgeSeconds, futureSkewSeconds }: Window,
  nowSeconds: number,
): string {
  const ageSeconds = nowSeconds - timestampSeconds;
  if (-ageSeconds > futureSkewSeconds)
    return `${-ageSeconds - futureSkewSeconds} s too early: signed ${-ageSeconds} s ahead of this server's clock, and futureSkew is ${futureSkewSeconds} s`;
  if (presigned !== undefined && ageSeconds >= presigned.expiresSeconds)
    return `the URL ended ${ageSeconds - presigned.expiresSeconds} s ago, ${presigned.expiresSeconds} s after it was signed`;
  if (nowSeconds > goodUntilSeconds)
    return `${nowSeconds - goodUntilSeconds} s too late: after the end that its sender gave it`;
  return `${ageSeconds - maxAgeSeconds} s too old: signed ${ageSeconds} s ago by this server's clock, and maxAge is ${maxAgeSeconds} s`;
}

/** How long the fence still is that a request meets. */
export function noteOfFence({ scheme }: Authentic, { nonces, window, clock }: FenceTerms): string {
  // Until what is signed now is taken.
  const leftSeconds = fenceOf(scheme.name, nonces, window) + 1 - secondOf(clock.nowMs());
  const left = leftSeconds > 0 ? `${leftSeconds} s left` : "over for what is signed now";
  if (nonces.isShared === true)
    return `fence of the shared store, ${left}: the request is from before its memory is complete, and may have run. The caller signs anew after Retry-After`;
  return `boot fence, ${left}: this process remembers no nonce from before its start, so the request may have run before. The caller signs anew after Retry-After; \`bootFence: false\` is for tests alone`;
}

/** What the fence goes by. */
interface FenceTerms {
  readonly nonces: NonceStore;
  readonly window: Window;
  readonly clock: Clock;
}

/** Where a request came from, and from where its app may send. */
export const noteOfAddress = (address: string | undefined, networks: Networks): string =>
  `it came from ${address ?? "an address that is not known"}; the app may send from ${listOf(networks.texts)}`;

/** Which scopes an app lacks, and which it has. */
export function noteOfScopes(required: readonly string[], scopes: readonly string[]): string {
  const lacks = required.filter((scope) => !scopes.includes(scope));
  return `the app lacks ${listOf(lacks)}; it has ${scopes.length === 0 ? "no scopes" : listOf(scopes)}`;
}

const MAX_LISTED = 10;

const listOf = (scopes: readonly string[]): string =>
  scopes.length > MAX_LISTED
    ? `${scopes.slice(0, MAX_LISTED).join(", ")} and ${scopes.length - MAX_LISTED} more`
    : scopes.join(", ");
