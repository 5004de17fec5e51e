import { hash } from "node:crypto";
import { contentFault } from "./stages/check-body.js";
import type { DigestAlgorithm, DigestEncoding } from "./crypto/algorithms.js";
import { Refusal } from "./errors.js";
import type { Content } from "./flow.js";
import type { ContentClaim } from "./scheme/claims.js";

/** Content that is all there. */
export function contentOf(bytes: Uint8Array): Content {
  return new WholeContent(bytes);
}

class WholeContent implements Content {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  settle(maxBytes: number = Infinity): number {
    const { byteLength } = this.#bytes;
    if (byteLength > maxBytes)
      throw new Refusal("content-too-large", `more than ${maxBytes} bytes`);
    return byteLength;
  }

  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string {
    return hash(algorithm, this.#bytes, encoding);
  }

  bytes(): Uint8Array {
    return this.#bytes;
  }

  expect(claim: ContentClaim, maxBytes?: number): void {
    const fault = contentFault(claim, this.settle(maxBytes), this);
    if (fault !== undefined) throw new Refusal(fault);
  }
}
