import {
  hasNormalEscapes,
  pathOf,
  queryOf,
  queryPairs,
  Refusal,
  refuseManyParameters,
} from "@lacre/core/scheme";

/*
 * The target, as the texts hold it.
 */

const QUERY_NAME = /^[a-z0-9._~-]+$/;

/**
 * One signature must not open two targets. The full text has the names of the query in lower case, its values decoded,
 * a line each, and those of a repeated name joined.
 */
export function checkWholeQuery(query: string | undefined): void {
  if (query === undefined) return;
  refuseManyParameters(query);
  const pairs = queryPairs(query);
  const names = pairs.map(([name]) => name);
  const isNormal =
    !/\+|^$|^&|&&|&$/.test(query) && // a plus is a space to some
    hasNormalEscapes(query) &&
    names.every((name) => QUERY_NAME.test(name)) &&
    new Set(names).size === names.length &&
    pairs.every(([, value]) => !hasControls(decodeURIComponent(value)));
  if (!isNormal) throw secondSpelling();
}

/** The short texts have but the one parameter of the query that says what is done, which must then be found by all. */
export function checkComp(query: string | undefined): void {
  if (query === undefined) return;
  const comps = queryPairs(query).filter(([name]) => name.toLowerCase() === "comp");
  const isNormal =
    hasNormalEscapes(query) &&
    comps.length <= 1 &&
    comps.every(([name, value]) => name === "comp" && /^[A-Za-z0-9]+$/.test(value));
  if (!isNormal) throw secondSpelling();
}

const hasControls = (text: string): boolean =>
  Array.from(text).some((character) => character < " " || character === "\x7f");

const secondSpelling = (): Refusal =>
  new Refusal("target-malformed", "has a second spelling under the same signature");

/** `name:value` for each parameter, decoded, sorted by name, each after a line feed; a code point for each byte. */
export function queryLines(target: string): string {
  return queryPairs(queryOf(target) ?? "")
    .map(([name, value]) => [name, Buffer.from(decodeURIComponent(value)).toString("latin1")])
    .sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`)
    .join("");
}

export function shortResource(target: string, account: string): string {
  const comp = queryPairs(queryOf(target) ?? "").find(([name]) => name === "comp");
  return `/${account}${pathOf(target)}${comp === undefined ? "" : `?comp=${comp[1]}`}`;
}
