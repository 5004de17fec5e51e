import { Refusal } from "../errors.js";
import type { HeaderLines } from "../http/header-lines.js";
import { isFieldName } from "./coverage.js";
import { SIGNED_WHEN_PRESENT } from "./signed-fields.js";

/**
 * The names that a signer must list: `host`, what it chose, and what must be signed whenever it is sent; sorted.
 * @throws Refusal `signed-headers-malformed` for a name that no list may hold
 */
export function namesToSign(
  headers: HeaderLines,
  chosen: readonly string[],
  whenPresent: readonly string[] = SIGNED_WHEN_PRESENT,
): string[] {
  const names = ["host"];
  for (const list of [chosen, whenPresent])
    for (const name of list) if (headers.has(name) && !names.includes(name)) names.push(name);
  const unlisted = names.find((name) => !isFieldName(name));
  if (unlisted !== undefined)
    throw new Refusal("signed-headers-malformed", `${unlisted.slice(0, 80)}: ${WHAT_NAMES_HOLD}`);
  return names.sort();
}

const WHAT_NAMES_HOLD =
  "a header that is signed has a name of 1 to 64 letters, digits and hyphens that begins with a letter";
