import { UsageError } from "../exit.js";
import { readHeaderLine } from "../http/header-line.js";
import { readRawRequest } from "../http/raw-request.js";
import type { Inputs } from "../inputs.js";
import { viewOfCanonicalText } from "./canonical-text.js";
import { readCurlText } from "./curl-text.js";
import type { Format } from "./format.js";
import { readHar } from "./har.js";
import { LACRE1_LAYOUT } from "./layouts/lacre1-layout.js";
import { layoutBySight } from "./layouts/layouts.js";
import { partOf, type PartialRequest } from "./partial-request.js";
import { viewOfRequest } from "./request-view.js";
import type { View, ViewKind } from "./view.js";

/** What the user says of a view beside its file. */
export interface ViewHints {
  readonly format: Format;
  /** Whether the user named the format. */
  readonly isNamed: boolean;
  readonly kind?: ViewKind;
  /** Which request of a HAR file, counted from 1. */
  readonly entry?: number;
}

/**
 * Reads one side's view. What kind it is shows, unless the user says so.
 * @throws UsageError
 */
export async function readView(view: Buffer, inputs: Inputs, hints: ViewHints): Promise<View> {
  const bytes = decodeUtf16(view);
  const kind = hints.kind ?? kindOf(bytes, hints);
  return kind === "canonical"
    ? readCanonical(bytes, hints)
    : viewOfRequest(kind, await readRequest(kind, bytes, inputs, hints), hints.format);
}

async function readRequest(
  kind: Exclude<ViewKind, "canonical">,
  bytes: Buffer,
  inputs: Inputs,
  { entry }: ViewHints,
): Promise<PartialRequest> {
  switch (kind) {
    case "raw":
      return partOf(readRawRequest(bytes));
    case "headers":
      return readHeaders(bytes.toString("latin1"));
    case "curl":
      return readCurlText(bytes.toString("utf8"), inputs);
    case "har":
      return readHar(readJson(bytes), entry);
  }
}

/** The names of the headers in a view, as far as they show: one format may have them under several names. */
export const headerNamesIn = (view: Buffer): string[] =>
  [
    ...decodeUtf16(view)
      .toString("latin1")
      .matchAll(/([a-z][a-z0-9-]*)"?\s*:/gi),
  ].map(([, name = ""]) => name.toLowerCase());

/** What Windows PowerShell writes with `>`: how the text was kept, not what it is. */
function decodeUtf16(bytes: Buffer): Buffer {
  return bytes[0] === 0xff && bytes[1] === 0xfe
    ? Buffer.from(bytes.subarray(2).toString("utf16le"), "utf8")
    : bytes;
}

function kindOf(bytes: Buffer, { format, isNamed }: ViewHints): ViewKind {
  const text = bytes.toString("latin1").replace(/^\xef\xbb\xbf/, "");
  const start = text.trimStart();
  if (/^"?LACRE1-/i.test(start)) return "canonical";
  if (/^\{\s*"/.test(start) && "canonicalRequest" in readJson(bytes)) return "canonical";
  if (/^(?:\$\s+|[A-Z]:\\[^>\n]*>\s*)?(?:\S*[/\\])?curl(?:\.exe)?\s/i.test(start)) return "curl";
  if (/^[^ \r\n]+ [^\r\n]* HTTP\/[\d.]+\r?(?:\n|$)/.test(start)) return "raw";
  if (layoutBySight(start.replaceAll("\r\n", "\n").trimEnd()) !== undefined) return "canonical";
  refuseOtherPrograms(start);
  if (isNamed && format.layout !== LACRE1_LAYOUT && !start.startsWith("{")) return "canonical";
  if (start.startsWith("{")) return "har";
  if (/^:?[\w-]+:/.test(start)) return "headers";
  throw new UsageError(
    `What kind of view this is does not show. Say it: raw, headers, canonical, har or curl, with --client-kind or --server-kind. ${OTHER_FORMATS}`,
  );
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
function readCanonical(bytes: Buffer, { format, isNamed }: ViewHints): View {
  const layout = isNamed ? format.layout : undefined;
  const start = bytes.toString("latin1").trimStart();
  if (start.startsWith('"') && layoutBySight(start)?.title !== "RFC 9421")
    return viewOfCanonicalText(bytesIn(readJsonString(bytes)), layout);
  if (!/^\{\s*"/.test(start)) return viewOfCanonicalText(bytes.toString("latin1"), layout);
  const json = readJson(bytes) as { canonicalRequest?: unknown; headers?: object };
  if (typeof json.canonicalRequest !== "string")
    throw new UsageError("The JSON has no canonicalRequest. Give the text itself.");
  const view = viewOfCanonicalText(bytesIn(json.canonicalRequest), layout);
  const headers = Object.entries(json.headers ?? {}).map(
    ([name, value]) => [name, String(value)] as const,
  );
  if (headers.length === 0) return view;
  const { macs, recipe } = viewOfRequest("headers", { headers }, format);
  return { ...view, macs, recipe };
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
