import { ConfigurationError } from "../errors.js";
import { HeaderLines } from "../http/header-lines.js";
import { refuseStranger, shown } from "../options.js";

/** A request in the form in which it will be sent. */
export interface RequestToSign {
  readonly method: string;
  /** Absolute. Its path and query are signed as they stand in the URL's final form (`pathname + search`). */
  readonly url: string | URL;
  /** Path and query as they will be sent, where the library sends another spelling than `URL` would. */
  readonly target?: string | undefined;
  /** The headers that will be sent. All are signed but those of docs/protocol.md section 4. */
  readonly headers?: Iterable<readonly [string, string]> | undefined;
  /** The bytes that will be sent, or their SHA-256. */
  readonly content?: Uint8Array | { readonly sha256: Uint8Array } | undefined;
}

const NAMES: readonly string[] = [
  "method",
  "url",
  "target",
  "headers",
  "content",
] satisfies (keyof RequestToSign)[];
const PRESIGNED_NAMES = [
  ...NAMES.filter((name) => name !== "content"),
  "expiresSeconds",
  "singleUse",
];

/**
 * Checks what is given to be signed, where a mistake would go unnoticed or say nothing of its cause: content under
 * another name would be sent unsigned.
 * @throws ConfigurationError
 */
export function checkRequestToSign(request: RequestToSign): void {
  checkNames(request, NAMES, "sign");
  const { content } = request as { content?: unknown };
  // Not instanceof: bytes of another realm are bytes.
  if (content === undefined || ArrayBuffer.isView(content)) return;
  if (ArrayBuffer.isView((content as { sha256?: unknown } | null)?.sha256)) return;
  throw new ConfigurationError(
    "sign: content",
    `is ${shown(content)}, and must be the bytes that are sent, or { sha256 } of them.`,
    "Give Buffer.from(text) or new TextEncoder().encode(text), and send these bytes.",
  );
}

/**
 * The same for a URL that is to be signed.
 * @throws ConfigurationError
 */
export function checkUrlToPresign(request: object): void {
  checkNames(request, PRESIGNED_NAMES, "presign");
  const { expiresSeconds } = request as { expiresSeconds?: unknown };
  if (typeof expiresSeconds !== "number")
    throw new ConfigurationError(
      "presign: expiresSeconds",
      `is ${expiresSeconds === undefined ? "missing" : shown(expiresSeconds)}, and must be a whole number of seconds.`,
      "Give 300, for example.",
    );
}

function checkNames(request: object, names: readonly string[], of: string): void {
  if (typeof request !== "object" || request === null)
    throw new ConfigurationError(of, `is given ${shown(request)}.`, "Give { method, url }.");
  refuseStranger(names, request, of, `${of}: `);
}

/**
 * The URL of a request that is to be signed.
 * @throws ConfigurationError
 */
export function readUrl(url: string | URL): URL {
  try {
    return new URL(url);
  } catch {
    throw new ConfigurationError(
      "url",
      "must be an absolute URL.",
      'Give "https://api.example.com/v1/orders", for example: the host is signed too.',
    );
  }
}

/**
 * The header lines of a request that is to be signed.
 * @throws ConfigurationError
 */
export function readHeaders(headers: RequestToSign["headers"] = []): HeaderLines {
  const given: unknown = headers;
  if (typeof given === "object" && given !== null && Symbol.iterator in given)
    return HeaderLines.fromEntries(headers);
  throw new ConfigurationError(
    "headers",
    `is ${shown(given)}, and must be a list of [name, value].`,
    "Give Object.entries(headers), or a Headers object.",
  );
}
