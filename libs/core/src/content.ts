import { hash, timingSafeEqual } from "node:crypto";
import type { DigestAlgorithm } from "./crypto/algorithms.js";
import { Refusal } from "./errors.js";
import type { Content, ContentClaim } from "./flow.js";

/** Content that is all there. */
export function contentOf(bytes: Uint8Array): Content {
  const digest = (algorithm: DigestAlgorithm): Buffer =>
    Buffer.from(hash(algorithm, bytes, "hex"), "hex");
  return {
    settle: () => bytes.byteLength,
    digest,
    expect(claim: ContentClaim) {
      if (claim.kind === "none" && bytes.byteLength > 0) throw new Refusal("content-undigested");
      if (claim.kind === "declared" && !timingSafeEqual(digest(claim.algorithm), claim.digest))
        throw new Refusal("content-mismatch");
    },
  };
}
