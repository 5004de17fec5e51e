import type { Duplex } from "node:stream";
import type { Dispatcher } from "undici";
import { UndiciAnswer, type Head, type ParsedHeaders } from "./undici-answer.js";
import type { FrontController } from "./undici-front-controller.js";

type Handler = Dispatcher.DispatchHandler;
type Controlled = Dispatcher.DispatchController;

/** Whom an attempt tells how it goes. */
export interface Watcher {
  started(context: unknown): void;
  /** Of a status below 200. */
  informed(status: number, headers: ParsedHeaders, message?: string): void;
  answered(answer: UndiciAnswer): void;
  /** Without an answer. */
  failed(error: Error): void;
}

/** Listens to undici during one attempt. */
export class UndiciAttempt implements Handler {
  readonly #front: FrontController;
  readonly #watcher: Watcher;
  #answer: UndiciAnswer | undefined;

  constructor(front: FrontController, watcher: Watcher) {
    this.#front = front;
    this.#watcher = watcher;
  }

  onRequestStart(controller: Controlled, context: unknown): void {
    this.#front.follow({
      controller,
      abort: (reason) => (this.#answer ?? controller).abort(reason),
      flush: () => this.#answer?.flush(),
    });
    if (this.#front.aborted) controller.abort(this.#front.reason as Error);
    else this.#watcher.started(context);
  }

  onRequestUpgrade(
    controller: Controlled,
    status: number,
    headers: ParsedHeaders,
    socket: Duplex,
  ): void {
    this.#arrive(controller, { is: "upgrade", status, headers, socket });
  }

  onResponseStart(
    controller: Controlled,
    status: number,
    headers: ParsedHeaders,
    message?: string,
  ): void {
    if (status < 200) this.#watcher.informed(status, headers, message);
    else this.#arrive(controller, { is: "response", status, headers, message });
  }

  onResponseData(_controller: Controlled, chunk: Buffer): void {
    this.#answer?.push(chunk);
  }

  onResponseEnd(_controller: Controlled, trailers: ParsedHeaders): void {
    this.#answer?.end(trailers);
  }

  onResponseError(_controller: Controlled, error: Error): void {
    if (this.#answer === undefined) this.#watcher.failed(error);
    else this.#answer.fail(error);
  }

  #arrive(controller: Controlled, head: Head): void {
    this.#answer = new UndiciAnswer(this.#front, controller, head);
    this.#watcher.answered(this.#answer);
  }
}
