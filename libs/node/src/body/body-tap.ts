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
import { ContentRecord, tooLarge } from "./content-record.js";
import {
  announcedBytes,
  canTakeBack,
  comesUnasked,
  EMPTY,
  endsWithItsHead,
  failReaders,
  isHandedOver,
  letNodeBuffer,
  takeBack,
  type RequestStream,
} from "./request-stream.js";

/** Who is told of content that is not what was signed. */
export interface TapOwner {
  /** What readers of the stream are told. */
  errorOf(refusal: Refusal): Error;
}

const TAP = Symbol("lacre tap");
type TappedStream = RequestStream & { [TAP]?: BodyTap };

// One function for all streams: a closure for each is paid with every request.
function pushThroughTap(this: TappedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  return (this[TAP] as BodyTap).push(chunk, encoding);
}

/**
 * Sees the bytes of a request's content on their way into its stream, before any decoder and whether or not
 * anybody reads, and hashes them as they pass. It takes nothing away and starts nothing: every byte of HTTP/1,
 * HTTP/2 and `inject()` goes through `push`, so `push` is where it stands.
 */
export class BodyTap implements Content {
  readonly #stream: RequestStream;
  readonly #push: RequestStream["push"];
  readonly #record: ContentRecord;
  readonly #maxBytes: number;
  readonly #owner: TapOwner;
  #ended = false;
  /** Someone read the stream before the tap was there: what passed is unknown. */
  #blind = false;
  /** How much there may be: while Node buffers it, or while it flows. */
  #room = Infinity;
  #expected: ContentClaim | undefined;
  /** The last chunk, once content is expected: nobody gets all of it before it is judged. */
  #held: Uint8Array | undefined;
  #failure: Refusal | undefined;
  #isUnheard = false;
  /** Present while somebody waits for the end. */
  #over: { readonly reached: Promise<void>; reach(): void } | undefined;

  /**
   * @param uses what the schemes that may judge the request need of its content
   * @param maxBytes how many bytes are kept where they are wanted, and what `settle` takes unless it is told otherwise
   */
  constructor(
    request: IncomingMessage,
    uses: readonly ContentUse[],
    maxBytes: number,
    owner: TapOwner,
  ) {
    const stream = request as TappedStream;
    this.#stream = stream;
    this.#push = stream.push;
    this.#record = new ContentRecord(uses, maxBytes, announcedBytes(stream));
    this.#maxBytes = maxBytes;
    this.#owner = owner;
    if (!this.#catchUp()) this.#blind = true;
    // A tap of another app may be there already.
    const isFirst = stream[TAP] === undefined;
    if (isFirst) stream[TAP] = this;
    stream.push = isFirst ? pushThroughTap : (chunk, encoding) => this.push(chunk, encoding);
    // Now, though nobody waits yet: once Express has the request, this takes ten times as long.
    if (!this.#ended && !endsWithItsHead(stream)) stream.on("close", () => this.#over?.reach());
  }

  /** Takes in what came before the tap, which may be all there is. Says whether that was possible. */
  #catchUp(): boolean {
    const stream = this.#stream;
    const { ended } = stream._readableState;
    if (stream.readableDidRead || stream.readableEncoding !== null || !canTakeBack(stream))
      return false;
    if (stream.readableFlowing === true && !ended) return false;
    const early = takeBack(stream);
    if (early.byteLength > 0) {
      const { dataEmitted } = stream._readableState;
      stream.unshift(early);
      stream._readableState.dataEmitted = dataEmitted;
      this.#record.take(early);
    }
    if (ended) this.#finish();
    return true;
  }

  /** What the stream's own `push` is called with. */
  push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null) return this.#onEnd();
    // "false" would stop the socket for good: what nobody will read is thrown away instead.
    if (this.#failure !== undefined) return true;
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : (chunk as Uint8Array);
    // Adapters of other platforms push nothing where there is nothing.
    if (!(bytes?.byteLength > 0)) return this.#push.call(this.#stream, chunk, encoding);
    this.#record.take(bytes);
    const claim = this.#expected;
    if (claim !== undefined && forbidsContent(claim))
      return this.#fail(new Refusal("content-undigested"));
    if (this.#record.byteLength > this.#room) return this.#fail(tooLarge(this.#room));
    if (this.#held === undefined) return this.#push.call(this.#stream, chunk, encoding);
    const before = this.#held;
    this.#held = bytes;
    return this.#push.call(this.#stream, before);
  }

  #onEnd(): boolean {
    if (this.#failure !== undefined) return true; // no reader may take it for whole
    // HTTP/2 says null twice, and also when the stream is cut off.
    if (!this.#ended) {
      this.#finish();
      const fault = this.#blind ? "content-unread" : this.#fault();
      if (fault !== undefined && this.#expected !== undefined)
        return this.#fail(new Refusal(fault));
      if (this.#held !== undefined) this.#push.call(this.#stream, this.#held);
    }
    const answer = this.#push.call(this.#stream, null);
    this.#over?.reach();
    return answer;
  }

  #finish(): void {
    this.#ended = true;
    this.#record.finish();
    // An adapter that took the content elsewhere, and left an empty stream, has read it.
    if (this.#record.byteLength === 0 && (announcedBytes(this.#stream) ?? 0) > 0)
      this.#blind = true;
  }

  /** What is wrong with all of the content, held against what was said of it. */
  #fault(): ReturnType<typeof contentFault> {
    const claim = this.#expected;
    return claim && contentFault(claim, this.#record.byteLength, this);
  }

  #fail(refusal: Refusal): true {
    this.#failure = refusal;
    this.#held = EMPTY;
    this.#isUnheard = !failReaders(this.#stream, this.#owner.errorOf(refusal), this.#ended);
    this.#over?.reach();
    return true;
  }

  /** Until it has ended or failed, or can do neither any more. */
  #untilOver(): Promise<void> {
    if (this.#ended || this.#failure !== undefined || this.#stream.destroyed)
      return Promise.resolve();
    if (this.#over === undefined) {
      let reach = (): void => {};
      const reached = new Promise<void>((resolve) => (reach = resolve));
      this.#over = { reached, reach };
    }
    return this.#over.reached;
  }

  /** What is wrong with it so far; `content-too-large` is for the one who asks, and changes nothing for others. */
  #refuseSoFar(maxBytes: number): void {
    if (this.#blind)
      throw new Refusal("content-unread", "the content was read before the module could see it");
    if (this.#failure !== undefined) throw this.#failure;
    if (Math.max(this.#announced, this.#record.byteLength) > maxBytes) throw tooLarge(maxBytes);
  }

  settle(maxBytes: number = this.#maxBytes): number | Promise<number> {
    this.#refuseSoFar(maxBytes);
    if (this.#ended) return this.#record.byteLength;
    if (this.#record.byteLength > 0 || !endsWithItsHead(this.#stream))
      return this.#settleLater(maxBytes);
    this.#room = 0; // should anything come all the same, it fails
    return 0;
  }

  async #settleLater(maxBytes: number): Promise<number> {
    this.#room = Math.max(maxBytes, this.#room === Infinity ? 0 : this.#room);
    if (!comesUnasked(this.#stream))
      letNodeBuffer(this.#stream, announcedBytes(this.#stream) ?? this.#room);
    await this.#untilOver();
    this.#refuseSoFar(maxBytes);
    if (!this.#ended) throw new Refusal("content-incomplete");
    return this.#record.byteLength;
  }

  digest(algorithm: DigestAlgorithm, encoding: DigestEncoding): string {
    return this.#record.digest(algorithm, encoding);
  }

  bytes(): Uint8Array {
    return this.#record.bytes();
  }

  expect(claim: ContentClaim, maxBytes: number = Infinity): void {
    this.#refuseSoFar(maxBytes);
    if (forbidsContent(claim) && this.#hasContent()) throw new Refusal("content-undigested");
    this.#expected = claim;
    const fault = this.#ended ? this.#fault() : undefined;
    if (fault !== undefined) throw new Refusal(fault);
    if (this.#ended) return;
    this.#room = maxBytes;
    this.#held ??= this.#takeHold();
  }

  /** Whether bytes have come, or will. What was handed over by an adapter may announce what it does not have. */
  #hasContent(): boolean {
    if (this.#record.byteLength > 0) return true;
    return !isHandedOver(this.#stream) && this.#announced > 0;
  }

  /** How many bytes are to come by the head; none once all have come. */
  get #announced(): number {
    return this.#ended ? 0 : (announcedBytes(this.#stream) ?? 0);
  }

  /** Content that waits to be read may be all of it but for the end. Whom it was promised already gets it. */
  #takeHold(): Uint8Array {
    const stream = this.#stream;
    if (stream.readableEncoding !== null && stream.readableLength > 0)
      throw new Refusal("content-unread", "the content became text before it was judged");
    return canTakeBack(stream) ? takeBack(stream) : EMPTY;
  }

  /** Whether all of the content is there, and is what was expected. */
  get isRight(): boolean {
    return this.#ended && this.#failure === undefined;
  }

  /** How many bytes have come. */
  get byteLength(): number {
    return this.#record.byteLength;
  }

  /** What was wrong with the content, as far as it is known. */
  get failure(): Refusal | undefined {
    return this.#failure;
  }

  /** Whether it failed and no reader was told. */
  get isUnheard(): boolean {
    return this.#isUnheard;
  }

  /** Waits until expected content is judged: what is wrong with it, if anything is. */
  async judged(): Promise<Refusal | undefined> {
    await this.#untilOver();
    return this.#failure ?? (this.#ended ? undefined : new Refusal("content-incomplete"));
  }

  /** Lets the rest of the content flow. Whoever reads goes on reading; where nobody does, it is thrown away. */
  drain(): void {
    if (!this.#ended && this.#failure === undefined) this.#stream.resume();
  }
}
