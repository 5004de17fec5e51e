import type { HeaderEntry } from "@lacre/core";

/** Header lines as names and values, from Node's list of names and values in turn. */
export const entriesOfRaw = (raw: readonly string[]): HeaderEntry[] =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ""] as const] : []));
