import { platform } from "#platform";
import { ConfigurationError } from "@lacre/core/portable";
import {
  Axios,
  AxiosHeaders,
  getAdapter,
  type AxiosAdapter,
  type InternalAxiosRequestConfig,
} from "axios";
import type { Readable } from "node:stream";
import type { Outgoing } from "./send.js";

type Config = InternalAxiosRequestConfig;

/** Content that can be sent more than once. */
export type Body = Uint8Array | Blob;

/** Brings a request into the form in which it will be sent: after every transformation, before any adapter. */
export async function readRequest(config: Config, signal: AbortSignal): Promise<Outgoing<Body>> {
  const url = urlOf(config);
  const headers = headersOf(config.headers);
  if (config.auth || url.username !== "" || url.password !== "") throw secondCredential("auth");
  if (headers.has("authorization")) throw secondCredential("headers.Authorization");
  const body = await readBody(config.data, headers);
  headers.delete("content-length"); // who sends counts
  // The name that Node sends into a socket is "localhost", whatever the URL says.
  if (typeof config.socketPath === "string") headers.set("Host", url.host, false);
  // What is signed of an answer is what was sent. Browsers let nobody set it.
  if (typeof process !== "undefined") headers.set("Accept-Encoding", "identity", false);
  return {
    method: (config.method ?? "get").toUpperCase(),
    url,
    headers: Object.entries(headers.toJSON(true)),
    body,
    ...(body !== undefined && {
      content: body instanceof Blob ? { sha256: await platform.sha256Of(body) } : body,
    }),
    signal,
  };
}

/** A request has one `Authorization`, and it is ours. */
export const secondCredential = (option: string): ConfigurationError =>
  new ConfigurationError(
    option,
    "is a second credential beside the signature.",
    "Leave it out, or send with an instance that does not sign.",
  );

/** The URL as axios puts it together, in the form in which adapters send it. */
function urlOf(config: Config): URL {
  const { baseURL, url, params, paramsSerializer, allowAbsoluteUrls, socketPath } = config;
  const text = new Axios({}).getUri({ baseURL, url, params, paramsSerializer, allowAbsoluteUrls });
  const { document, location } = globalThis as {
    document?: { baseURI: string };
    location?: { href: string };
  };
  const base = document?.baseURI ?? location?.href ?? (socketPath ? "http://localhost" : undefined);
  const final = new URL(text, base);
  final.hash = "";
  if (final.search === "") final.search = ""; // takes a "?" away after which nothing comes
  return final;
}

/** One line for each name (RFC 9110 §5.3), since a signed header must not be there twice. */
function headersOf(given: Config["headers"]): AxiosHeaders {
  const headers = new AxiosHeaders();
  for (const [name, value] of Object.entries(given.toJSON())) {
    const separator = name.toLowerCase() === "cookie" ? "; " : ", ";
    headers.set(name, Array.isArray(value) ? value.join(separator) : String(value));
  }
  return headers;
}

/** Sets the Content-Type that goes with the content, as axios does. */
async function readBody(data: unknown, headers: AxiosHeaders): Promise<Body | undefined> {
  const body = await bytesOf(data, headers);
  return body === undefined || sizeOf(body) === 0 ? undefined : body;
}

const sizeOf = (body: Body): number => (body instanceof Blob ? body.size : body.byteLength);

async function bytesOf(data: unknown, headers: AxiosHeaders): Promise<Body | undefined> {
  if (!data) return undefined; // nothing that is false is sent
  if (typeof data === "string") return new TextEncoder().encode(data);
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (isArrayBuffer(data)) return new Uint8Array(data);
  if (data instanceof URLSearchParams) {
    headers.setContentType("application/x-www-form-urlencoded;charset=utf-8", false);
    return new TextEncoder().encode(data.toString());
  }
  if (data instanceof FormData) {
    const form = new Response(data);
    headers.setContentType(form.headers.get("content-type"));
    return new Uint8Array(await form.arrayBuffer());
  }
  if (data instanceof Blob) {
    if (data.size > 0) headers.setContentType(data.type || "application/octet-stream");
    return data;
  }
  if (isFormOfNode(data)) {
    headers.set(data.getHeaders());
    return readForm(data);
  }
  const file = await readFile(data);
  if (file !== undefined) return file;
  throw new ConfigurationError(
    "data",
    "is a stream that can be read once, or nothing that axios sends: to be signed it must be read before it is sent.",
    "Give fs.createReadStream(path) that nobody has read from, a Blob, the bytes, or a form.",
  );
}

const isArrayBuffer = (data: unknown): data is ArrayBuffer =>
  Object.prototype.toString.call(data) === "[object ArrayBuffer]";

/** A form of the package form-data. */
interface FormOfNode {
  getHeaders(): Record<string, string>;
  on(event: "data", take: (part: Uint8Array | string) => void): void;
  on(event: "end", take: () => void): void;
  on(event: "error", take: (error: Error) => void): void;
  resume(): void;
}

const isFormOfNode = (data: unknown): data is FormOfNode =>
  typeof (data as Partial<FormOfNode>).getHeaders === "function" &&
  typeof (data as Partial<FormOfNode>).resume === "function";

/** Such a form can be read once, and is there again when its request is repeated. */
const FORMS_READ = new WeakMap<object, Promise<Uint8Array>>();

async function readForm(form: FormOfNode): Promise<Uint8Array> {
  const read =
    FORMS_READ.get(form) ??
    new Promise<Uint8Array>((resolve, reject) => {
      const parts: Uint8Array[] = [];
      form.on("data", (part) => void parts.push(Buffer.from(part as Uint8Array)));
      form.on("end", () => resolve(Buffer.concat(parts)));
      form.on("error", reject);
      form.resume();
    });
  FORMS_READ.set(form, read);
  return read;
}

/** The file behind the stream of a file: it is read once to be signed, and again each time it is sent. */
async function readFile(data: unknown): Promise<Blob | undefined> {
  if (typeof process === "undefined") return undefined;
  const { ReadStream, openAsBlob, promises } = process.getBuiltinModule("node:fs");
  if (!(data instanceof ReadStream) || data.readableDidRead) return undefined;
  // @types/node leaves these out.
  const { start = 0, end = Infinity } = data as { start?: number; end?: number };
  const path = data.path as typeof data.path | undefined | null; // null for a descriptor
  if (path === undefined || path === null) return undefined;
  data.on("error", () => {}); // what is wrong with the file is said below
  data.destroy();
  const { size } = await promises.stat(path);
  const file = await openAsBlob(path);
  return file.slice(start, Math.min(size, end + 1));
}

/** Which adapter of axios' own this is, if any. */
export type Kind = "http" | "fetch" | "xhr" | undefined;

export function kindOf(adapter: AxiosAdapter, config: Config): Kind {
  return (["xhr", "http", "fetch"] as const).find((name) => {
    try {
      return getAdapter(name, config) === adapter;
    } catch {
      return false; // there is none of this name here
    }
  });
}

/** What an adapter sends as it is, adding no Content-Type of its own. */
export function bodyFor(
  kind: Kind,
  body: Body | undefined,
): { data: unknown; headers?: Record<string, string> } {
  if (body === undefined) return { data: null }; // for undefined, XMLHttpRequest goes without its Content-Type
  if (typeof Buffer === "undefined" || kind === "fetch" || kind === "xhr") return { data: body };
  if (body instanceof Blob)
    return { data: streamOf(body), headers: { "Content-Length": String(body.size) } };
  return { data: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
}

function streamOf(blob: Blob): Readable {
  const { Readable } = process.getBuiltinModule("node:stream");
  return Readable.fromWeb(blob.stream() as Parameters<typeof Readable.fromWeb>[0]);
}
