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

/** Whether some parameter's name, once decoded, is one that `matches` looks for in lower case. */
export function hasQueryName(target: string, matches: (lowerName: string) => boolean): boolean {
  for (let start = target.indexOf("?") + 1; start > 0; start = target.indexOf("&", start) + 1)
    if (matches(decodeAscii(nameAt(target, start)).toLowerCase())) return true;
  return false;
}

/** The name of the parameter that begins at `start`. */
function nameAt(target: string, start: number): string {
  let end = start;
  while (end < target.length && target[end] !== "=" && target[end] !== "&") end++;
  return target.slice(start, end);
}

// Only what can be part of a parameter's name that anybody looks for; never fails.
const decodeAscii = (text: string): string =>
  text.includes("%")
    ? text.replace(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) =>
        String.fromCharCode(parseInt(hex, 16)),
      )
    : text;

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
