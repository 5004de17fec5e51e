import {
  isUnsignable,
  type Item,
  pathOf,
  queryOf,
  Refusal,
  serialiseMember,
  SIGNED_IN_ANSWERS,
  SIGNED_WHEN_PRESENT,
  signedHeadersReader,
} from "@lacre/core/scheme";
import type { Fields, FieldType, Message } from "./message.js";

/*
 * RFC 9421 §2: the components of a message that a signature covers, and the text that is signed.
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

/**
 * Checks that every component is there, once, and in printable characters.
 * @throws Refusal `header-ambiguous`, `header-missing`, `header-repeated`, `header-malformed`, `target-malformed`
 */
export function checkComponents(
  components: readonly Component[],
  message: Message,
  types: ReadonlyMap<string, FieldType>,
): void {
  for (const component of components) {
    if (component.isField) checkLines(component, message, types);
    if (!PRINTABLE.test(valueOf(component, message, types)))
      throw new Refusal("header-malformed", component.name);
  }
}

const PRINTABLE = /^[\x20-\x7e]*$/;

function checkLines(
  component: Component,
  message: Message,
  types: ReadonlyMap<string, FieldType>,
): void {
  const { name } = component;
  const headers = message.headersOf(component);
  if (headers.hasTwin(name)) throw new Refusal("header-ambiguous", name);
  if (message.isHost(component)) return; // counted when the request was received
  if (!headers.has(name)) throw new Refusal("header-missing", name);
  // What a platform makes of two lines is what they mean joined only where the field is a list.
  const type = types.get(name);
  const mayBeSplit =
    (component.isBytes || type === "list" || type === "dictionary") && !ON_ONE_LINE.has(name);
  if (headers.isRepeated(name) && !mayBeSplit) throw new Refusal("header-repeated", name);
}

const ON_ONE_LINE: ReadonlySet<string> = new Set([...SIGNED_WHEN_PRESENT, ...SIGNED_IN_ANSWERS]);

/** The signature base (RFC 9421 §2.5). `input` is the signature's own member of Signature-Input. */
export function signatureBase(
  components: readonly Component[],
  input: string,
  message: Message,
  types: ReadonlyMap<string, FieldType>,
): string {
  let base = "";
  for (const component of components)
    base += `${component.identifier}: ${valueOf(component, message, types)}\n`;
  return `${base}"@signature-params": ${input}`;
}

function valueOf(
  component: Component,
  message: Message,
  types: ReadonlyMap<string, FieldType>,
): string {
  if (component.isField) return fieldValue(component, message, types);
  const { method, urlScheme, authority, target } = message.request;
  switch (component.name) {
    case "@method":
      return method;
    case "@target-uri":
      return `${urlScheme}://${authority}${target}`;
    case "@authority":
      return authority;
    case "@scheme":
      return urlScheme;
    case "@request-target":
      return target;
    case "@path":
      return pathOf(target);
    case "@query":
      return `?${queryOf(target) ?? ""}`;
    case "@query-param":
      return queryParameter(message, component.parameter ?? "");
    default:
      return String(message.response?.status ?? ""); // @status: checkPlace takes no other
  }
}

/** RFC 9421 §2.2.8. */
function queryParameter(message: Message, name: string): string {
  const [value, ...others] = message.parametersNamed(name);
  if (value === undefined) throw new Refusal("header-missing", "a query parameter that is covered");
  if (others.length > 0) throw new Refusal("header-repeated", "a query parameter that is covered");
  return value;
}

/** RFC 9421 §2.1. */
function fieldValue(
  component: Component,
  message: Message,
  types: ReadonlyMap<string, FieldType>,
): string {
  const { name, isBytes, isStrict, key } = component;
  const fields = message.fieldsOf(component);
  if (isBytes)
    return fields
      .lines(name)
      .map((line) => `:${base64(line, name)}:`)
      .join(", ");
  if (key !== undefined) return memberOf(fields, name, key, types.get(name));
  return isStrict ? serialised(fields, name, types.get(name)) : fields.text(name);
}

function base64(line: string, name: string): string {
  try {
    return btoa(line);
  } catch {
    throw new Refusal("header-malformed", name);
  }
}

/** RFC 9421 §2.1.2. */
function memberOf(
  fields: Fields,
  name: string,
  key: string,
  type: FieldType = "dictionary",
): string {
  const dictionary = type === "dictionary" ? fields.dictionary(name) : undefined;
  if (dictionary === undefined) throw new Refusal("header-malformed", `${name} is no dictionary`);
  const member = dictionary.get(key);
  if (member === undefined) throw new Refusal("header-missing", `a member of ${name}`);
  return serialiseMember(member);
}

/** RFC 9421 §2.1.1. */
function serialised(fields: Fields, name: string, type: FieldType | undefined): string {
  if (type === undefined)
    throw new Refusal("signed-headers-malformed", `sf, and of what type ${name} is, is not said`);
  const text = fields.serialised(name, type);
  if (text === undefined) throw new Refusal("header-malformed", `${name} is no ${type}`);
  return text;
}

const malformed = (detail: string): Refusal => new Refusal("signed-headers-malformed", detail);
