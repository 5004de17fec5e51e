import { hash, timingSafeEqual } from "node:crypto";
import { ConfigurationError } from "@lacre/core/scheme";

/** What may stand in a place of a first contact: a text exactly, or a text of one of these kinds. */
const KINDS: Readonly<Record<string, RegExp>> = {
  "{digits}": /^[0-9]{1,32}$/,
  /** One word, which is no HTML, no JSON and no text that a format with a time signs. */
  "{token}": /^[A-Za-z0-9._~+/=-]{1,512}$/,
  /** Printable, with blanks; nothing of which HTML, a script or a quoted text could be made. */
  "{line}": /^[A-Za-z0-9._~+/=:,;@|() -]{1,1024}$/,
};
/** A text that is one word. */
export const isToken = (text: string): boolean => KINDS["{token}"]?.test(text) === true;

const LITERAL = /^[\x20-\x7e]{1,512}$/;
const NAMES = {
  query: /^[\w.:-]{1,64}$/,
  header: /^[a-z][a-z0-9-]{0,63}$/,
  form: /^[\w.:-]{1,64}$/,
  field: /^[\w-]{1,64}(?:\.[\w-]{1,64}){0,7}$/,
} as const;

/** Where something stands. */
export type Where = keyof typeof NAMES;

/** What stands in these places, by name: `{ "hub.mode": "subscribe", "hub.challenge": "{token}" }`. */
export type Shape = Readonly<Record<string, string | readonly []>>;

/** One place of a first contact. */
export interface Place {
  readonly where: Where;
  readonly name: string;
  /** As answers and `keep` speak of it: `query:hub.challenge`. */
  readonly key: string;
  /** `open`: any text of its kind. `fixed`: this text alone. `empty`: an empty list. */
  readonly kind: "open" | "fixed" | "empty";
  /** Whether it may be sent back, or signed: it is one word, or digits. */
  readonly isWord: boolean;
  /** Whether this may stand there. The time that it takes depends on no fixed text. */
  takes(value: unknown): boolean;
}

/** @throws ConfigurationError */
export function readShape(where: Where, given: Shape | undefined, at: string): readonly Place[] {
  if (given === undefined) return [];
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new ConfigurationError(at, "must be an object of names and texts.", EXAMPLE);
  return Object.entries(given).map(([name, value]) => readPlace(where, name, value, at));
}

const EXAMPLE = 'Give { challenge: "{token}" }, for example.';

function readPlace(where: Where, written: string, value: unknown, at: string): Place {
  const name = where === "header" ? written.toLowerCase() : written;
  if (!NAMES[where].test(name))
    throw new ConfigurationError(at, `has a name that cannot be one of a ${where}.`, EXAMPLE);
  const place = { where, name, key: `${where}:${name}` };
  if (Array.isArray(value) && value.length === 0 && where === "field")
    return { ...place, kind: "empty", isWord: false, takes: isEmptyList };
  const kind = typeof value === "string" ? KINDS[value] : undefined;
  if (kind !== undefined)
    return {
      ...place,
      kind: "open",
      isWord: value !== "{line}",
      takes: (text) => typeof text === "string" && kind.test(text),
    };
  // An empty text is what is left of a variable that is not set, and so would be anybody's word.
  if (typeof value !== "string" || !LITERAL.test(value) || /[{}]/.test(value))
    throw new ConfigurationError(
      `${at}.${name}`,
      "must be a text of 1 to 512 printable characters without braces, or a kind of text.",
      `Kinds: ${Object.keys(KINDS).join(", ")}.`,
    );
  return { ...place, kind: "fixed", isWord: false, takes: equalTo(value) };
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** A verify token is a secret: how much of it was right must not be told by the time that it takes. */
function equalTo(text: string): (value: unknown) => boolean {
  const expected = hash("sha256", text, "buffer");
  return (value) =>
    typeof value === "string" && timingSafeEqual(hash("sha256", value, "buffer"), expected);
}
