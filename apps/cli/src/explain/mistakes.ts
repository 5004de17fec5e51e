import { createHash } from "node:crypto";
import type { KeyEncoding, Secret } from "@lacre/core";
import type { MacRecipe } from "@lacre/core/scheme";

/*
 * Why a signature does not fit, found by making the mistake again: of each way in which keys, texts and MACs are known
 * to go wrong, is this the one whose outcome the client sent? What comes out is a name, never a MAC.
 */

interface Way<From, To> {
  readonly id: string;
  readonly make: (from: From) => To;
}

/** The key as the configuration writes it. */
export interface WrittenKey {
  readonly text: string;
  readonly encoding: KeyEncoding;
}

/** What is tried. Of a key that cannot be seen, no mistake with its text can be made again. */
export type TrialKey = WrittenKey | { readonly secret: Secret };

export const RIGHT = "right";

const keyText = ({ text }: WrittenKey): string => text.replace(/^(?:lk1|whsec)_/, "");
const hasPrefix = (key: WrittenKey): boolean => keyText(key) !== key.text;

function bytesOf({ text, encoding }: WrittenKey): Buffer {
  if (encoding === "text") return Buffer.from(text, "utf8");
  if (encoding === "whsec") return Buffer.from(keyText({ text, encoding }), "base64");
  return Buffer.from(keyText({ text, encoding }), encoding === "lk1" ? "base64url" : encoding);
}

export const KEYS: readonly Way<WrittenKey, Buffer | undefined>[] = [
  { id: RIGHT, make: bytesOf },
  // Of a key that is its text, the prefix is a part: none of these decodes anything.
  {
    id: "key-without-prefix",
    make: (key) =>
      key.encoding === "text" && hasPrefix(key) ? Buffer.from(keyText(key)) : undefined,
  },
  {
    id: "key-lacks-prefix",
    make: (key) =>
      key.encoding === "text" && !hasPrefix(key) ? Buffer.from(`whsec_${key.text}`) : undefined,
  },
  { id: "key-as-text", make: ({ text }) => Buffer.from(text) },
  { id: "key-as-text-without-prefix", make: (key) => Buffer.from(keyText(key)) },
  { id: "key-with-line-end", make: ({ text }) => Buffer.from(`${text}\n`) },
  { id: "key-with-line-end", make: ({ text }) => Buffer.from(`${text}\r\n`) },
  { id: "key-with-line-end", make: (key) => Buffer.from(`${keyText(key)}\n`) },
  { id: "key-with-line-end", make: (key) => Buffer.concat([bytesOf(key), Buffer.from("\n")]) },
  { id: "key-in-base64", make: (key) => Buffer.from(bytesOf(key).toString("base64")) },
  { id: "key-in-hex", make: (key) => Buffer.from(bytesOf(key).toString("hex")) },
  { id: "key-in-hex", make: (key) => Buffer.from(bytesOf(key).toString("hex").toUpperCase()) },
  {
    id: "key-decoded-with-prefix",
    make: ({ text, encoding }) => (encoding === "lk1" ? Buffer.from(text, "base64url") : undefined),
  },
  {
    id: "key-decoded-with-prefix",
    make: ({ text, encoding }) => (encoding === "lk1" ? lax(text) : undefined),
  },
  {
    id: "key-decoded-by-other-alphabet",
    make: (key) => (key.encoding === "lk1" ? lax(keyText(key)) : undefined),
  },
  {
    id: "key-decoded-though-text",
    make: (key) => (key.encoding === "text" ? Buffer.from(keyText(key), "base64") : undefined),
  },
  {
    id: "key-decoded-though-text",
    make: ({ text, encoding }) => (encoding === "text" ? Buffer.from(text, "hex") : undefined),
  },
  { id: "key-through-text", make: (key) => Buffer.from(bytesOf(key).toString("utf8")) },
  { id: "key-through-text", make: (key) => Buffer.from(bytesOf(key).toString("latin1")) },
];

/** Decoders of base64 that drop what they do not know, `-` and `_` among it: PHP's and Python's. */
const lax = (text: string): Buffer => Buffer.from(text.replace(/[^A-Za-z0-9+/]/g, ""), "base64");

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

interface TextWay {
  readonly id: string;
  /** Makes sense of lines alone: to content the same happens before it is signed. */
  readonly ofLines?: true;
  /** @param payload the content, where the text is made of it */
  readonly make: (text: string, payload: string | undefined) => Buffer;
}

export const TEXTS: readonly TextWay[] = [
  { id: RIGHT, make: latin1 },
  { id: "text-of-content-alone", make: (text, payload = text) => latin1(payload) },
  { id: "text-with-line-end", ofLines: true, make: (text) => latin1(`${text}\n`) },
  { id: "text-with-crlf", ofLines: true, make: (text) => latin1(text.replaceAll("\n", "\r\n")) },
  {
    id: "text-with-crlf",
    ofLines: true,
    make: (text) => latin1(`${text.replaceAll("\n", "\r\n")}\r\n`),
  },
  { id: "text-with-byte-order-mark", ofLines: true, make: (text) => latin1(`\xef\xbb\xbf${text}`) },
  {
    id: "text-with-literal-line-ends",
    ofLines: true,
    make: (text) => latin1(text.replaceAll("\n", "\\n")),
  },
  { id: "text-in-latin1", ofLines: true, make: (text) => latin1(latin1(text).toString("utf8")) },
  { id: "text-in-latin1", ofLines: true, make: (text) => Buffer.from(text, "utf8") },
  { id: "text-in-utf16", make: (text) => Buffer.from(latin1(text).toString("utf8"), "utf16le") },
  {
    id: "text-without-empty-line",
    ofLines: true,
    make: (text) => latin1(text.replace("\n\n", "\n")),
  },
  {
    id: "text-with-space-after-colon",
    ofLines: true,
    make: (text) => latin1(text.replace(/^([a-z][a-z0-9-]*):(?=\S)/gm, "$1: ")),
  },
  {
    id: "text-without-list",
    ofLines: true,
    make: (text) => latin1(text.replace(/\n\n[^\n]*$/, "")),
  },
  { id: "text-hashed-first", make: (text) => Buffer.from(sha256(text).toString("hex")) },
  { id: "text-hashed-first", make: sha256 },
];

function sha256(text: string): Buffer {
  return createHash("sha256").update(latin1(text)).digest();
}

export const WRITINGS: readonly Way<Buffer, string>[] = [
  { id: "mac-in-hex", make: (mac) => mac.toString("hex") },
  { id: "mac-in-capitals", make: (mac) => mac.toString("hex").toUpperCase() },
  { id: "mac-with-prefix", make: (mac) => `sha256=${mac.toString("hex")}` },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64") },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64").replace(/=+$/, "") },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64url") },
  { id: "mac-in-base64", make: (mac) => Buffer.from(mac.toString("hex")).toString("base64") },
];

/** Steps of a recipe that are left out. Only formats that have them can lack them. */
export const RECIPES: readonly Way<MacRecipe, MacRecipe | undefined>[] = [
  { id: RIGHT, make: (recipe) => recipe },
  {
    id: "key-not-derived",
    make: ({ derivation, ...recipe }) => (derivation === undefined ? undefined : recipe),
  },
  {
    id: "key-derived-without-prefix",
    make: ({ derivation, ...recipe }) =>
      derivation === undefined || derivation.prefix === ""
        ? undefined
        : { ...recipe, derivation: { ...derivation, prefix: "" } },
  },
  {
    id: "text-not-hashed",
    make: ({ beforeDigest, ...recipe }) => (beforeDigest === undefined ? undefined : recipe),
  },
];
