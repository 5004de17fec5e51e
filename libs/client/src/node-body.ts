import { createHash } from "node:crypto";
import { createReadStream, ReadStream } from "node:fs";
import { PassThrough, type Readable } from "node:stream";
import { platform } from "#platform";
import { ConfigurationError } from "@lacre/core/portable";

/** Content that is known before it is sent, and can be sent more than once. */
export interface NodeBody {
  /** What is signed of it. */
  readonly content: Uint8Array | { readonly sha256: Uint8Array };
  readonly byteLength: number;
  /** The Content-Type that goes with it, where it has one of its own. */
  readonly contentType?: string | undefined;
  /** What is sent, anew at each call. */
  open(): Uint8Array | Blob | Readable;
}

/**
 * Brings what Node's HTTP libraries take as content into a form that can be signed: bytes stay as they are, a Blob and
 * an unread `fs.ReadStream` of a file are hashed piece by piece and never held in memory. A stream that can be read
 * once is read into memory if the headers say its length, as `fetch` always does.
 * @param declaredLength the Content-Length that the caller set
 * @returns undefined where there is no content of even one byte
 * @throws ConfigurationError for a stream of unknown length, and for one that is not as long as declared
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
    const content = { sha256: await platform.sha256Of(body) };
    return {
      content,
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
  throw new ConfigurationError("body", "is nothing that can be sent.", WAYS);
}

const WAYS = "Give bytes, a string, a form, a Blob, or an fs.ReadStream of a file.";

const bodyOf = (bytes: Uint8Array, contentType?: string | null): NodeBody => ({
  content: bytes,
  byteLength: bytes.byteLength,
  contentType: contentType ?? undefined,
  open: () => bytes,
});

/** Whatever makes the bytes and the Content-Type that `fetch` would send. */
type Serialiser<Form> = new (form: Form) => {
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
};

/** Turns a form into the bytes that are sent. */
export async function serialise<Form>(form: Form, Serialised: Serialiser<Form>): Promise<NodeBody> {
  const draft = new Serialised(form);
  return bodyOf(Buffer.from(await draft.arrayBuffer()), draft.headers.get("content-type"));
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === "string") return Buffer.from(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}

/** A stream as in Node 0.8, such as that of the package form-data. */
const isClassicStream = (body: unknown): body is NodeJS.ReadableStream =>
  typeof (body as { pipe?: unknown }).pipe === "function";

function modern(stream: NodeJS.ReadableStream): Readable {
  const through = new PassThrough();
  stream.once("error", (error: Error) => through.destroy(error));
  return stream.pipe(through);
}

/** Hashes the file behind a stream of which nothing has been read, by reading it a first time. */
async function readFile(stream: ReadStream): Promise<NodeBody | undefined> {
  const { path, start, end } = stream as ReadStream & { start?: number; end?: number };
  // An open file handle has no path to read it by again, and an encoding may change the bytes.
  if (!path || stream.readableDidRead || stream.destroyed || stream.readableEncoding !== null)
    return undefined;
  stream.on("error", () => {}).destroy(); // reading it a first time says what is wrong with it
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
      throw new ConfigurationError(
        "body",
        "is a stream of unknown length, which can be read once: to be signed it must be read before it is sent.",
        `${WAYS} Or set Content-Length, and it is read into memory.`,
      );
    if (length > (declaredLength ?? 0)) break;
    pieces.push(piece);
  }
  if (length !== (declaredLength ?? 0))
    throw new ConfigurationError("body", "is not as long as Content-Length says.", "Correct it.");
  return concat(pieces);
}

function pieceOf(chunk: unknown): Uint8Array {
  const piece = bytesOf(chunk);
  if (piece === undefined)
    throw new ConfigurationError("body", "yields something that is not bytes.", WAYS);
  return piece;
}

const concat = (pieces: readonly Uint8Array[]): Uint8Array =>
  pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces);
