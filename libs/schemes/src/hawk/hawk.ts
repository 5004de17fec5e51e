import { readOptions, type Scheme } from "@lacre/core/scheme";
import { bewitForm } from "./bewit.js";
import { headerForm } from "./header.js";
import { type HawkOptions, OPTIONS } from "./options.js";
import { responses } from "./response.js";

export type { HawkOptions } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * Hawk: header form, bewit, and `Server-Authorization`. Host and port are those of the configured origin.
 * @see https://github.com/mozilla/hawk/blob/main/API.md
 * @throws ConfigurationError
 */
export function hawk(options?: HawkOptions): Scheme {
  const settings = readOptions(OPTIONS, options, "hawk");
  const { name, allowUnsignedContent, tellTime, sha1 } = settings;
  const { maxAge: maxAgeSeconds, futureSkew: futureSkewSeconds = maxAgeSeconds } = settings;
  const { presigned: bewitSeconds = 0 } = settings;
  return {
    name,
    challenges: ['Hawk error="Unauthorized"'], // Hawk's own client cannot read one without attributes
    keyEncodings: ["text"],
    keyAlgorithms: sha1 ? ["sha256", "sha1"] : ["sha256"],
    window: { maxAgeSeconds, futureSkewSeconds },
    weaknesses: settings.acknowledgeWeakness ? [] : weaknessesOf(allowUnsignedContent, sha1),
    explanations,
    header: headerForm({ allowUnsignedContent, takesBewits: bewitSeconds > 0 }),
    presigned: bewitForm(bewitSeconds),
    responses,

    challenge(code, { claims, key }, nowSeconds) {
      const isStale = code === "timestamp-too-old" || code === "timestamp-too-new";
      if (!tellTime || !isStale || claims.presigned !== undefined) return undefined;
      const tsm = key.secret.macBy(claims.recipe, `hawk.1.ts\n${nowSeconds}\n`);
      return `Hawk ts="${nowSeconds}", tsm="${tsm}", error="Stale timestamp"`;
    },
  };
}

const explanations: Scheme["explanations"] = {
  "timestamp-malformed": "ts, or the end of a bewit, is not ten digits of Unix seconds.",
  "nonce-malformed": "nonce must be 1 to 128 printable characters without a space.",
  "signature-malformed":
    "mac is not strict base64 of 32 bytes, or of 20 where the server takes SHA-1.",
  "digest-malformed": "hash must be strict base64, of the algorithm of mac.",
  "header-unsigned":
    "Hawk signs no headers. Leave this one out: it changes what the request means.",
  "method-refused":
    "The method must be written in capitals, and CONNECT and TRACE are not taken. With a bewit it must be GET or HEAD.",
  "content-undigested":
    "There is content, but no hash. Give payload and content type to the Hawk client. A bewit takes no content.",
  "content-mismatch":
    "hash is not that of the content and its media type. One of them was changed after signing.",
};

function weaknessesOf(allowUnsignedContent: boolean, sha1: boolean): readonly string[] {
  return [
    ...(allowUnsignedContent
      ? ["hawk takes content that nothing covers: it can be changed on its way."]
      : []),
    ...(sha1
      ? ["hawk takes payload hashes of SHA-1: whoever chooses a body can make two with one hash."]
      : []),
  ];
}
