import { UsageError } from "../exit.js";
import type { PartialRequest } from "./partial-request.js";

interface HarEntry {
  readonly request?: {
    readonly method?: unknown;
    readonly url?: unknown;
    readonly headers?: readonly { readonly name?: unknown; readonly value?: unknown }[];
    readonly postData?: { readonly text?: unknown; readonly encoding?: unknown };
  };
}

/** Where credentials stand, in one format or another. */
const CREDENTIALS = /^(?:authorization|.*signature.*)$/i;
const NO_CREDENTIALS =
  "No request of the HAR file carries credentials. Browsers leave them out unless asked: export the HAR with sensitive data.";

/**
 * One request of a HAR 1.2 file, or of a single entry of one: the last that carries credentials unless a number,
 * counted from 1, says which.
 * @throws UsageError
 */
export function readHar(json: unknown, entry: number | undefined): PartialRequest {
  const log = (json as { log?: { entries?: readonly HarEntry[] } }).log;
  const entries = log?.entries ?? [json as HarEntry];
  const chosen =
    entry === undefined
      ? entries.findLast((each) => headersOf(each).some(([name]) => CREDENTIALS.test(name)))
      : entries[entry - 1];
  if (chosen === undefined && entry !== undefined)
    throw new UsageError(`There is no entry ${entry} in the HAR file: it has ${entries.length}.`);
  const request = chosen?.request;
  if (request === undefined) throw new UsageError(NO_CREDENTIALS);
  const { method, url } = request;
  if (typeof method !== "string" || typeof url !== "string")
    throw new UsageError("The entry has no request.method or no request.url. Export it anew.");
  const headers = headersOf(chosen as HarEntry);
  const [, authority = "", target = ""] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is.exec(url) ?? [];
  const named = (wanted: string): string | undefined =>
    headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  return {
    method,
    target: latin1(named(":path") ?? (target.startsWith("/") ? target : `/${target}`)),
    headers: [
      ...(named("host") === undefined ? [["Host", named(":authority") ?? authority] as const] : []),
      ...headers.filter(([name]) => !name.startsWith(":")),
    ],
    content: contentOf(request.postData),
    url,
  };
}

/** The bytes of a text, a character each. */
const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

function headersOf({ request }: HarEntry): (readonly [string, string])[] {
  return (request?.headers ?? []).map(
    ({ name, value }) => [String(name), latin1(String(value))] as const,
  );
}

function contentOf(data: NonNullable<HarEntry["request"]>["postData"]): Buffer | undefined {
  if (data === undefined) return Buffer.alloc(0);
  const { text = "", encoding } = data;
  // U+FFFD stands for bytes that were no text: what they were is lost.
  if (typeof text !== "string" || text.includes("\uFFFD")) return undefined;
  return Buffer.from(text, encoding === "base64" ? "base64" : "utf8");
}
