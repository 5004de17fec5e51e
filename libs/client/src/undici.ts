import { stringify } from "node:querystring";
import type { Duplex } from "node:stream";
import { platform } from "#platform";
import { ConfigurationError, Refusal, ResponseRefusal, type HeaderEntry } from "@lacre/core";
import { FormData, Response, type Dispatcher } from "undici";
import { Exchange } from "./exchange.js";
import { readNodeBody, serialise, type NodeBody } from "./node-body.js";
import type { ClientOptions } from "./options.js";
import { entriesOfRaw } from "./raw-headers.js";
import { send, type OpenAnswer, type Outgoing } from "./send.js";

type Handler = Dispatcher.DispatchHandler;
type Controlled = Dispatcher.DispatchController;

/**
 * An interceptor that signs whatever an undici dispatcher sends, be it asked by `request`, `fetch`, `stream` or
 * `pipeline`, byte for byte as it is sent, and checks the answers before they are decompressed.
 *
 * In `compose`, what comes later stands outside: put this first, so that whatever else changes requests does so before
 * they are signed, and whatever reads answers reads what has been checked. `interceptors.retry()` outside signs each
 * attempt anew, but repeats on top of this one's own repeating: set `retries: 0` with it. Redirects are followed with
 * `redirects`, never to another origin; `fetch` follows them by itself, and anywhere, unless given `redirect: "manual"`.
 *
 * A signed answer is held in memory until it has been checked; any other is handed on as it comes. An `fs.ReadStream`
 * or a Blob as content is read twice and never held in memory. Needs undici 7.
 *
 * @example
 * const agent = new Agent().compose(signed({ appId: "orders", apiKey: process.env.LACRE_API_KEY }));
 * await request("https://api.example.com/v1/orders", { dispatcher: agent, method: "POST", body: '{"n":1}' });
 * @throws ConfigurationError for an AppId, a key or an option that will not do
 */
export function signed(options: ClientOptions): Dispatcher.DispatcherComposeInterceptor {
  const exchange = new Exchange(options, platform.signerOf(options));
  return (dispatch) => (request, handler) => {
    void new Conversation(exchange, dispatch, request, handler).run();
    return true;
  };
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

  /** Never fails: whatever goes wrong is told to the handler. */
  async run(): Promise<void> {
    try {
      const request = await readRequest(this.#options, this.#front.signal);
      const answer = await send(this.#exchange, request, (attempt) => this.#transmit(attempt));
      answer.handOn(this.#handler);
    } catch (error) {
      // An aborted request is repeated by no interceptor outside.
      if (isOurs(error)) this.#front.abort(error);
      this.#handler.onResponseError?.(this.#front, error as Error);
    }
  }

  #transmit({ method, url, target, headers, body }: Outgoing<NodeBody>): Promise<Arrival> {
    return new Promise((resolve, reject) => {
      const arrival = new Arrival(this.#front, {
        started: (context) => {
          if (!this.#isStarted) this.#handler.onRequestStart?.(this.#front, context);
          this.#isStarted = true;
        },
        informed: (...details) => {
          if (this.#exchange.options.verifyResponses === "if-present")
            this.#handler.onResponseStart?.(this.#front, ...details);
        },
        arrived: resolve,
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
        arrival,
      );
    });
  }
}

const isOurs = (error: unknown): error is Error =>
  error instanceof Refusal ||
  error instanceof ResponseRefusal ||
  error instanceof ConfigurationError;

/** What the caller holds, in place of the controller of whichever attempt is under way. */
class FrontController implements Controlled {
  readonly #abortion = new AbortController();
  #behind: Arrival | undefined;
  #isPaused = false;

  get signal(): AbortSignal {
    return this.#abortion.signal;
  }

  get aborted(): boolean {
    return this.signal.aborted;
  }

  get reason(): Error | null {
    return (this.signal.reason as Error | undefined) ?? null;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get rawHeaders(): Controlled["rawHeaders"] {
    return this.#behind?.controller?.rawHeaders;
  }

  get rawTrailers(): Controlled["rawTrailers"] {
    return this.#behind?.controller?.rawTrailers;
  }

  /** From now on an attempt is under way. */
  follow(arrival: Arrival): void {
    this.#behind = arrival;
  }

  abort(reason: Error): void {
    this.#abortion.abort(reason);
    this.#behind?.abort(reason);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#behind?.flush();
  }
}

/** Whom an attempt tells how it goes. */
interface Watcher {
  started(context: unknown): void;
  informed(status: number, headers: ParsedHeaders, message?: string): void;
  arrived(arrival: Arrival): void;
  failed(error: Error): void;
}

type ParsedHeaders = Parameters<NonNullable<Handler["onResponseStart"]>>[2];

/** The answer to one attempt: held until it is known what becomes of it. */
class Arrival implements Handler, OpenAnswer {
  readonly #front: FrontController;
  readonly #watcher: Watcher;
  #head: ((to: Handler) => void) | undefined;
  #entries: HeaderEntry[] = [];
  #held: Buffer[] = [];
  #isComplete = false;
  #trailers: ParsedHeaders = {};
  #error: Error | undefined;
  #settled: (() => void) | undefined;
  #to: Handler | undefined;
  #isDiscarded = false;
  #isTelling = false;
  #isStirred = false;
  #isOver = false;
  #socket: Duplex | undefined;
  controller: Controlled | undefined;
  status = 0;

  constructor(front: FrontController, watcher: Watcher) {
    this.#front = front;
    this.#watcher = watcher;
  }

  // What undici tells.

  onRequestStart(controller: Controlled, context: unknown): void {
    this.controller = controller;
    this.#front.follow(this);
    if (this.#front.aborted) controller.abort(this.#front.reason as Error);
    else this.#watcher.started(context);
  }

  onRequestUpgrade(
    controller: Controlled,
    status: number,
    headers: ParsedHeaders,
    socket: Duplex,
  ): void {
    this.#socket = socket;
    this.#isComplete = true; // what follows is no answer
    this.#arrive(controller, status, headers, (to) => {
      this.#isOver = true;
      this.#socket = undefined;
      to.onRequestUpgrade?.(this.#front, status, headers, socket);
    });
  }

  onResponseStart(
    controller: Controlled,
    status: number,
    headers: ParsedHeaders,
    message?: string,
  ): void {
    if (status < 200) this.#watcher.informed(status, headers, message);
    else
      this.#arrive(controller, status, headers, (to) =>
        to.onResponseStart?.(this.#front, status, headers, message),
      );
  }

  onResponseData(_controller: Controlled, chunk: Buffer): void {
    if (this.#isDiscarded) return;
    this.#held.push(chunk);
    this.flush();
  }

  onResponseEnd(_controller: Controlled, trailers: ParsedHeaders): void {
    this.#isComplete = true;
    this.#trailers = trailers;
    this.#settled?.();
    this.flush();
  }

  onResponseError(_controller: Controlled, error: Error): void {
    this.#error = error;
    if (this.status === 0) this.#watcher.failed(error);
    this.#settled?.();
    this.flush();
  }

  // What is asked of an answer.

  get headers(): readonly HeaderEntry[] {
    return this.#entries;
  }

  async content(): Promise<Uint8Array> {
    if (!this.#isComplete && this.#error === undefined)
      await new Promise<void>((resolve) => (this.#settled = resolve));
    if (this.#error !== undefined) throw this.#error;
    this.#trailers = {}; // nobody signs them
    return Buffer.concat(this.#held);
  }

  discard(): void {
    this.#isDiscarded = true;
    this.#held = [];
  }

  /** Tells the handler all there is to tell, as far as it will hear it, and goes on telling it. */
  handOn(to: Handler): void {
    this.#to = to;
    this.#isTelling = true;
    try {
      this.#head?.(to);
    } catch (error) {
      this.#giveUp(error as Error);
    }
    this.#isTelling = false;
    this.flush();
  }

  flush(): void {
    if (this.#to === undefined || this.#isOver) return;
    // Whoever is told, or asked for more, may call back at once: the loop comes round to it.
    this.#isStirred = true;
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      while (this.#isStirred && !this.#isOver) {
        this.#isStirred = false;
        while (!this.#front.paused && this.#held.length > 0 && !this.#isOver)
          this.#to.onResponseData?.(this.#front, this.#held.shift() as Buffer);
        this.#goOn(this.#to);
      }
    } catch (error) {
      this.#giveUp(error as Error);
    }
    this.#isTelling = false;
  }

  /** Stops an answer that nobody will hear to its end. */
  abort(reason: Error): void {
    this.controller?.abort(reason);
    this.#socket?.destroy();
  }

  #goOn(to: Handler): void {
    if (this.#isOver) return;
    if (this.#error !== undefined) this.#giveUp(this.#error);
    else if (this.#front.paused) this.controller?.pause();
    else if (!this.#isComplete) this.controller?.resume();
    else {
      this.#isOver = true;
      try {
        to.onResponseEnd?.(this.#front, this.#trailers);
      } catch (error) {
        to.onResponseError?.(this.#front, error as Error);
      }
    }
  }

  #giveUp(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held = [];
    this.abort(error);
    this.#to?.onResponseError?.(this.#front, error);
  }

  #arrive(
    { rawHeaders }: Controlled,
    status: number,
    headers: ParsedHeaders,
    head: (to: Handler) => void,
  ): void {
    this.status = status;
    // Before 7.1 undici gives the names and values alone, a list where a name was on several lines.
    this.#entries = Array.isArray(rawHeaders)
      ? entriesOfRaw(rawHeaders.map((part: Buffer | string) => latin1(part)))
      : [...entriesOf(headers)];
    this.#head = head;
    this.#watcher.arrived(this);
  }
}

const latin1 = (part: Buffer | string): string =>
  typeof part === "string" ? part : part.toString("latin1");

/** Brings what a dispatcher takes into the target, the headers and the bytes that it would send. */
async function readRequest(
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Outgoing<NodeBody>> {
  const { origin, path, query, body: given } = options;
  if (origin === undefined || origin === null)
    throw new ConfigurationError(
      "origin",
      "is not said to interceptors here.",
      "Say it in the request, or compose an Agent.",
    );
  const headers = [...entriesOf(options.headers)];
  const has = (wanted: string): boolean => headers.some(([name]) => name.toLowerCase() === wanted);
  const length = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  const body =
    given instanceof FormData
      ? await serialise(given, Response)
      : await readNodeBody(given, length === undefined ? undefined : Number(length));
  if (body !== undefined) {
    if (body.contentType !== undefined && !has("content-type"))
      headers.push(["content-type", body.contentType]);
    if (length === undefined) headers.push(["content-length", String(body.byteLength)]);
  }
  if (!has("accept-encoding")) headers.push(["accept-encoding", "identity"]);
  return {
    // undici would send "patch" as it is written.
    method: options.method.toUpperCase(),
    url: new URL(origin),
    target: query === undefined || query === null ? path : withQuery(path, query),
    headers,
    body,
    content: body?.content,
    signal,
  };
}

/** As undici does it. */
function withQuery(path: string, query: Record<string, unknown>): string {
  if (/[?#]/.test(path))
    throw new ConfigurationError("query", "is given beside a path with a query.", "Give one.");
  const text = stringify(query as Parameters<typeof stringify>[0]);
  return text === "" ? path : `${path}?${text}`;
}

/** Every line of the headers, in whichever of undici's forms they are. */
function* entriesOf(headers: Dispatcher.DispatchOptions["headers"]): Generator<HeaderEntry> {
  if (headers === undefined || headers === null) return;
  const list = isIterable(headers) ? [...headers] : Object.entries(headers);
  const entries = typeof list[0] === "string" ? entriesOfRaw(list as string[]) : list;
  for (const [name, value] of entries as Iterable<[string, unknown]>) {
    if (value === undefined) continue;
    for (const line of Array.isArray(value) ? value : [value])
      yield [String(name), line === null ? "" : String(line)];
  }
}

const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value;
