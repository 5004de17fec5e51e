import { Refusal } from "../errors.js";
import { HeaderLines } from "./header-lines.js";
import type { Origins } from "./origins.js";
import type { Sender, SignableRequest } from "./signable-request.js";
import { differingHosts, unknownHost } from "./unknown-host.js";

/** The head of a request as it came off the wire. */
export interface ReceivedHead {
  /** As sent, case kept. */
  readonly method: string;
  /** The request-target as sent: `:path` in HTTP/2. Never a decoded or rewritten URL. */
  readonly target: string;
  /** Every header line as sent, names and values in turn (`http.IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[];
  /** HTTP/2's `:authority`. */
  readonly authority?: string;
  /** Whether the connection is TLS. Counts only where any host is taken. */
  readonly secure?: boolean;
  /** Whether the peer is a proxy that may name the host in `X-Forwarded-Host`. */
  readonly fromTrustedProxy?: boolean;
  /** Whom the networks of apps are held against; an app that has some takes nothing from a sender that is unknown. */
  readonly sender?: Sender | undefined;
}

/** What stands in front of the server: the names it is reached by. */
export interface Front {
  readonly origins: Origins;
  /** Put before the received target byte for byte, where a proxy strips it: `/api`. Empty for none. */
  readonly pathPrefix: string;
}

const METHOD = /^[A-Z-]{1,32}$/;
/** The bytes of a request-target. */
export const TARGET = /^\/[\x21\x22\x24-\x7e]*$/; // %x21-7E without "#"
const MAX_TARGET = 8192;

/**
 * Takes the head of a request in: strict, bounded, every line counted.
 * @throws Refusal `method-refused`, `target-malformed`, `host-unknown`, `header-missing`, `header-repeated`,
 *   `transfer-coding-refused`
 */
export function receive(head: ReceivedHead, front: Front): SignableRequest {
  const { method, sender } = head;
  checkRequestLine(method, head.target);
  const target = front.pathPrefix + head.target;
  if (front.pathPrefix !== "") checkRequestLine(method, target);

  const headers = HeaderLines.fromRaw(head.rawHeaders);
  const host = hostOf(head, headers, front.origins);
  const origin = front.origins.find(host, head.secure ?? false);
  if (origin === undefined) throw unknownHost(host, head, headers, front.origins);

  if (
    headers.has("transfer-encoding") &&
    headers.only("transfer-encoding")?.toLowerCase() !== "chunked"
  )
    throw new Refusal("transfer-coding-refused");

  return {
    method,
    target,
    host,
    authority: origin.authority,
    urlScheme: origin.scheme,
    headers,
    sender,
  };
}

/**
 * Checks method and target, whoever sends them.
 * @throws Refusal `method-refused`, `target-malformed`
 */
export function checkRequestLine(method: string, target: string): void {
  if (!METHOD.test(method) || method === "CONNECT" || method === "TRACE")
    throw new Refusal(
      "method-refused",
      "must be the name of a method in capitals, and neither CONNECT nor TRACE",
    );
  if (target.length > MAX_TARGET)
    throw new Refusal(
      "target-malformed",
      `path and query have ${target.length} characters, and may have ${MAX_TARGET}`,
    );
  if (!TARGET.test(target)) throw new Refusal("target-malformed");
}

function hostOf(head: ReceivedHead, headers: HeaderLines, origins: Origins): string {
  // RFC 9113 §8.3.1: a Host line beside :authority must say the same.
  const host =
    head.authority !== undefined && !headers.has("host")
      ? head.authority
      : onlyLine(headers, "host");
  if (head.authority !== undefined && host !== head.authority)
    throw differingHosts(host, head.authority);
  const isForwarded =
    head.fromTrustedProxy === true && headers.has("x-forwarded-host") && !origins.any;
  return isForwarded ? onlyLine(headers, "x-forwarded-host") : host;
}

/** RFC 9110 §9.2.1: asks for nothing to be changed. */
export const isSafe = (method: string): boolean => method === "GET" || method === "HEAD";

/**
 * The value of a header that must be on exactly one line.
 * @throws Refusal `header-missing`, `header-repeated`
 */
export function onlyLine(headers: HeaderLines, name: string): string {
  const value = headers.only(name);
  if (value === undefined)
    throw new Refusal(headers.has(name) ? "header-repeated" : "header-missing", name);
  return value;
}
