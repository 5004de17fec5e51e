import { queryOf, Refusal, type SignableRequest } from "@lacre/core/scheme";
import { formPairs, NoForm } from "../content/form-content.js";
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
  try {
    for (const [name, value] of formPairs(text)) {
      const key = `${where}:${name}`;
      if (found.has(key)) return false;
      found.set(key, value);
    }
    return true;
  } catch (error) {
    if (error instanceof NoForm || error instanceof Refusal) return false;
    throw error;
  }
}

const MAX_FIELDS = 64;

/**
 * The leaves of a JSON object, by their paths; an empty object is one. A name that is empty or has a dot in it is not told
 * apart from a path, so it is none.
 */
function addFields(found: Map<string, unknown>, content: string): boolean {
  const add = (value: unknown, path: string): boolean => {
    if (found.size > MAX_FIELDS) return false;
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    const inner = isObject ? Object.entries(value) : [];
    if (inner.length === 0) return found.set(`field:${path}`, value) !== undefined;
    return inner.every(
      ([name, each]) => /^[^.]+$/s.test(name) && add(each, path === "" ? name : `${path}.${name}`),
    );
  };
  try {
    const text = UTF_8.decode(Buffer.from(content, "latin1"));
    const root: unknown = JSON.parse(text);
    const isObject = typeof root === "object" && root !== null && !Array.isArray(root);
    // Of two members of one name only the last is left, whoever parses it: another parser could have the first.
    return isObject && membersIn(text) === membersIn(JSON.stringify(root)) && add(root, "");
  } catch {
    return false;
  }
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many members all objects of a JSON text have together: the colons that stand in no string. */
const membersIn = (json: string): number =>
  json.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length;
