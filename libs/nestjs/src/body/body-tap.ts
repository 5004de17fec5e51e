import { createHash, type Hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import {
  contentFault,
  forbidsContent,
  Refusal,
  type Content,
  type ContentClaim,
  type ContentUse,
  type DigestAlgorithm,
  type DigestEncoding,
} from "@lacre/core";

/** Node's own request, with the parts of its stream that the tap stands on. */
type Stream = IncomingMessage & {
  push(chunk: unknown, encoding?: BufferEncoding): boolean;
  _destroy(error: Error | null, callback: (error?: Error | null) => void): void;
  /** Set by `inject()`, whose requests have no socket. */
  readonly _lightMyRequest?: unknown;
  /** The stream under a request of HTTP/2. */
  readonly stream?: { resume(): void };
};

/**
 * Sees the bytes of a request's content on their way into its stream, before any decoder and whether or not
 * anybody reads, and hashes them as they pass. It takes nothing away and starts nothing: every byte of HTTP/1,
 * HTTP/2 and `inject()` goes through `push`, so `push` is where it stands.
 */
export class BodyTap implements Content {
  readonly #stream: Stream;
  readonly #use: ContentUse;
  readonly #maxBytes: number;
  readonly #toError: (refusal: Refusal) => Error;
  /** What has passed, where the scheme needs the bytes themselves. At most `maxBytes`. */
  readonly #kept: Uint8Array[] = [];
  #hash: Hash | undefined;
  #digest: Buffer | undefined;
  #byteLength = 0;
  #ended = false;
  /** Someone read the stream before the tap was there: what passed is unknown. */
  #blind = false;
  #buffering = false;
  #expected: ContentClaim | undefined;
  #failure: Refusal | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param maxBytes how much `settle` lets Node buffer
   * @param toError what readers of the stream are told when the content is not what was signed
   */
  constructor(
    request: IncomingMessage,
    use: ContentUse,
    maxBytes: number,
    toError: (refusal: Refusal) => Error,
  ) {
    const stream = request as Stream;
    this.#stream = stream;
    this.#use = use;
    this.#maxBytes = maxBytes;
    this.#toError = toError;

    if (
      stream.readableDidRead ||
      stream.readableEncoding !== null ||
      stream.readableFlowing === true
    )
      this.#blind = true;
    else if (stream.readableLength > 0) {
      const early: Buffer = stream.read() as Buffer;
      stream.unshift(early);
      this.#take(early);
    }
    const push = stream.push;
    stream.push = (chunk, encoding) => this.#onPush(chunk, encoding, push);
    stream.once("close", () => this.#wakeUp());
  }

  #onPush(chunk: unknown, encoding: BufferEncoding | undefined, push: Stream["push"]): boolean {
    // "false" would stop the socket for good: what nobody will read is thrown away instead.
    if (this.#failure !== undefined && chunk !== null) return true;
    if (chunk === null) {
      const again = this.#ended; // HTTP/2 says null twice, and also when the stream is cut off
      if (!again && this.#failure === undefined) {
        this.#finish();
        const fault = this.#fault();
        if (fault !== undefined) return this.#fail(new Refusal(fault));
      }
      const answer = push.call(this.#stream, null);
      this.#wakeUp();
      return answer;
    }
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : (chunk as Uint8Array);
    this.#take(bytes);
    if (this.#expected !== undefined && forbidsContent(this.#expected) && this.#byteLength > 0)
      return this.#fail(new Refusal("content-undigested"));
    if (this.#buffering && this.#byteLength > this.#maxBytes) {
      this.#failure = new Refusal("content-too-large", `more than ${this.#maxBytes} bytes`);
      this.#wakeUp();
      return true;
    }
    return push.call(this.#stream, chunk, encoding);
  }

  #take(bytes: Uint8Array): void {
    this.#byteLength += bytes.byteLength;
    if (this.#use === "bytes") this.#keep(bytes);
    else (this.#hash ??= createHash(this.#use)).update(bytes);
  }

  /** More than anybody may ask for is not kept: nothing says that this route is ours at all. */
  #keep(bytes: Uint8Array): void {
    if (this.#byteLength <= this.#maxBytes) this.#kept.push(bytes);
    else this.#kept.length = 0;
  }

  #finish(): void {
    this.#ended = true;
    if (this.#use !== "bytes") this.#digest = (this.#hash ?? createHash(this.#use)).digest();
  }

  /** What is wrong with all of the content, held against what was said of it. */
  #fault(): ReturnType<typeof contentFault> {
    const claim = this.#expected;
    return claim && contentFault(claim, this.#byteLength, this);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Fails the stream for its readers, without the socket, so that the answer still goes out. */
  #fail(refusal: Refusal): true {
    const stream = this.#stream;
    this.#failure = refusal;
    const error = this.#toError(refusal);
    const heard = stream.listenerCount("error") > 0;
    if (stream._lightMyRequest !== undefined) {
      if (heard) stream.emit("error", error); // destroying it would take the answer along
    } else {
      stream._destroy = (cause, done) => done(heard ? cause : null);
      stream.destroy(error);
      (stream.stream ?? stream.socket)?.resume();
    }
    this.#wakeUp();
    return true;
  }

  async settle(): Promise<number> {
    if (this.#blind)
      throw new Refusal("content-unread", "the content was read before the module could see it");
    if (!this.#ended && this.#failure === undefined) {
      this.#letNodeBuffer();
      while (!this.#ended && this.#failure === undefined && !this.#stream.destroyed)
        await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#ended) throw new Refusal("content-incomplete");
    return this.#byteLength;
  }

  /**
   * Asking a stream for more than there can be raises its high-water mark and returns nothing: Node then buffers
   * the content itself, and whoever reads later finds all of it.
   */
  #letNodeBuffer(): void {
    const stream = this.#stream;
    const announced = Number(stream.headers["content-length"] ?? NaN);
    if (announced > this.#maxBytes || this.#byteLength > this.#maxBytes)
      throw new Refusal("content-too-large", `more than ${this.#maxBytes} bytes`);
    this.#buffering = true;
    if (stream.readableFlowing === true || stream.destroyed) return;
    const early: unknown = stream.read((announced >= 0 ? announced : this.#maxBytes) + 1);
    if (early !== null) stream.unshift(early);
  }

  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string {
    if (this.#digest === undefined || algorithm !== this.#use)
      throw new Refusal("content-unread", `no ${algorithm} of the content was taken`);
    return this.#digest.toString(encoding);
  }

  bytes(): Uint8Array {
    if (this.#use !== "bytes")
      throw new Refusal("content-unread", "the bytes of the content were not kept");
    if (this.#byteLength > this.#maxBytes)
      throw new Refusal("content-too-large", `more than ${this.#maxBytes} bytes`);
    return Buffer.concat(this.#kept);
  }

  expect(claim: ContentClaim): void {
    if (this.#blind)
      throw new Refusal("content-unread", "the content was read before the module could see it");
    this.#expected = claim;
    if (this.#failure !== undefined) throw this.#failure;
    if (forbidsContent(claim) && this.#byteLength > 0) throw new Refusal("content-undigested");
    const fault = this.#ended ? this.#fault() : undefined;
    if (fault !== undefined) throw new Refusal(fault);
  }
}
