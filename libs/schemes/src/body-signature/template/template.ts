import { ConfigurationError } from "@lacre/core/scheme";
import type { Part } from "./one-reading.js";
import { type Field, type FieldKind, readField } from "./template-field.js";

const MAX_LENGTH = 4096;
const LITERAL = /^[\n\x20-\x5a\x5c\x5e-\x7a\x7c\x7e]*$/; // LF and printable, without braces and brackets

const NAME = /\{([^{}]*)\}/;
const GROUP = /^\[([^[\]]*)\]/;

/** What is left out as a whole where the message lacks what it names. */
type Group = readonly [before: string, field: Field, after: string];

/** What is signed: text with parts of the message in it. */
export class Template {
  /** What may be left out, all of it before the rest. */
  readonly #groups: readonly Group[];
  readonly #rest: readonly Part[];
  readonly fields: readonly Field[];

  /**
   * Reads a template such as `{id}.{timestamp}.{body}`, or `[id:{header:x-id};]at:{timestamp};{body}`.
   * @throws ConfigurationError
   */
  constructor(text: unknown, option: string) {
    if (typeof text !== "string" || text === "" || text.length > MAX_LENGTH)
      throw refused(option, `must be a text of 1 to ${MAX_LENGTH} characters.`);
    if (/\$\{/.test(text))
      throw refused(
        option,
        "has a $ before a name, as a template literal has.",
        'Leave the $ out: "{timestamp}.{body}" is filled in for each message.',
      );
    const groups: Group[] = [];
    let rest = text;
    for (let group = GROUP.exec(rest); group !== null; group = GROUP.exec(rest)) {
      groups.push(groupOf(partsOf(group[1] ?? "", option), option));
      rest = rest.slice(group[0].length);
    }
    this.#groups = groups;
    this.#rest = partsOf(rest, option);
    checkBeginnings([...groups.map(([before]) => before), this.#rest[0]], option);
    this.fields = this.parts.filter((part): part is Field => typeof part === "object");
    const written = this.fields.map((field) => field.written.replace(/(?:\|lower)?\*?\}$/, "}"));
    if (written.length === 0) throw refused(option, "must use a name.");
    if (new Set(written).size < written.length) throw refused(option, "must use each name once.");
  }

  /** Literals and names, those that may be left out among them. */
  get parts(): readonly Part[] {
    return [...this.#groups.flat(), ...this.#rest];
  }

  /** Whether it signs this. */
  has(kind: FieldKind, name = ""): boolean {
    return this.fields.some((field) => field.kind === kind && field.name === name);
  }

  /** The headers that it signs always. */
  get headers(): readonly string[] {
    return this.#headersWhere((field) => field.isOptional !== true);
  }

  /** The headers that it signs where they are there. */
  get optionalHeaders(): readonly string[] {
    return this.#headersWhere((field) => field.isOptional === true);
  }

  #headersWhere(isMeant: (field: Field) => boolean): readonly string[] {
    const meant = this.fields.filter((field) => field.kind === "header" && isMeant(field));
    return meant.map(({ name }) => name);
  }

  /**
   * The text of a message.
   * @param valueOf undefined where the message lacks what may be left out
   */
  of(valueOf: (field: Field) => string | undefined): string {
    let text = "";
    for (const [before, field, after] of this.#groups) {
      const value = valueOf(field);
      if (value !== undefined) text += before + value + after;
    }
    for (const part of this.#rest) text += typeof part === "string" ? part : (valueOf(part) ?? "");
    return text;
  }
}

function partsOf(text: string, option: string): Part[] {
  const pieces = text.split(NAME); // literal, name, literal, …
  if (!pieces.every((piece, i) => i % 2 === 1 || LITERAL.test(piece)))
    throw refused(
      option,
      "must have line feeds and printable US-ASCII without brackets alone between the names.",
    );
  return pieces.flatMap((piece, i): Part[] => {
    if (i % 2 === 0) return piece === "" ? [] : [piece];
    const field = readField(piece, option);
    if (field === undefined)
      throw refused(option, `has a name that is none: {${piece.slice(0, 64)}}. Names: ${NAMES}.`);
    return [field];
  });
}

const MAY_LACK: readonly FieldKind[] = ["parameter", "header", "field"];

/** A name between two texts, of which the second tells where its value ends. */
function groupOf([before, field, after, ...more]: readonly Part[], option: string): Group {
  if (
    typeof before === "string" &&
    typeof field === "object" &&
    typeof after === "string" &&
    more.length === 0 &&
    MAY_LACK.includes(field.kind) &&
    !field.isOpen &&
    /^[^A-Za-z0-9]/.test(after)
  )
    return [before, { ...field, isOptional: true }, after];
  throw refused(
    option,
    "must have in brackets a text, a name of a header, a parameter or a field, and a text that begins with neither letter nor digit.",
  );
}

/** The first character tells what was left out. */
function checkBeginnings(parts: readonly (Part | undefined)[], option: string): void {
  if (parts.length === 1) return;
  const firsts = parts.map((part) => (typeof part === "string" ? part[0] : undefined));
  if (firsts.includes(undefined) || new Set(firsts).size < firsts.length)
    throw refused(
      option,
      "must tell by the first character what is left out: each text in brackets, and the one behind them, must begin with another.",
    );
}

const refused = (
  option: string,
  problem: string,
  cure = 'Write it like "{timestamp}.{body}".',
): ConfigurationError => new ConfigurationError(option, problem, cure);

const NAMES =
  "{method}, {url}, {path}, {query}, {query:name}, {header:name}, {timestamp}, {id}, {body}, {form}, {field:path}";
