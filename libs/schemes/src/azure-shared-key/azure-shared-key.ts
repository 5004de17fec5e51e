import { hash } from "node:crypto";
import {
  checkListed,
  checkMinimum,
  type Claims,
  ConfigurationError,
  type ContentClaim,
  decodeStrictly,
  formatHttpDate,
  hasNormalEscapes,
  type HeaderEntry,
  type HeaderLines,
  isAppIdText,
  isSafe,
  type Moment,
  onlyLine,
  parseHttpDate,
  pathOf,
  queryOf,
  queryPairs,
  readSchemeName,
  readSchemeWindow,
  Refusal,
  refuseManyParameters,
  type RequestDraft,
  type Scheme,
  type SchemeName,
  type SchemeWindow,
  type Secret,
  type SignableRequest,
  type Signatory,
  SIGNED_WHEN_PRESENT,
  type UnsignedRequest,
} from "@lacre/core/scheme";

const CREDENTIALS = /^(SharedKey(?:Lite)?) ([^: ]*):([^: ]*)$/;
const MAX_LENGTH = 256;
const QUARTER_OF_AN_HOUR = 900; // seconds, as at Azure
const SERVICES = ["blob", "queue", "file", "table"] as const;
const BLANKS = /  /;

/** Which of Azure Storage's Shared Keys this is, and what of its weaknesses is taken. */
export interface AzureSharedKeyOptions extends SchemeWindow, SchemeName {
  /** The service whose text is signed; `blob` unless said otherwise. `queue` and `file` sign the same. */
  readonly service?: (typeof SERVICES)[number];
  /** Whether it is `SharedKeyLite`, which signs less. False unless said otherwise. */
  readonly lite?: boolean;
  /** Takes content that no signed Content-MD5 covers. False unless said otherwise. */
  readonly allowUnsignedContent?: boolean;
  /** The weaknesses are known: nothing is said of them at the start. */
  readonly acknowledgeWeakness?: boolean;
}

/**
 * Azure Storage's Shared Key, version 2015-02-21 and later. It has no nonce, so the signature itself is what is used
 * once.
 * @throws ConfigurationError
 * @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 */
export function azureSharedKey(options: AzureSharedKeyOptions = {}): Scheme {
  const { name, form, allowUnsignedContent, window, weaknesses } = readOptions(options);
  const { word, mustBeSigned } = form;

  const contentClaim = (headers: HeaderLines): ContentClaim => {
    if (form.coversContent && headers.has("content-md5")) return md5Claim(headers);
    return { kind: allowUnsignedContent ? "uncovered" : "none" };
  };

  /** The headers that the text has a place for and the request brings, each of them on one line. */
  const signedHeadersOf = (headers: HeaderLines): readonly string[] => {
    const names = form.namesIn(headers);
    const twin = names.find((name) => headers.hasTwin(name));
    if (twin !== undefined) throw new Refusal("header-ambiguous", twin);
    const present = names.filter((name) => headers.has(name));
    checkListed(headers, present);
    checkMinimum(headers, present, mustBeSigned);
    return present;
  };

  return {
    name,
    challenges: [word],
    keyEncodings: ["base64"],
    keyAlgorithms: ["sha256"],
    keyLength: { min: 64, max: 64 },
    window,
    weaknesses,

    recognises({ headers }) {
      return /^SharedKey(?:Lite)?(?: |$)/i.test(headers.only("authorization") ?? "");
    },

    // MD5 is none of the digests that are made of every body, so the bytes are kept for it.
    contentUse: ({ headers }) =>
      form.coversContent && headers.has("content-md5") ? "bytes" : "sha256",

    parse(request) {
      const { headers, method } = request;
      const header = headers.only("authorization") ?? "";
      const [match, given, account = "", signature = ""] =
        header.length > MAX_LENGTH ? [] : (CREDENTIALS.exec(header) ?? []);
      if (match === undefined || given !== word)
        throw new Refusal("credentials-malformed", `expected ${word} account:signature`);
      if (!isAppIdText(account)) throw new Refusal("app-id-malformed");
      if (!isBase64Of(32, signature)) throw new Refusal("signature-malformed");
      const signedHeaders = signedHeadersOf(headers);
      const dateHeader = dateHeaderOf(headers);
      const timestampSeconds = parseHttpDate(onlyLine(headers, dateHeader), dateHeader);
      form.checkTarget(request.target);
      return {
        scheme: name,
        appId: account,
        algorithm: "sha256",
        timestampSeconds,
        nonce: hash("sha256", signature), // not itself: a principal is shown around, and a MAC is not
        repeatable: form.coversMethod && isSafe(method),
        signedHeaders,
        mac: signature,
        content: contentClaim(headers),
      };
    },

    canonicalise(request, { appId }) {
      return form.textOf(request, appId);
    },

    mac(secret: Secret, _claims: Claims, canonicalRequest: string) {
      return secret.mac("sha256", Buffer.from(canonicalRequest, "latin1"), "base64");
    },

    draft(
      request: UnsignedRequest,
      { appId }: Signatory,
      { timestampSeconds }: Moment,
    ): RequestDraft {
      const added: HeaderEntry[] = [["x-ms-date", formatHttpDate(timestampSeconds)]];
      const { content } = request;
      if (form.coversContent && content !== undefined && content.byteLength > 0)
        added.push(["content-md5", hash("md5", content, "base64")]);
      const headers = headersWith(request.headers, added);
      const covered = { ...request, headers: withLength(headers, request) };
      const claim = contentClaim(headers);
      if (request.contentSha256 !== undefined && claim.kind === "none")
        throw new Refusal("content-undigested", "nothing that is signed covers the content");
      const signedHeaders = signedHeadersOf(covered.headers);
      form.checkTarget(request.target);
      const claims: Claims = {
        scheme: name,
        appId,
        algorithm: "sha256",
        timestampSeconds,
        nonce: "",
        signedHeaders,
        mac: "",
        content: claim,
      };
      return {
        claims,
        canonicalRequest: form.textOf(covered, appId),
        headersWith: (mac) => [...added, ["authorization", `${word} ${appId}:${mac}`]],
      };
    },
  };
}

/** One of the four texts that are signed. */
interface Form {
  /** What the Authorization field begins with. */
  readonly word: string;
  readonly coversMethod: boolean;
  /** Whether the digest in Content-MD5 is in the text. */
  readonly coversContent: boolean;
  /** Fields that may not be sent unless they are signed. */
  readonly mustBeSigned: readonly string[];
  /** The headers that have a place in the text, sent or not. */
  namesIn(headers: HeaderLines): readonly string[];
  /** @throws Refusal `target-malformed` for a target that shares its text with another */
  checkTarget(target: string): void;
  textOf(request: SignableRequest, account: string): string;
}

/** The fields of the full text that have a line of their own there, in its order. */
const LINES = [
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-type",
  "date",
  "if-modified-since",
  "if-match",
  "if-none-match",
  "if-unmodified-since",
  "range",
] as const;
const LITE_LINES = ["content-md5", "content-type", "date"] as const;

/** Blobs, queues, files. */
const FULL: Form = {
  word: "SharedKey",
  coversMethod: true,
  coversContent: true,
  mustBeSigned: SIGNED_WHEN_PRESENT,
  namesIn: (headers) => [...withoutIdleDate(LINES, headers), ...storageHeaders(headers)],
  checkTarget: (target) => checkWholeQuery(queryOf(target)),
  textOf: ({ method, headers, target }, account) =>
    `${method}\n${linesOf(headers, LINES)}${storageLines(headers)}/${account}${pathOf(target)}${queryLines(target)}`,
};

const LITE: Form = {
  ...FULL,
  word: "SharedKeyLite",
  namesIn: (headers) => [...withoutIdleDate(LITE_LINES, headers), ...storageHeaders(headers)],
  checkTarget: (target) => checkComp(queryOf(target)),
  textOf: ({ method, headers, target }, account) =>
    `${method}\n${linesOf(headers, LITE_LINES)}${storageLines(headers)}${shortResource(target, account)}`,
};

const TABLE: Form = {
  ...LITE,
  word: "SharedKey",
  namesIn: (headers) => ["content-md5", "content-type", dateHeaderOf(headers)],
  textOf: ({ method, headers, target }, account) =>
    [
      method,
      headers.only("content-md5") ?? "",
      headers.only("content-type") ?? "",
      headers.only(dateHeaderOf(headers)) ?? "",
      shortResource(target, account),
    ].join("\n"),
};

const TABLE_LITE: Form = {
  ...LITE,
  coversMethod: false,
  coversContent: false,
  namesIn: (headers) => [dateHeaderOf(headers)],
  textOf: ({ headers, target }, account) =>
    `${headers.only(dateHeaderOf(headers)) ?? ""}\n${shortResource(target, account)}`,
};

/** Where there is an x-ms-date, nobody reads Date. */
const dateHeaderOf = (headers: HeaderLines): "x-ms-date" | "date" =>
  headers.has("x-ms-date") || !headers.has("date") ? "x-ms-date" : "date";

const withoutIdleDate = (names: readonly string[], headers: HeaderLines): readonly string[] =>
  dateHeaderOf(headers) === "date" ? names : names.filter((name) => name !== "date");

/** A line for each, empty for those that are not there, and for a Content-Length of 0. */
function linesOf(headers: HeaderLines, names: readonly string[]): string {
  const counted = withoutIdleDate(names, headers);
  return names
    .map((name) => (counted.includes(name) ? (headers.only(name) ?? "") : ""))
    .map((value, i) => (names[i] === "content-length" && value === "0" ? "\n" : `${value}\n`))
    .join("");
}

const PREFIX = "x-ms-";

/** The service takes 8 KB of metadata; each header costs, here and where they are sorted. */
const MAX_STORAGE_HEADERS = 256;

/** All `x-ms-` headers in the order in which they are signed. */
const storageHeaders = (headers: HeaderLines): readonly string[] =>
  headers.readOnce(readStorageHeaders);

/**
 * @throws Refusal `signed-headers-malformed` for more than 256, `header-ambiguous` for one that is such only to those
 *   who read `_` as `-`, `header-malformed` for a value with two texts
 */
function readStorageHeaders(headers: HeaderLines): readonly string[] {
  const names = [...headers.names()].filter((name) => name.replaceAll("_", "-").startsWith(PREFIX));
  if (names.length > MAX_STORAGE_HEADERS)
    throw new Refusal("signed-headers-malformed", `more than ${MAX_STORAGE_HEADERS} x-ms- headers`);
  const twin = names.find((name) => !name.startsWith(PREFIX));
  if (twin !== undefined) throw new Refusal("header-ambiguous", twin);
  // Blanks are folded by some and kept by others, so a value with two of them would have two texts.
  const blank = names.find((name) => headers.all(name).some((value) => BLANKS.test(value)));
  if (blank !== undefined)
    throw new Refusal("header-malformed", `${blank} has two blanks in a row`);
  return names
    .map((name) => [sortKey(name), name.replaceAll("-", "~"), name] as const)
    .sort(compareKeys)
    .map(([, , name]) => name);
}

/** As the service orders them: by words, in which hyphens count only where all else is equal, and `_` is before digits. */
const sortKey = (name: string): string => name.replaceAll("-", "").replaceAll("_", "!");

type SortKeys = readonly [first: string, second: string, name: string];

function compareKeys([a, x]: SortKeys, [b, y]: SortKeys): number {
  if (a !== b) return a < b ? -1 : 1;
  return x < y ? -1 : 1;
}

const storageLines = (headers: HeaderLines): string =>
  storageHeaders(headers)
    .map((name) => `${name}:${headers.only(name) ?? ""}\n`)
    .join("");

const QUERY_NAME = /^[a-z0-9._~-]+$/;

/**
 * One signature must not open two targets. The full text has the names of the query in lower case, its values decoded,
 * a line each, and those of a repeated name joined.
 */
function checkWholeQuery(query: string | undefined): void {
  if (query === undefined) return;
  refuseManyParameters(query);
  const pairs = queryPairs(query);
  const names = pairs.map(([name]) => name);
  const isNormal =
    !/\+|^$|^&|&&|&$/.test(query) && // a plus is a space to some
    hasNormalEscapes(query) &&
    names.every((name) => QUERY_NAME.test(name)) &&
    new Set(names).size === names.length &&
    pairs.every(([, value]) => !hasControls(decodeURIComponent(value)));
  if (!isNormal) throw secondSpelling();
}

/** The short texts have but the one parameter of the query that says what is done, which must then be found by all. */
function checkComp(query: string | undefined): void {
  if (query === undefined) return;
  const comps = queryPairs(query).filter(([name]) => name.toLowerCase() === "comp");
  const isNormal =
    hasNormalEscapes(query) &&
    comps.length <= 1 &&
    comps.every(([name, value]) => name === "comp" && /^[A-Za-z0-9]+$/.test(value));
  if (!isNormal) throw secondSpelling();
}

const hasControls = (text: string): boolean =>
  Array.from(text).some((character) => character < " " || character === "\x7f");

const secondSpelling = (): Refusal =>
  new Refusal("target-malformed", "has a second spelling under the same signature");

/** `name:value` for each parameter, decoded, sorted by name, each after a line feed; a code point for each byte. */
function queryLines(target: string): string {
  return queryPairs(queryOf(target) ?? "")
    .map(([name, value]) => [name, Buffer.from(decodeURIComponent(value)).toString("latin1")])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`)
    .join("");
}

function shortResource(target: string, account: string): string {
  const comp = queryPairs(queryOf(target) ?? "").find(([name]) => name === "comp");
  return `/${account}${pathOf(target)}${comp === undefined ? "" : `?comp=${comp[1]}`}`;
}

/** @throws Refusal `header-repeated`, `digest-malformed` */
function md5Claim(headers: HeaderLines): ContentClaim {
  const digest = onlyLine(headers, "content-md5");
  if (!isBase64Of(16, digest)) throw new Refusal("digest-malformed", "Content-MD5");
  return { kind: "checked", matches: (bytes) => hash("md5", bytes, "base64") === digest };
}

const isBase64Of = (length: number, text: string): boolean =>
  text.length === Math.ceil(length / 3) * 4 && decodeStrictly(text, "base64")?.length === length;

function headersWith(headers: HeaderLines, entries: readonly HeaderEntry[]): HeaderLines {
  return entries.reduce((all, [name, value]) => all.with(name, value), headers);
}

/** The length is signed, and HTTP libraries set it: what they will set must be known. */
function withLength(
  headers: HeaderLines,
  { content, contentSha256 }: UnsignedRequest,
): HeaderLines {
  if (content !== undefined && content.byteLength > 0)
    return headers.with("content-length", String(content.byteLength));
  if (contentSha256 !== undefined && !headers.has("content-length"))
    throw new Refusal("header-missing", "content-length, which is signed: give it, or the content");
  return headers;
}

interface Settings {
  readonly name: string;
  readonly form: Form;
  readonly allowUnsignedContent: boolean;
  readonly window: SchemeWindow;
  readonly weaknesses: readonly string[];
}

function readOptions(options: AzureSharedKeyOptions): Settings {
  const { service = "blob", lite = false, allowUnsignedContent = false } = options;
  const { name = "azure-shared-key" } = options;
  if (!SERVICES.includes(service))
    throw new ConfigurationError(
      "azureSharedKey.service",
      `${JSON.stringify(service)} is not a service.`,
      `Use one of ${SERVICES.join(", ")}.`,
    );
  for (const [name, flag] of Object.entries({ lite, allowUnsignedContent }))
    if (typeof flag !== "boolean")
      throw new ConfigurationError(`azureSharedKey.${name}`, "is not true or false.", "Give one.");
  const form = service === "table" ? (lite ? TABLE_LITE : TABLE) : lite ? LITE : FULL;
  const isForTables = service === "table";
  return {
    name: readSchemeName(name, "azureSharedKey"),
    form:
      form === TABLE_LITE && allowUnsignedContent
        ? { ...form, mustBeSigned: SIGNED_WHEN_PRESENT.filter((name) => !isOfContent(name)) }
        : form,
    allowUnsignedContent,
    window: readSchemeWindow(options, QUARTER_OF_AN_HOUR, "azureSharedKey"),
    weaknesses:
      options.acknowledgeWeakness === true
        ? []
        : weaknessesOf(form, isForTables, allowUnsignedContent),
  };
}

/** Where the content itself is not covered, neither need be what is said of it. */
const isOfContent = (name: string): boolean => name.startsWith("content-");

function weaknessesOf(form: Form, isForTables: boolean, allowUnsignedContent: boolean): string[] {
  const said = [
    "The host is not signed: a request can be sent to another server that has the key of the account.",
  ];
  if (form !== FULL)
    said.push("Of the query only comp is signed: the other parameters can be changed on the way.");
  if (isForTables)
    said.push("No x-ms- header but x-ms-date is signed: the others can be changed on the way.");
  if (!form.coversMethod)
    said.push(
      "The method is not signed: whoever overhears a request can turn it into another on the same path.",
    );
  if (form.coversContent)
    said.push(
      "Content is covered by its MD5 alone: whoever may choose content can make two with one MD5.",
    );
  if (allowUnsignedContent)
    said.push("Content that no signed Content-MD5 covers is taken: it can be changed on the way.");
  return said;
}
