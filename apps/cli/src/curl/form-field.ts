import { UsageError } from "../exit.js";

/** One `-F`, taken apart. */
export interface FormField {
  readonly name: string;
  /** A text, the text that a file holds, or a file with its name. */
  readonly from: "text" | "content" | "file";
  /** `-` for the standard input; empty for a text. */
  readonly path: string;
  /** Empty for a file. */
  readonly text: string;
  readonly type?: string;
  readonly fileName?: string;
}

/**
 * Reads `name=text`, `name=<file`, `name=@file`, each with `;type=…` and `;filename=…` behind it.
 * @param verbatim whether all behind the `=` is text
 * @throws UsageError for what is not known, which curl would leave out with a warning
 */
export function readFormField(written: string, verbatim: boolean): FormField {
  const at = written.indexOf("=");
  if (at < 1)
    throw new UsageError(`-F ${JSON.stringify(written)} is no field. Write -F name=value.`);
  const name = written.slice(0, at);
  const value = written.slice(at + 1);
  if (verbatim) return { name, from: "text", path: "", text: value };
  const from = ({ "@": "file", "<": "content" } as const)[value[0] ?? ""] ?? "text";
  const rest = new Words(from === "text" ? value : value.slice(1), name);
  const first = rest.next(from === "file");
  const { type, filename } = rest.terms();
  if (type?.toLowerCase().startsWith("multipart/") || (from === "text" && first.startsWith("(")))
    throw new UsageError(
      `The field ${name} holds parts of its own, which are not put together here. Send the body as a file, with --data-binary @FILE.`,
    );
  return {
    name,
    from,
    path: from === "text" ? "" : first,
    text: from === "text" ? first : "",
    ...(type !== undefined && { type }),
    ...(filename !== undefined && { fileName: filename }),
  };
}

/** Words between semicolons, with quotation marks where curl takes them. */
class Words {
  #rest: string;
  readonly #field: string;

  constructor(text: string, field: string) {
    this.#rest = text;
    this.#field = field;
  }

  next(endsAtComma = false): string {
    const quoted = /^\s*"((?:[^"\\]|\\[^])*)"\s*(?=[;,]|$)/.exec(this.#rest);
    const plain = (endsAtComma ? /^[^;,]*/ : /^[^;]*/).exec(this.#rest)?.[0] ?? "";
    this.#rest = this.#rest.slice(quoted?.[0].length ?? plain.length);
    if (this.#rest.startsWith(","))
      throw new UsageError(
        `The field ${this.#field} has several files. Give each a -F of its own.`,
      );
    return quoted?.[1]?.replace(/\\(["\\])/g, "$1") ?? plain;
  }

  /** All that follows the first word. */
  terms(): { type?: string; filename?: string } {
    const terms: { type?: string; filename?: string } = {};
    while (this.#rest !== "") {
      const [start, name] = /^;\s*(type|filename)=/i.exec(this.#rest) ?? [];
      if (start === undefined || name === undefined)
        throw new UsageError(
          `The field ${this.#field} has ${JSON.stringify(this.#rest)} behind its value, which is neither ;type= nor ;filename=. Where it is part of the text: --form-string.`,
        );
      this.#rest = this.#rest.slice(start.length);
      const value = this.#typeOrNext(name.toLowerCase());
      if (/[\r\n]/.test(value) && name === "type")
        throw new UsageError(`The type of the field ${this.#field} has a line end in it.`);
      terms[name.toLowerCase() as keyof typeof terms] = value;
    }
    return terms;
  }

  /** A type has parameters of its own: `text/plain; charset=utf-8`. */
  #typeOrNext(name: string): string {
    if (name !== "type") return this.next();
    const [type = ""] =
      /^[^;]*(?:;(?!\s*(?:type|filename|headers|encoder)=)[^;]*)*/i.exec(this.#rest) ?? [];
    this.#rest = this.#rest.slice(type.length);
    return type.trim();
  }
}
