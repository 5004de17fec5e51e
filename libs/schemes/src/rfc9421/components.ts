import {
  isUnsignable,
  type Item,
  Refusal,
  serialiseMember,
  signedHeadersReader,
} from "@lacre/core/scheme";

/*
 * RFC 9421 §2: the components of a message that a signature covers.
 */

/** One covered component. */
export interface Component {
  /** A field's name, or that of what is derived, which begins with `@`. */
  readonly name: string;
  /** As it stands in the signature base: `"example";key="a"`. */
  readonly identifier: string;
  readonly isField: boolean;
  readonly isStrict: boolean;
  readonly isBytes: boolean;
  /** Of the request, in the signature of a response. */
  readonly ofRequest: boolean;
  /** The member of a dictionary that alone is covered. */
  readonly key: string | undefined;
  /** The query parameter that is covered, percent-encoded. */
  readonly parameter: string | undefined;
}

/** What each derived component of a request covers. */
export const REQUEST_PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["@method", ["@method"]],
  ["@target-uri", ["@scheme", "@authority", "@path", "@query"]],
  ["@authority", ["@authority"]],
  ["@scheme", ["@scheme"]],
  ["@request-target", ["@path", "@query"]],
  ["@path", ["@path"]],
  ["@query", ["@query"]],
]);

const MAX_COMPONENTS = 32;

/** Not to be signed where we choose, but what other signers of RFC 9421 cover often, and know what they do. */
const LEFT_TO_THE_SENDER: readonly string[] = ["authorization", "content-length", "cookie"];

/** Whether a field may not be covered, because proxies change, split or drop it. */
export const isForbidden = (name: string): boolean =>
  isUnsignable(name) && !LEFT_TO_THE_SENDER.includes(name);

const readNames = signedHeadersReader(isForbidden);

/**
 * Reads the list of covered components.
 * @throws Refusal `signed-headers-malformed`, `header-forbidden`
 */
export function readComponents(
  items: readonly Item[],
  kind: "request" | "response",
): readonly Component[] {
  if (items.length > MAX_COMPONENTS) throw malformed("more than 32 components");
  const known = new Set<string>();
  const components = items.map((item) => {
    const component = readComponent(item);
    checkPlace(component, kind);
    const identity = identityOf(item, component);
    if (known.has(identity)) throw malformed(`${identity} twice`);
    known.add(identity);
    return component;
  });
  const names = new Set(components.filter(({ isField }) => isField).map(({ name }) => name));
  if (names.size > 0) readNames([...names].sort().join(";"));
  return components;
}

/** RFC 9421 §2: the order of its parameters makes no other component. */
function identityOf(item: Item, { identifier }: Component): string {
  if (item.parameters.size < 2) return identifier;
  const parameters = new Map([...item.parameters].sort(([a], [b]) => (a < b ? -1 : 1)));
  return serialiseMember({ ...item, parameters });
}

const FLAGS: readonly string[] = ["sf", "bs", "req", "tr"];

function readComponent(component: Item): Component {
  const { item, parameters } = component;
  if (item.type !== "string") throw malformed("a component that is no string");
  const name = item.value;
  for (const [key, { type, value }] of parameters) {
    const isRight = FLAGS.includes(key)
      ? value === true
      : /^(?:key|name)$/.test(key) && type === "string";
    if (!isRight) throw malformed(`the parameter ${key} of a component`);
  }
  const has = (key: string): boolean => parameters.has(key);
  if (has("tr")) throw malformed("a trailer, and trailers are never read");
  if (has("bs") && (has("sf") || has("key"))) throw malformed("bs beside sf or key");
  const isField = !name.startsWith("@");
  if (isField ? has("name") : has("sf") || has("bs") || has("key"))
    throw malformed("a parameter that belongs to another kind of component");
  if (has("name") !== (name === "@query-param"))
    throw malformed("name, without @query-param or alone");
  return {
    name,
    identifier: serialiseMember(component),
    isField,
    isStrict: has("sf"),
    isBytes: has("bs"),
    ofRequest: has("req"),
    key: textOf(component, "key"),
    parameter: textOf(component, "name"),
  };
}

const textOf = ({ parameters }: Item, key: string): string | undefined =>
  parameters.get(key)?.value as string | undefined;

/** Each component has its place: nothing of the request in a request, no status but in a response. */
function checkPlace({ name, isField, ofRequest }: Component, kind: "request" | "response"): void {
  const isInResponse = kind === "response";
  if (ofRequest && !isInResponse) throw malformed("req, in a request");
  if (isField) return;
  const isStatus = name === "@status";
  const isKnown = isStatus || name === "@query-param" || REQUEST_PARTS.has(name);
  if (!isKnown || (isStatus ? !isInResponse || ofRequest : isInResponse && !ofRequest))
    throw malformed(`${name} has no place in a ${kind}`);
}

/** The fields of the message itself that are covered from end to end. */
export function wholeFieldsOf(components: readonly Component[]): readonly string[] {
  return components
    .filter(({ isField, ofRequest, key }) => isField && !ofRequest && key === undefined)
    .map(({ name }) => name);
}

const malformed = (detail: string): Refusal => new Refusal("signed-headers-malformed", detail);

/** What names of components cover, piece by piece; a field is a piece of its own. */
export const partsOf = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => REQUEST_PARTS.get(name) ?? [name]);
