import { ConfigurationError, ResponseRefusal } from "@lacre/core/portable";
import { AxiosError, AxiosHeaders, type AxiosResponse } from "axios";
import type { Readable } from "node:stream";
import type { Kind } from "./axios-request.js";
import type { OpenAnswer } from "./send.js";

/** An answer as an adapter gives it: bytes, or a stream of them, as they were sent. */
export class AxiosAnswer implements OpenAnswer {
  readonly #response: AxiosResponse;
  readonly #kind: Kind;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];

  constructor(response: AxiosResponse, kind: Kind) {
    this.#response = response;
    this.#kind = kind;
    this.status = response.status;
    this.headers = linesOf(response);
  }

  discard(): void {
    const { data } = this.#response;
    if (isNodeStream(data)) data.destroy();
    else if (isWebStream(data)) data.cancel().catch(() => {});
  }

  async content(): Promise<Uint8Array> {
    const coding = this.#coding();
    if (coding !== undefined && this.#isDecodedAlready())
      throw new ResponseRefusal(
        "content-mismatch",
        `the answer was decoded (${coding}) before its bytes could be checked`,
      );
    const { data, config } = this.#response;
    if (isNodeStream(data)) this.#response.data = await readAll(data, config);
    else if (isWebStream(data)) this.#response.data = await new Response(data).arrayBuffer();
    else if (typeof data === "string") this.#response.data = new TextEncoder().encode(data);
    const bytes = bytesIn(this.#response.data);
    if (bytes === undefined)
      throw new ResponseRefusal(
        "content-mismatch",
        "the adapter does not give the bytes of the answer",
      );
    return bytes;
  }

  /** What axios would have given: decompressed, and of the type that was asked for. */
  async finish(): Promise<AxiosResponse> {
    const response = this.#response;
    response.data = await this.#decode(response.data);
    const bytes = bytesIn(response.data);
    if (bytes !== undefined) response.data = await this.#present(bytes);
    return response;
  }

  #coding(): string | undefined {
    const [, value] =
      this.headers.find(([name]) => name.toLowerCase() === "content-encoding") ?? [];
    const coding = value?.trim().toLowerCase();
    return coding === "" || coding === "identity" ? undefined : coding;
  }

  #isDecodedAlready(): boolean {
    return this.#kind === "fetch" || this.#kind === "xhr";
  }

  async #decode(data: unknown): Promise<unknown> {
    const { config, headers, status } = this.#response;
    const coding = this.#coding();
    const isEmpty = config.method?.toLowerCase() === "head" || status === 204 || status === 304;
    if (coding === undefined || this.#isDecodedAlready() || config.decompress === false || isEmpty)
      return data;
    const decoder = decoderOf(coding);
    if (decoder === undefined) return data;
    AxiosHeaders.from(headers as AxiosHeaders).delete("content-encoding");
    const { Readable, pipeline } = process.getBuiltinModule("node:stream");
    const bytes = bytesIn(data);
    const source = bytes === undefined ? data : Readable.from([bytes]);
    if (!isNodeStream(source)) return data;
    // Whoever reads hears of what goes wrong.
    const decoded = pipeline(source, decoder, () => {}) as unknown as Readable;
    return bytes === undefined
      ? Readable.from(within(decoded, config), { objectMode: false })
      : readAll(decoded, config);
  }

  async #present(bytes: Uint8Array<ArrayBuffer>): Promise<unknown> {
    const { config } = this.#response;
    const headers = AxiosHeaders.from(this.#response.headers as AxiosHeaders);
    const type = String(headers.getContentType() ?? "");
    switch (config.responseType) {
      case "arraybuffer":
        return this.#response.data as unknown;
      case "stream":
        if (this.#kind === "fetch") return new Response(bytes).body;
        if (this.#kind === "xhr") return textOf(bytes, config.responseEncoding);
        return process
          .getBuiltinModule("node:stream")
          .Readable.from([bytes], { objectMode: false });
      case "blob":
        return new Blob([bytes], { type });
      case "formdata":
        return readForm(new Response(bytes, { headers: { "content-type": type } }));
      case "document":
        throw new ConfigurationError(
          "responseType",
          '"document" cannot be made of bytes that were checked.',
          'Use "text" and a DOMParser.',
        );
      case "json": // which transformResponse parses
      case "text":
      case undefined:
      default:
        return textOf(bytes, config.responseEncoding);
    }
  }
}

/** Deprecated for servers, which this is not. */
const readForm = async (response: { formData(): Promise<FormData> }): Promise<FormData> =>
  response.formData();

/** The header lines as they were sent, where Node has them: it joins some that are equal, and drops others. */
function linesOf({ request, headers }: AxiosResponse): readonly (readonly [string, string])[] {
  const raw = (request as { res?: { rawHeaders?: unknown } } | undefined)?.res?.rawHeaders;
  if (Array.isArray(raw)) {
    const lines: [string, string][] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) lines.push([String(raw[i]), String(raw[i + 1])]);
    return lines;
  }
  const known = AxiosHeaders.from(headers as AxiosHeaders).toJSON();
  return Object.entries(known).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name, String(each)]),
  );
}

const isNodeStream = (data: unknown): data is Readable =>
  typeof (data as Readable | null)?.pipe === "function";

const isWebStream = (data: unknown): data is ReadableStream<Uint8Array> =>
  typeof ReadableStream === "function" && data instanceof ReadableStream;

function bytesIn(data: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (Object.prototype.toString.call(data) === "[object ArrayBuffer]")
    return new Uint8Array(data as ArrayBuffer);
  if (!ArrayBuffer.isView(data)) return undefined;
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
}

type Limits = Pick<AxiosResponse["config"], "timeout" | "maxContentLength">;

/** Ends where axios would have ended, had it read the stream itself. */
async function readAll(
  stream: Readable,
  config: Limits & AxiosResponse["config"],
): Promise<Buffer> {
  const { timeout = 0 } = config;
  const exceeded = (): void => {
    const message = `timeout of ${timeout}ms exceeded`;
    stream.destroy(new AxiosError(message, AxiosError.ECONNABORTED, config));
  };
  const timer = timeout > 0 ? setTimeout(exceeded, timeout) : undefined;
  try {
    const parts: Uint8Array[] = [];
    for await (const part of within(stream, config)) parts.push(part);
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
  }
}

/** A stream of no more bytes than `maxContentLength`. */
async function* within(
  stream: Readable,
  config: AxiosResponse["config"],
): AsyncGenerator<Uint8Array> {
  const { maxContentLength: limit = -1 } = config;
  let size = 0;
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (limit > -1 && size > limit) {
      const message = `maxContentLength size of ${limit} exceeded`;
      throw new AxiosError(message, AxiosError.ERR_BAD_RESPONSE, config);
    }
    yield part;
  }
}

function decoderOf(coding: string): NodeJS.ReadWriteStream | undefined {
  const zlib = process.getBuiltinModule("node:zlib");
  switch (coding) {
    case "gzip":
    case "x-gzip":
    case "deflate":
      return zlib.createUnzip();
    case "br":
      return zlib.createBrotliDecompress();
    default:
      return undefined;
  }
}

/** As axios reads text: without a byte order mark. */
function textOf(bytes: Uint8Array, encoding = "utf8"): string {
  if (/^utf-?8$/i.test(encoding) || typeof Buffer === "undefined")
    return new TextDecoder().decode(bytes);
  return Buffer.from(bytes).toString(encoding as BufferEncoding);
}
