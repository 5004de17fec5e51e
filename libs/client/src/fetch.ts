import { platform } from "#platform";
import { ConfigurationError, ResponseRefusal } from "@lacre/core/portable";
import { Exchange } from "./exchange.js";
import type { ClientOptions } from "./options.js";
import { send, type OpenAnswer, type Outgoing } from "./send.js";

/** A `fetch` whose every request is signed and whose signed answers are checked. */
export type SignedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Makes a `fetch` that signs what goes on the wire: the method, the URL in its final form, the headers given, and the
 * bytes of the content. Works in Node, in browsers and on edge runtimes. A `Blob` as content (`fs.openAsBlob(path)` for
 * a file) is read twice and in Node never held in memory; everything else is. With a Blob of more than 1 MiB a redirect
 * is an error.
 *
 * @example
 * const call = signedFetch({ appId: "orders", apiKey: process.env.LACRE_API_KEY });
 * await call("https://api.example.com/v1/orders", { method: "POST", body: JSON.stringify({ n: 1 }) });
 * @throws ConfigurationError for an AppId, a key or an option that will not do
 */
export function signedFetch(
  options: ClientOptions,
  transmit: typeof fetch = (input, init) => fetch(input, init),
): SignedFetch {
  const exchange = new Exchange(options, platform.signerOf(options));
  return async (input, init = {}) => {
    const { rest, ...outgoing } = await readRequest(input, init);
    const answer = await send(exchange, outgoing, async ({ method, url, headers, body }) => {
      const redirect = isLargeBlob(body) ? "error" : "manual";
      try {
        return answerOf(
          await transmit(url, {
            ...rest,
            method,
            headers: headers as [string, string][],
            redirect,
            body: (body ?? null) as RequestInit["body"],
          }),
        );
      } catch (error) {
        throw redirect === "error" && isRedirect(error) ? REDIRECTED : error;
      }
    });
    return answer.response();
  };
}

const LARGE_BYTES = 1_048_576;

/** With any other `redirect` but "error", Node's fetch keeps a copy of the whole content in memory while it is sent. */
const isLargeBlob = (body: unknown): boolean => body instanceof Blob && body.size > LARGE_BYTES;

/** What Node's fetch, and no browser, says of a redirect where there must be none. */
const isRedirect = (error: unknown): boolean =>
  ((error as Error).cause as Error | undefined)?.message === "unexpected redirect";

const REDIRECTED = new ConfigurationError(
  "url",
  "is redirected, which is not followed while a large Blob is sent.",
  "Call the address that it redirects to.",
);

type Draft = Outgoing<Uint8Array | Blob> & { readonly rest: RequestInit };

/** Brings what `fetch` takes into the bytes, the headers and the URL that it would send. */
async function readRequest(input: string | URL | Request, init: RequestInit): Promise<Draft> {
  const given = input instanceof Request ? input : undefined;
  const rest = given === undefined ? init : { ...settingsOf(given), ...init };
  const url = new URL(given === undefined ? (input as string | URL) : given.url);
  url.hash = "";
  if (url.search === "") url.search = ""; // some versions of fetch send a "?" with nothing behind it, some do not
  // fetch would send "patch" as it is written.
  const method = (init.method ?? given?.method ?? "GET").toUpperCase();
  const headers = new Headers(init.headers ?? given?.headers);
  const body = await readBody(given, init, headers);
  if (typeof process !== "undefined" && !headers.has("accept-encoding"))
    headers.set("accept-encoding", "identity"); // what is signed is what was sent
  return {
    method,
    url,
    headers: [...headers],
    body,
    ...(body !== undefined && {
      content: body instanceof Blob ? { sha256: await platform.sha256Of(body) } : body,
    }),
    signal: rest.signal ?? undefined,
    rest,
  };
}

/** Sets the Content-Type that goes with the content, where the caller has set none. */
async function readBody(
  given: Request | undefined,
  { body }: RequestInit,
  headers: Headers,
): Promise<Uint8Array | Blob | undefined> {
  if (body === undefined || body === null)
    return given === undefined || given.body === null
      ? undefined
      : new Uint8Array(await given.clone().arrayBuffer());
  if (body instanceof Blob) {
    if (body.type !== "" && !headers.has("content-type")) headers.set("content-type", body.type);
    return body.size === 0 ? undefined : body;
  }
  if (isStream(body))
    throw new ConfigurationError(
      "body",
      "is a stream, which can be read once: to be signed it must be read before it is sent.",
      "Give a Blob (fs.openAsBlob(path) for a file) or the bytes.",
    );
  // A Response turns strings and forms into the bytes and the Content-Type that fetch would send.
  const draft = new Response(body);
  const type = draft.headers.get("content-type");
  if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
  const bytes = new Uint8Array(await draft.arrayBuffer());
  return bytes.byteLength === 0 ? undefined : bytes;
}

const isStream = (body: unknown): boolean =>
  body instanceof ReadableStream ||
  (typeof body === "object" && body !== null && Symbol.asyncIterator in body);

/** What a Request says beside its head and its content. */
function settingsOf({ signal, credentials, mode, keepalive }: Request): RequestInit {
  return { signal, credentials, keepalive, ...(mode !== "navigate" && { mode }) };
}

function answerOf(first: Response): OpenAnswer & { response(): Response } {
  let response = first;
  return {
    status: first.status,
    headers: first.headers,
    discard: () => void first.body?.cancel().catch(() => {}),
    response: () => response,
    async content() {
      const coding = first.headers.get("content-encoding") ?? "identity";
      if (coding !== "identity")
        throw new ResponseRefusal(
          "content-mismatch",
          `the answer was decoded (${coding}) before its bytes could be checked`,
        );
      const bytes = new Uint8Array(await first.arrayBuffer());
      response = withContent(first, bytes);
      return bytes;
    },
  };
}

const NULL_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** The same response, with content that can be read once more. */
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
