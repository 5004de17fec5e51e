import type { Random } from "./random.js";

/** What a random request may hold beside what every one may. */
export interface Shape {
  /** Raw reserved characters in the path. */
  readonly rawPathCharacters: string;
  /** `//`, `/./` and `/../`. */
  readonly pathSpellings: boolean;
  /** `%2F` in the path. */
  readonly escapedSlash: boolean;
  readonly repeatedQueryNames: boolean;
  /** `?=value` */
  readonly emptyQueryNames: boolean;
}

/** A request before it is signed. */
export interface RandomRequest {
  readonly method: string;
  readonly path: string;
  /** Decoded names and values, names in no order, each name once. */
  readonly query: readonly (readonly [name: string, values: readonly string[]])[];
  /** Without `Authorization` and `X-Amz-…`. Each name once: a second line of a signed name is refused by design. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly content: Buffer;
  readonly sessionToken: string | undefined;
  readonly signedAtMs: number;
}

export const HOSTS = ["api.example.com", "api.example.com:443", "127.0.0.1:8080", "[::1]:3000"];
export const ORIGINS = ["https://api.example.com", "http://127.0.0.1:8080", "http://[::1]:3000"];

const UNRESERVED = "abcxyzABCXYZ0189-._~";
const SUB_DELIMS = "!$&'()*,;=:@";
const ODD = ' "#%<>?[\\]^`{|}éß€語🙂';
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "M-SEARCH"];
const HEADER_NAMES = [
  "X-Custom",
  "x-lower",
  "X-UPPER-CASE",
  "My-Header1",
  "X-Amz-Meta-Color",
  "Accept-Language",
];
const HEADERS_OF_CONTENT = [
  "Content-Language",
  "Content-Encoding",
  "Idempotency-Key",
  "Content-Type",
];

export function randomRequest(random: Random, shape: Shape): RandomRequest {
  const content = randomContent(random);
  const names = random.shuffled([...HEADER_NAMES, ...HEADERS_OF_CONTENT]).slice(0, random.below(7));
  if (content.length > 0 && !names.includes("Content-Type")) names.push("Content-Type");
  return {
    method: random.pick(METHODS),
    path: randomPath(random, shape),
    query: randomQuery(random, shape),
    headers: [
      ["Host", random.pick(HOSTS)],
      ...names.map((name) => [name, randomHeaderValue(random)] as const),
    ],
    content,
    sessionToken: random.chance(3) ? random.bytes(30).toString("base64") : undefined,
    signedAtMs:
      Date.UTC(2015 + random.below(30), random.below(12), 1 + random.below(28)) +
      1000 * random.below(86_400),
  };
}

function randomPath(random: Random, shape: Shape): string {
  const special = shape.pathSpellings ? ["", "", ".", ".."] : [];
  const segments = random.times(5, () =>
    special.length > 0 && random.chance(3)
      ? random.pick(special)
      : // A segment of dots alone is a dot segment; one that begins with a letter is not.
        `s${random.times(8, () => randomPathCharacter(random, shape)).join("")}`,
  );
  return `/${segments.join("/")}${segments.length > 0 && random.chance(3) ? "/" : ""}`;
}

function randomPathCharacter(random: Random, shape: Shape): string {
  if (shape.escapedSlash && random.chance(12)) return "%2F";
  if (shape.rawPathCharacters !== "" && random.chance(4))
    return random.pick(shape.rawPathCharacters);
  return escapeRfc3986(random.pick([...UNRESERVED, ...SUB_DELIMS, ...ODD, "+"]));
}

function randomQuery(random: Random, shape: Shape): [string, string[]][] {
  const text = (atMost: number): string =>
    random
      .times(atMost, () => random.pick([...UNRESERVED, ...SUB_DELIMS, ...ODD, "+", "/"]))
      .join("");
  const pairs = new Map<string, string[]>();
  for (const name of random.times(5, () => text(4))) {
    if (name === "" && !shape.emptyQueryNames) continue;
    const more = shape.repeatedQueryNames && random.chance(3) ? random.times(3, () => text(6)) : [];
    pairs.set(name, [text(6), ...more]);
  }
  return [...pairs];
}

/** Odd white space round the value and runs of spaces in it. No tab inside: a signed value with one is refused. */
function randomHeaderValue(random: Random): string {
  const blanks = (): string => random.times(3, () => random.pick(" \t")).join("");
  const words = random.times(
    4,
    () => random.times(8, () => random.pick("abcXYZ019,;=\"'()/%_")).join("") || "-",
  );
  return blanks() + words.map((word) => word + " ".repeat(1 + random.below(3))).join("") + blanks();
}

function randomContent(random: Random): Buffer {
  return random.pick([
    () => Buffer.alloc(0),
    () =>
      Buffer.from(JSON.stringify({ n: random.below(1e9), text: "é€🙂".repeat(random.below(20)) })),
    () => Buffer.from(`a=${random.below(1e9)}&b=c+d%20e`),
    () => random.bytes(1 + random.below(300)),
    () => Buffer.from("\r\n\0".repeat(1 + random.below(5))),
  ])();
}

/** A query as some client may write it: reserved characters raw or escaped, an empty value with its `=` or without. */
export function writeQuery(query: RandomRequest["query"], random: Random): string {
  const pairs = query.flatMap(([name, values]) => values.map((value) => [name, value] as const));
  return random
    .shuffled(pairs)
    .map(([name, value]) => {
      const lone = value === "" && name !== "" && random.chance(2);
      return (
        escapeSome(name, "!$'()*,;:@/", random) +
        (lone ? "" : `=${escapeSome(value, "!$'()*,;:@/=", random)}`)
      );
    })
    .join("&");
}

function escapeSome(text: string, raw: string, random: Random): string {
  return [...text]
    .map((c) => (raw.includes(c) && random.chance(2) ? c : escapeRfc3986(c)))
    .join("");
}

const escapeRfc3986 = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
