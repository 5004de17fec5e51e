import type { Values } from "../canonical-lines.js";

/** Lines of the form `name:value`, by name; a name that stands on several lines has several values. */
export function readHeaderLines(lines: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? [] : [line.slice(colon + 1)];
    headers.set(name, [...(headers.get(name) ?? []), ...value]);
  }
  return headers;
}

/** The same as lines; undefined where a header is not known, or not single. */
export function writeHeaderLines(
  headers: ReadonlyMap<string, Values | undefined>,
): string[] | undefined {
  const lines = [...headers].map(([name, values]) =>
    values?.length === 1 ? `${name}:${values[0]}` : undefined,
  );
  return lines.every((line) => line !== undefined) ? lines : undefined;
}
