import { ConfigurationError } from "@lacre/core/portable";
import {
  Axios,
  AxiosHeaders,
  getAdapter,
  type AxiosAdapter,
  type InternalAxiosRequestConfig,
} from "axios";
import type { Readable } from "node:stream";
import { bytesOf, signedContentOf, sizeOf, unrepeatable, type Body } from "../body.js";
import { leaveToFetch } from "../host-rule.js";
import { hasCredentials, type Outgoing } from "../send.js";

type Config = InternalAxiosRequestConfig;
/** Not by its own name: axios' declarations for `require` know it as a value alone. */
export type HeaderTable = InstanceType<typeof AxiosHeaders>;

/** The request as it will be sent: after every transformation, before any adapter. */
export async function readRequest(
  config: Config,
  kind: Kind,
  signal: AbortSignal,
): Promise<Outgoing<Body>> {
  const url = urlOf(config);
  const headers = headersOf(config.headers);
  if (config.auth || hasCredentials(url)) throw secondCredential("auth");
  if (headers.has("authorization")) throw secondCredential("headers.Authorization");
  const body = await readBody(config.data, headers);
  headers.delete("content-length"); // the adapter counts
  if (kind === "fetch" || kind === "xhr") leaveToFetch(headers);
  // The name that Node sends into a socket is "localhost", whatever the URL says.
  if (typeof config.socketPath === "string") headers.set("Host", url.host, false);
  // The signature of an answer covers the bytes as sent. XMLHttpRequest of browsers complains about this header.
  if (kind === "fetch" || typeof process !== "undefined")
    headers.set("Accept-Encoding", "identity", false);
  return {
    method: (config.method ?? "get").toUpperCase(),
    url,
    headers: Object.entries(headers.toJSON(true)),
    body,
    content: body && (await signedContentOf(body)),
    signal,
  };
}

/** A request has one `Authorization`: the signature. */
export const secondCredential = (option: string): ConfigurationError =>
  new ConfigurationError(
    option,
    "must be absent: the signature is the credential.",
    "Leave it out, or use an instance that does not sign.",
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
  if (final.search === "") final.search = ""; // removes a "?" without a query
  return final;
}

/** One line for each name (RFC 9110 §5.3), since a signed header must not be there twice. */
function headersOf(given: Config["headers"]): HeaderTable {
  const headers = new AxiosHeaders();
  for (const [name, value] of Object.entries(given.toJSON())) {
    const separator = name.toLowerCase() === "cookie" ? "; " : ", ";
    headers.set(name, Array.isArray(value) ? value.join(separator) : String(value));
  }
  return headers;
}

/** Reads the content, and sets its Content-Type as axios does. */
async function readBody(data: unknown, headers: HeaderTable): Promise<Body | undefined> {
  const body = await repeatable(data, headers);
  return body === undefined || sizeOf(body) === 0 ? undefined : body;
}

async function repeatable(data: unknown, headers: HeaderTable): Promise<Body | undefined> {
  if (!data) return undefined; // axios sends no falsy value
  const bytes = bytesOf(data);
  if (bytes !== undefined) return bytes;
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
  throw unrepeatable(
    "data",
    "Give the bytes, a form, a Blob, or an unread fs.createReadStream(path).",
  );
}

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

/** Such a form can be read only once, and comes again with a repeated request. */
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

/** The file behind a stream: read once to be signed, and again for each attempt. */
async function readFile(data: unknown): Promise<Body | undefined> {
  if (typeof process === "undefined") return undefined;
  const { ReadStream, openAsBlob, promises } = process.getBuiltinModule("node:fs");
  if (!(data instanceof ReadStream) || data.readableDidRead) return undefined;
  // @types/node leaves these out.
  const { start = 0, end = Infinity } = data as { start?: number; end?: number };
  const path = data.path as typeof data.path | undefined | null; // null for a descriptor
  if (path === undefined || path === null) return undefined;
  data.on("error", () => {}); // stat() reports errors
  const stat = await promises.stat(path);
  // A pipe or a device can be read once, and the files of /proc say that they are empty.
  if (!stat.isFile() || stat.size === 0) return readStream(data);
  data.destroy();
  const file = await openAsBlob(path);
  return file.slice(start, Math.min(stat.size, end + 1));
}

async function readStream(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}

/** Which of axios' own adapters this is; undefined for any other. */
export type Kind = "http" | "fetch" | "xhr" | undefined;

export function kindOf(adapter: AxiosAdapter, config: Config): Kind {
  return (["xhr", "http", "fetch"] as const).find((name) => {
    try {
      return getAdapter(name, config) === adapter;
    } catch {
      return false; // not on this platform
    }
  });
}

/** Content that the adapter sends unchanged, without a Content-Type of its own. */
export function bodyFor(
  kind: Kind,
  body: Body | undefined,
): { data: unknown; headers?: Record<string, string> } {
  if (body === undefined) return { data: null }; // for undefined, axios removes the Content-Type under XMLHttpRequest
  if (typeof Buffer === "undefined" || kind === "fetch" || kind === "xhr") return { data: body };
  if (body instanceof Blob)
    return { data: streamOf(body), headers: { "Content-Length": String(body.size) } };
  return { data: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
}

function streamOf(blob: Blob): Readable {
  const { Readable } = process.getBuiltinModule("node:stream");
  return Readable.fromWeb(blob.stream() as Parameters<typeof Readable.fromWeb>[0]);
}
