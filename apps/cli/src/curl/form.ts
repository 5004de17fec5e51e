import { randomUUID } from "node:crypto";
import { basename, extname } from "node:path";
import { UsageError } from "../exit.js";
import type { Sources } from "../sources.js";
import type { CurlOption } from "./arguments.js";
import { readFormField, type FormField } from "./form-field.js";

/** What several `-F` come to. */
export interface CurlForm {
  /** The content, as it is read: once. */
  readonly chunks: AsyncIterable<Buffer>;
  /** The Content-Type, with the boundary. */
  readonly type: string;
}

export const isForm = ({ name }: CurlOption): boolean => name === "form" || name === "form-string";

/** As curl guesses them; all else are bytes. */
const TYPES: Readonly<Record<string, string>> = {
  ".gif": "image/gif",
  ".htm": "text/html",
  ".html": "text/html",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain",
  ".xml": "application/xml",
};

/**
 * Puts a form together as curl does: curl's own boundary is known only once it sends, so that nothing could be signed.
 * @param escapes whether names are escaped with backslashes, as curl's --form-escape has it
 * @throws UsageError, and so do the chunks where a file cannot be read
 */
export function readCurlForm(
  options: readonly CurlOption[],
  sources: Sources,
  escapes: boolean,
): CurlForm {
  const boundary = `lacre-${randomUUID()}`;
  const quote = escapes ? withBackslashes : percentEncoded;
  const fields = options.map(({ name, value = "" }) =>
    readFormField(value, name === "form-string"),
  );
  return {
    chunks: chunksOf(fields, boundary, quote, sources),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

async function* chunksOf(
  fields: readonly FormField[],
  boundary: string,
  quote: (text: string) => string,
  sources: Sources,
): AsyncGenerator<Buffer> {
  for (const field of fields) {
    yield Buffer.from([`--${boundary}`, ...headOf(field, quote), "", ""].join("\r\n"));
    if (field.from === "text") yield bytesOf(field.text);
    else yield* sources.chunks(field.path);
    yield Buffer.from("\r\n");
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

function headOf({ name, from, path, fileName, type }: FormField, quote: (text: string) => string) {
  const shown = fileName ?? (from === "file" ? basename(path) : undefined);
  const guessed = typeOf(shown ?? "") ?? typeOf(path) ?? "application/octet-stream";
  const sent = type ?? (from === "file" ? guessed : undefined);
  return [
    `Content-Disposition: form-data; name="${quote(name)}"${shown === undefined ? "" : `; filename="${quote(shown)}"`}`,
    ...(sent === undefined ? [] : [`Content-Type: ${sent}`]),
  ];
}

const typeOf = (name: string): string | undefined => TYPES[extname(name).toLowerCase()];

function bytesOf(text: string): Buffer {
  // Node puts U+FFFD where an argument is not UTF-8: the bytes that were meant are lost.
  if (text.includes("\uFFFD"))
    throw new UsageError(
      "The form is not UTF-8. Put the value into a file and give -F 'name=<FILE'.",
    );
  return Buffer.from(text, "utf8");
}

/** https://html.spec.whatwg.org/#multipart-form-data */
const percentEncoded = (text: string): string =>
  text.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");

const withBackslashes = (text: string): string => text.replace(/["\\]/g, "\\$&");
