import { queryPairs, refuseManyParameters } from "@lacre/core/scheme";

/** What is no form: it has a broken escape. */
export class NoForm extends Error {}

/** A name or a value of a form or a query as it is meant, a code point for each byte. */
function decodeForm(text: string): string {
  return text.replaceAll("+", " ").replace(/%(.{0,2})/gs, (_, digits: string) => {
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new NoForm("an escape that is none");
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}

/**
 * Names and values of a form or a query as they are meant.
 * @throws Refusal for more than 1000; NoForm
 */
export function formPairs(text: string): (readonly [name: string, value: string])[] {
  refuseManyParameters(text);
  return queryPairs(text).map(([name, value]) => [decodeForm(name), decodeForm(value)]);
}

/** The value of the only pair of this name; undefined where there is none. */
export function onlyValue(
  pairs: readonly (readonly [string, string])[],
  name: string,
): string | undefined {
  const values = pairs.filter(([each]) => each === name);
  if (values.length > 1) throw new NoForm(`${name} stands twice`);
  return values[0]?.[1];
}

/** What a parser of nested names puts a pair into: `a` for `a[]`, `a[b]` and `[a]`. */
const baseOf = (name: string): string => name.split(/[[\]]+/).find((part) => part !== "") ?? "";

/** Refuses names that a parser of nested names would read into a field that is read here. */
export function refuseNested(
  pairs: readonly (readonly [string, string])[],
  paths: readonly { readonly name: string }[],
): void {
  const names = new Set(paths.map(({ name }) => name));
  const bases = new Set(paths.map(({ name }) => baseOf(name)));
  if (pairs.some(([name]) => !names.has(name) && bases.has(baseOf(name))))
    throw new NoForm("a name that others read as a field");
}

/** All names and values, sorted by name, one behind the other; a pair that stands there twice counts once. */
export function sortedForm(text: string): string {
  const given = formPairs(text);
  if (given.some(([name]) => /[[\]]/.test(name))) throw new NoForm("a name with brackets");
  const pairs = given.sort(([a, x], [b, y]) => order(a, b) || order(x, y));
  return pairs
    .filter(([name, value], i) => name !== pairs[i - 1]?.[0] || value !== pairs[i - 1]?.[1])
    .map(([name, value]) => name + value)
    .join("");
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
