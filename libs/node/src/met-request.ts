import type { IncomingMessage, ServerResponse } from "node:http";
import { requestIdOf, type AnswerHeaders } from "./request-id.js";

/** A request that a gate has met, before anything of it is judged: when, and under which id. */
export abstract class MetRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** When it arrived, by `performance.now()`. */
  readonly arrivedMs = performance.now();
  /** Whether its answer is made by several, each with its own outcome: the status of the answer tells none of them. */
  isShared = false;
  #framed: object;
  #answer: AnswerHeaders;
  #requestId: string | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    this.#framed = request;
    this.#answer = response;
  }

  /** Notes what a framework has made of request and response, where it has objects of its own for them. */
  frame(request: object, answer: AnswerHeaders): void {
    this.#framed = request;
    this.#answer = answer;
  }

  /**
   * Takes the answer over from its framework, which will send none.
   * @returns the headers that the framework was to send
   */
  takeOver(): readonly (readonly [string, number | string | readonly string[]])[] {
    const answer = this.#answer;
    if (answer === this.response) return [];
    const headers = Object.entries(answer.getHeaders?.() ?? {});
    answer.hijack?.();
    return headers.flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
  }

  /** The request as its framework knows it; Node's own unless it has another. */
  get framed(): object {
    return this.#framed;
  }

  /** The path that was asked for, where it could be read. Without the query, which may hold credentials. */
  abstract get path(): string | undefined;

  /** What a log calls it: method and path. */
  get name(): string {
    const { method = "" } = this.request;
    return this.path === undefined ? method : `${method} ${this.path}`;
  }

  /** The one id of the request, found when somebody asks for it first. */
  get requestId(): string {
    return (this.#requestId ??= requestIdOf(this.request, this.#framed, this.#answer));
  }
}
