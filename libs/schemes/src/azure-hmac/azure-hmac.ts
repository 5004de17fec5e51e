import { readOptions, type Scheme } from "@lacre/core/scheme";
import { headerForm, WORD } from "./header.js";
import { type AzureHmacOptions, OPTIONS } from "./options.js";

export type { AzureHmacOptions } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * The HMAC-SHA256 of Azure's App Configuration and Communication Services. What it does not sign is the names of the
 * headers, so each name has its place here, and no signed value may hold the separator.
 * @throws ConfigurationError
 * @see https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac
 */
export function azureHmac(options?: AzureHmacOptions): Scheme {
  const settings = readOptions(OPTIONS, options, "azureHmac");
  const { name, maxAge: maxAgeSeconds, futureSkew: futureSkewSeconds } = settings;
  return {
    name,
    challenges: [WORD],
    keyEncodings: ["base64", "text"],
    keyAlgorithms: ["sha256"],
    keyLength: { min: 32, max: 128 }, // a base64 text of 64 bytes that is itself the key has 88
    window: { maxAgeSeconds, ...(futureSkewSeconds !== undefined && { futureSkewSeconds }) },
    weaknesses: settings.acknowledgeWeakness ? [] : [TYPE_UNSIGNED],
    explanations,
    header: headerForm(settings),
  };
}

const TYPE_UNSIGNED =
  "Content-Type is covered only where the caller signs it, and Azure's own clients do not: content can be passed off as another type.";

const explanations: Scheme["explanations"] = {
  "timestamp-malformed":
    "x-ms-date, or Date, is not a date in the form Tue, 14 Nov 2023 22:13:20 GMT.",
  "signed-headers-malformed":
    "SignedHeaders must begin with x-ms-date or date, host and x-ms-content-sha256, in lower case; then only headers that the server names, in its order.",
  "signature-malformed": "Signature must be strict base64 of 32 bytes.",
  "header-malformed":
    "A signed header holds a semicolon, or something else than printable ASCII. Leave it out of the list where it need not be signed.",
  "digest-malformed": "x-ms-content-sha256 must be strict base64 of a SHA-256.",
  "nonce-seen":
    "The same signature was used before. The format has no nonce: sign again in another second.",
};
