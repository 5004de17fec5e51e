import { isFieldName, isUnsignable } from "@lacre/core/scheme";
import { type ContentPath, readContentPath } from "../content/content-path.js";

/** What stands between braces in a template. */
export type FieldKind =
  | "method"
  | "url"
  | "path"
  | "query"
  | "parameter"
  | "header"
  | "timestamp"
  | "id"
  | "body"
  | "form"
  | "field";

/** A name between braces, and what of the request it stands for. */
export interface Field {
  readonly kind: FieldKind;
  /** As it is written: `{header:x-request-id}`. */
  readonly written: string;
  /** The name of the header or the parameter; empty for all others. */
  readonly name: string;
  /** Where it stands in the content, for `field` alone. */
  readonly path?: ContentPath;
  /** Whether its value may hold what ends the others: what stands behind it is read from the back. */
  readonly isOpen: boolean;
  /** Whether a message may lack it: it is then left out, with what stands round it in brackets. */
  readonly isOptional?: boolean;
  /** Whether it is signed in small letters, whatever it was sent in. */
  readonly isLower?: boolean;
}

const PLAIN: readonly string[] = ["method", "url", "path", "query", "timestamp", "id"];
const OPEN: readonly string[] = ["body", "form"];

/**
 * Reads what stands between braces; undefined for what is no name.
 * @param at what messages call the template
 * @throws ConfigurationError for what is not a path
 */
export function readField(inner: string, at: string): Field | undefined {
  const written = `{${inner}}`;
  if (PLAIN.includes(inner) || OPEN.includes(inner))
    return { kind: inner as FieldKind, written, name: "", isOpen: OPEN.includes(inner) };
  const [, kind, given = ""] = /^(header|query|field):(.+)$/s.exec(inner) ?? [];
  const isOpen = given.endsWith("*");
  const name = isOpen ? given.slice(0, -1) : given;
  switch (kind) {
    case "header":
      return isFieldName(name.toLowerCase()) && !isUnsignable(name.toLowerCase())
        ? { kind, written, name: name.toLowerCase(), isOpen }
        : undefined;
    case "query":
      return parameterNamed(name, { written, isOpen });
    case "field":
      return { kind, written, name: "", path: readContentPath(name, at), isOpen };
    case undefined:
    default:
      return undefined;
  }
}

const LOWER = "|lower";

/** A parameter of the query: `{query:data.id}`, or `{query:data.id|lower}` where it is signed in small letters. */
function parameterNamed(given: string, more: Pick<Field, "written" | "isOpen">): Field | undefined {
  const isLower = given.endsWith(LOWER);
  const name = isLower ? given.slice(0, -LOWER.length) : given;
  if (!/^[\x21-\x7e]{1,64}$/.test(name)) return undefined;
  return { kind: "parameter", name, ...more, ...(isLower && { isLower }) };
}

/** What a value of a kind can hold, and what a message may be refused for. */
interface Shape {
  /** Whether a value can hold this character. */
  readonly holds: (character: string) => boolean;
  /** Whether a message may be refused because its value holds this character, which genuine ones do not. */
  readonly spares: (character: string) => boolean;
}

const isSign = (character: string): boolean => !/[A-Za-z0-9]/.test(character);
/** What no URL holds (RFC 3986), though our reader of request lines is wider; and what begins or ends JSON and XML. */
const STRANGE_TO_URLS = '{}[]"<>|\\^`';
const inTarget = (character: string): boolean => /[\x21\x22\x24-\x7e]/.test(character);
const isStrange = (character: string): boolean => STRANGE_TO_URLS.includes(character);
const all = (): boolean => true;

const TARGET: Shape = { holds: inTarget, spares: isStrange };
const VALUE: Shape = { holds: all, spares: isSign };

/** The shapes of all that has no length of its own. */
export const SHAPES: Readonly<Partial<Record<FieldKind, Shape>>> = {
  method: { holds: (character) => /[A-Z-]/.test(character), spares: () => false },
  url: TARGET,
  path: { ...TARGET, holds: (character) => character !== "?" && inTarget(character) },
  query: TARGET,
  id: { holds: (character) => /[\x21-\x7e]/.test(character), spares: isSign },
  header: { holds: (character) => /[\x20-\x7e]/.test(character), spares: isSign },
  parameter: VALUE,
  field: VALUE,
};
