import { ConfigurationError } from "@lacre/core/portable";
import { AxiosError, AxiosHeaders, type AxiosResponse } from "axios";
import type { Readable } from "node:stream";
import { readWithin } from "../answers/bounded-content.js";
import type { HeaderTable, Kind } from "./axios-request.js";

type Config = AxiosResponse["config"];

/** The bytes of an answer in the `responseType` that was asked for. `json` stays text: `transformResponse` parses it. */
export async function presentAs(
  kind: Kind,
  bytes: Uint8Array<ArrayBuffer>,
  { config, headers, data }: AxiosResponse<unknown>,
): Promise<unknown> {
  const type = String(AxiosHeaders.from(headers as HeaderTable).getContentType() ?? "");
  switch (config.responseType) {
    case "arraybuffer":
      // Without Node, or by fetch, it is an ArrayBuffer; there may be more memory behind the bytes.
      if (typeof Buffer !== "undefined" && Buffer.isBuffer(data)) return data;
      return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
    case "stream":
      if (kind === "fetch") return new Response(bytes).body;
      return kind === "xhr" ? textOf(bytes, config.responseEncoding) : streamOf([bytes]);
    case "blob":
      return new Blob([bytes], { type });
    case "formdata":
      return readForm(new Response(bytes, { headers: { "content-type": type } }));
    case "document":
      throw new ConfigurationError(
        "responseType",
        '"document" cannot be made from checked bytes.',
        'Use "text" and a DOMParser.',
      );
    case "json":
    case "text":
    case undefined:
    default:
      return textOf(bytes, config.responseEncoding);
  }
}

/** Deprecated for servers only. */
const readForm = async (response: { formData(): Promise<FormData> }): Promise<FormData> =>
  response.formData();

/** As axios reads text: without a byte order mark. */
function textOf(bytes: Uint8Array, encoding = "utf8"): string {
  if (/^utf-?8$/i.test(encoding) || typeof Buffer === "undefined")
    return new TextDecoder().decode(bytes);
  return Buffer.from(bytes).toString(encoding as BufferEncoding);
}

/** One of Node's streams. */
export const streamOf = (parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Readable =>
  process.getBuiltinModule("node:stream").Readable.from(parts, { objectMode: false });

/** What decodes this content coding, as axios would; undefined for a coding that axios does not know. */
export function decoderOf(coding: string): NodeJS.ReadWriteStream | undefined {
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

/**
 * The bytes of a stream.
 * @param limit how many are read
 * @param declared how many are expected
 * @throws AxiosError beyond `maxContentLength`, as axios does; ResponseRefusal beyond the limit
 */
export async function readAll(
  stream: Readable,
  config: Config,
  limit = Infinity,
  declared?: number,
): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = await readWithin(
    within(stream, config),
    limit,
    declared,
  );
  return Buffer.from(buffer, byteOffset, byteLength);
}

/**
 * The parts of a stream.
 * @throws AxiosError beyond `maxContentLength`
 */
export async function* within(stream: Readable, config: Config): AsyncGenerator<Uint8Array> {
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
