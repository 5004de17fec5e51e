import { ConfigurationError } from "@lacre/core/scheme";

/** What stands between braces. */
type Field = "id" | "timestamp" | "body";
const FIELDS: readonly string[] = ["id", "timestamp", "body"];

/** The values of one message, a code point for each byte. */
export type Message = Readonly<Record<Field, string>>;

const LITERAL = /^[\n\x20-\x7a\x7c\x7e]{0,32}$/; // LF and printable, without braces
const PRINTABLE_ID = /^[\x21-\x7e]{1,128}$/;

/** What is signed: text with the message's id, time and content in it. */
export class Template {
  readonly #parts: readonly string[];
  /** No id may hold these: they are where it ends. */
  readonly #separators: readonly string[];

  /**
   * Reads a template such as `{id}.{timestamp}.{body}`.
   * @throws ConfigurationError for one under which two messages could have the same text
   */
  constructor(text: unknown, option: string) {
    const refuse = (problem: string): ConfigurationError =>
      new ConfigurationError(option, problem, 'Write it like "{timestamp}.{body}".');
    if (typeof text !== "string") throw refuse("must be a text.");
    this.#parts = text.split(/\{([a-z]+)\}/); // literal, field, literal, …
    const names = this.#parts.filter((_, i) => i % 2 === 1);
    if (!names.every((name) => FIELDS.includes(name)))
      throw refuse("must use no other names than {id}, {timestamp} and {body}.");
    if (new Set(names).size < names.length) throw refuse("must use each name once.");
    if (!names.includes("body")) throw refuse("must use {body}.");
    if (!this.#parts.every((part, i) => i % 2 === 1 || LITERAL.test(part)))
      throw refuse(
        "must have at most 32 line feeds or printable US-ASCII characters between the names.",
      );
    this.#separators = this.has("id") ? this.#separatorsOf(text) : [];
    // A timestamp has ten digits always, so the content begins or ends where it must. An id has any length.
    if (this.has("id") && this.#separators.length === 0)
      throw refuse(
        "must have a character that is neither letter nor digit between {id} and {body}.",
      );
  }

  /** What is neither letter nor digit between the id and the content. */
  #separatorsOf(text: string): string[] {
    const [from, to] = [text.indexOf("{id}"), text.indexOf("{body}")];
    const between = text.slice(Math.min(from, to), Math.max(from, to)).replace(/\{[a-z]+\}/g, "");
    return [...between].filter((character) => !/[A-Za-z0-9]/.test(character));
  }

  /** Whether it signs this. */
  has(field: Field): boolean {
    return this.#parts.some((part, i) => i % 2 === 1 && part === field);
  }

  /** Whether a message may have this id. */
  takesId(id: string): boolean {
    return PRINTABLE_ID.test(id) && !this.#separators.some((separator) => id.includes(separator));
  }

  /** The text of a message. */
  of(message: Message): string {
    return this.#parts.map((part, i) => (i % 2 === 1 ? message[part as Field] : part)).join("");
  }
}
