import { createHash, hash, type Hash } from "node:crypto";
import { Refusal, type ContentUse, type DigestAlgorithm, type DigestEncoding } from "@lacre/core";

/** What is kept of content that passes: its length, and what the schemes that may judge it need. */
export class ContentRecord {
  readonly #uses: readonly ContentUse[];
  readonly #maxBytes: number;
  readonly #announcedBytes: number | undefined;
  /** One for each use, in base64, once all of it has passed. */
  #digests: readonly string[] | undefined;
  /** One for each use, of content that comes in pieces. */
  #hashes: readonly (Hash | undefined)[] | undefined;
  readonly #keepsBytes: boolean;
  #kept: Uint8Array[] | undefined;
  #first: Uint8Array | undefined;
  #byteLength = 0;

  /**
   * @param maxBytes how many bytes are kept at most, where the bytes themselves are wanted
   * @param announcedBytes how many the head promises, where it does
   */
  constructor(uses: readonly ContentUse[], maxBytes: number, announcedBytes: number | undefined) {
    this.#uses = uses;
    this.#maxBytes = maxBytes;
    this.#announcedBytes = announcedBytes;
    this.#keepsBytes = uses.includes("bytes");
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Takes bytes in before anybody else may change them. */
  take(bytes: Uint8Array): void {
    const isWhole = this.#byteLength === 0 && bytes.byteLength === this.#announcedBytes;
    this.#byteLength += bytes.byteLength;
    this.#keep(bytes);
    if (isWhole) {
      // A third of the time that hashing as a stream takes.
      this.#digests = this.#uses.map((use) => (use === "bytes" ? "" : hash(use, bytes, "base64")));
      this.#first = bytes;
      return;
    }
    this.#hashes ??= this.#beginHashes();
    for (const each of this.#hashes) each?.update(bytes);
  }

  /** More may have come than was announced. */
  #beginHashes(): readonly (Hash | undefined)[] {
    const first = this.#first;
    this.#digests = undefined;
    return this.#uses.map((use) => {
      if (use === "bytes") return undefined;
      return first === undefined ? createHash(use) : createHash(use).update(first);
    });
  }

  #keep(bytes: Uint8Array): void {
    if (!this.#keepsBytes) return;
    // More than anybody may ask for is not kept: nothing says that its route is ours at all.
    if (this.#byteLength > this.#maxBytes) this.#kept = undefined;
    else (this.#kept ??= []).push(bytes);
  }

  /** All of it has passed. */
  finish(): void {
    this.#first = undefined;
    this.#digests ??= this.#hashes?.map((each) => each?.digest("base64") ?? "");
    this.#hashes = undefined;
  }

  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string {
    const at = this.#uses.indexOf(algorithm);
    const digest = this.#byteLength === 0 ? hash(algorithm, "", "base64") : this.#digests?.[at];
    if (at < 0 || digest === undefined)
      throw new Refusal("content-unread", `no ${algorithm} of the content was taken`);
    return encoding === "base64" ? digest : Buffer.from(digest, "base64").toString(encoding);
  }

  bytes(): Uint8Array {
    if (!this.#keepsBytes)
      throw new Refusal("content-unread", "the bytes of the content were not kept");
    if (this.#byteLength > this.#maxBytes) throw tooLarge(this.#maxBytes);
    const kept = this.#kept ?? [];
    return kept.length === 1 ? (kept[0] as Uint8Array) : Buffer.concat(kept);
  }
}

export const tooLarge = (maxBytes: number): Refusal =>
  new Refusal("content-too-large", `more than ${maxBytes} bytes`);
