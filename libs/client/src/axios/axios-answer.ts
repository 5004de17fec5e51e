import { ResponseRefusal } from "@lacre/core/portable";
import { AxiosError, AxiosHeaders, isAxiosError, type AxiosResponse } from "axios";
import type { Readable } from "node:stream";
import { decoderOf, presentAs, readAll, streamOf, within } from "./axios-content.js";
import type { HeaderTable, Kind } from "./axios-request.js";
import { bytesOf, viewOf } from "../body.js";
import { chunksOf, readWithin } from "../answers/bounded-content.js";
import { codingOf, refuseDecoded } from "../answers/content-coding.js";
import { linesOf, linesOfRaw } from "../header-lines.js";
import { isFinal, type OpenAnswer } from "../send.js";

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
    this.headers = linesSent(response);
  }

  discard(): void {
    const { data, request } = this.#response;
    if (isNodeStream(data)) {
      data.destroy();
      (request as Partial<Readable> | undefined)?.destroy?.(); // a limit of axios' own may stand between
    } else if (isWebStream(data)) data.cancel().catch(() => {});
  }

  beginning(): AsyncIterable<Uint8Array> | undefined {
    const { data } = this.#response;
    if (isWebStream(data)) return chunksOf(data);
    return isNodeStream(data) ? data : inOnePiece(bytesOf(data));
  }

  async content(limit: number, declared?: number): Promise<Uint8Array> {
    if (this.#isDecodedAlready()) refuseDecoded(this.headers);
    const data = await this.#read(limit, declared);
    const bytes = bytesOf(data);
    if (bytes === undefined)
      throw new ResponseRefusal(
        "content-mismatch",
        "the adapter does not give the bytes of the answer",
      );
    this.#response.data = typeof data === "string" ? bytes : data;
    return bytes;
  }

  /** What axios would have given: decompressed, and of the `responseType` that was asked for. */
  async finish(): Promise<AxiosResponse> {
    const response = this.#response;
    if (response.config.responseType !== "stream") response.data = await this.#read(Infinity);
    response.data = await this.#decode(response.data);
    const bytes = viewOf(response.data);
    if (bytes !== undefined) response.data = await presentAs(this.#kind, bytes, response);
    return response;
  }

  /** A Buffer where axios' adapters would have given one. */
  async #read(limit: number, declared?: number): Promise<unknown> {
    const { data, config, request } = this.#response;
    try {
      if (isNodeStream(data)) return await readAll(data, config, limit, declared);
      if (isWebStream(data)) return await readWithin(chunksOf(data), limit, declared);
    } catch (error) {
      if (isAxiosError(error) || isFinal(error)) throw error;
      throw AxiosError.from(error as Error, undefined, config, request, this.#response);
    }
    return data ?? new ArrayBuffer(0);
  }

  #isDecodedAlready(): boolean {
    return this.#kind === "fetch" || this.#kind === "xhr";
  }

  async #decode(data: unknown): Promise<unknown> {
    const { config, headers, status } = this.#response;
    const coding = codingOf(this.headers);
    const isEmpty = config.method?.toLowerCase() === "head" || status === 204 || status === 304;
    if (coding === undefined || this.#isDecodedAlready() || config.decompress === false || isEmpty)
      return data;
    const decoder = decoderOf(coding);
    if (decoder === undefined) return data;
    AxiosHeaders.from(headers as HeaderTable).delete("content-encoding");
    const bytes = viewOf(data);
    const source = bytes === undefined ? data : streamOf([bytes]);
    if (!isNodeStream(source)) return data;
    const { pipeline } = process.getBuiltinModule("node:stream");
    // The reader gets the errors.
    const decoded = pipeline(source, decoder, () => {}) as unknown as Readable;
    return bytes === undefined ? streamOf(within(decoded, config)) : readAll(decoded, config);
  }
}

/** The header lines as they were sent, where Node has them: it joins some equal names, and drops others. */
function linesSent({ request, headers }: AxiosResponse): readonly (readonly [string, string])[] {
  const raw = (request as { res?: { rawHeaders?: unknown } } | undefined)?.res?.rawHeaders;
  return Array.isArray(raw)
    ? linesOfRaw(raw.map(String))
    : linesOf(AxiosHeaders.from(headers as HeaderTable).toJSON());
}

async function* inOnePiece(bytes: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (bytes !== undefined) yield bytes;
}

const isNodeStream = (data: unknown): data is Readable =>
  typeof (data as Readable | null)?.pipe === "function";

const isWebStream = (data: unknown): data is ReadableStream<Uint8Array> =>
  typeof ReadableStream === "function" && data instanceof ReadableStream;
