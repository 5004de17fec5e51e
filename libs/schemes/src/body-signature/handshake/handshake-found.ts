import { queryOf, type SignableRequest } from "@lacre/core/scheme";
import type { Place } from "./handshake-place.js";

/** What stands in a request, by the keys of places: texts, and lists where they are empty. */
export type Found = ReadonlyMap<string, unknown>;

/**
 * Everything that stands where a first contact has places; undefined where a name stands there twice, or the content is
 * not what its type says.
 * @param content a code point for each byte
 */
export function findAll(
  { target, headers }: SignableRequest,
  content: string,
  places: readonly Place[],
): Found | undefined {
  const found = new Map<string, unknown>();
  const has = (where: string): boolean => places.some((place) => place.where === where);
  if (has("query") && !addPairs(found, "query", queryOf(target) ?? "")) return undefined;
  if (has("form") && !addPairs(found, "form", content)) return undefined;
  if (has("field") && !addFields(found, content)) return undefined;
  for (const { where, name, key } of places)
    if (where === "header") {
      const value = headers.only(name);
      if (value === undefined) return undefined;
      found.set(key, value);
    }
  return found;
}

function addPairs(found: Map<string, unknown>, where: string, text: string): boolean {
  for (const [name, value] of new URLSearchParams(text)) {
    const key = `${where}:${name}`;
    if (found.has(key)) return false;
    found.set(key, value);
  }
  return true;
}

const MAX_FIELDS = 64;

/** The leaves of a JSON object, by their paths. A name with a dot in it is not told apart from a path, so it is none. */
function addFields(found: Map<string, unknown>, content: string): boolean {
  const add = (value: unknown, path: string): boolean => {
    if (found.size > MAX_FIELDS) return false;
    const isNode = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isNode) return found.set(`field:${path}`, value) !== undefined;
    return Object.entries(value).every(
      ([name, inner]) => !name.includes(".") && add(inner, path === "" ? name : `${path}.${name}`),
    );
  };
  try {
    const root: unknown = JSON.parse(Buffer.from(content, "latin1").toString("utf8"));
    return typeof root === "object" && root !== null && !Array.isArray(root) && add(root, "");
  } catch {
    return false;
  }
}
