import { isAppIdText } from "../apps/app-id.js";
import { MAC_BYTES, type MacAlgorithm } from "../crypto/algorithms.js";
import type { MacRecipe } from "../crypto/mac-recipe.js";
import { Refusal, type RefusalCode } from "../errors.js";
import { consistsOf, LOWER_HEX, URL_SAFE } from "../http/characters.js";
import { queryNameFinder } from "../http/query.js";
import type { HeaderLines } from "../http/header-lines.js";
import { isUnsignable } from "../scheme/signed-fields.js";
import { signedHeadersReader } from "../scheme/coverage.js";

/** docs/protocol.md section 2: what each algorithm is called. */
export const ALGORITHM_NAMES: Readonly<Partial<Record<MacAlgorithm, string>>> = {
  sha256: "LACRE1-HMAC-SHA256",
  sha384: "LACRE1-HMAC-SHA384",
  sha512: "LACRE1-HMAC-SHA512",
};

/** docs/protocol.md section 7: each MAC is an HMAC in lower-case hex. */
export const RECIPES: Readonly<Record<MacAlgorithm, MacRecipe>> = {
  sha1: { algorithm: "sha1", encoding: "hex" }, // no key is made for it
  sha256: { algorithm: "sha256", encoding: "hex" },
  sha384: { algorithm: "sha384", encoding: "hex" },
  sha512: { algorithm: "sha512", encoding: "hex" },
};

const ALGORITHMS = new Map(
  Object.entries(ALGORITHM_NAMES).map(([key, name]) => [name, key as MacAlgorithm]),
);
const TIMESTAMP = /^[1-9][0-9]{9}$/;

/** The algorithm of this name; undefined when there is none. */
export const algorithmNamed = (name: string): MacAlgorithm | undefined => ALGORITHMS.get(name);

export const isTimestamp = (text: string): boolean => TIMESTAMP.test(text);

export const isMac = (text: string, algorithm: MacAlgorithm): boolean =>
  text.length === 2 * MAC_BYTES[algorithm] && consistsOf(text, LOWER_HEX);

const isNonce = (text: string): boolean =>
  text.length >= 16 && text.length <= 128 && consistsOf(text, URL_SAFE);

/** The first of these values that is outside its grammar; undefined when all are within. The list comes after them. */
export function faultIn(
  appId: string,
  timestamp: string,
  nonce: string | undefined,
): RefusalCode | undefined {
  if (!isAppIdText(appId)) return "app-id-malformed";
  if (!isTimestamp(timestamp)) return "timestamp-malformed";
  return nonce === undefined || isNonce(nonce) ? undefined : "nonce-malformed";
}

/**
 * For whoever signs: a clock that was never set, or counts milliseconds, makes no timestamp.
 * @throws Refusal `app-id-malformed`, `timestamp-malformed`, `nonce-malformed`
 */
export function refuseFault(
  appId: string,
  timestampSeconds: number,
  nonce: string | undefined,
): void {
  const fault = faultIn(appId, String(timestampSeconds), nonce);
  if (fault !== undefined) throw new Refusal(fault);
}

/** Reads a list of signed headers. */
export const parseSignedHeaders = signedHeadersReader(isUnsignable);

/** Whether a parameter's decoded name begins with `lacre-`, in any case. */
export const hasPresignedName = queryNameFinder("lacre-");

/** `name:value` for each signed header, each line ended by LF. */
export function headerLines(
  headers: HeaderLines,
  names: readonly string[],
  authority?: string,
): string {
  let lines = "";
  for (const name of names)
    lines += `${name}:${(name === "host" ? authority : undefined) ?? headers.only(name) ?? ""}\n`;
  return lines;
}
