import { pathOf, queryOf } from "./canonical-lines.js";

/** Other ways to write a target, by the part that differs. Queries with their `?`, or nothing. */
export interface TargetVariants {
  readonly paths: readonly string[];
  readonly queries: readonly string[];
  readonly wholes: readonly string[];
}

const NONE: TargetVariants = { paths: [], queries: [], wholes: [] };
/** What proxies and base URLs often put before a path. */
const PREFIXES = ["/api", "/v1", "/api/v1"];

/** What the request tells of where it went. */
interface Way {
  readonly host: string;
  /** What a proxy says that it took off. */
  readonly prefixes: readonly string[];
  /** What a proxy says that the target was. */
  readonly rewritten: readonly string[];
}

/**
 * @param target as the text has it
 * @param sent as the request has it, where that is known
 */
export function targetVariants(
  target: string | undefined,
  sent: string | undefined,
  { host, prefixes, rewritten }: Way,
): TargetVariants {
  if (target === undefined) return NONE;
  const given = sent === undefined ? [target] : [target, sent];
  const [path, query] = [pathOf(target), queryOf(target)];
  const paths = [
    ...prefixes.map((prefix) => prefix + path),
    ...given.flatMap((each) => pathsLike(pathOf(each))),
  ];
  const queries = given.flatMap((each) => queriesLike(queryOf(each)));
  const wholes = given
    .concat(rewritten)
    .flatMap((each) => [
      each,
      `https://${host}${each}`,
      `http://${host}${each}`,
      `${host}${each}`,
      each.toLowerCase(),
      each.replace("?", "%3F"),
      each.slice(1),
      decoded(each),
      encodedAgain(each),
      each.replaceAll("%25", "%"),
    ]);
  return {
    paths: others(path, paths),
    queries: others(query === undefined ? "" : `?${query}`, queries),
    wholes: others(target, wholes),
  };
}

const others = (value: string, variants: readonly string[]): string[] =>
  [...new Set(variants)].filter((each) => each !== value);

/** Bytes in place of escapes. */
const decoded = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

/** Everything but RFC 3986's unreserved characters and what is spared becomes an escape. */
const encoded = (text: string, spared = ""): string =>
  text.replace(/[^A-Za-z0-9_.~-]/g, (character) =>
    spared.includes(character) ? character : escapeOf(character),
  );

const escapeOf = (character: string): string =>
  `%${(character.charCodeAt(0) % 0x100).toString(16).toUpperCase().padStart(2, "0")}`;

const encodedAgain = (text: string): string => text.replaceAll("%", "%25");
const upperEscapes = (text: string): string =>
  text.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
const lowerEscapes = (text: string): string =>
  text.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toLowerCase());

/** What encoders of several languages spare beside the unreserved characters. */
const SPARED = ["", "=", "!'()*", ":@", "!$&'()*+,;=:@", "!$&'()*+,=:@"];

/** As URLSearchParams and HTML forms write it. */
const formEncoded = (text: string): string =>
  encoded(text, " *").replaceAll("~", "%7E").replaceAll(" ", "+");

/** An accented letter as one character, or as two. */
const composed = (text: string, form: "NFC" | "NFD"): string =>
  Buffer.from(Buffer.from(text, "latin1").toString("utf8").normalize(form)).toString("latin1");

function spellingsOf(text: string, join: string): string[] {
  const parts = text.split(join);
  return [
    text,
    decoded(text),
    ...(["NFC", "NFD"] as const).map((form) =>
      parts.map((part) => encoded(composed(decoded(part), form), "=&")).join(join),
    ),
    ...SPARED.map((spared) => parts.map((part) => encoded(decoded(part), spared)).join(join)),
    encodedAgain(text),
    text.replaceAll("%25", "%"),
    upperEscapes(text),
    lowerEscapes(text),
    text.toLowerCase(),
  ];
}

function pathsLike(path: string): string[] {
  const spellings = spellingsOf(path, "/");
  const bare = path.replace(/\/+$/, "");
  return [
    ...spellings,
    path.replace(/%2f/gi, "/"),
    path.replaceAll("+", "%20"),
    path.replaceAll("%20", "+"),
    path.replaceAll("%20", " "),
    bare,
    `${bare}/`,
    path.replace(/\/{2,}/g, "/"),
    ...[...path.matchAll(/\//g)]
      .slice(0, 8)
      .map(({ index }) => `${path.slice(0, index)}/${path.slice(index)}`),
    foldedDots(path),
    ...[...path.matchAll(/\//g)].map(({ index }) => path.slice(index)).slice(1, 8),
    ...PREFIXES.map((prefix) => prefix + path),
    path.slice(1),
    "/",
    "",
  ];
}

function foldedDots(path: string): string {
  const url = `http://any.invalid${path}`;
  return URL.canParse(url) ? new URL(url).pathname : path;
}

const MOST_PARAMETERS = 24;

function queriesLike(query: string | undefined): string[] {
  if (query === undefined) return ["", "?"];
  const pairs = query.split("&");
  const byName = pairs.toSorted((a, b) => compare(nameOf(a), nameOf(b)));
  const recoded = (pair: string, spared: string, space: string): string =>
    pair
      .split("=")
      .map((part) => encoded(decoded(part.replaceAll("+", " ")), spared).replaceAll("%20", space))
      .join("=");
  const asForm = (pair: string): string =>
    pair
      .split("=")
      .map((part) => formEncoded(decoded(part.replaceAll("+", " "))))
      .join("=");
  const orders = [pairs, pairs.toSorted(), byName, pairs.toReversed()];
  const spelt = (order: readonly string[]): string[] => [
    ...SPARED.flatMap((spared) => ["%20", "+"].map((space) => joined(order, spared, space))),
    order.map(asForm).join("&"),
  ];
  const joined = (order: readonly string[], spared: string, space: string): string =>
    order.map((pair) => recoded(pair, spared, space)).join("&");
  const texts = [
    ...orders.map((order) => order.join("&")),
    ...orders.flatMap(spelt),
    ...orders.map((order) => decoded(order.join("&"))),
    ...spellingsOf(query, "&"),
    query.replaceAll("%20", "+"),
    query.replaceAll("+", "%20"),
    query.replaceAll("+", "%2B"),
    query.replaceAll("%2B", "+"),
    query.replaceAll("%20", " "),
    query.replaceAll("+", " "),
    pairs.map((pair) => (pair.includes("=") ? pair : `${pair}=`)).join("&"),
    pairs.map((pair) => pair.replace(/=$/, "")).join("&"),
    pairs.filter((pair) => pair !== "").join("&"),
    pairs.filter((pair) => /=./.test(pair)).join("&"),
    ...(pairs.length > MOST_PARAMETERS ? [] : withoutSome(pairs)),
  ];
  return ["", "?", ...texts.map((text) => `?${text}`)];
}

/** Without one parameter, without some at the end, without some at the beginning. */
const withoutSome = (pairs: readonly string[]): string[] =>
  pairs.flatMap((_, i) => [
    pairs.filter((__, at) => at !== i).join("&"),
    pairs.slice(0, i).join("&"),
    pairs.slice(i).join("&"),
  ]);

const nameOf = (pair: string): string => pair.split("=", 1)[0] ?? "";
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
