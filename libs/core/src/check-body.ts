import type { DigestAlgorithm } from "./crypto/algorithms.js";
import { Refusal } from "./errors.js";
import { progressOf, type Authentic, type Content, type Intact } from "./flow.js";

/**
 * Compares the content's bytes with what was signed. Whether there is content is decided by `byteLength`, what
 * `settle` counted, never by Content-Length.
 * @throws Refusal `content-undigested`, `content-mismatch`
 */
export function checkBody(authentic: Authentic, content: Content, byteLength: number): Intact {
  const claim = authentic.claims.content;
  if (claim.kind === "none" && byteLength > 0)
    throw new Refusal("content-undigested", undefined, progressOf(authentic));
  // No secret: whoever sent the content can compute it.
  if (claim.kind === "declared" && content.digest(claim.algorithm, claim.encoding) !== claim.digest)
    throw new Refusal("content-mismatch", undefined, progressOf(authentic));
  // "maced": the MAC was computed over the digest of these very bytes.
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
