import type { Scheme } from "@lacre/core/scheme";
import { MACS } from "./credentials.js";
import { headerForm } from "./header.js";
import { type AspnetHmacOptions, readSettings, type Settings } from "./options.js";

export { readAspnetApps, type AspnetApp } from "./aspnet-apps.js";
export type { AspnetBodyHash } from "./body-hash.js";
export type { AspnetHmacOptions } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * The format of HmacAuthentication for ASP.NET Core: `Hmac appId:signature:nonce:timestamp`. What is signed has no
 * separators, so nonce and timestamp are held to their exact form, or characters could be moved between fields.
 * @see https://github.com/arklid/HmacAuthentication
 * @throws ConfigurationError
 */
export function aspnetHmac(options?: AspnetHmacOptions): Scheme {
  const settings = readSettings(options);
  const { name, dialect, maxAgeSeconds, futureSkewSeconds } = settings;
  return {
    name,
    challenges: [dialect === "amx" ? "amx" : "Hmac"],
    keyEncodings: ["base64"],
    keyAlgorithms: dialect === "amx" ? ["sha256"] : [...MACS.values()],
    keyLength: { min: 16, max: 64 },
    window: { maxAgeSeconds, futureSkewSeconds },
    weaknesses: settings.acknowledgeWeakness ? [] : weaknessesOf(settings),
    explanations,
    header: headerForm(settings),
  };
}

const explanations: Scheme["explanations"] = {
  "credentials-malformed":
    "The Authorization header has not the parts of this format, or names a body hash that the verifier does not take (bodyHashes).",
  "timestamp-malformed": "The timestamp is not ten digits of Unix seconds.",
  "nonce-malformed": 'The nonce is not 32 lower-case hex digits, as .NET\'s Guid "N" writes them.',
  "signature-malformed": "The signature is not strict base64 of the algorithm's length.",
  "target-malformed":
    "The URL has letters in upper case, and the signature does not cover their case: see mixedCaseTargets.",
  "header-unsigned":
    "This format signs no headers. Leave this one out: it changes what the request means.",
  "signature-mismatch":
    "The signature is not that of the text below, at whose end is the hash of the body. If the texts are equal, the keys differ.",
  "content-undigested":
    "The MAC covers the whole body, so it cannot be checked on a streamed route.",
};

function weaknessesOf({ bodyHashes, mixedCaseTargets }: Settings): readonly string[] {
  const broken = bodyHashes.filter((name) => name === "MD5" || name === "SHA1");
  return [
    "aspnet-hmac signs no header but Host: Content-Type and all others can be changed on their way.",
    ...(broken.length === 0
      ? []
      : [
          `aspnet-hmac takes bodies by their ${broken.join(" or ")}: whoever chooses a body can make two with one signature.`,
        ]),
    ...(mixedCaseTargets
      ? ["aspnet-hmac signs URLs in lower case: the case of path and query can be changed."]
      : []),
  ];
}
