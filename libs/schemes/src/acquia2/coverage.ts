import {
  checkListed,
  checkMinimum,
  type HeaderLines,
  onlyLine,
  queryOf,
  Refusal,
  type SignableRequest,
  SIGNED_WHEN_PRESENT,
} from "@lacre/core/scheme";
import { isSha256Base64, TIMESTAMP_FIELD } from "./credentials.js";

export const DIGEST_FIELD = "x-authorization-content-sha256";
/** The server's to set, never a caller's. */
const IDENTITY_FIELD = "x-authenticated-id";
const EMPTY_SHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/** What of a request is signed. */
export interface Coverage {
  readonly signedHeaders: readonly string[];
  /** The content's SHA-256 in base64; undefined where there may be none. */
  readonly digest: string | undefined;
}

/**
 * Checks what is covered, and names it.
 * @param names the headers that the credentials list
 * @throws Refusal
 */
export function coverageOf(
  { headers, target }: SignableRequest,
  names: readonly string[],
): Coverage {
  if (headers.has(IDENTITY_FIELD) || headers.hasTwin(IDENTITY_FIELD))
    throw new Refusal("header-forbidden", IDENTITY_FIELD);
  if (target.endsWith("?") && queryOf(target) === "")
    throw new Refusal("target-malformed", "a bare ? has no trace in what is signed");
  if (headers.hasTwin(DIGEST_FIELD)) throw new Refusal("header-ambiguous", DIGEST_FIELD);
  if (headers.isRepeated("content-type")) throw new Refusal("header-repeated", "content-type");
  const digest = digestOf(headers);
  const ofBody = digest === undefined ? [] : ["content-type", DIGEST_FIELD];
  const always = [TIMESTAMP_FIELD, ...ofBody.filter((name) => headers.has(name))];
  const signed = [...new Set([...names, ...always])].sort();
  checkListed(headers, signed);
  // Without a body its type means nothing, and is not signed.
  checkMinimum(headers, [...signed, "content-type"], SIGNED_WHEN_PRESENT);
  return { signedHeaders: [...new Set(["host", ...signed])].sort(), digest };
}

/**
 * The digest that is signed. Whether there is a body is decided by its bytes: without this, there may be none. Some
 * callers send the digest of nothing where there is none, and then it is not signed.
 */
function digestOf(headers: HeaderLines): string | undefined {
  if (!headers.has(DIGEST_FIELD)) return undefined;
  const digest = onlyLine(headers, DIGEST_FIELD);
  if (!isSha256Base64(digest)) throw new Refusal("digest-malformed", DIGEST_FIELD);
  return digest === EMPTY_SHA256 ? undefined : digest;
}
