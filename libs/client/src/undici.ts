import type { Dispatcher } from "undici";
import { exchangeOf, type Exchange } from "./exchange.js";
import type { NodeBody } from "./node-body.js";
import type { ClientOptions } from "./options.js";
import { isFinal, send, type Outgoing } from "./send.js";
import { refuseSigning, signs } from "./signing-once.js";
import type { UndiciAnswer } from "./undici/undici-answer.js";
import { UndiciAttempt } from "./undici/undici-attempt.js";
import { FrontController } from "./undici/undici-front-controller.js";
import { readRequest } from "./undici/undici-request.js";
import { unlessAborted } from "./unless-aborted.js";
import { isOld, refuseMixture, refuseOld } from "./undici/undici-versions.js";

type Handler = Dispatcher.DispatchHandler;

/**
 * Makes a dispatcher of undici sign what it sends, byte for byte, and check the answers before they are decompressed:
 * for `request`, `fetch`, `stream` and `pipeline`. The given dispatcher itself stays as it is.
 *
 * Interceptors that are composed onto the result stand outside: they change requests before they are signed, and read
 * answers that have been checked. `interceptors.retry()` there signs each attempt anew, but repeats in addition to
 * `retries`: set `retries: 0` with it. Redirects are followed with `redirects`, never to another origin; `fetch` follows
 * them itself, to any origin, unless it is given `redirect: "manual"`.
 *
 * A signed answer is held in memory until it has been checked; any other is handed on as it comes. An `fs.ReadStream`
 * or a Blob as content is read twice and never held in memory.
 *
 * Needs undici 7 or later. `request` and `fetch` must be of the undici that the dispatcher is of: the `fetch` of Node is
 * of another one.
 *
 * @example
 * const agent = signUndici(new Agent(), { appId: "orders", apiKey: process.env.LACRE_API_KEY });
 * await request("https://api.example.com/v1/orders", { dispatcher: agent, method: "POST", body: '{"n":1}' });
 * @throws ConfigurationError for a wrong AppId, key or option, and for a dispatcher that signs already or is of
 *   an older undici
 */
export function signUndici(
  dispatcher: Dispatcher,
  options: ClientOptions,
): Dispatcher.ComposedDispatcher {
  refuseOld(dispatcher);
  refuseSigning(dispatcher, "dispatcher", "Give signUndici the one that this one was made of.");
  const exchange = exchangeOf(options, "signUndici");
  const signing = dispatcher.compose((dispatch) => (request, handler) => {
    if (isOld(handler)) return refuseMixture(handler);
    void new Conversation(exchange, dispatch, request, handler).run();
    return true;
  });
  return signs(signing);
}

/** One request of the caller's, however often it is sent. */
class Conversation {
  readonly #exchange: Exchange;
  readonly #dispatch: Dispatcher.Dispatch;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #handler: Handler;
  readonly #front = new FrontController();
  #isStarted = false;

  constructor(
    exchange: Exchange,
    dispatch: Dispatcher.Dispatch,
    options: Dispatcher.DispatchOptions,
    handler: Handler,
  ) {
    this.#exchange = exchange;
    this.#dispatch = dispatch;
    this.#options = options;
    this.#handler = handler;
  }

  /** Never rejects: the handler is told every error. */
  async run(): Promise<void> {
    try {
      const signal = this.#signal();
      const request = await unlessAborted(readRequest(this.#options, signal), signal);
      const answer = await send(this.#exchange, request, (attempt) => this.#transmit(attempt));
      answer.handOn(this.#handler);
    } catch (error) {
      // No interceptor outside repeats an aborted request.
      if (isFinal(error)) this.#front.abort(error);
      this.#handler.onResponseError?.(this.#front, error as Error);
    }
  }

  /** The caller's too: undici has it end what it has begun to send, and nothing before. */
  #signal(): AbortSignal {
    const { signal } = this.#front;
    const { signal: given } = this.#options as { signal?: unknown };
    return given instanceof AbortSignal ? AbortSignal.any([signal, given]) : signal;
  }

  #transmit({ method, url, target, headers, body }: Outgoing<NodeBody>): Promise<UndiciAnswer> {
    return new Promise((resolve, reject) => {
      const attempt = new UndiciAttempt(this.#front, {
        started: (context) => {
          if (!this.#isStarted) this.#handler.onRequestStart?.(this.#front, context);
          this.#isStarted = true;
        },
        informed: (...details) => {
          if (this.#exchange.settings.verifyResponses === "if-present")
            this.#handler.onResponseStart?.(this.#front, ...details);
        },
        answered: resolve,
        failed: reject,
      });
      this.#dispatch(
        {
          ...this.#options,
          origin: url.origin,
          path: target ?? url.pathname + url.search,
          query: undefined,
          method,
          headers: headers.flat(),
          body: body?.open() as Dispatcher.DispatchOptions["body"],
        },
        attempt,
      );
    });
  }
}
