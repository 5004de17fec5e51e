import type { ReceivedHead } from "@lacre/core";
import { UsageError } from "../exit.js";
import { decodeChunked, type Unchunked } from "./chunked.js";

/** A request as it was recorded. */
export interface RawRequest {
  readonly head: ReceivedHead;
  /** After the transfer coding is taken off. */
  readonly content: Buffer;
  /** False when the content ends before its length or its last chunk. */
  readonly complete: boolean;
}

const FIELD = /^([\w!#$%&'*+.^`|~-]+):(.*)$/s;

/**
 * Reads a raw HTTP/1.1 request (RFC 9112). Lines may end with a bare LF; the rest is taken to the letter, for the
 * verifier to judge.
 * @throws UsageError for what no server would read as a request
 */
export function readRawRequest(bytes: Buffer): RawRequest {
  const { lines, rest } = splitHead(bytes);
  const [requestLine = "", ...fields] = lines;
  const [, method, target, version] = /^([^ ]+) (.*) (HTTP\/[\d.]+)$/s.exec(requestLine) ?? [];
  if (method === undefined || target === undefined)
    throw new UsageError(
      "The first line is no request line. Begin with, for example, POST /v1/items HTTP/1.1",
    );
  if (!version?.startsWith("HTTP/1."))
    throw new UsageError(
      `${version} is not read. Write the request as HTTP/1.1, with a Host line for :authority.`,
    );
  const rawHeaders = fields.flatMap(readField);
  const { bytes: content, complete } = contentOf(rest, rawHeaders);
  return { head: { method, target, rawHeaders }, content, complete };
}

/** The lines before the first empty one, and the bytes after it. */
function splitHead(bytes: Buffer): { lines: string[]; rest: Buffer } {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const lineEnd = bytes.indexOf("\n", at);
    const end = lineEnd < 0 ? bytes.length : lineEnd;
    const line = bytes.toString("latin1", at, end).replace(/\r$/, "");
    at = end + 1;
    if (line !== "") lines.push(line);
    // RFC 9112 §2.2: empty lines before the request line mean nothing.
    else if (lines.length > 0) return { lines, rest: bytes.subarray(at) };
  }
  return { lines, rest: Buffer.alloc(0) };
}

function readField(line: string): [string, string] {
  const [, name, value] = FIELD.exec(line) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(
      `${JSON.stringify(line.slice(0, 40))} is no header line. Write Name: value, without a space before the colon, on one line.`,
    );
  return [name, value];
}

function contentOf(rest: Buffer, rawHeaders: readonly string[]): Unchunked {
  const codings = valuesOf(rawHeaders, "transfer-encoding");
  if (codings.length === 1 && codings[0]?.toLowerCase() === "chunked") return decodeChunked(rest);
  const [length, ...others] = new Set(valuesOf(rawHeaders, "content-length"));
  if (length === undefined) {
    // Without a length there is no content, but recordings show it; blank lines at the end come from the editor.
    const blank = rest.every((byte) => byte === 0x0a || byte === 0x0d);
    return { bytes: codings.length === 0 && blank ? Buffer.alloc(0) : rest, complete: true };
  }
  if (others.length > 0 || !/^\d{1,15}$/.test(length))
    throw new UsageError("Content-Length is not one number: no server takes this request.");
  return { bytes: rest.subarray(0, Number(length)), complete: rest.length >= Number(length) };
}

/** The values of all lines of this name (lower case), without the blanks round them. */
export function valuesOf(rawHeaders: readonly string[], wanted: string): string[] {
  return rawHeaders.flatMap((name, i) =>
    i % 2 === 0 && name.toLowerCase() === wanted
      ? [(rawHeaders[i + 1] ?? "").replace(/^[\t ]+|[\t ]+$/g, "")]
      : [],
  );
}
