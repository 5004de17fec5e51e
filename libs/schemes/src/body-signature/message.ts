import { pathOf, queryOf, Refusal, type SignableRequest } from "@lacre/core/scheme";
import type { Found } from "./content/content-fields.js";
import { formPairs, NoForm, onlyValue, sortedForm } from "./content/form-content.js";
import { inflated } from "./content/inflate.js";
import { BEGINNINGS, ENDINGS } from "./template/one-reading.js";
import type { Settings } from "./settings.js";
import type { Field } from "./template/template-field.js";

const PRINTABLE_ID = /^[\x21-\x7e]{1,128}$/;

/** What is read of one message beside its template: as it was written. */
export interface Readings {
  readonly id: string | undefined;
  readonly timestamp: string;
}

/** The content of a message as the format reads it, a code point for each byte. */
export interface ReadContent {
  readonly text: string;
  /** Only where something is read of it. */
  readonly found?: Found;
}

/**
 * Content as the format reads it.
 * @param maxBytes how many it may have
 * @throws Refusal
 */
export function readContent(
  { headers }: SignableRequest,
  content: string,
  maxBytes: number,
  { content: of, contentFields, types }: Settings,
): ReadContent {
  const text = of === "inflated" ? inflated(headers, content, maxBytes) : content;
  return { text, found: contentFields.read(text, types.kindOf(headers, text)) };
}

/**
 * The id of a message, as it must be to stand in a template.
 * @throws Refusal `nonce-malformed`
 */
export function checkId(id: string | undefined, { idHeader, idField }: Settings): string {
  if (id === undefined || !PRINTABLE_ID.test(id))
    throw new Refusal("nonce-malformed", idHeader ?? idField?.name);
  return id;
}

/**
 * The text of a message.
 * @param content empty where it is not signed, or a digest stands for it
 * @throws Refusal for a value that is not there, or that would let two messages have one text
 */
export function textOf(
  request: SignableRequest,
  readings: Readings,
  content: ReadContent,
  { template, rules }: Settings,
): string {
  if (template.has("body")) checkEdges(content.text, rules);
  return template.of((field) => {
    const value = spelled(field, valueOf(field, request, readings, content));
    if (value === undefined) return undefined;
    const refused = rules.refused.get(field.written);
    if (refused !== undefined && [...refused].some((character) => value.includes(character)))
      throw new Refusal(
        CODES[field.kind] ?? "credentials-malformed",
        `${field.written} holds what ends it`,
      );
    return value;
  });
}

/** The value as it is signed. */
const spelled = ({ isLower }: Field, value: string | undefined): string | undefined =>
  isLower === true ? value?.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : value;

const CODES: Readonly<
  Partial<Record<Field["kind"], "nonce-malformed" | "target-malformed" | "header-malformed">>
> = {
  id: "nonce-malformed",
  url: "target-malformed",
  path: "target-malformed",
  query: "target-malformed",
  parameter: "target-malformed",
  header: "header-malformed",
};

const ELSE_UNTOLD = "nothing else in the template tells where what stands";

/** Where the content itself tells where it begins or ends. */
function checkEdges(content: string, { marksStart, marksEnd }: Settings["rules"]): void {
  if (content === "" && !(marksStart && marksEnd)) return;
  if (marksStart && !BEGINNINGS.includes(content[0] ?? "x"))
    throw new Refusal(
      "credentials-malformed",
      `the content does not begin like JSON or XML, and ${ELSE_UNTOLD} before it ends`,
    );
  if (marksEnd && !ENDINGS.includes(content.at(-1) ?? "x"))
    throw new Refusal(
      "credentials-malformed",
      `the content does not end like JSON or XML, and ${ELSE_UNTOLD} behind it begins`,
    );
}

/** Undefined where the message lacks it, and may. */
function valueOf(
  field: Field,
  request: SignableRequest,
  { id = "", timestamp }: Readings,
  content: ReadContent,
): string | undefined {
  const { method, target, authority, urlScheme, headers } = request;
  switch (field.kind) {
    case "method":
      return method;
    case "url":
      return `${urlScheme}://${authority}${target}`;
    case "path":
      return pathOf(target);
    case "query":
      return queryOf(target) ?? "";
    case "parameter":
      return parameterOf(target, field);
    case "header":
      return headers.only(field.name) ?? lackOf(field);
    case "timestamp":
      return timestamp;
    case "id":
      return id;
    case "body":
      return content.text;
    case "form":
      return formOf(content.text);
    case "field":
      return content.found?.get(field.path?.name ?? "") ?? lackOf(field);
  }
}

const lackOf = ({ isOptional }: Field): string | undefined =>
  isOptional === true ? undefined : "";

/** The value of a parameter of the query that stands there once. */
function parameterOf(target: string, { name, isOptional }: Field): string | undefined {
  const value = findParameter(target, name);
  if (value === undefined && isOptional !== true)
    throw new Refusal("target-malformed", `no parameter ${name}`);
  return value;
}

/** @throws Refusal `target-malformed` for one that stands there twice */
export function findParameter(target: string, name: string): string | undefined {
  try {
    return onlyValue(formPairs(queryOf(target) ?? ""), name);
  } catch (error) {
    if (error instanceof NoForm) throw new Refusal("target-malformed", error.message);
    throw error;
  }
}

function formOf(content: string): string {
  try {
    return sortedForm(content);
  } catch (error) {
    if (error instanceof NoForm) throw new Refusal("credentials-malformed", error.message);
    throw error;
  }
}
