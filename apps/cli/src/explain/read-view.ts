import { UsageError } from "../exit.js";
import { readHeaderLine } from "../http/header-line.js";
import { readRawRequest } from "../http/raw-request.js";
import type { Sources } from "../sources.js";
import { viewOfCanonicalText } from "./canonical-text.js";
import { readCurlText } from "./curl-text.js";
import type { Format } from "./format.js";
import { readHar } from "./har.js";
import { layoutBySight } from "./layouts/layouts.js";
import { partOf, type PartialRequest } from "./partial-request.js";
import { viewOfRequest } from "./request-view.js";
import { unwrapView } from "./unwrap-view.js";
import type { View, ViewKind } from "./view.js";

/** How a view is to be read. */
interface ViewHints {
  /** Whether the user named another format than LACRE1. */
  readonly isOther: boolean;
  readonly kind?: ViewKind;
  /** Which request of a HAR file, counted from 1. */
  readonly entry?: number;
}

/** One side's view before it is known by which format it is read. */
export type Side = RequestSide | TextSide;

interface RequestSide {
  readonly kind: Exclude<ViewKind, "canonical">;
  readonly request: PartialRequest;
}

interface TextSide {
  readonly kind: "canonical";
  readonly text: string;
  /** The headers that stand beside the text in JSON of this program; empty where there are none. */
  readonly request: PartialRequest;
}

/**
 * Reads one side's view. What kind it is shows, unless the user says so.
 * @throws UsageError
 */
export async function readSide(view: Buffer, sources: Sources, hints: ViewHints): Promise<Side> {
  const bytes = unwrapView(decodeUtf16(view), hints.kind);
  const kind = hints.kind ?? kindOf(bytes, hints);
  if (kind === undefined)
    throw new UsageError(
      `What kind of view this is does not show. Say it: raw, headers, canonical, har or curl, with --client-kind or --server-kind. ${OTHER_FORMATS}`,
    );
  return kind === "canonical"
    ? { kind, ...readText(bytes) }
    : { kind, request: await readRequest(kind, bytes, sources, hints) };
}

/**
 * What a side tells in a format.
 * @param isNamed whether the user named the format
 * @throws UsageError
 */
export function viewOfSide(side: Side, format: Format, isNamed: boolean): View {
  if (side.kind !== "canonical") return viewOfRequest(side.kind, side.request, format);
  const view = viewOfCanonicalText(side.text, isNamed ? format.layout : undefined);
  if (side.request.headers.length === 0) return view;
  const { macs, recipe } = viewOfRequest("headers", side.request, format);
  return { ...view, macs, recipe };
}

async function readRequest(
  kind: Exclude<ViewKind, "canonical">,
  bytes: Buffer,
  sources: Sources,
  { entry }: ViewHints,
): Promise<PartialRequest> {
  switch (kind) {
    case "raw":
      return partOf(readRawRequest(bytes));
    case "headers":
      return readHeaders(bytes.toString("latin1"));
    case "curl":
      return readCurlText(bytes.toString("utf8"), sources);
    case "har":
      return readHar(readJson(bytes), entry);
  }
}

/** What Windows PowerShell writes with `>`: how the text was kept, not what it is. */
function decodeUtf16(bytes: Buffer): Buffer {
  return bytes[0] === 0xff && bytes[1] === 0xfe
    ? Buffer.from(bytes.subarray(2).toString("utf16le"), "utf8")
    : bytes;
}

/**
 * What kind of view this is, as far as it shows.
 * @throws UsageError for what is known, and not read
 */
export function kindOf(
  bytes: Buffer,
  { isOther }: Pick<ViewHints, "isOther">,
): ViewKind | undefined {
  const text = bytes.toString("latin1").replace(/^\xef\xbb\xbf/, "");
  const start = text.trimStart();
  if (/^"?LACRE1-/i.test(start)) return "canonical";
  if (/^\{\s*"/.test(start) && "canonicalRequest" in readJson(bytes)) return "canonical";
  if (/^(?:\$\s+|[A-Z]:\\[^>\n]*>\s*)?(?:\S*[/\\])?curl(?:\.exe)?\s/i.test(start)) return "curl";
  if (/^[^ \r\n]+ [^\r\n]* HTTP\/[\d.]+\r?(?:\n|$)/.test(start)) return "raw";
  if (layoutBySight(start.replaceAll("\r\n", "\n").trimEnd()) !== undefined) return "canonical";
  refuseOtherPrograms(start);
  if (isOther && !start.startsWith("{")) return "canonical";
  if (start.startsWith("{")) return "har";
  return /^:?[\w-]+:/.test(start) ? "headers" : undefined;
}

/** What browsers copy beside curl, and people write by hand. */
const OTHER_PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:\$\w+ *= *New-Object Microsoft\.PowerShell\.|(?:\$\w+ *= *)?(?:Invoke-(?:WebRequest|RestMethod)|iwr|irm)\s)/i,
    "A command of PowerShell",
  ],
  [/^(?:await )?fetch\(/, "A call of fetch"],
];

function refuseOtherPrograms(start: string): void {
  const [, name] = OTHER_PROGRAMS.find(([sight]) => sight.test(start)) ?? [];
  if (name !== undefined)
    throw new UsageError(
      `${name} is not read. Copy the request as cURL (bash or cmd), or give it raw.`,
    );
}

const OTHER_FORMATS =
  "A text that begins otherwise than with LACRE1- is no canonical request of LACRE1; for another format, name it: --scheme.";

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
function readText(bytes: Buffer): Pick<TextSide, "text" | "request"> {
  const start = bytes.toString("latin1").trimStart();
  const alone = (text: string) => ({ text, request: { headers: [] } });
  if (start.startsWith('"') && layoutBySight(start)?.title !== "RFC 9421")
    return alone(bytesIn(readJsonString(bytes)));
  if (!/^\{\s*"/.test(start)) return alone(bytes.toString("latin1"));
  const json = readJson(bytes) as { canonicalRequest?: unknown; headers?: object };
  if (typeof json.canonicalRequest !== "string")
    throw new UsageError("The JSON has no canonicalRequest. Give the text itself.");
  const headers = Object.entries(json.headers ?? {}).map(
    ([name, value]) => [name, String(value)] as const,
  );
  return { text: bytesIn(json.canonicalRequest), request: { headers } };
}

/**
 * The bytes of a text in JSON, a character each. A server writes one code point for each byte, so what makes UTF-8 of
 * such code points is bytes already; whatever else a client wrote is text.
 */
function bytesIn(text: string): string {
  const isBytes = /^[\0-\xff]*$/.test(text) && /[\x80-\xff]/.test(text);
  const decoded = isBytes ? Buffer.from(text, "latin1").toString("utf8") : "\uFFFD";
  return decoded.includes("\uFFFD") ? Buffer.from(text, "utf8").toString("latin1") : text;
}

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
