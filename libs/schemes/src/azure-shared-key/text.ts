import {
  type HeaderLines,
  pathOf,
  queryOf,
  type SignableRequest,
  SIGNED_WHEN_PRESENT,
} from "@lacre/core/scheme";
import { checkComp, checkWholeQuery, queryLines, shortResource } from "./resource.js";
import { storageHeaders, storageLines } from "./storage-headers.js";

/*
 * The four texts that are signed. All are code points for bytes.
 */

/** One of the four texts that are signed. */
export interface SignedText {
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
export const FULL: SignedText = {
  word: "SharedKey",
  coversMethod: true,
  coversContent: true,
  mustBeSigned: SIGNED_WHEN_PRESENT,
  namesIn: (headers) => [...withoutIdleDate(LINES, headers), ...storageHeaders(headers)],
  checkTarget: (target) => checkWholeQuery(queryOf(target)),
  textOf: ({ method, headers, target }, account) =>
    `${method}\n${linesOf(headers, LINES)}${storageLines(headers)}/${account}${pathOf(target)}${queryLines(target)}`,
};

export const LITE: SignedText = {
  ...FULL,
  word: "SharedKeyLite",
  namesIn: (headers) => [...withoutIdleDate(LITE_LINES, headers), ...storageHeaders(headers)],
  checkTarget: (target) => checkComp(queryOf(target)),
  textOf: ({ method, headers, target }, account) =>
    `${method}\n${linesOf(headers, LITE_LINES)}${storageLines(headers)}${shortResource(target, account)}`,
};

export const TABLE: SignedText = {
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

export const TABLE_LITE: SignedText = {
  ...LITE,
  coversMethod: false,
  coversContent: false,
  namesIn: (headers) => [dateHeaderOf(headers)],
  textOf: ({ headers, target }, account) =>
    `${headers.only(dateHeaderOf(headers)) ?? ""}\n${shortResource(target, account)}`,
};

/** Where there is an x-ms-date, nobody reads Date. */
export const dateHeaderOf = (headers: HeaderLines): "x-ms-date" | "date" =>
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
