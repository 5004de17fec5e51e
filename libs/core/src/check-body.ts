import { timingSafeEqual } from "node:crypto";
import type { DigestAlgorithm } from "./crypto/algorithms.js";
import { Refusal } from "./errors.js";
import { progressOf, type Authentic, type Claims, type Content, type Intact } from "./flow.js";

/**
 * Compares the content's bytes with what was signed. Whether there is content is decided by the bytes,
 * never by Content-Length.
 * @throws Refusal `content-undigested`, `content-mismatch`, and what `settle` throws
 */
export async function checkBody(authentic: Authentic, content: Content): Promise<Intact> {
  const claim = authentic.claims.content;
  const byteLength = await content.settle();
  if (claim.kind === "none" && byteLength > 0)
    throw new Refusal("content-undigested", undefined, progressOf(authentic));
  if (claim.kind === "declared" && !timingSafeEqual(content.digest(claim.algorithm), claim.digest))
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

/** The digest of the content, where the scheme's MAC is over the content itself. Throws what `settle` throws. */
export function digestToMac(
  { content: claim }: Claims,
  content: Content,
): Promise<Buffer> | undefined {
  return claim.kind === "maced" ? settledDigest(content, claim.algorithm) : undefined;
}

async function settledDigest(content: Content, algorithm: DigestAlgorithm): Promise<Buffer> {
  await content.settle();
  return content.digest(algorithm);
}
