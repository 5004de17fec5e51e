import { createHash } from "node:crypto";
import type { Refusal } from "../errors.js";
import type { Accepted, Observer, Refused, RequestFacts } from "../ports/observer.js";
import { progressOf, type Authentic } from "../flow.js";
import type { Principal } from "../principal.js";

/** What is judged of a request, whichever that is: a verdict but for what its server knows. */
export type AcceptedAlone = Omit<Accepted, keyof RequestFacts>;
export type RefusedAlone = Omit<Refused, keyof RequestFacts>;

/** What an observer is told of a request that was let in, beside the facts of that. */
export function acceptedVerdict(
  principal: Principal,
  canonicalRequest: string,
  observer: Observer,
): AcceptedAlone {
  return { outcome: "accepted", principal, ...canonicalOf(canonicalRequest, observer) };
}

/**
 * What an observer is told of a request that was turned away, beside the facts of that.
 * @param proof who made the request, where that is known: a stream that refuses its content does not know it
 */
export function refusedVerdict(
  refusal: Refusal,
  observer: Observer,
  proof?: Authentic,
): RefusedAlone {
  const told = refusal.progress();
  const isKnown = proof === undefined || told.appId !== undefined;
  const progress = isKnown ? told : { ...progressOf(proof), ...told };
  const { appId, scheme, canonicalRequest, keyFingerprints, keyIds, note, deadKey } = progress;
  // A request may have been proven under another scheme than the one that refuses it.
  const proven =
    proof !== undefined && proof.scheme.name === scheme && proof.claims.appId === appId
      ? { keyId: proof.key.id, timestamp: proof.claims.timestampSeconds }
      : undefined;
  return {
    outcome: "refused",
    code: refusal.code,
    status: refusal.status,
    message: refusal.message,
    proven: proven !== undefined,
    ...(note !== undefined && { note }),
    ...(deadKey !== undefined && { deadKey }),
    ...(appId !== undefined && { appId }),
    ...proven,
    ...(scheme !== undefined && { scheme }),
    ...(keyFingerprints !== undefined && { keyFingerprints }),
    ...(keyIds !== undefined && { keyIds }),
    ...(canonicalRequest !== undefined && canonicalOf(canonicalRequest, observer)),
  };
}

function canonicalOf(canonicalRequest: string, observer: Observer): { canonicalSha256: string } {
  return {
    canonicalSha256: createHash("sha256").update(canonicalRequest, "latin1").digest("hex"),
    ...(observer.canonicalRequests === true && { canonicalRequest }),
  };
}
