import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { clearHead, headersSent, seemSent, takeHead, type HeadArgs } from "./response-head.js";
import { standOn, type AnswerGuard, type Methods } from "./stand-on.js";
import { toBytes, withCallbackLast, type Callback, type WriteArgs } from "./write-args.js";

/** What is to become of the answers, decided by who knows their requests. */
export interface AnswerKeeper<Subject> {
  /** How long an answer may be that is kept back, in bytes. */
  readonly maxBytes: number;
  /** Whether an answer of this status is to be kept back and sealed. */
  seals(subject: Subject, status: number): boolean;
  /** Sets the last headers of an answer that is kept back; throws where that cannot be done. */
  seal(subject: Subject, status: number, content: Uint8Array | undefined): void;
  /** Whether an answer that is not kept back must have headers too. */
  finishesHead(subject: Subject): boolean;
  /** Sets them. */
  finishHead(subject: Subject): void;
  /** Told why an answer could not be sealed, before 500 is sent in its place. */
  report(subject: Subject, problem: unknown): void;
}

/**
 * Stands on Node's own response, below every middleware, interceptor, filter and hook. An answer that is to be sealed
 * is kept back until its end is known; to all who write it, it behaves as if it were on its way.
 */
export class HeldAnswer<Subject> implements AnswerGuard {
  readonly #response: ServerResponse;
  readonly #keeper: AnswerKeeper<Subject>;
  readonly #subject: Subject;
  readonly #node: Methods;
  #sources: Set<Readable> | undefined;
  #fate: "open" | "held" | "passed" | "failed" = "open";
  #head: { readonly status: number; readonly reason: string | undefined } | undefined;
  #seemUnsent: (() => void) | undefined;
  #chunks: Uint8Array[] = [];
  #byteLength = 0;

  /** @param subject whose answer it is: what the keeper is asked about */
  constructor(response: ServerResponse, keeper: AnswerKeeper<Subject>, subject: Subject) {
    this.#response = response;
    this.#keeper = keeper;
    this.#subject = subject;
    this.#node = standOn(response, this);
    response.on("pipe", (source: Readable) => (this.#sources ??= new Set()).add(source));
    response.on("unpipe", (source: Readable) => this.#sources?.delete(source));
  }

  #isHeld(status: number): boolean {
    if (this.#fate === "open")
      this.#fate = status >= 200 && this.#keeper.seals(this.#subject, status) ? "held" : "passed";
    return this.#fate === "held";
  }

  #call(method: keyof Methods, args: readonly unknown[]): never {
    return this.#node[method].apply(this.#response, args as never[]);
  }

  writeHead(args: HeadArgs): ServerResponse {
    const response = this.#response;
    const status = Math.trunc(Number(args[0]));
    if (!(status >= 100 && status <= 999)) return this.#call("writeHead", args); // throws
    if (!this.#isHeld(status)) {
      if (response.headersSent || !this.#keeper.finishesHead(this.#subject))
        return this.#call("writeHead", args);
      const reason = takeHead(response, args);
      this.#keeper.finishHead(this.#subject);
      return this.#call("writeHead", reason === undefined ? [args[0]] : [args[0], reason]);
    }
    if (this.#head !== undefined) {
      // Some middleware asks Node's private _header whether there is a head, and makes an implicit one once more.
      if (args.length === 1) return response;
      throw headersSent("write");
    }
    const reason = takeHead(response, args);
    response.statusCode = status;
    this.#head = { status, reason };
    for (const source of this.#sources ?? []) if (source.errored) this.#sources?.delete(source);
    this.#seemUnsent = seemSent(response);
    if (/^\s*text\/event-stream\b/i.test(String(response.getHeader("content-type"))))
      this.#fail("it is a stream of events");
    else if (
      this.#hasContent() &&
      Number(response.getHeader("content-length")) > this.#keeper.maxBytes
    )
      this.#fail(this.#tooLong());
    return response;
  }

  /** Settles the head as Node would, through whatever else stands on `writeHead`. */
  #settleHead(): void {
    const { statusCode } = this.#response;
    if (this.#head === undefined) this.#response.writeHead(statusCode);
    if (this.#head === undefined) this.writeHead([statusCode]);
  }

  write(args: WriteArgs): boolean {
    if (!this.#isHeld(this.#response.statusCode) && this.#fate === "passed")
      return this.#call("write", args);
    const [chunk, encoding, callback] = withCallbackLast(args);
    const bytes = toBytes(chunk, encoding);
    if (this.#fate === "held") this.#settleHead();
    if (this.#fate === "held") this.#keep(Buffer.from(bytes)); // the writer may use its own again
    const failed = (this.#fate as string) === "failed";
    if (callback) process.nextTick(callback, failed ? new Error("the answer was refused") : null);
    return !failed;
  }

  end(args: WriteArgs): ServerResponse {
    if (!this.#isHeld(this.#response.statusCode) && this.#fate === "passed")
      return this.#call("end", args);
    const [chunk, encoding, callback] = withCallbackLast(args);
    const bytes = chunk === undefined || chunk === null ? undefined : toBytes(chunk, encoding);
    if (this.#fate === "held") this.#settleHead();
    if (this.#fate === "held" && bytes !== undefined) this.#keep(bytes);
    if (this.#fate === "held") this.#release(callback);
    else this.#endWith(callback);
    return this.#response;
  }

  flushHeaders(): void {
    if (!this.#isHeld(this.#response.statusCode)) {
      if (this.#fate === "passed") this.#call("flushHeaders", []);
      return;
    }
    this.#settleHead();
    if (this.#fate === "held") this.#fail("its head was to be sent before its end was known");
  }

  #keep(bytes: Uint8Array): void {
    if (!this.#hasContent() || bytes.byteLength === 0) return;
    this.#chunks.push(bytes);
    this.#byteLength += bytes.byteLength;
    if (this.#byteLength > this.#keeper.maxBytes) this.#fail(this.#tooLong());
  }

  // RFC 9110 §6.4.1
  #hasContent(): boolean {
    const { req, statusCode } = this.#response;
    const { status } = this.#head ?? { status: statusCode };
    return req.method !== "HEAD" && status !== 204 && status !== 304;
  }

  #tooLong(): string {
    return `it is longer than maxAnswerBytes (${this.#keeper.maxBytes})`;
  }

  #release(callback: Callback | null | undefined): void {
    const response = this.#response;
    const { status, reason } = this.#head as { status: number; reason: string | undefined };
    this.#seemNoMore();
    if (!response.destroyed) {
      const content = this.#byteLength > 0 ? joined(this.#chunks) : undefined;
      try {
        this.#refuseTruncated();
        this.#keeper.seal(this.#subject, status, content);
        this.#setLength();
        this.#call("writeHead", reason === undefined ? [status] : [status, reason]);
      } catch (error) {
        this.#fail(error);
        this.#endWith(callback);
        return;
      }
      this.#fate = "passed";
      if (content !== undefined) this.#call("write", [content]);
    }
    this.#fate = "passed";
    this.#chunks = [];
    this.#endWith(callback);
  }

  #endWith(callback: Callback | null | undefined): void {
    this.#call("end", callback ? [undefined, undefined, callback] : []);
  }

  /** What is signed is taken for whole. */
  #refuseTruncated(): void {
    if (this.#byteLength > 0 && [...(this.#sources ?? [])].some(({ errored }) => errored))
      throw new Error("what was piped into it failed before its end");
    const announced = this.#response.getHeader("content-length");
    if (
      this.#hasContent() &&
      announced !== undefined &&
      String(announced) !== String(this.#byteLength)
    )
      throw new Error(`Content-Length is ${String(announced)}, and it has ${this.#byteLength}`);
  }

  #setLength(): void {
    const response = this.#response;
    const isChunked = response.hasHeader("transfer-encoding") || response.hasHeader("trailer");
    if (this.#hasContent() && !isChunked)
      response.setHeader("Content-Length", String(this.#byteLength));
  }

  /** Sends 500 without content in place of the answer. What is still written to it is lost. */
  #fail(problem: unknown): void {
    const response = this.#response;
    this.#fate = "failed";
    this.#chunks = [];
    this.#byteLength = 0;
    this.#seemNoMore();
    this.#keeper.report(this.#subject, problem);
    if (response.destroyed) return;
    clearHead(response);
    this.#head = { status: 500, reason: undefined };
    response.statusCode = 500;
    if (!(response.req.httpVersionMajor > 1)) response.statusMessage = "Internal Server Error";
    this.#keeper.seal(this.#subject, 500, undefined);
    this.#setLength();
    this.#call("writeHead", [500]);
    this.#call("end", []);
  }

  #seemNoMore(): void {
    this.#seemUnsent?.();
    this.#seemUnsent = undefined;
  }
}

const joined = (chunks: readonly Uint8Array[]): Uint8Array =>
  chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
