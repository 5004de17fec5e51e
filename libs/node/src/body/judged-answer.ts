import type { ServerResponse } from "node:http";
import type { Refusal } from "@lacre/core";
import {
  clearHead,
  headersSent,
  seemSent,
  takeHead,
  type HeadArgs,
} from "../answers/response-head.js";
import { setRefusalContent, type RefusalAnswer } from "../answers/refusal-answers.js";
import { standOn, type AnswerGuard, type Methods } from "../answers/stand-on.js";
import { toBytes, withCallbackLast, type Callback, type WriteArgs } from "../answers/write-args.js";
import type { BodyTap } from "./body-tap.js";

/** How much is kept of an answer to HTTP/1.0 whose length is not told. */
const MAX_KEPT_BYTES = 1_048_576;

type Answer = ServerResponse & {
  /** The stream under an answer of HTTP/2. */
  readonly stream?: { destroy(error: Error): void };
};
/** Notes the refusal, sets its headers, and says what is answered. */
type Refuse = (refusal: Refusal) => Pick<RefusalAnswer, "status" | "body">;

/**
 * Keeps the answer of a streamed route from being complete before the request's content is judged: its end waits, and
 * with it all that would make it whole without an end. If the content is wrong, the caller gets the refusal in its
 * place, or a broken answer where the head is on its way. Errors of the handler go out at once.
 */
class JudgedAnswer implements AnswerGuard {
  readonly #response: Answer;
  readonly #tap: BodyTap;
  readonly #refuse: Refuse;
  readonly #below: Methods;
  #fate: "open" | "passed" | "refused" = "open";
  /** Inside a call to what is below, which may come back here. */
  #isPassing = false;
  #head: readonly [status: number, reason?: string] | undefined;
  /** The last bytes of an answer whose length is told in its head; all of one that ends with its connection. */
  #chunks: Buffer[] = [];
  #hasEnded = false;
  #seemUnsent: (() => void) | undefined;

  constructor(response: ServerResponse, tap: BodyTap, refuse: Refuse) {
    this.#response = response;
    this.#tap = tap;
    this.#refuse = refuse;
    this.#below = standOn(response, this);
    // Whoever is told that the content is wrong answers for it. If nobody is, this does.
    this.#afterwards((refusal) => {
      if (refusal !== undefined && tap.isUnheard) this.#replace(refusal);
    });
  }

  /** Once the content is judged. Whatever middleware throws then has nobody left to catch it. */
  #afterwards(act: (refusal: Refusal | undefined) => void): void {
    this.#tap
      .judged()
      .then(act)
      .catch(() => this.#break());
  }

  #pass(method: keyof Methods, args: readonly unknown[]): never {
    const isOuter = !this.#isPassing;
    this.#isPassing = true;
    try {
      return this.#below[method].apply(this.#response, args as never[]);
    } finally {
      if (isOuter) this.#isPassing = false;
    }
  }

  /** Whether an answer of this status waits. Lets go of what has waited when it need not wait any more. */
  #waits(status: number): boolean {
    if (this.#fate !== "open" || this.#isPassing) return false;
    const isError = status >= 400 && !this.#response.headersSent;
    if (!isError && !this.#tap.isRight) return true;
    this.#release();
    return false;
  }

  /** Whether what is written now comes after the end. */
  #isLost(): boolean {
    if (this.#isPassing || this.#fate === "passed") return false;
    return this.#fate === "refused" || this.#hasEnded;
  }

  writeHead(args: HeadArgs): unknown {
    const response = this.#response;
    const status = Number(args[0]);
    if (this.#isLost()) return response;
    if (!(status >= 200) || !this.#waits(status)) return this.#pass("writeHead", args);
    if (response.headersSent) throw headersSent("write");
    const reason = takeHead(response, args);
    response.statusCode = status;
    this.#head = reason === undefined ? [status] : [status, reason];
    this.#seem();
    return response;
  }

  write(args: WriteArgs): boolean {
    if (this.#isLost()) return false;
    if (!this.#waits(this.#response.statusCode)) return this.#pass("write", args);
    if (this.#tap.failure !== undefined) {
      this.#replace(this.#tap.failure);
      return false;
    }
    const [chunk, encoding, callback] = withCallbackLast(args);
    const bytes = toBytes(chunk, encoding);
    const endsWithItsHead = this.#endsWithItsHead();
    if (!endsWithItsHead && this.#endsWithItsConnection()) return this.#keep(bytes, callback);
    if (!endsWithItsHead) this.#sendHead();
    if (!endsWithItsHead && !this.#response.hasHeader("content-length"))
      return this.#pass("write", args);
    if (callback) process.nextTick(callback, null); // the next write may wait for it
    if (endsWithItsHead) return true; // Node would send the head alone
    const [before] = this.#chunks;
    this.#chunks = [Buffer.from(bytes)]; // the writer may use its own again
    return before === undefined || this.#pass("write", [before]);
  }

  /** Keeps back what a broken connection would make look whole. */
  #keep(bytes: Uint8Array, callback: Callback | null | undefined): boolean {
    this.#chunks.push(Buffer.from(bytes));
    if (callback) process.nextTick(callback, null);
    const byteLength = this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    if (byteLength > MAX_KEPT_BYTES) this.#break();
    return true;
  }

  end(args: WriteArgs): ServerResponse {
    const response = this.#response;
    if (this.#isLost()) return response;
    if (!this.#waits(response.statusCode)) return this.#pass("end", args);
    const [chunk, encoding, callback] = withCallbackLast(args);
    const last = chunk === undefined || chunk === null ? undefined : toBytes(chunk, encoding);
    this.#hasEnded = true;
    this.#seem();
    this.#tap.drain();
    this.#afterwards((refusal) => {
      if (refusal !== undefined) return this.#replace(refusal);
      this.#release();
      this.#pass("end", endArgs(last, callback));
    });
    return response;
  }

  flushHeaders(): void {
    if (this.#isLost()) return;
    if (this.#waits(this.#response.statusCode)) {
      if (this.#endsWithItsHead() || this.#endsWithItsConnection()) return;
      this.#sendHead();
    }
    this.#pass("flushHeaders", []);
  }

  // RFC 9110 §6.4.1
  #endsWithItsHead(): boolean {
    const { req, statusCode } = this.#response;
    const isEmpty = String(this.#response.getHeader("content-length")) === "0";
    return isEmpty || req.method === "HEAD" || statusCode === 204 || statusCode === 304;
  }

  // RFC 9112 §6.3: HTTP/1.0 knows no chunks, so its answers end by their length or by the end of the connection.
  #endsWithItsConnection(): boolean {
    const { httpVersionMajor, httpVersionMinor } = this.#response.req;
    const isOld = httpVersionMajor === 1 && httpVersionMinor === 0;
    return isOld && !this.#response.hasHeader("content-length");
  }

  #release(): void {
    this.#fate = "passed";
    this.#sendHead();
    for (const chunk of this.#chunks.splice(0)) this.#pass("write", [chunk]);
  }

  #sendHead(): void {
    this.#seemNoMore();
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined) this.#pass("writeHead", head);
  }

  /** The refusal in place of the answer. What is still written to it is lost. */
  #replace(refusal: Refusal): void {
    const response = this.#response;
    if (this.#fate !== "open") return;
    this.#fate = "refused";
    this.#seemNoMore();
    if (response.destroyed || response.writableEnded) return;
    if (response.headersSent) {
      this.#refuse(refusal);
      this.#break();
      return;
    }
    clearHead(response);
    const content = setRefusalContent(response, this.#refuse(refusal));
    if (response.stream === undefined) response.statusMessage = ""; // Node's own for the status
    this.#pass("end", [content]);
  }

  /** Over HTTP/2, only an error keeps Node from writing END_STREAM before it resets: `close()` ends the stream first. */
  #break(): void {
    const { stream } = this.#response;
    if (stream === undefined) this.#response.destroy();
    else stream.destroy(new Error("the request's content is wrong"));
  }

  /** To all who write it, an answer that waits behaves as if it were on its way. */
  #seem(): void {
    if (!this.#response.headersSent) this.#seemUnsent = seemSent(this.#response);
  }

  #seemNoMore(): void {
    this.#seemUnsent?.();
    this.#seemUnsent = undefined;
  }
}

const endArgs = (last: Uint8Array | undefined, callback: Callback | null | undefined) => {
  if (callback) return [last, undefined, callback];
  return last === undefined ? [] : [last];
};

/** Keeps the answer from being complete before the request's content, which the tap has been told to expect, is judged. */
export function holdAnswer(response: ServerResponse, tap: BodyTap, refuse: Refuse): void {
  if (!tap.isRight) new JudgedAnswer(response, tap, refuse);
}
