import type { ServerResponse } from "node:http";
import { isPromise, within, type Maybe } from "@lacre/core";
import { headersSent, seemSent } from "./response-head.js";
import { standOn, type AnswerGuard, type Methods } from "./stand-on.js";
import { withCallbackLast, type Callback, type WriteArgs } from "./write-args.js";

/** How long the end of an answer waits for the store. */
const PATIENCE_MS = 1_000;

/** Who wants to know how the work behind an answer ended. */
export interface Settler {
  /**
   * Told once, with the status of the answer, before its end is sent. Its end waits for the promise.
   * @throws where it could not be noted: the answer stays as it is
   */
  settle(status: number): Maybe<void>;
  /** Told why it could not be noted. */
  failed(error: unknown): void;
}

/**
 * Notes how the work behind an answer ended before its end is sent, so that whoever sends the request again at once finds
 * it noted. The handler alone says so, by ending its answer, be its caller still there or not: a connection that breaks
 * ends no work, and a copy must not run beside it.
 */
class SettledAnswer implements AnswerGuard {
  readonly #response: ServerResponse;
  readonly #settler: Settler;
  readonly #below: Methods;
  /** `ending`: the handler has ended it, and its end waits. */
  #fate: "open" | "ending" | "passed" = "open";
  #seemUnsent: (() => void) | undefined;

  constructor(response: ServerResponse, settler: Settler) {
    this.#response = response;
    this.#settler = settler;
    this.#below = standOn(response, this);
  }

  #pass(method: keyof Methods, args: readonly unknown[]): never {
    return this.#below[method].apply(this.#response, args as never[]);
  }

  writeHead(args: readonly unknown[]): unknown {
    if (this.#fate === "ending") throw headersSent("write");
    return this.#pass("writeHead", args);
  }

  write(args: WriteArgs): boolean {
    return this.#fate === "ending" ? false : this.#pass("write", args);
  }

  flushHeaders(): void {
    if (this.#fate !== "ending") this.#pass("flushHeaders", []);
  }

  end(args: WriteArgs): ServerResponse {
    const response = this.#response;
    if (this.#fate === "ending") return response;
    if (this.#fate === "passed") return this.#pass("end", args);
    const settled = this.#settle(response.statusCode);
    if (settled === undefined) {
      this.#fate = "passed";
      return this.#pass("end", args);
    }
    this.#fate = "ending";
    if (!response.headersSent) this.#seemUnsent = seemSent(response);
    // The writer may use its own bytes again.
    const [chunk, encoding, callback] = withCallbackLast(args);
    const last = ArrayBuffer.isView(chunk) ? Buffer.from(chunk as Uint8Array) : chunk;
    void settled.then(() => this.#release(last, encoding, callback));
    return response;
  }

  /** Nothing where nothing waits; a promise that is never rejected otherwise. */
  #settle(status: number): Promise<void> | undefined {
    const failed = (error: unknown): void => this.#settler.failed(error);
    try {
      const settled = this.#settler.settle(status);
      return isPromise(settled) ? within(PATIENCE_MS, settled).catch(failed) : undefined;
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  #release(
    last: unknown,
    encoding: BufferEncoding | undefined,
    callback: Callback | null | undefined,
  ): void {
    this.#fate = "passed";
    this.#seemUnsent?.();
    try {
      this.#pass("end", [last, encoding, ...(callback ? [callback] : [])]);
    } catch {
      this.#response.destroy(); // nobody is left to catch it
    }
  }
}

/** Has the settler told how the work behind an answer ended, before its end is sent. */
export function settleAnswer(response: ServerResponse, settler: Settler): void {
  new SettledAnswer(response, settler);
}
