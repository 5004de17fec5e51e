import { platform } from "#platform";
import { ConfigurationError, type RequestToSign } from "@lacre/core/portable";

/** Content that can be read more than once. */
export type Body = Uint8Array | Blob;

/** In bytes. */
export const sizeOf = (body: Body): number => (body instanceof Blob ? body.size : body.byteLength);

/** What is signed of the content: its bytes, or the SHA-256 of a `Blob`. */
export const signedContentOf = async (body: Body): Promise<NonNullable<RequestToSign["content"]>> =>
  body instanceof Blob ? { sha256: await platform.sha256Of(body) } : body;

/** The bytes of a string (UTF-8), of an ArrayBuffer or of a view of one; undefined for anything else. */
export const bytesOf = (value: unknown): Uint8Array<ArrayBuffer> | undefined =>
  typeof value === "string" ? new TextEncoder().encode(value) : viewOf(value);

/** The bytes of an ArrayBuffer or of a view of one, not copied; undefined for anything else. */
export function viewOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  // By its tag: it may come from another realm.
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]")
    return new Uint8Array(value as ArrayBuffer);
  if (!ArrayBuffer.isView(value)) return undefined;
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}

/** Refuses a stream: by the time its bytes are known, they are gone. */
export const unrepeatable = (option: string, cure: string): ConfigurationError =>
  new ConfigurationError(
    option,
    "must be content that can be read twice: once to sign it, once to send it.",
    cure,
  );
