import { createHash, type Hash } from "node:crypto";
import { Refusal, type ContentUse, type DigestAlgorithm, type DigestEncoding } from "@lacre/core";

/** What is kept of content that passes: its length, and what the schemes that may judge it need. */
export class ContentRecord {
  readonly #hashes: ReadonlyMap<DigestAlgorithm, Hash>;
  readonly #digests = new Map<DigestAlgorithm, Buffer>();
  readonly #keepsBytes: boolean;
  readonly #maxBytes: number;
  readonly #kept: Uint8Array[] = [];
  #byteLength = 0;

  /** @param maxBytes how many bytes are kept at most, where the bytes themselves are wanted */
  constructor(uses: readonly ContentUse[], maxBytes: number) {
    const algorithms = new Set(uses.filter((use) => use !== "bytes"));
    this.#hashes = new Map([...algorithms].map((each) => [each, createHash(each)]));
    this.#keepsBytes = uses.includes("bytes");
    this.#maxBytes = maxBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  take(bytes: Uint8Array): void {
    this.#byteLength += bytes.byteLength;
    for (const hash of this.#hashes.values()) hash.update(bytes);
    if (!this.#keepsBytes) return;
    // More than anybody may ask for is not kept: nothing says that its route is ours at all.
    if (this.#byteLength <= this.#maxBytes) this.#kept.push(bytes);
    else this.#kept.length = 0;
  }

  /** All of it has passed. */
  finish(): void {
    for (const [algorithm, hash] of this.#hashes) this.#digests.set(algorithm, hash.digest());
  }

  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string {
    const digest = this.#digests.get(algorithm);
    if (digest === undefined)
      throw new Refusal("content-unread", `no ${algorithm} of the content was taken`);
    return digest.toString(encoding);
  }

  bytes(): Uint8Array {
    if (!this.#keepsBytes)
      throw new Refusal("content-unread", "the bytes of the content were not kept");
    if (this.#byteLength > this.#maxBytes) throw tooLarge(this.#maxBytes);
    return Buffer.concat(this.#kept);
  }
}

export const tooLarge = (maxBytes: number): Refusal =>
  new Refusal("content-too-large", `more than ${maxBytes} bytes`);
