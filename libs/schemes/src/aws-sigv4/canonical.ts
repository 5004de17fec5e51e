import { hash } from "node:crypto";
import {
  consistsOf,
  encodeRfc3986,
  hasNormalEscapes,
  type HeaderLines,
  LOWER_HEX,
  pathOf,
  queryOf,
  queryPairs,
  Refusal,
  refuseManyParameters,
  type SignableRequest,
  SIGNED_WHEN_PRESENT,
  signedHeadersReader,
} from "@lacre/core/scheme";

/*
 * What both forms of SigV4 share: the scope, the date, and the text that is hashed.
 */

export const ALGORITHM = "AWS4-HMAC-SHA256";
export const EMPTY_SHA256 = hash("sha256", "");
const TERMINATOR = "aws4_request";
const AMZ_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** A deployment of SigV4, its options read. */
export interface Setting {
  /** The name of the scheme. */
  readonly name: string;
  readonly region: string;
  readonly service: string;
  readonly urlMode: "plain" | "s3";
  readonly sessionToken: string | undefined;
}

/** The scope of a credential: day, region, service. */
export const scopeOf = ({ region, service }: Setting, amzDate: string): string =>
  `${amzDate.slice(0, 8)}/${region}/${service}/${TERMINATOR}`;

/** What is said of a scope that is not ours. */
export const expectedScope = ({ region, service }: Setting): string =>
  `expected date/${region}/${service}/${TERMINATOR}`;

export const parseSignedHeaders = signedHeadersReader((name) => name === "authorization");

/** The canonical request. `query` and `payload` are the form's to say. */
export function canonicalRequest(
  request: SignableRequest,
  signedHeaders: readonly string[],
  { urlMode }: Setting,
  query: string,
  payload: string,
): string {
  return `${request.method}
${canonicalPath(pathOf(request.target), urlMode)}
${canonicalQuery(query)}
${headerLines(request, signedHeaders)}
${signedHeaders.join(";")}
${payload}`;
}

/** Beside what must always be: every `x-amz-` header that was sent. */
export function mustBeSigned(headers: HeaderLines): readonly string[] {
  const amzHeaders = [...headers.names()].filter((name) => name.startsWith("x-amz-"));
  return [...SIGNED_WHEN_PRESENT, ...amzHeaders];
}

export const isSha256Hex = (text: string): boolean =>
  text.length === 64 && consistsOf(text, LOWER_HEX);

/** @throws Refusal `timestamp-malformed` */
export function parseAmzDate(text: string): number {
  const [, year, month, day, hour, minute, second] = (AMZ_DATE.exec(text) ?? []).map(Number);
  const ms = year === undefined ? NaN : Date.UTC(year, (month ?? 0) - 1, day, hour, minute, second);
  // The 31st of February would quietly become the 3rd of March.
  if (Number.isNaN(ms) || ms <= 0 || formatAmzDate(ms / 1000) !== text)
    throw new Refusal("timestamp-malformed", "x-amz-date");
  return ms / 1000;
}

export function formatAmzDate(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString(); // 2015-08-30T12:36:00.000Z
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

/** `name:value` for each signed header, runs of spaces folded, repeated lines joined, each ended by LF. */
function headerLines({ headers, host }: SignableRequest, names: readonly string[]): string {
  let lines = "";
  for (const name of names) {
    const values = name === "host" ? [host] : headers.all(name);
    lines += `${name}:${values.map((value) => value.replace(/ {2,}/g, " ")).join(",")}\n`;
  }
  return lines;
}

function canonicalPath(path: string, urlMode: Setting["urlMode"]): string {
  if (urlMode === "s3") return path.split("/").map(encodeOnce).join("/");
  return normalisePath(path).split("/").map(encodeRfc3986).join("/");
}

const NOT_NORMAL = /^$|\/\/|\/\.{1,2}(?:\/|$)/;

/** RFC 3986 §5.2.4, and empty segments removed; a slash at the end stays. */
function normalisePath(path: string): string {
  if (!NOT_NORMAL.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "." && segment !== "") kept.push(segment);
  }
  const endsInFolder = /(?:^|\/)\.{0,2}$/.test(path);
  return kept.length === 0 ? "/" : `/${kept.join("/")}${endsInFolder ? "/" : ""}`;
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  return queryPairs(query)
    .map(([name, value]) => [encodeOnce(name), encodeOnce(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? compareBytes(x, y) : compareBytes(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

const compareBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function encodeOnce(text: string): string {
  if (!text.includes("%")) return encodeRfc3986(text);
  try {
    return encodeRfc3986(decodeURIComponent(text));
  } catch {
    return encodeRfc3986(text);
  }
}

/**
 * One signature must not open two targets. SigV4 signs `/a//b` and `/a/./b` as `/a/b`, and `%2f` as `%2F`,
 * while a router tells them apart: a target that is not in its normal form is refused.
 */
export function refuseSecondSpellings(target: string, { urlMode }: Setting): void {
  const path = pathOf(target);
  const normalPath = urlMode === "s3" ? hasNormalEscapes(path) : normalisePath(path) === path;
  if (!normalPath || !hasNormalQuery(queryOf(target)))
    throw new Refusal("target-malformed", "has a second spelling under the same signature");
  refuseManyParameters(queryOf(target) ?? "");
}

/**
 * SigV4 signs `+` as `%2B`, while a form decoder reads the one as a space and the other as a plus; and it leaves out
 * parameters that are empty. What it cannot tell apart and this check allows reads the same everywhere: `a` and `a=`,
 * a reserved character and its escape. The order of parameters it does not sign at all.
 */
function hasNormalQuery(query: string | undefined): boolean {
  return query === undefined || (!/\+|^$|^&|&&|&$/.test(query) && hasNormalEscapes(query));
}
