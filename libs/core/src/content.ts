import { hash } from "node:crypto";
import type { DigestAlgorithm, DigestEncoding } from "./crypto/algorithms.js";
import { Refusal } from "./errors.js";
import type { Content, ContentClaim } from "./flow.js";

/** Content that is all there. */
export function contentOf(bytes: Uint8Array): Content {
  return new WholeContent(bytes);
}

class WholeContent implements Content {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  settle(): number {
    return this.#bytes.byteLength;
  }

  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string {
    return hash(algorithm, this.#bytes, encoding);
  }

  expect(claim: ContentClaim): void {
    if (claim.kind === "none" && this.settle() > 0) throw new Refusal("content-undigested");
    if (claim.kind === "declared" && this.digest(claim.algorithm, claim.encoding) !== claim.digest)
      throw new Refusal("content-mismatch");
  }
}
