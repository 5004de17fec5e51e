import { createHash } from "node:crypto";
import type { Refusal } from "../errors.js";
import type { Accepted, Observer, Refused } from "../ports/observer.js";
import { progressOf, type Authentic } from "../flow.js";
import type { Principal } from "../principal.js";

/** What an observer is told of a request that was let in. */
export function acceptedVerdict(
  principal: Principal,
  canonicalRequest: string,
  observer: Observer,
): Accepted {
  return { outcome: "accepted", principal, ...canonicalOf(canonicalRequest, observer) };
}

/**
 * What an observer is told of a request that was turned away.
 * @param proof who made the request, where that is known: a stream that refuses its content does not know it
 */
export function refusedVerdict(
  refusal: Refusal,
  observer: Observer,
  requestId?: string,
  proof?: Authentic,
): Refused {
  const progress = refusal.progress();
  const isKnown = proof === undefined || progress.appId !== undefined;
  const { appId, scheme, canonicalRequest, keyFingerprints, note } = isKnown
    ? progress
    : { ...progressOf(proof), ...progress };
  return {
    outcome: "refused",
    code: refusal.code,
    status: refusal.status,
    message: refusal.message,
    ...(note !== undefined && { note }),
    ...(requestId !== undefined && { requestId }),
    ...(appId !== undefined && { appId }),
    ...(scheme !== undefined && { scheme }),
    ...(keyFingerprints !== undefined && { keyFingerprints }),
    ...(canonicalRequest !== undefined && canonicalOf(canonicalRequest, observer)),
  };
}

function canonicalOf(canonicalRequest: string, observer: Observer): { canonicalSha256: string } {
  return {
    canonicalSha256: createHash("sha256").update(canonicalRequest, "latin1").digest("hex"),
    ...(observer.canonicalRequests === true && { canonicalRequest }),
  };
}
