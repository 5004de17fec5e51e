import { type Scheme, WEAK_KEYS } from "@lacre/core/scheme";
import { headerForm } from "./header.js";
import { readSettings, type Settings, type SharedKeyOptions } from "./options.js";

export type { SharedKeyOptions } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * "Shared Key" authentication: an id for each request, made of URI, method, date and the key. Its MAC is HMAC-SHA256
 * over `uri LF method LF date`.
 * @throws ConfigurationError
 */
export function sharedKey(options?: SharedKeyOptions): Scheme {
  const settings = readSettings(options);
  const { name, keyLength, maxAge: maxAgeSeconds, futureSkew: futureSkewSeconds } = settings;
  return {
    name,
    challenges: [],
    keyEncodings: ["text", "base64", "hex"],
    keyAlgorithms: ["sha256"],
    keyLength,
    window: { maxAgeSeconds, ...(futureSkewSeconds !== undefined && { futureSkewSeconds }) },
    weaknesses: settings.acknowledgeWeakness ? [] : weaknessesOf(settings),
    explanations: explanationsOf(settings),
    header: headerForm(settings),
  };
}

function explanationsOf({ idHeader, dateHeader, encoding }: Settings): Scheme["explanations"] {
  const written = encoding === "hex" ? "64 lower-case hex digits" : "strict base64 of 32 bytes";
  return {
    "credentials-missing": `There is no ${idHeader} header. Sign the request, and check that no proxy takes the header off.`,
    "timestamp-malformed": `${dateHeader} must be ISO 8601 in UTC: a Z at the end, at most nine digits behind the second.`,
    "signature-malformed": `${idHeader} is not ${written}.`,
    "header-unsigned":
      "This format signs no header but the date. Leave this one out: it changes what the request means.",
    "content-undigested":
      "There is content, and this format does not sign it. The server takes none without allowUnsignedContent.",
    "nonce-seen":
      "The request was made before: each id is good once. Sign each attempt anew, with another date.",
  };
}

function weaknessesOf(settings: Settings): readonly string[] {
  const { uri, allowUnsignedContent, insecureHash, weakKeys } = settings;
  return [
    uri === "absolute"
      ? "No header but the date is signed."
      : "Neither host nor headers but the date are signed: a request can be sent to another service with the same key.",
    ...(uri === "path" ? ["The query is not signed: anybody on the way can change it."] : []),
    ...(allowUnsignedContent
      ? ["The content is not signed: whoever overhears a request can send another first."]
      : []),
    ...(insecureHash
      ? ["The id is a plain hash and no MAC: every weakness of the hash is one of the key."]
      : []),
    ...(weakKeys ? [WEAK_KEYS] : []),
  ];
}
