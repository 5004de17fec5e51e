import type { HeaderEntry } from "@lacre/core";

/** Header lines from Node's flat list: a name, its value, the next name, … */
export const linesOfRaw = (raw: readonly string[]): HeaderEntry[] =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []));

/** Header lines from names and values. A list is one line for each of its values; `undefined` is no line. */
export function linesOf(headers: Iterable<readonly [string, unknown]> | object): HeaderEntry[] {
  const entries = (
    Symbol.iterator in headers ? [...headers] : Object.entries(headers)
  ) as (readonly [string, unknown])[];
  return entries.flatMap(([name, value]) =>
    [value].flat().flatMap((line) => (line === undefined ? [] : [[name, textOf(line)] as const])),
  );
}

const textOf = (line: unknown): string => (line === null ? "" : String(line as string | number));

/**
 * The value of the first line of this name.
 * @param wanted in lower case
 */
export function valueOf(
  headers: Iterable<readonly [string, string]>,
  wanted: string,
): string | undefined {
  for (const [name, value] of headers) if (name.toLowerCase() === wanted) return value;
  return undefined;
}
