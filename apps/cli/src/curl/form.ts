import { randomUUID } from "node:crypto";
import { basename, extname } from "node:path";
import { UsageError } from "../exit.js";
import type { Sources } from "../sources.js";
import type { CurlOption } from "./arguments.js";
import { readFormField, type FormField } from "./form-field.js";

/** What several `-F` come to. */
export interface CurlForm {
  readonly bytes: Buffer;
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
 * @throws UsageError
 */
export async function readCurlForm(
  options: readonly CurlOption[],
  sources: Sources,
  escapes: boolean,
): Promise<CurlForm> {
  const boundary = `lacre-${randomUUID()}`;
  const quote = escapes ? withBackslashes : percentEncoded;
  const parts: Buffer[] = [];
  for (const { name, value = "" } of options) {
    const field = readFormField(value, name === "form-string");
    const head = [`--${boundary}`, ...headOf(field, quote), "", ""].join("\r\n");
    parts.push(Buffer.from(head), await contentOf(field, sources), Buffer.from("\r\n"));
  }
  return {
    bytes: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
    type: `multipart/form-data; boundary=${boundary}`,
  };
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

async function contentOf({ from, path, text }: FormField, sources: Sources): Promise<Buffer> {
  if (from !== "text") return sources.read(path);
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
