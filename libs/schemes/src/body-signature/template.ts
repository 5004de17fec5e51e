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
    if (typeof text !== "string") throw refuse("is not text.");
    this.#parts = text.split(/\{([a-z]+)\}/); // literal, field, literal, …
    const names = this.#parts.filter((_, i) => i % 2 === 1);
    if (!names.every((name) => FIELDS.includes(name)))
      throw refuse("names something else than {id}, {timestamp} and {body}.");
    if (new Set(names).size < names.length) throw refuse("names something twice.");
    if (!names.includes("body")) throw refuse("does not sign {body}.");
    if (!this.#parts.every((part, i) => i % 2 === 1 || LITERAL.test(part)))
      throw refuse("has text that is too long, or not in printable US-ASCII.");
    this.#separators = this.has("id") ? this.#separatorsOf(text) : [];
    // A timestamp has ten digits always, so the content begins or ends where it must. An id has any length.
    if (this.has("id") && this.#separators.length === 0)
      throw refuse("has nothing but letters and digits between {id} and {body}.");
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
