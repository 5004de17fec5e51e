import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";

type Pair = readonly [string, OutgoingHttpHeader];
type Headers = OutgoingHttpHeaders | readonly OutgoingHttpHeader[] | readonly Pair[];

/** What `writeHead` is called with. */
export type HeadArgs = readonly [status: number, reason?: string | Headers, headers?: Headers];

/** How a response whose head is settled and kept back refuses changes, as Node does once it is sent. */
const MUTATORS = ["setHeader", "setHeaders", "appendHeader", "removeHeader"] as const;
/** What an error in place of an answer keeps of the answer's headers. */
const KEPT = /^(?:access-control-.*|date|vary|x-request-id)$/;

/** Gives the response the headers of `writeHead` and returns the reason phrase, if there is one. */
export function takeHead(
  response: ServerResponse,
  [, second, third]: HeadArgs,
): string | undefined {
  const headers = third ?? (typeof second === "string" ? undefined : second);
  if (Array.isArray(headers)) {
    const pairs = pairsOf(headers as readonly (OutgoingHttpHeader | Pair)[]);
    for (const [name] of pairs) response.removeHeader(name);
    for (const [name, value] of pairs) response.appendHeader(name, value as string);
  } else
    for (const [name, value] of Object.entries((headers ?? {}) as OutgoingHttpHeaders))
      if (name !== "") response.setHeader(name, value as OutgoingHttpHeader);
  return typeof second === "string" ? second : undefined;
}

/** The header list of `writeHead`, flat or in pairs. */
function pairsOf(list: readonly (OutgoingHttpHeader | Pair)[]): readonly Pair[] {
  if (Array.isArray(list[0])) return list as readonly Pair[];
  if (list.length % 2 !== 0)
    throw Object.assign(new TypeError("headers: a name without a value"), {
      code: "ERR_INVALID_ARG_VALUE",
    });
  return list.flatMap((name, i): Pair[] =>
    i % 2 === 0 && name !== "" ? [[String(name), list[i + 1] as OutgoingHttpHeader]] : [],
  );
}

/** Leaves of the answer's headers what an error in its place needs too. */
export function clearHead(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) if (!KEPT.test(name)) response.removeHeader(name);
}

/** Makes the head settled for all who look, until the function that it returns is called. */
export function seemSent(response: ServerResponse): () => void {
  // What stood on the response itself, by middleware.
  const covered = ["headersSent", ...MUTATORS].map(
    (name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const,
  );
  Object.defineProperty(response, "headersSent", { get: () => true, configurable: true });
  for (const name of MUTATORS)
    Object.defineProperty(response, name, {
      value: () => {
        throw headersSent(name === "removeHeader" ? "remove" : "set");
      },
      configurable: true,
    });
  return () => {
    for (const [name, before] of covered)
      if (before === undefined) Reflect.deleteProperty(response, name);
      else Object.defineProperty(response, name, before);
  };
}

/** What Node says when a head is changed too late. */
export const headersSent = (verb: string): Error =>
  Object.assign(new Error(`Cannot ${verb} headers after they are sent to the client`), {
    code: "ERR_HTTP_HEADERS_SENT",
  });
