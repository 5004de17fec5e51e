import { ConfigurationError } from "@lacre/core/scheme";
import type { Part } from "./one-reading.js";
import { type Field, type FieldKind, readField } from "./template-field.js";

const MAX_LENGTH = 4096;
const LITERAL = /^[\n\x20-\x7a\x7c\x7e]*$/; // LF and printable, without braces

/** What is signed: text with parts of the message in it. */
export class Template {
  /** Literals and names by turns. */
  readonly parts: readonly Part[];
  readonly fields: readonly Field[];

  /**
   * Reads a template such as `{id}.{timestamp}.{body}`.
   * @throws ConfigurationError
   */
  constructor(text: unknown, option: string) {
    const refuse = (problem: string): ConfigurationError =>
      new ConfigurationError(option, problem, 'Write it like "{timestamp}.{body}".');
    if (typeof text !== "string" || text === "" || text.length > MAX_LENGTH)
      throw refuse(`must be a text of 1 to ${MAX_LENGTH} characters.`);
    const pieces = text.split(/\{([^{}]*)\}/); // literal, name, literal, …
    if (!pieces.every((piece, i) => i % 2 === 1 || LITERAL.test(piece)))
      throw refuse("must have line feeds and printable US-ASCII alone between the names.");
    this.parts = pieces.flatMap((piece, i): Part[] => {
      if (i % 2 === 0) return piece === "" ? [] : [piece];
      const field = readField(piece, option);
      if (field === undefined)
        throw refuse(`has a name that is none: {${piece.slice(0, 64)}}. Names: ${NAMES}.`);
      return [field];
    });
    this.fields = this.parts.filter((part): part is Field => typeof part === "object");
    const written = this.fields.map((field) => field.written.replace("*}", "}"));
    if (written.length === 0) throw refuse("must use a name.");
    if (new Set(written).size < written.length) throw refuse("must use each name once.");
  }

  /** Whether it signs this. */
  has(kind: FieldKind, name = ""): boolean {
    return this.fields.some((field) => field.kind === kind && field.name === name);
  }

  /** The names of the headers that it signs. */
  get headers(): readonly string[] {
    return this.fields.filter(({ kind }) => kind === "header").map(({ name }) => name);
  }

  /** The text of a message. */
  of(valueOf: (field: Field) => string): string {
    let text = "";
    for (const part of this.parts) text += typeof part === "string" ? part : valueOf(part);
    return text;
  }
}

const NAMES =
  "{method}, {url}, {path}, {query}, {query:name}, {header:name}, {timestamp}, {id}, {body}, {form}, {field:path}";
