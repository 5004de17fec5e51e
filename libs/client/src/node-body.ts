import { createHash } from "node:crypto";
import { createReadStream, ReadStream } from "node:fs";
import { PassThrough, type Readable } from "node:stream";
import { ConfigurationError } from "@lacre/core/portable";
import { bytesOf, signedContentOf, unrepeatable } from "./body.js";

/** Content that is known before it is sent, and can be sent again. */
export interface NodeBody {
  /** What is signed of it. */
  readonly content: Uint8Array | { readonly sha256: Uint8Array };
  readonly byteLength: number;
  /** Its Content-Type, if it has one of its own. */
  readonly contentType?: string | undefined;
  /** What is sent; each call opens it again. */
  open(): Uint8Array | Blob | Readable;
}

/**
 * Reads what Node's HTTP libraries take as content. Bytes stay as they are; a Blob and an unread `fs.ReadStream` of a
 * file are hashed in pieces and never held in memory; any other stream is read into memory, if its length is declared.
 * @param declaredLength the caller's Content-Length, in bytes
 * @returns undefined for no content, and for content of 0 bytes
 * @throws ConfigurationError for a stream of unknown length, and for one that has another length than declared
 */
export async function readNodeBody(
  body: unknown,
  declaredLength?: number,
): Promise<NodeBody | undefined> {
  const read = await readAny(body, declaredLength);
  return read === undefined || read.byteLength === 0 ? undefined : read;
}

async function readAny(body: unknown, declaredLength?: number): Promise<NodeBody | undefined> {
  if (body === undefined || body === null) return undefined;
  const bytes = bytesOf(body);
  if (bytes !== undefined) return bodyOf(bytes);
  if (body instanceof Blob) {
    return {
      content: await signedContentOf(body),
      byteLength: body.size,
      contentType: body.type || undefined,
      open: () => body,
    };
  }
  if (body instanceof FormData || body instanceof URLSearchParams) return serialise(body, Response);
  if (body instanceof ReadStream) {
    const file = await readFile(body);
    if (file !== undefined) return file;
  }
  if (Symbol.asyncIterator in Object(body))
    return bodyOf(await collect(body as AsyncIterable<unknown>, declaredLength));
  if (Symbol.iterator in Object(body))
    return bodyOf(concat([...(body as Iterable<unknown>)].map(pieceOf)));
  if (isClassicStream(body)) return bodyOf(await collect(modern(body), declaredLength));
  throw new ConfigurationError("body", "must be content that HTTP can carry.", WAYS);
}

const WAYS = "Give bytes, a string, a form, a Blob, or an fs.ReadStream of a file.";

const bodyOf = (bytes: Uint8Array, contentType?: string | null): NodeBody => ({
  content: bytes,
  byteLength: bytes.byteLength,
  contentType: contentType ?? undefined,
  open: () => bytes,
});

/** The `Response` of the library: makes the bytes and the Content-Type that its `fetch` would send. */
type Serialiser<Form> = new (form: Form) => {
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
};

/** The bytes and the Content-Type of a form. */
export async function serialise<Form>(form: Form, Serialised: Serialiser<Form>): Promise<NodeBody> {
  const draft = new Serialised(form);
  return bodyOf(Buffer.from(await draft.arrayBuffer()), draft.headers.get("content-type"));
}

/** A stream as in Node 0.8, such as that of the package form-data. */
const isClassicStream = (body: unknown): body is NodeJS.ReadableStream =>
  typeof (body as { pipe?: unknown }).pipe === "function";

function modern(stream: NodeJS.ReadableStream): Readable {
  const through = new PassThrough();
  stream.once("error", (error: Error) => through.destroy(error));
  return stream.pipe(through);
}

/** Hashes the file of an unread stream by a reading of its own; undefined if that cannot give the same bytes. */
async function readFile(stream: ReadStream): Promise<NodeBody | undefined> {
  const { path, start, end } = stream as ReadStream & { start?: number; end?: number };
  // An open file handle has no path to read it by again, and an encoding may change the bytes.
  if (!path || stream.readableDidRead || stream.destroyed || stream.readableEncoding !== null)
    return undefined;
  stream.on("error", () => {}).destroy(); // the first reading reports errors
  const hash = createHash("sha256");
  let byteLength = 0;
  for await (const chunk of createReadStream(path, { start, end }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    byteLength += chunk.byteLength;
  }
  const first = start ?? 0;
  return {
    content: { sha256: hash.digest() },
    byteLength,
    // No more than was hashed, however the file grows.
    open: () => createReadStream(path, { start: first, end: first + byteLength - 1 }),
  };
}

async function collect(
  chunks: AsyncIterable<unknown>,
  declaredLength: number | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const piece = pieceOf(chunk);
    length += piece.byteLength;
    if (length > 0 && declaredLength === undefined)
      throw unrepeatable(
        "body",
        `${WAYS} For any other stream, set Content-Length: it is then read into memory.`,
      );
    if (length > (declaredLength ?? 0)) break;
    pieces.push(piece);
  }
  if (length !== (declaredLength ?? 0))
    throw new ConfigurationError("body", "must be as long as Content-Length says.", "Correct it.");
  return concat(pieces);
}

function pieceOf(chunk: unknown): Uint8Array {
  const piece = bytesOf(chunk);
  if (piece === undefined)
    throw new ConfigurationError("body", "must yield bytes or strings.", WAYS);
  return piece;
}

const concat = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
