import type { HeaderLines } from "../http/header-lines.js";
import { SIGNED_WHEN_PRESENT } from "./signed-fields.js";

/** The names that a signer must list: `host`, what it chose, and what must be signed whenever it is sent; sorted. */
export function namesToSign(
  headers: HeaderLines,
  chosen: readonly string[],
  whenPresent: readonly string[] = SIGNED_WHEN_PRESENT,
): string[] {
  const names = ["host"];
  for (const list of [chosen, whenPresent])
    for (const name of list) if (headers.has(name) && !names.includes(name)) names.push(name);
  return names.sort();
}
