import { hash } from "node:crypto";
import {
  encodeRfc3986,
  hasNormalEscapes,
  type HeaderLines,
  pathOf,
  queryOf,
  queryPairs,
  Refusal,
  refuseManyParameters,
  type SignableRequest,
  SIGNED_WHEN_PRESENT,
  signedHeadersReader,
} from "@lacre/core/scheme";
import type { Setting } from "./options.js";
import { amzHeadersToSign } from "./unsigned.js";

/*
 * The text that is hashed and signed, in both forms, and what it covers.
 */

export const EMPTY_SHA256 = hash("sha256", "");

export const parseSignedHeaders = signedHeadersReader((name) => name === "authorization");

/** The canonical request. `query` and `payload` are the form's to say. */
export function textOf(
  request: SignableRequest,
  signedHeaders: readonly string[],
  urlMode: Setting["urlMode"],
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

/** Beside what must always be: every `x-amz-` header that was sent, but for those that may be added on the way. */
export const mustBeSigned = (headers: HeaderLines, setting: Setting): readonly string[] => [
  ...SIGNED_WHEN_PRESENT,
  ...amzHeadersToSign(headers, setting),
];

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
  const signed = urlMode === "raw" ? path : normalisePath(path);
  return signed.split("/").map(encodeRfc3986).join("/");
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
  if (!hasNormalPath(pathOf(target), urlMode) || !hasNormalQuery(queryOf(target)))
    throw new Refusal("target-malformed", "has a second spelling under the same signature");
  refuseManyParameters(queryOf(target) ?? "");
}

function hasNormalPath(path: string, urlMode: Setting["urlMode"]): boolean {
  if (urlMode === "raw") return true; // each byte is signed as it is
  return urlMode === "s3" ? hasNormalEscapes(path) : normalisePath(path) === path;
}

/**
 * SigV4 signs `+` as `%2B`, while a form decoder reads the one as a space and the other as a plus; and it leaves out
 * parameters that are empty. What it cannot tell apart and this check allows reads the same everywhere: `a` and `a=`,
 * a reserved character and its escape. The order of parameters it does not sign at all.
 */
function hasNormalQuery(query: string | undefined): boolean {
  return query === undefined || (!/\+|^$|^&|&&|&$/.test(query) && hasNormalEscapes(query));
}
