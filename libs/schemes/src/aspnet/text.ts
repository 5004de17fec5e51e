import type { SignableRequest } from "@lacre/core/scheme";
import type { Credentials } from "./credentials.js";
import type { Settings } from "./options.js";

/**
 * What is MACed. Nothing stands between the parts.
 * @param digest the body's, in base64; empty where the body is
 */
export function textOf(
  { method, urlScheme, authority, target }: SignableRequest,
  { appId, timestamp, nonce }: Pick<Credentials, "appId" | "timestamp" | "nonce">,
  digest: string,
  dialect: Settings["dialect"],
): string {
  const uri = encodeForm(`${urlScheme}://${authority}${target}`.toLowerCase(), dialect);
  return appId + method + uri + timestamp + nonce + digest;
}

/**
 * .NET's UrlEncode: of US-ASCII it keeps letters, digits and `-_.!*()`. A target has no space, which it would write as
 * `+`.
 */
function encodeForm(text: string, dialect: Settings["dialect"]): string {
  const encoded = encodeURIComponent(text).replaceAll("~", "%7E").replaceAll("'", "%27");
  return dialect === "amx"
    ? encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
    : encoded;
}
