import { readOptions, type Scheme, SIGNED_WHEN_PRESENT } from "@lacre/core/scheme";
import { headerForm } from "./header.js";
import { type AzureSharedKeyOptions, OPTIONS, type Settings } from "./options.js";
import { FULL, LITE, type SignedText, TABLE, TABLE_LITE } from "./text.js";

export type { AzureSharedKeyOptions } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * Azure Storage's Shared Key, version 2015-02-21 and later. It has no nonce, so the signature itself is what is used
 * once.
 * @throws ConfigurationError
 * @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 */
export function azureSharedKey(options?: AzureSharedKeyOptions): Scheme {
  const settings = readOptions(OPTIONS, options, "azureSharedKey");
  const { name, maxAge: maxAgeSeconds, futureSkew: futureSkewSeconds } = settings;
  const signed = textFor(settings);
  return {
    name,
    challenges: [signed.word],
    keyEncodings: ["base64"],
    keyAlgorithms: ["sha256"],
    keyLength: { min: 64, max: 64 },
    window: { maxAgeSeconds, ...(futureSkewSeconds !== undefined && { futureSkewSeconds }) },
    weaknesses: settings.acknowledgeWeakness ? [] : weaknessesOf(signed, settings),
    explanations,
    header: headerForm(signed, settings.allowUnsignedContent),
  };
}

function textFor({ service, lite, allowUnsignedContent }: Settings): SignedText {
  if (service !== "table") return lite ? LITE : FULL;
  if (!lite) return TABLE;
  return allowUnsignedContent ? { ...TABLE_LITE, mustBeSigned: NOT_OF_CONTENT } : TABLE_LITE;
}

/** Where the content itself is not covered, neither need be what is said of it. */
const NOT_OF_CONTENT = SIGNED_WHEN_PRESENT.filter((name) => !name.startsWith("content-"));

function weaknessesOf(
  signed: SignedText,
  { service, allowUnsignedContent }: Settings,
): readonly string[] {
  const said = [
    "The host is not signed: a request can be sent to another server that has the key of the account.",
  ];
  if (signed !== FULL)
    said.push("Of the query only comp is signed: the other parameters can be changed on the way.");
  if (service === "table")
    said.push("No x-ms- header but x-ms-date is signed: the others can be changed on the way.");
  if (!signed.coversMethod)
    said.push(
      "The method is not signed: whoever overhears a request can turn it into another on the same path.",
    );
  if (signed.coversContent)
    said.push(
      "Content is covered by its MD5 alone: whoever may choose content can make two with one MD5.",
    );
  if (allowUnsignedContent)
    said.push("Content that no signed Content-MD5 covers is taken: it can be changed on the way.");
  return said;
}

const explanations: Scheme["explanations"] = {
  "timestamp-malformed":
    "x-ms-date, or Date, is not a date in the form Tue, 14 Nov 2023 22:13:20 GMT.",
  "signed-headers-malformed": "There are more than 256 x-ms- headers.",
  "signature-malformed": "The signature must be strict base64 of 32 bytes.",
  "target-malformed":
    "The query is not in its one spelling, so another target would have the same signature; or it has more than 1000 parameters. Escape values as RFC 3986 says, and write names in lower case, each once.",
  "header-malformed":
    "A signed header holds something else than printable ASCII, or an x-ms- header two blanks in a row.",
  "header-unsigned":
    "This text has no place for a header that must be signed. Leave the header out.",
  "digest-malformed": "Content-MD5 must be strict base64 of 16 bytes.",
  "content-undigested":
    "There is content, but no signed Content-MD5 of it. Send one, where the text has a place for it.",
  "nonce-seen":
    "The same signature was used before. The format has no nonce: sign again in another second, or with an x-ms- header that differs.",
};
