import { createHash, createHmac } from "node:crypto";
import type { KeyEncoding, MacAlgorithm } from "@lacre/core";

/*
 * Why a signature does not fit, found by making the mistake again: of each way in which keys, texts and MACs are known
 * to go wrong, is this the one whose outcome the client sent? What comes out is a name, never a MAC.
 */

/** The names of the mistakes that were made; empty where the signature fits. */
export type Trial =
  | { readonly outcome: "fits" }
  | { readonly outcome: "explained"; readonly mistakes: readonly string[] }
  | { readonly outcome: "unexplained" };

interface Way<From, To> {
  readonly id: string;
  readonly make: (from: From) => To;
}

/** The key as the configuration writes it. */
export interface TrialKey {
  readonly text: string;
  readonly encoding: KeyEncoding;
}

const RIGHT = "right";

const keyText = ({ text }: TrialKey): string => text.replace(/^lk1_/, "");

function bytesOf({ text, encoding }: TrialKey): Buffer {
  if (encoding === "text") return Buffer.from(text, "utf8");
  if (encoding === "whsec") return Buffer.from(text.replace(/^whsec_/, ""), "base64");
  return Buffer.from(keyText({ text, encoding }), encoding === "lk1" ? "base64url" : encoding);
}

const KEYS: readonly Way<TrialKey, Buffer | undefined>[] = [
  { id: RIGHT, make: bytesOf },
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
    make: ({ text, encoding }) => (encoding === "text" ? Buffer.from(text, "base64") : undefined),
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

const TEXTS: readonly Way<string, Buffer>[] = [
  { id: RIGHT, make: latin1 },
  { id: "text-with-line-end", make: (text) => latin1(`${text}\n`) },
  { id: "text-with-crlf", make: (text) => latin1(text.replaceAll("\n", "\r\n")) },
  { id: "text-with-crlf", make: (text) => latin1(`${text.replaceAll("\n", "\r\n")}\r\n`) },
  { id: "text-with-byte-order-mark", make: (text) => latin1(`\xef\xbb\xbf${text}`) },
  { id: "text-with-literal-line-ends", make: (text) => latin1(text.replaceAll("\n", "\\n")) },
  { id: "text-in-latin1", make: (text) => latin1(latin1(text).toString("utf8")) },
  { id: "text-in-latin1", make: (text) => Buffer.from(text, "utf8") },
  { id: "text-in-utf16", make: (text) => Buffer.from(text, "utf16le") },
  { id: "text-without-empty-line", make: (text) => latin1(text.replace("\n\n", "\n")) },
  {
    id: "text-with-space-after-colon",
    make: (text) => latin1(text.replace(/^([a-z][a-z0-9-]*):(?=\S)/gm, "$1: ")),
  },
  { id: "text-hashed-first", make: (text) => Buffer.from(sha256(text).toString("hex")) },
  { id: "text-hashed-first", make: sha256 },
];

function sha256(text: string): Buffer {
  return createHash("sha256").update(latin1(text)).digest();
}

const WRITINGS: readonly Way<Buffer, string>[] = [
  { id: RIGHT, make: (mac) => mac.toString("hex") },
  { id: "mac-in-capitals", make: (mac) => mac.toString("hex").toUpperCase() },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64") },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64").replace(/=+$/, "") },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64url") },
  { id: "mac-in-base64", make: (mac) => Buffer.from(mac.toString("hex")).toString("base64") },
];

const HASHES: readonly MacAlgorithm[] = ["sha256", "sha384", "sha512"];

/** The fewest mistakes under which `key` and `text` give the MAC that was sent. */
export function tryMistakes(sent: string, text: string, key: TrialKey): Trial {
  const named = HASHES.find((hash) => text.toLowerCase().startsWith(`lacre1-hmac-${hash}`));
  let best: readonly string[] | undefined;
  for (const hash of HASHES)
    for (const keyWay of KEYS) {
      const bytes = keyWay.make(key);
      if (bytes === undefined) continue;
      for (const textWay of TEXTS) {
        const mac = createHmac(hash, bytes).update(textWay.make(text)).digest();
        for (const writing of WRITINGS) {
          const written = writing.make(mac);
          const cut = sent.length >= 16 && sent.length < written.length && written.startsWith(sent);
          if (written !== sent && !cut) continue;
          const mistakes = [keyWay.id, textWay.id, writing.id].filter((id) => id !== RIGHT);
          if (hash !== named) mistakes.push("hash-of-other-algorithm");
          if (cut) mistakes.push("mac-cut");
          if (best === undefined || mistakes.length < best.length) best = mistakes;
        }
      }
    }
  if (best === undefined) return { outcome: "unexplained" };
  return best.length === 0 ? { outcome: "fits" } : { outcome: "explained", mistakes: best };
}
