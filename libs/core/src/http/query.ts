import { Refusal } from "../errors.js";

/** The part of a request-target before its first `?`. */
export function pathOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}

/** The part of a request-target after its first `?`; undefined when there is none. */
export function queryOf(target: string): string | undefined {
  const mark = target.indexOf("?");
  return mark < 0 ? undefined : target.slice(mark + 1);
}

const MAX_PARAMETERS = 1000;

/**
 * Refuses a query with more than 1000 parameters, where each of them costs: where they are sorted, or decoded.
 * @throws Refusal `target-malformed`
 */
export function refuseManyParameters(query: string): void {
  if (query.split("&", MAX_PARAMETERS + 1).length > MAX_PARAMETERS)
    throw new Refusal("target-malformed", `more than ${MAX_PARAMETERS} query parameters`);
}

/** Names and values as sent; a parameter without `=` has an empty value, and empty parameters are none. */
export function queryPairs(query: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    pairs.push(equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)]);
  }
  return pairs;
}

/**
 * Looks for parameters whose decoded name begins with one of these, in any case. Each character of a name may be sent
 * as itself or as its escape.
 */
export function queryNameFinder(...beginnings: string[]): (target: string) => boolean {
  const spellings = beginnings.map((beginning) =>
    Array.from(beginning, (character) => `(?:${character}|${escapesOf(character)})`).join(""),
  );
  const pattern = new RegExp(`(?:^|&)(?:${spellings.join("|")})`, "i");
  return (target) => {
    const query = queryOf(target);
    return query !== undefined && pattern.test(query);
  };
}

/** `%4C` and `%6C` for `l`: the pattern's "i" makes one of upper and lower case, but not of their escapes. */
function escapesOf(character: string): string {
  const codes = [character.toUpperCase(), character.toLowerCase()].map((c) => c.charCodeAt(0));
  return [...new Set(codes)].map((code) => `%${code.toString(16)}`).join("|");
}

const UNRESERVED = /^[A-Za-z0-9._~-]*$/;

/** RFC 3986 §2.1: everything but unreserved characters as upper-case `%HH` of its UTF-8. */
export function encodeRfc3986(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

// RFC 3986 §6.2.2: an escape in lower case, or of an unreserved character, has a second spelling.
const UNRESERVED_OR_BAD_ESCAPE =
  /%(?![0-9A-F]{2})|%(?:2[DE]|3[0-9]|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9A]|7E)/;

/** Whether every `%` begins the one escape that RFC 3986 §6.2.2 calls normal, and all decode as UTF-8. */
export function hasNormalEscapes(text: string): boolean {
  if (!text.includes("%")) return true;
  if (UNRESERVED_OR_BAD_ESCAPE.test(text)) return false;
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
