import {
  decodeStrictly,
  type HeaderLines,
  isAppIdText,
  isUnsignable,
  onlyLine,
  parseQuotedParams,
  Refusal,
} from "@lacre/core/scheme";

export const WORD = "acquia-http-hmac";
export const VERSION = "2.0";
export const TIMESTAMP_FIELD = "x-authorization-timestamp";

const PARAMS = ["realm", "id", "nonce", "version", "headers", "signature"];
const TIMESTAMP = /^[1-9][0-9]{9}$/;
/** One of Acquia's own clients sets the variant bits wrong, so they are not looked at. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const MAX_NAMES = 32;

/** What `Authorization` and `X-Authorization-Timestamp` say. */
export interface Credentials {
  readonly appId: string;
  readonly nonce: string;
  readonly timestamp: string;
  /** Which headers are signed beside those that must be: lower case, sorted. */
  readonly names: readonly string[];
  readonly signature: string;
}

/** @throws Refusal */
export function readCredentials(headers: HeaderLines, realm: string): Credentials {
  const values = parseQuotedParams(headers.only("authorization") ?? "", PARAMS);
  const [claimedRealm, appId, nonce, version, list = "", signature] = PARAMS.map((name) =>
    values.get(name),
  );
  if (
    claimedRealm === undefined ||
    appId === undefined ||
    nonce === undefined ||
    signature === undefined
  )
    throw malformed("missing parameter");
  if (version !== VERSION) throw malformed(`not version ${VERSION}`);
  if (!isAppIdText(appId)) throw new Refusal("app-id-malformed");
  if (decode(claimedRealm) !== realm) throw new Refusal("scope-wrong", "another realm");
  const timestamp = onlyLine(headers, TIMESTAMP_FIELD);
  if (!TIMESTAMP.test(timestamp)) throw new Refusal("timestamp-malformed", TIMESTAMP_FIELD);
  if (!UUID.test(nonce)) throw new Refusal("nonce-malformed", "not a UUID in lower case");
  const names = readNames(decode(list));
  if (!isSha256Base64(signature)) throw new Refusal("signature-malformed");
  return { appId, nonce, timestamp, names, signature };
}

/**
 * In any case and order, as callers write it; what is signed is sorted, and in lower case.
 * @throws Refusal
 */
export function readNames(list: string): readonly string[] {
  if (list === "") return [];
  const given = list.split(";", MAX_NAMES + 1);
  if (given.length > MAX_NAMES || !given.every((name) => FIELD_NAME.test(name)))
    throw new Refusal("signed-headers-malformed", "not a list of at most 32 header names");
  const names = given.map((name) => name.toLowerCase()).sort();
  if (new Set(names).size < names.length)
    throw new Refusal("signed-headers-malformed", "a name twice");
  const forbidden = names.find(isUnsignable);
  if (forbidden !== undefined) throw new Refusal("header-forbidden", forbidden);
  return names;
}

export const isSha256Base64 = (text: string): boolean =>
  text.length === 44 && decodeStrictly(text, "base64")?.length === 32;

/** A `+` is a plus. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw malformed("not percent-encoded");
  }
}

const malformed = (detail: string): Refusal => new Refusal("credentials-malformed", detail);
