import { hash } from "node:crypto";
import { MAC_BYTES, type DigestEncoding, type MacAlgorithm } from "./algorithms.js";

/** How many bytes each hash works on at a time. */
const BLOCK_BYTES: Readonly<Record<MacAlgorithm, number>> = {
  sha1: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};
/** Longer texts are left to Node's own HMAC, which takes less for each byte. */
const MAX_TEXT_BYTES = 4096;

// Written anew every time, by one who waits for nothing.
const message = Buffer.alloc(Math.max(...Object.values(BLOCK_BYTES)) + MAX_TEXT_BYTES);

/**
 * HMAC (RFC 2104 section 2) of short texts, as its two hashes: half of what Node's own takes, which makes an object for
 * each MAC (docs/adr/0011-hmac-of-two-hashes.md).
 */
export class ShortHmac {
  readonly algorithm: MacAlgorithm;
  /** The key's block for the hash of the text. */
  readonly #inner: Buffer;
  /** The key's block for the hash of that, which is written behind it. */
  readonly #outer: Buffer;
  readonly #blockBytes: number;

  constructor(algorithm: MacAlgorithm, key: Buffer) {
    const blockBytes = BLOCK_BYTES[algorithm];
    const short = key.byteLength > blockBytes ? hash(algorithm, key, "buffer") : key;
    this.algorithm = algorithm;
    this.#blockBytes = blockBytes;
    this.#inner = Buffer.alloc(blockBytes, 0x36);
    this.#outer = Buffer.alloc(blockBytes + MAC_BYTES[algorithm], 0x5c);
    for (const [i, byte] of short.entries()) {
      this.#inner[i] = byte ^ 0x36;
      this.#outer[i] = byte ^ 0x5c;
    }
  }

  /** Whether a text, a byte for each code point, is short enough. */
  static takes(text: string): boolean {
    return text.length <= MAX_TEXT_BYTES;
  }

  /** The MAC of a text that is short enough. */
  mac(text: string, encoding: DigestEncoding): string {
    const start = this.#blockBytes;
    this.#inner.copy(message);
    const end = start + message.write(text, start, "latin1");
    const digest = hash(this.algorithm, message.subarray(0, end), "binary");
    this.#outer.write(digest, start, "latin1");
    return hash(this.algorithm, this.#outer, encoding);
  }
}
