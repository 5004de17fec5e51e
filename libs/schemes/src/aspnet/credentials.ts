import {
  consistsOf,
  decodeStrictly,
  isAppIdText,
  LOWER_HEX,
  MAC_BYTES,
  type MacAlgorithm,
  Refusal,
} from "@lacre/core/scheme";
import { type AspnetBodyHash, isBodyHash } from "./body-hash.js";

const MAX_LENGTH = 4096;
const TIMESTAMP = /^[1-9][0-9]{9}$/;

/** What the six-part form calls the key's algorithm. HMACMD5 is not taken. */
export const MACS: ReadonlyMap<string, MacAlgorithm> = new Map([
  ["HMACSHA256", "sha256"],
  ["HMACSHA1", "sha1"],
  ["HMACSHA384", "sha384"],
  ["HMACSHA512", "sha512"],
]);

/** What a header of four parts does not say. */
const IMPLIED = ["HMACSHA256", "MD5"] as const;

/** What an `Authorization` of this format says. */
export interface Credentials {
  readonly algorithm: MacAlgorithm;
  readonly bodyHash: AspnetBodyHash;
  readonly appId: string;
  readonly signature: string;
  readonly nonce: string;
  readonly timestamp: string;
}

/**
 * Reads `word SP [ hmac ":" hash ":" ] app-id ":" signature ":" nonce ":" timestamp`.
 * @param counts how many parts there may be
 * @throws Refusal
 */
export function readCredentials(
  header: string,
  counts: readonly number[],
  bodyHashes: readonly AspnetBodyHash[],
): Credentials {
  if (header.length > MAX_LENGTH) throw malformed("longer than 4096 bytes");
  const values = header.slice(header.indexOf(" ") + 1).split(":", 7);
  if (!counts.includes(values.length)) throw malformed(`not ${counts.join(" or ")} parts`);
  const [appId, signature, nonce, timestamp] = values.slice(-4) as [string, string, string, string];
  const [hmac, bodyHash] = values.length === 6 ? (values as [string, string]) : IMPLIED;
  const algorithm = MACS.get(hmac);
  if (algorithm === undefined || !isBodyHash(bodyHash)) throw malformed("unknown algorithm");
  if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
  // The exact forms: the text has no separators, and .NET reads 01700000000 as the same time as 1700000000.
  if (!TIMESTAMP.test(timestamp)) throw new Refusal("timestamp-malformed", "not ten digits");
  if (nonce.length !== 32 || !consistsOf(nonce, LOWER_HEX))
    throw new Refusal("nonce-malformed", "not 32 lower-case hex digits");
  if (decodeStrictly(signature, "base64")?.length !== MAC_BYTES[algorithm])
    throw new Refusal("signature-malformed");
  if (!bodyHashes.includes(bodyHash)) throw malformed(`the body hash ${bodyHash} is not taken`);
  return { algorithm, bodyHash, appId, signature, nonce, timestamp };
}

/** The part that the six-part form has in front. */
export function algorithmParts({ algorithm, bodyHash }: Credentials): string {
  const [name = ""] = [...MACS].find(([, known]) => known === algorithm) ?? [];
  return `${name}:${bodyHash}:`;
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
