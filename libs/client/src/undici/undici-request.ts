import { stringify } from "node:querystring";
import { ConfigurationError, type HeaderEntry } from "@lacre/core";
import { FormData, Response, type Dispatcher } from "undici";
import { linesOf, linesOfRaw, valueOf } from "../header-lines.js";
import { readNodeBody, serialise, type NodeBody } from "../node-body.js";
import type { Outgoing } from "../send.js";

/** The target, the headers and the bytes that a dispatcher would send. */
export async function readRequest(
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<Outgoing<NodeBody>> {
  const { origin, path, query, body: given } = options;
  if (origin === undefined || origin === null)
    throw new ConfigurationError(
      "origin",
      "must be in the request: interceptors are not told the origin of this dispatcher.",
      "Add it to the request, or sign an Agent.",
    );
  const headers = linesGiven(options.headers);
  const length = valueOf(headers, "content-length");
  const body =
    given instanceof FormData
      ? await serialise(given, Response)
      : await readNodeBody(given, length === undefined ? undefined : Number(length));
  if (body !== undefined) {
    if (body.contentType !== undefined && valueOf(headers, "content-type") === undefined)
      headers.push(["content-type", body.contentType]);
    if (length === undefined) headers.push(["content-length", String(body.byteLength)]);
  }
  if (valueOf(headers, "accept-encoding") === undefined)
    headers.push(["accept-encoding", "identity"]);
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
    throw new ConfigurationError(
      "query",
      "must be absent where the path has a query.",
      "Put all of the query into one of them.",
    );
  const text = stringify(query as Parameters<typeof stringify>[0]);
  return text === "" ? path : `${path}?${text}`;
}

/** Header lines, from any form that undici takes. */
function linesGiven(headers: Dispatcher.DispatchOptions["headers"]): HeaderEntry[] {
  if (headers === undefined || headers === null) return [];
  const entries = Symbol.iterator in headers ? [...(headers as Iterable<unknown>)] : headers;
  return Array.isArray(entries) && typeof entries[0] === "string"
    ? linesOfRaw(entries as string[])
    : linesOf(entries);
}
