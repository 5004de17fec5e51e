import type { ReadStream } from "node:fs";
import { platform } from "#platform";
import { ConfigurationError, Refusal, ResponseRefusal, type HeaderEntry } from "@lacre/core";
import type { AfterResponseHook, BeforeRequestHook, ExtendOptions, Response } from "got";
import { Exchange, type Attempt } from "./exchange.js";
import { readNodeBody, type NodeBody } from "./node-body.js";
import type { ClientOptions } from "./options.js";
import { entriesOfRaw } from "./raw-headers.js";
import { redirectOf } from "./send.js";

/** The options of one request, as hooks see them. */
type Options = Parameters<BeforeRequestHook>[0];

/**
 * What to extend got with, so that it signs whatever it sends, each attempt anew, and checks the answers.
 *
 * got repeats by its own rules: `retry.limit` is set to `retries` where that is given. Redirects are followed with
 * `redirects`, and never to another origin; got's `followRedirect` is switched off, since it would follow what nobody
 * has checked. An `fs.ReadStream` of a file as `body` is read twice and never held in memory.
 *
 * With `got.stream` the content must be given as an option, and answers are not checked: `verifyResponses: "require"`
 * refuses it.
 *
 * @example
 * const api = got.extend(signed({ appId: "orders", apiKey: process.env.LACRE_API_KEY }));
 * await api.post("https://api.example.com/v1/orders", { json: { n: 1 } }).json();
 * @throws ConfigurationError for an AppId, a key or an option that will not do
 */
export function signed(options: ClientOptions): ExtendOptions {
  const exchange = new Exchange(options, platform.signerOf(options));
  const judge: AfterResponseHook = async (response, again) => {
    if (await mayBeHandedOn(exchange, response)) return response;
    return again({});
  };
  const sign: BeforeRequestHook = async (request) => {
    const state = stateOf(request);
    // got takes hooks off when one of them asks for the request to be made again.
    const { hooks } = request;
    state.hooks ??= hooks.afterResponse.includes(judge)
      ? [...hooks.afterResponse]
      : [judge, ...hooks.afterResponse];
    hooks.afterResponse = [...state.hooks];
    await signAttempt(exchange, request, state);
  };
  return {
    followRedirect: false,
    headers: { "accept-encoding": "identity" },
    ...(options.retries !== undefined && { retry: { limit: exchange.options.retries } }),
    hooks: {
      beforeRequest: [sign],
      afterResponse: [judge],
      beforeRedirect: [refuseRedirect],
      // The way every client here tells of it: got would wrap it.
      beforeError: [(error) => (isOurs(error.cause) ? (error.cause as typeof error) : error)],
    },
  };
}

const isOurs = (cause: unknown): boolean =>
  cause instanceof Refusal ||
  cause instanceof ResponseRefusal ||
  cause instanceof ConfigurationError;

/** What is known of one request through all its attempts. */
interface State {
  attempt?: Attempt;
  hooks?: AfterResponseHook[];
  hops: number;
  isClockSet: boolean;
  /** What `body` stands for, where it can be read once. */
  readonly bodies: WeakMap<object, NodeBody>;
}

const STATE = Symbol("lacre");

/** Kept in got's `context`, which goes from attempt to attempt and belongs to one request. */
function stateOf({ context }: Options): State {
  const known = context[STATE as never] as State | undefined;
  if (known !== undefined) return known;
  const state: State = { hops: 0, isClockSet: false, bodies: new WeakMap() };
  Object.defineProperty(context, STATE, { value: state, enumerable: true });
  return state;
}

async function signAttempt(exchange: Exchange, request: Options, state: State): Promise<void> {
  const { headers } = request;
  if (request.isStream) refuseStream(exchange, request);
  if (request.url === undefined) throw new ConfigurationError("url", "is missing.", "Give one.");
  delete headers["content-digest"]; // that of an earlier attempt
  const length = headers["content-length"];
  const given = request.body as object | string | undefined;
  const body =
    (typeof given === "object" ? state.bodies.get(given) : undefined) ??
    (await readNodeBody(given, length === undefined ? undefined : Number(length)));
  if (typeof given === "object") {
    const opened = body === undefined ? Buffer.alloc(0) : whichFails(body.open());
    request.body = opened as ReadStream;
    if (body !== undefined) state.bodies.set(opened as object, body);
    // For a part of a file, got says the length of the whole.
    headers["content-length"] = String(body?.byteLength ?? 0);
  }
  state.attempt = await exchange.attempt({
    method: request.method,
    url: request.url as URL,
    headers: linesOf(headers),
    content: body?.content,
  });
  for (const [name, value] of state.attempt.headers) headers[name.toLowerCase()] = value;
}

function refuseStream({ options }: Exchange, { method, body, allowGetBody }: Options): void {
  if (options.verifyResponses === "require")
    throw new ConfigurationError(
      "verifyResponses",
      "got.stream hands answers on before they can be checked.",
      'Use got(…), or "if-present".',
    );
  const isWritten = ["POST", "PUT"].includes(method) || (method === "GET" && allowGetBody);
  if (isWritten && body === undefined)
    throw new ConfigurationError(
      "body",
      "would be written after the request was signed.",
      'Give it as an option: "" for none.',
    );
}

/** got listens for errors of the stream it was given, and of no other. */
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

/** Otherwise the request has been changed into the one to be made in its place. */
async function mayBeHandedOn(exchange: Exchange, response: Response): Promise<boolean> {
  const request = response.request.options as Options;
  const state = stateOf(request);
  if (state.attempt === undefined) return true;
  const answer = answerOf(response);
  const verdict = await state.attempt.judge(answer);
  if (verdict === "repeat" && !state.isClockSet) {
    state.isClockSet = true;
    return false;
  }
  if (state.hops >= exchange.options.redirects) return true;
  const url = request.url as URL;
  const next = redirectOf(
    { method: request.method, url, headers: linesOf(request.headers), body: request.body },
    answer,
  );
  if (next === undefined) return true;
  state.hops++;
  request.prefixUrl = "";
  request.url = next.url;
  if (next.method !== request.method) {
    request.method = next.method as typeof request.method;
    request.body = undefined;
    for (const name of Object.keys(request.headers))
      if (name.startsWith("content-")) delete request.headers[name];
  }
  return false;
}

function answerOf({ statusCode, rawHeaders, headers, rawBody, request }: Response) {
  const lines = rawHeaders.length > 0 ? entriesOfRaw(rawHeaders) : linesOf(headers);
  const [, coding] = lines.find(([name]) => name.toLowerCase() === "content-encoding") ?? [];
  return {
    status: statusCode,
    headers: lines,
    content(): Uint8Array {
      if (coding !== undefined && coding !== "identity" && request.options.decompress)
        throw new ResponseRefusal(
          "content-mismatch",
          `the answer was decoded (${coding}) before its bytes could be checked: set decompress: false`,
        );
      return rawBody;
    },
  };
}

const refuseRedirect = (): never => {
  throw new ConfigurationError(
    "followRedirect",
    "would follow redirects that nobody has checked.",
    "Leave it off, and give signed() redirects.",
  );
};

const linesOf = (headers: Options["headers"]): HeaderEntry[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(
      (line) => [name, line] as const,
    ),
  );
