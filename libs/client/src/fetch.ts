import { platform } from "#platform";
import { ConfigurationError } from "@lacre/core/portable";
import { refuseBareGround } from "./bare-ground.js";
import { chunksOf, readWithin } from "./answers/bounded-content.js";
import { signedContentOf, sizeOf, type Body } from "./body.js";
import { refuseDecoded } from "./answers/content-coding.js";
import { exchangeOf } from "./exchange.js";
import { leaveToFetch } from "./host-rule.js";
import type { ClientOptions } from "./options.js";
import { serialise } from "./fetch-body.js";
import { send, type OpenAnswer, type Outgoing } from "./send.js";
import { refuseSigning, signs } from "./signing-once.js";
import { unlessAborted } from "./unless-aborted.js";

/** A `fetch` that signs every request and checks signed answers. */
export type SignedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Makes a `fetch` that signs what is sent: the method, the final URL, the given headers, and the bytes of the content.
 * Works in Node, in browsers and on edge runtimes. A `Blob` as content (`fs.openAsBlob(path)` for a file) is read twice
 * and in Node never held in memory; any other content is, that of a `Request` too, however long it is. A stream is
 * refused. With a Blob of more than 1 MiB a redirect is an error.
 *
 * @param transmit the `fetch` that sends
 * @example
 * const call = signFetch(fetch, { appId: "orders", apiKey: process.env.LACRE_API_KEY });
 * await call("https://api.example.com/v1/orders", { method: "POST", body: JSON.stringify({ n: 1 }) });
 * @throws ConfigurationError for a wrong AppId, key or option, and for a `fetch` that signs already
 */
export function signFetch(transmit: typeof fetch, options: ClientOptions): SignedFetch {
  refuseBareGround("signFetch", [...NEEDED, ...platform.needs]);
  if (typeof transmit !== "function")
    throw new ConfigurationError(
      "signFetch",
      "must be given a fetch.",
      "Write signFetch(fetch, …).",
    );
  refuseSigning(transmit, "fetch", "Give signFetch the fetch that this one was made of.");
  const exchange = exchangeOf(options, "signFetch");
  const call: SignedFetch = async (input, init = {}) => {
    const given = input instanceof Request ? input : undefined;
    const rest = given === undefined ? init : { ...settingsOf(given), ...init };
    const signal = rest.signal ?? undefined;
    const outgoing = await unlessAborted(readRequest(input, init, signal), signal);
    let isMistake = false;
    const sendOnce = async (request: Outgoing<Body>): Promise<FetchAnswer> => {
      const asked = initOf(request, rest);
      try {
        return answerOf(await transmit(request.url, asked));
      } catch (error) {
        isMistake = isRefused(request.url, asked);
        throw isLargeBlob(request.body) && isRedirect(error) ? REDIRECTED : error;
      }
    };
    return (await send(exchange, outgoing, sendOnce, () => isMistake)).response();
  };
  return signs(call);
}

function initOf({ method, headers, body }: Outgoing<Body>, rest: RequestInit): RequestInit {
  return {
    ...rest,
    method,
    headers: Object.fromEntries(headers), // of a list, React Native sends the positions too
    redirect: rest.redirect === "error" || isLargeBlob(body) ? "error" : "manual",
    body: (body ?? null) as RequestInit["body"],
  };
}

/** Whether no `fetch` takes this. Its error is a TypeError then, as where there is no answer. */
function isRefused(url: URL, init: RequestInit): boolean {
  try {
    new Request(url, init);
    return !/^https?:$/.test(url.protocol);
  } catch {
    return true;
  }
}

const NEEDED = [
  "AbortSignal",
  "Blob",
  "Headers",
  "Request",
  "Response",
  "TextEncoder",
  "URL.canParse",
  "performance.now",
];

const LARGE_BYTES = 1_048_576;

/** With any other `redirect` but "error", Node's fetch keeps a copy of the whole content in memory while it is sent. */
const isLargeBlob = (body: unknown): boolean => body instanceof Blob && body.size > LARGE_BYTES;

/** The error of Node's fetch for a redirect under `redirect: "error"`. Browsers do not say the reason. */
const isRedirect = (error: unknown): boolean =>
  ((error as Error).cause as Error | undefined)?.message === "unexpected redirect";

const REDIRECTED = new ConfigurationError(
  "url",
  "is redirected, and no redirect is followed with a Blob of more than 1 MiB.",
  "Call the address of the redirect.",
);

/** The bytes, the headers and the URL that `fetch` would send. */
async function readRequest(
  input: string | URL | Request,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<Outgoing<Body>> {
  const given = input instanceof Request ? input : undefined;
  const url = new URL(given === undefined ? (input as string | URL) : given.url, baseUrl());
  url.hash = "";
  if (url.search === "") url.search = ""; // some versions of fetch send a "?" without a query, some do not
  // fetch would send "patch" as it is written.
  const method = (init.method ?? given?.method ?? "GET").toUpperCase();
  const headers = new Headers(init.headers ?? given?.headers);
  leaveToFetch(headers);
  const body = await readBody(given, init, headers, signal);
  // What is signed of an answer is what was sent. A Request that is sent on asks for what its own sender can decode.
  if (init.headers === undefined || !headers.has("accept-encoding"))
    headers.set("accept-encoding", "identity");
  return {
    method,
    url,
    headers: [...headers],
    body,
    content: body && (await signedContentOf(body)),
    signal,
  };
}

/** What `fetch` resolves relative URLs by: in pages and workers. */
function baseUrl(): string | undefined {
  const { document, location } = globalThis as {
    document?: { baseURI: string };
    location?: { href: string };
  };
  return document?.baseURI ?? location?.href;
}

/** Reads the content, and sets its Content-Type where the caller has set none. */
async function readBody(
  given: Request | undefined,
  { body }: RequestInit,
  headers: Headers,
  signal: AbortSignal | undefined,
): Promise<Body | undefined> {
  if (body === undefined || body === null) {
    if (given === undefined || given.body === null) return undefined;
    const bytes = await readCopy(given, signal);
    return bytes.byteLength === 0 ? undefined : bytes; // neither Firefox nor React Native says whether there is a body
  }
  const [content, type] = await serialise(body);
  if (type !== "" && !headers.has("content-type")) headers.set("content-type", type);
  return sizeOf(content) === 0 ? undefined : content;
}

/** All of the content of a Request, until nobody waits for it any more. */
async function readCopy(
  given: Request,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const copy = given.clone();
  const body = copy.body as ReadableStream<Uint8Array> | null | undefined;
  if (!body) return new Uint8Array(await copy.arrayBuffer()); // Firefox and React Native have no stream
  const chunks = chunksOf(body);
  const stop = (): void => void chunks.return?.();
  signal?.addEventListener("abort", stop);
  try {
    return await readWithin(chunks, Infinity);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/**
 * The settings of a Request that are not its head or its content. What was asked for by a link or an image, without CORS,
 * is asked for with it: a script can set headers on nothing else.
 */
function settingsOf(given: Request): RequestInit {
  const { signal, credentials, keepalive, cache, integrity, redirect, referrer } = given;
  const { mode, referrerPolicy } = given;
  const kept = { signal, credentials, keepalive, cache, integrity, redirect, referrer };
  return { ...kept, referrerPolicy, ...(mode === "same-origin" && { mode }) };
}

type FetchAnswer = OpenAnswer & { response(): Response };

function answerOf(first: Response): FetchAnswer {
  const body = first.body as ReadableStream<Uint8Array> | null | undefined;
  let read: Uint8Array<ArrayBuffer> | undefined;
  return {
    status: first.status,
    headers: first.headers,
    discard: () => void body?.cancel().catch(() => {}),
    response: () => (read === undefined ? first : withContent(first, read)),
    beginning: () => (body ? chunksOf(body) : undefined),
    async content(limit, declared) {
      refuseDecoded(first.headers);
      // React Native has no stream: the platform holds all of it. A Response that is made of bytes is Latin-1 there.
      if (body === undefined) return new Uint8Array(await first.clone().arrayBuffer());
      read = body === null ? new Uint8Array() : await readWithin(chunksOf(body), limit, declared);
      return read;
    },
  };
}

const NULL_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** The same response, with content that can be read again. */
function withContent(first: Response, bytes: Uint8Array<ArrayBuffer>): Response {
  const { status, statusText, headers } = first;
  const response = new Response(NULL_BODY.has(status) ? null : bytes, {
    status,
    statusText,
    headers,
  });
  Object.defineProperty(response, "url", { value: first.url });
  return response;
}
