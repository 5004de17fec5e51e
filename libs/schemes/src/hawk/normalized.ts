import { createHash } from "node:crypto";
import {
  decodeStrictly,
  type HeaderLines,
  MAC_BYTES,
  type MacAlgorithm,
  type MacRecipe,
  type SignableRequest,
} from "@lacre/core/scheme";

/*
 * What Hawk MACs and hashes: https://github.com/mozilla/hawk/blob/main/API.md
 */

/** What is MACed beside the request line. */
export interface Artifacts {
  readonly ts: string | number;
  readonly nonce: string;
  readonly hash?: string | undefined;
  readonly ext?: string | undefined;
  readonly app?: string | undefined;
  readonly dlg?: string | undefined;
}

/** Each field ends with LF. None can hold one, nor a `\`, so nothing is escaped. */
export function normalized(
  type: "header" | "response" | "bewit",
  { method, target, ...origin }: Omit<SignableRequest, "headers">,
  { ts, nonce, hash = "", ext = "", app, dlg = "" }: Artifacts,
): string {
  const [host, port] = hostAndPort(origin);
  const lines = [`hawk.1.${type}`, ts, nonce, method, target, host, port, hash, ext];
  if (app !== undefined) lines.push(app, dlg);
  return `${lines.join("\n")}\n`;
}

const AUTHORITY = /^(\[[^\]]*\]|[^:]*)(?::([0-9]+))?$/;

/** As the origin that was called has them, so a proxy that ends TLS changes nothing. */
function hostAndPort({
  authority,
  urlScheme,
}: Pick<SignableRequest, "authority" | "urlScheme">): [string, string] {
  const [, host = "", port = urlScheme === "https" ? "443" : "80"] =
    AUTHORITY.exec(authority) ?? [];
  return [host, port];
}

/** The plain hash of content and its media type, without the type's parameters. */
export function payloadHash(
  algorithm: MacAlgorithm,
  headers: HeaderLines,
  content: Uint8Array,
): string {
  const [mediaType = ""] = (headers.only("content-type") ?? "").split(";", 1);
  return createHash(algorithm)
    .update(`hawk.1.payload\n${mediaType.trim().toLowerCase()}\n`)
    .update(content)
    .update("\n")
    .digest("base64");
}

/** Each MAC is an HMAC in base64. */
export const recipeOf = (algorithm: MacAlgorithm): MacRecipe => ({ algorithm, encoding: "base64" });

/** The algorithm is the key's, and no header names it; its length tells. */
export function algorithmOf(mac: string): MacAlgorithm | undefined {
  const length = mac.length > 44 ? undefined : decodeStrictly(mac, "base64")?.length;
  return length === MAC_BYTES.sha256 ? "sha256" : length === MAC_BYTES.sha1 ? "sha1" : undefined;
}
