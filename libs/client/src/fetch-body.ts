import { ConfigurationError } from "@lacre/core/portable";
import { bytesOf, unrepeatable, type Body } from "./body.js";

/** What `fetch` would make of a body, and the Content-Type that it would set: "" for none (Fetch Standard, "extract a body"). */
export async function serialise(body: NonNullable<RequestInit["body"]>): Promise<[Body, string]> {
  if (body instanceof Blob) return [body, body.type];
  if (isStream(body))
    throw unrepeatable("body", "Give the bytes, or a Blob: fs.openAsBlob(path) for a file.");
  if (body instanceof URLSearchParams)
    return [utf8(String(body)), "application/x-www-form-urlencoded;charset=UTF-8"];
  if (body instanceof FormData) return serialiseForm(body);
  const bytes = typeof body === "string" ? undefined : bytesOf(body);
  // A copy: the caller may go on writing into it.
  return bytes === undefined
    ? [utf8(String(body)), "text/plain;charset=UTF-8"]
    : [bytes.slice(), ""];
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const isStream = (body: unknown): boolean =>
  (typeof ReadableStream === "function" && body instanceof ReadableStream) ||
  (typeof body === "object" && body !== null && Symbol.asyncIterator in body);

async function serialiseForm(form: FormData): Promise<[Body, string]> {
  const draft = new Response(form);
  const type = draft.headers.get("content-type") ?? "";
  // React Native's native side serialises forms, and a Response of Node's does not know a form of jsdom's.
  if (!type.startsWith("multipart/form-data"))
    throw new ConfigurationError(
      "body",
      "is a form, and this environment does not show the bytes that it would send.",
      "Write multipart content into bytes yourself, or send JSON.",
    );
  return [new Uint8Array(await draft.arrayBuffer()), type];
}
