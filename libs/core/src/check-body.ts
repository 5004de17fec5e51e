import type { DigestAlgorithm } from "./crypto/algorithms.js";
import { Refusal } from "./errors.js";
import {
  progressOf,
  type Authentic,
  type Content,
  type ContentClaim,
  type Intact,
} from "./flow.js";

/** Whether the content must be empty. */
export const forbidsContent = (claim: ContentClaim): boolean =>
  claim.kind === "none" || (claim.kind === "declared" && claim.mustBeEmpty === true);

/**
 * What is wrong with content, held against what was said of it; undefined when nothing is. Whether there is content is
 * decided by `byteLength`, what was counted, never by Content-Length.
 */
export function contentFault(
  claim: ContentClaim,
  byteLength: number,
  digest: Content["digest"],
): "content-undigested" | "content-mismatch" | undefined {
  if (forbidsContent(claim) && byteLength > 0) return "content-undigested";
  // No secret: whoever sent the content can compute it.
  if (claim.kind === "declared" && digest(claim.algorithm, claim.encoding) !== claim.digest)
    return "content-mismatch";
  return undefined; // "maced": the MAC was computed over the digest of these very bytes
}

/**
 * Compares the content's bytes with what was signed.
 * @param byteLength what `settle` counted
 * @throws Refusal `content-undigested`, `content-mismatch`
 */
export function checkBody(authentic: Authentic, content: Content, byteLength: number): Intact {
  const fault = contentFault(authentic.claims.content, byteLength, (algorithm, encoding) =>
    content.digest(algorithm, encoding),
  );
  if (fault !== undefined) throw new Refusal(fault, undefined, progressOf(authentic));
  return authentic as Intact;
}

/**
 * For a handler that reads the content while it arrives: the stream fails instead of ending when its bytes are
 * not those that were signed.
 * @throws Refusal `content-undigested` where the scheme's MAC must see the content first
 */
export function checkBodyAtItsEnd(authentic: Authentic, content: Content): Intact {
  const claim = authentic.claims.content;
  if (claim.kind === "maced")
    throw new Refusal(
      "content-undigested",
      "a streamed route needs a declared digest",
      progressOf(authentic),
    );
  content.expect(claim);
  return authentic as Intact;
}

/** The digest of all the content, in hex: for a scheme whose MAC is over it. Throws what `settle` throws. */
export async function digestToMac(content: Content, algorithm: DigestAlgorithm): Promise<string> {
  await content.settle();
  return content.digest(algorithm, "hex");
}
