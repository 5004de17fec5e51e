import type { ReadStream } from "node:fs";
import type { ClientRequest } from "node:http";
import { ConfigurationError, isPromise } from "@lacre/core";
import type { AfterResponseHook, BeforeRequestHook, ExtendOptions, Got, Response } from "got" with {
  "resolution-mode": "import", // got has ES modules alone, also for the declarations of our second build
};
import { exchangeOf, type Answer, type Attempt, type Exchange } from "./exchange.js";
import { GotAnswer } from "./got/got-answer.js";
import { GotPatience } from "./got/got-patience.js";
import { linesOf, linesOfRaw } from "./header-lines.js";
import { refuseHostBesideAuthority } from "./host-rule.js";
import { readNodeBody, type NodeBody } from "./node-body.js";
import type { ClientOptions } from "./options.js";
import { isFinal, redirectOf } from "./send.js";
import { refuseSigning, signs } from "./signing-once.js";

/** The options of one request, as hooks see them. */
type Options = Parameters<BeforeRequestHook>[0];

/**
 * Extends an instance of got so that it signs what it sends, each attempt anew, and checks the answers. The given
 * instance itself stays as it is.
 *
 * got repeats by its own rules; `retries` sets its `retry.limit`. `timeout.request` is the time for all attempts and the
 * pauses between them; the other timeouts are for each attempt. Redirects are followed with `redirects`, and never to
 * another origin; got's own `followRedirect` must stay off, since it follows answers before they are checked. An
 * `fs.ReadStream` of a file as `body` is read twice and never held in memory.
 *
 * With `got.stream` the content must be given as an option, and answers are not checked: `verifyResponses: "require"`
 * refuses it.
 *
 * @example
 * const api = signGot(got, { appId: "orders", apiKey: process.env.LACRE_API_KEY });
 * await api.post("https://api.example.com/v1/orders", { json: { n: 1 } }).json();
 * @throws ConfigurationError for a wrong AppId, key or option, and for an instance that signs already
 */
export function signGot<Defaults extends ExtendOptions>(
  instance: Got<Defaults>,
  options: ClientOptions,
): Got<Defaults> {
  for (const hook of instance.defaults.options.hooks.beforeRequest)
    refuseSigning(hook, "got", "Give signGot the instance that this one was made of.");
  const exchange = exchangeOf(options, "signGot");
  const judge: AfterResponseHook = async (response, again) =>
    (await mayBeHandedOn(exchange, response)) ? response : again({});
  const sign: BeforeRequestHook = async (request) => {
    const conversation = conversationOf(request) ?? begin(request, judge);
    request.hooks.afterResponse = [...conversation.hooks];
    const signing = signAttempt(exchange, request, conversation);
    const attempt = await conversation.patience.before(signing, request);
    conversation.attempt = attempt;
    for (const [name, value] of attempt.headers) request.headers[name.toLowerCase()] = value;
    if (!request.isStream) conversation.answer = new GotAnswer(attempt, request.decompress);
    watch(request, conversation);
  };
  return instance.extend({
    followRedirect: false,
    headers: { "accept-encoding": "identity" },
    ...(options.retries !== undefined && { retry: { limit: exchange.settings.retries } }),
    hooks: {
      beforeRequest: [signs(sign)],
      afterResponse: [judge],
      beforeRedirect: [refuseRedirect],
      beforeError: [
        (error) => {
          if (isFinal(error.cause)) return error.cause as typeof error; // got would wrap our errors
          const conversation = conversationOf(error.options as Options);
          if (conversation === undefined) return error;
          hideSignature(error.options as Options, conversation); // of an answer from a cache
          return conversation.patience.tell(error);
        },
      ],
    },
  }) as unknown as Got<Defaults>;
}

/** One request of the caller's, through all its attempts. */
interface Conversation {
  /** got removes hooks when one of them asks for a repeat: all of them, to be set again. */
  readonly hooks: readonly AfterResponseHook[];
  /** Which content each stream stands for that was opened here: a stream can be read only once. */
  readonly bodies: WeakMap<object, NodeBody>;
  /** Of the caller. */
  readonly patience: GotPatience;
  /** The latest. */
  attempt: Attempt | undefined;
  /** To the latest attempt. */
  answer: GotAnswer | undefined;
  hops: number;
}

const CONVERSATION = Symbol("lacre");

/** Kept in got's `context`, which belongs to one request and goes from attempt to attempt. */
const conversationOf = ({ context }: Options): Conversation | undefined =>
  context[CONVERSATION as never] as Conversation | undefined;

function begin(options: Options, judge: AfterResponseHook): Conversation {
  const { context, hooks } = options;
  const conversation: Conversation = {
    patience: new GotPatience(options),
    hooks: hooks.afterResponse.includes(judge)
      ? [...hooks.afterResponse]
      : [judge, ...hooks.afterResponse],
    bodies: new WeakMap(),
    attempt: undefined,
    answer: undefined,
    hops: 0,
  };
  Object.defineProperty(context, CONVERSATION, { value: conversation, enumerable: true });
  return conversation;
}

async function signAttempt(
  exchange: Exchange,
  request: Options,
  { bodies, attempt: before }: Conversation,
): Promise<Attempt> {
  const { headers } = request;
  if (request.isStream) refuseStream(exchange, request);
  if (request.url === undefined)
    throw new ConfigurationError("url", "must be a URL.", "Give a URL to the call.");
  if (request.http2) refuseHostBesideAuthority(headers["host"], request.url);
  delete headers["content-digest"]; // that of an earlier attempt
  const length = headers["content-length"];
  const given = request.body as object | string | undefined;
  const body =
    (typeof given === "object" ? bodies.get(given) : undefined) ??
    (await readNodeBody(given, length === undefined ? undefined : Number(length)));
  if (typeof given === "object") {
    const opened = body === undefined ? Buffer.alloc(0) : whichFails(body.open());
    request.body = opened as ReadStream;
    if (body !== undefined) bodies.set(opened as object, body);
    // For a part of a file, got says the length of the whole.
    headers["content-length"] = String(body?.byteLength ?? 0);
  }
  const { method, url } = request;
  return exchange.attempt(
    { method, url, headers: linesOf(headers), content: body?.content },
    before,
  );
}

function refuseStream({ settings }: Exchange, { method, body, allowGetBody }: Options): void {
  if (settings.verifyResponses === "require")
    throw new ConfigurationError(
      "verifyResponses",
      'must be "if-present" for got.stream: it hands answers on before they can be checked.',
      'Use got(…), or "if-present".',
    );
  const isWritten = ["POST", "PUT"].includes(method) || (method === "GET" && allowGetBody);
  if (isWritten && body === undefined)
    throw new ConfigurationError(
      "body",
      "must be an option here: what is written to the stream comes after the signature.",
      'Give it as an option, "" for none.',
    );
}

/** Passes errors on: got listens only to the stream that the caller gave. */
function whichFails(opened: unknown): unknown {
  const stream = opened as ReadStream;
  if (typeof stream.pipe !== "function") return opened;
  const pipe = stream.pipe.bind(stream);
  stream.pipe = (destination, options) => {
    stream.once("error", (error) => (destination as unknown as ReadStream).destroy(error));
    return pipe(destination, options);
  };
  return stream;
}

/** Whether the caller gets this response. If not, the request has been changed into the next one. */
async function mayBeHandedOn(exchange: Exchange, response: Response): Promise<boolean> {
  const request = response.request.options as Options;
  const conversation = conversationOf(request);
  if (conversation?.answer === undefined) return true;
  const answer = headOf(response);
  const verdict = await conversation.answer.verdict(response.rawBody, answer);
  if (verdict === "repeat") return false;
  if (conversation.hops >= exchange.settings.redirects) return true;
  if (!redirect(request, answer)) return true;
  conversation.hops++;
  return false;
}

/** Changes the request into the one to which the answer redirects, if there is one. */
function redirect(request: Options, answer: Head): boolean {
  const { method, body } = request;
  const url = request.url as URL;
  const next = redirectOf({ method, url, headers: linesOf(request.headers), body }, answer);
  if (next === undefined) return false;
  request.prefixUrl = "";
  request.url = next.url;
  if (next.method !== method) {
    request.method = next.method as typeof request.method;
    request.body = undefined;
    for (const name of Object.keys(request.headers))
      if (name.startsWith("content-")) delete request.headers[name];
  }
  return true;
}

function headOf({ statusCode, rawHeaders, headers }: Response): Head {
  const lines = rawHeaders.length > 0 ? linesOfRaw(rawHeaders) : linesOf(headers);
  return { status: statusCode, headers: lines };
}

type Head = Pick<Answer, "status" | "headers">;

/** Has got make its next request so that the answer is seen when it begins, and keep no signature. */
function watch(request: Options, conversation: Conversation): void {
  const { answer } = conversation;
  const { getRequestFunction } = Object.getPrototypeOf(request) as Options; // not that of an earlier attempt
  request.getRequestFunction = () => {
    const make = getRequestFunction.call(request) as NonNullable<Options["request"]>;
    return (...asked: Parameters<typeof make>) => {
      const hide = (): void => hideSignature(request, conversation);
      const made = make(...asked);
      if (isPromise(made)) return made.then((each) => seen(each, answer)).finally(hide);
      hide();
      return seen(made, answer);
    };
  };
}

/**
 * Takes the signature out of got's options: its errors show them, and whoever reads a log could send what no server has
 * taken yet.
 */
function hideSignature({ headers }: Options, { attempt }: Conversation): void {
  for (const [name] of attempt?.headers ?? []) delete headers[name.toLowerCase()];
}

/** What an application makes of a request may be an answer already. */
function seen<T>(made: T, answer: GotAnswer | undefined): T {
  if ((made as ClientRequest | undefined)?.writable === true)
    answer?.watch(made as unknown as ClientRequest);
  return made;
}

const refuseRedirect = (): never => {
  throw new ConfigurationError(
    "followRedirect",
    "must be off: it follows answers before they are checked.",
    "Use redirects of signGot().",
  );
};
