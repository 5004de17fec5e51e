import { Refusal } from "../errors.js";
import type { ContentClaim } from "./claims.js";
import { refuseValue } from "../http/auth-params.js";
import { parseContentDigest } from "../http/content-digest.js";
import type { HeaderLines } from "../http/header-lines.js";
import { onlyLine } from "../http/receive.js";
import type { SignableRequest } from "../http/signable-request.js";
import { SIGNED_WHEN_PRESENT } from "./signed-fields.js";

const MAX_NAMES = 32;
const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** Whether this is the name of a field that can be signed, in the one spelling that there is. */
export const isFieldName = (name: string): boolean => NAME.test(name);
const MAX_KNOWN_LISTS = 64;

/**
 * A reader of lists of signed header names: lower case, sorted by byte, unique, none that may not be signed.
 * It keeps the latest few that it found good, since a client sends the same one with every request. `values` are those
 * that stood beside the list.
 * @throws Refusal `signed-headers-malformed`, `header-forbidden`
 */
export function signedHeadersReader(
  isForbidden: (name: string) => boolean,
): (list: string, values?: readonly string[]) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (list, values = []) => {
    let names = known.get(list);
    if (names === undefined) {
      names = Object.freeze(readSignedHeaders(list, values, isForbidden));
      if (known.size >= MAX_KNOWN_LISTS) known.clear();
      known.set(list, names);
    }
    return names;
  };
}

function readSignedHeaders(
  list: string,
  values: readonly string[],
  isForbidden: (name: string) => boolean,
): string[] {
  const names = list.split(";", MAX_NAMES + 1);
  const refuse = (detail: string): Refusal =>
    refuseValue(values, "signed-headers-malformed", detail);
  if (names.length > MAX_NAMES) throw refuse("more than 32 names");
  let previous = "";
  for (const name of names) {
    if (!isFieldName(name)) throw refuse("not a list of header names");
    if (name <= previous) throw refuse("not sorted, or not unique");
    previous = name;
  }
  const forbidden = names.find(isForbidden);
  if (forbidden !== undefined) throw new Refusal("header-forbidden", forbidden);
  return names;
}

const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Checks that each signed name is on exactly one line, and that `host` and all of `whenPresent` are signed.
 * The minimum is the server's rule, never the client's choice.
 * @throws Refusal `header-ambiguous`, `header-missing`, `header-repeated`, `header-malformed`, `header-unsigned`
 */
export function checkCoverage(
  { headers }: SignableRequest,
  signedHeaders: readonly string[],
  whenPresent: readonly string[] = SIGNED_WHEN_PRESENT,
): void {
  checkListed(headers, signedHeaders, "host"); // counted when the request was received
  checkMinimum(headers, signedHeaders, whenPresent, "host");
}

/** The first half: what is listed is there, on one line, in printable characters. `counted` has been looked at before. */
export function checkListed(
  headers: HeaderLines,
  signedHeaders: readonly string[],
  counted?: string,
): void {
  for (const name of signedHeaders) {
    if (headers.hasTwin(name)) throw new Refusal("header-ambiguous", name);
    if (name === counted) continue;
    if (!PRINTABLE.test(onlyLine(headers, name))) throw new Refusal("header-malformed", name);
  }
}

/** The second half: what must be listed is. */
export function checkMinimum(
  headers: HeaderLines,
  signedHeaders: readonly string[],
  whenPresent: readonly string[],
  always?: string,
): void {
  let unsigned = always === undefined || signedHeaders.includes(always) ? undefined : always;
  for (const name of whenPresent) {
    if (headers.hasTwin(name)) throw new Refusal("header-ambiguous", name);
    if (!headers.has(name) || signedHeaders.includes(name)) continue;
    if (headers.isRepeated(name)) throw new Refusal("header-repeated", name);
    unsigned ??= name;
  }
  if (unsigned !== undefined) throw new Refusal("header-unsigned", unsigned);
}

/**
 * What a Content-Digest field (RFC 9530) says of the content.
 * @throws Refusal `digest-malformed`
 */
export function contentDigestClaim(headers: HeaderLines): ContentClaim {
  const field = headers.only("content-digest");
  return field === undefined
    ? { kind: "none" }
    : { kind: "declared", encoding: "base64", ...parseContentDigest(field) };
}
