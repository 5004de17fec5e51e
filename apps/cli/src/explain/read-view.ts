import { UsageError } from "../exit.js";
import { readHeaderLine } from "../http/header-line.js";
import { readRawRequest } from "../http/raw-request.js";
import type { Inputs } from "../inputs.js";
import { viewOfCanonicalText } from "./canonical-text.js";
import { readCurlText } from "./curl-text.js";
import { readHar } from "./har.js";
import { viewOfRawRequest, viewOfRequest, type PartialRequest } from "./request-view.js";
import type { View, ViewKind } from "./view.js";

/** What the user says of a view beside its file. */
export interface ViewHints {
  readonly kind?: ViewKind;
  /** Which request of a HAR file, counted from 1. */
  readonly entry?: number;
}

/**
 * Reads one side's view. What kind it is shows, unless the user says so.
 * @throws UsageError
 */
export async function readView(path: string, inputs: Inputs, hints: ViewHints): Promise<View> {
  const bytes = decodeUtf16(await inputs.read(path));
  const kind = hints.kind ?? kindOf(bytes);
  const text = bytes.toString("latin1");
  switch (kind) {
    case "raw":
      return viewOfRawRequest(kind, readRawRequest(bytes));
    case "headers":
      return viewOfRequest(kind, readHeaders(text));
    case "curl":
      return viewOfRequest(kind, await readCurlText(bytes.toString("utf8"), inputs));
    case "har":
      return viewOfRequest(kind, readHar(readJson(bytes), hints.entry));
    case "canonical":
      return readCanonical(bytes);
  }
}

/** What Windows PowerShell writes with `>`: how the text was kept, not what it is. */
function decodeUtf16(bytes: Buffer): Buffer {
  return bytes[0] === 0xff && bytes[1] === 0xfe
    ? Buffer.from(bytes.subarray(2).toString("utf16le"), "utf8")
    : bytes;
}

function kindOf(bytes: Buffer): ViewKind {
  const text = bytes.toString("latin1").replace(/^\xef\xbb\xbf/, "");
  const start = text.trimStart();
  if (/^"?LACRE1-/i.test(start)) return "canonical";
  if (start.startsWith("{")) return "canonicalRequest" in readJson(bytes) ? "canonical" : "har";
  if (/^(?:\$\s+)?(?:\S*[/\\])?curl(?:\.exe)?\s/.test(start)) return "curl";
  if (/^[^ \r\n]+ [^\r\n]* HTTP\/[\d.]+\r?(?:\n|$)/.test(start)) return "raw";
  if (/^:?[\w-]+:/.test(start)) return "headers";
  throw new UsageError(
    `What kind of view this is does not show. Say it: raw, headers, canonical, har or curl, with --client-kind or --server-kind. ${OTHER_FORMATS}`,
  );
}

const OTHER_FORMATS =
  "A text that begins otherwise than with LACRE1- is no canonical request of LACRE1, which alone is compared here; for other formats there is lacre verify --scheme.";

function readJson(bytes: Buffer): object {
  try {
    const value = JSON.parse(bytes.toString("utf8").replace(/^\uFEFF/, "")) as unknown;
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new UsageError("The file begins like JSON, but is no JSON object. Save it anew.");
}

function readJsonString(bytes: Buffer): string {
  try {
    return String(JSON.parse(bytes.toString("utf8")));
  } catch {
    throw new UsageError(
      "The file begins with a quotation mark, but is no string of JSON. Save it anew.",
    );
  }
}

/** The text itself, a string of JSON, or JSON of `lacre … --json`, of an observer, or of an answer with diagnostics. */
function readCanonical(bytes: Buffer): View {
  const start = bytes.toString("latin1").trimStart();
  if (start.startsWith('"')) {
    return viewOfCanonicalText(utf8Bytes(readJsonString(bytes)));
  }
  if (!start.startsWith("{")) return viewOfCanonicalText(bytes.toString("latin1"));
  const json = readJson(bytes) as { canonicalRequest?: unknown; headers?: object };
  if (typeof json.canonicalRequest !== "string")
    throw new UsageError("The JSON has no canonicalRequest. Give the text itself.");
  const view = viewOfCanonicalText(utf8Bytes(json.canonicalRequest));
  const headers = Object.entries(json.headers ?? {}).map(
    ([name, value]) => [name, String(value)] as const,
  );
  return headers.length === 0 ? view : { ...view, mac: viewOfRequest("headers", { headers }).mac };
}

const utf8Bytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/** Header lines alone, as `lacre sign` prints them; `:method`, `:path` and `:authority` as a browser shows them. */
function readHeaders(text: string): PartialRequest {
  const pairs = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map((line): readonly [string, string] => {
      const [, pseudo, value = ""] = /^(:[a-z]+):[\t ]*(.*?)[\t ]*$/.exec(line) ?? [];
      if (pseudo !== undefined) return [pseudo, value];
      if (!/[:;]/.test(line)) throw new UsageError(`A line is no header. ${OTHER_FORMATS}`);
      const { name, value: plain } = readHeaderLine(line);
      return [name, plain];
    });
  const pseudo = (wanted: string): string | undefined =>
    pairs.find(([name]) => name === wanted)?.[1];
  const authority = pseudo(":authority");
  const headers = pairs.filter(([name]) => !name.startsWith(":"));
  return {
    method: pseudo(":method"),
    target: pseudo(":path"),
    headers: authority === undefined ? headers : [["Host", authority], ...headers],
  };
}
