import {
  pathOf,
  queryOf,
  Refusal,
  serialiseMember,
  SIGNED_IN_ANSWERS,
  SIGNED_WHEN_PRESENT,
} from "@lacre/core/scheme";
import type { Component } from "./components.js";
import type { Fields, FieldType, Message } from "./message.js";

/*
 * RFC 9421 §2.5: the text that is signed, and what it is made of.
 */

/** The types of fields, by name. */
type FieldTypes = ReadonlyMap<string, FieldType>;

/**
 * The value of each component. Checks that it is there, once, and in printable characters.
 * @throws Refusal `header-ambiguous`, `header-missing`, `header-repeated`, `header-malformed`, `target-malformed`,
 *   `signed-headers-malformed`
 */
export function coveredValues(
  components: readonly Component[],
  message: Message,
  types: FieldTypes,
): readonly string[] {
  return components.map((component) => {
    if (component.isField) checkLines(component, message, types);
    const value = valueOf(component, message, types);
    if (!PRINTABLE.test(value)) throw new Refusal("header-malformed", component.name);
    return value;
  });
}

const PRINTABLE = /^[\x20-\x7e]*$/;

function checkLines(component: Component, message: Message, types: FieldTypes): void {
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
  values: readonly string[],
  input: string,
): string {
  let base = "";
  for (const [i, { identifier }] of components.entries()) base += `${identifier}: ${values[i]}\n`;
  return `${base}"@signature-params": ${input}`;
}

function valueOf(component: Component, message: Message, types: FieldTypes): string {
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
      return String(message.response?.status ?? ""); // @status: no other component has this place
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
function fieldValue(component: Component, message: Message, types: FieldTypes): string {
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
    throw new Refusal("signed-headers-malformed", `sf, and the type of ${name} is not known`);
  const text = fields.serialised(name, type);
  if (text === undefined) throw new Refusal("header-malformed", `${name} is no ${type}`);
  return text;
}
