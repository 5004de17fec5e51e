import { encodeRfc3986, readOptions, type Scheme } from "@lacre/core/scheme";
import { WORD } from "./credentials.js";
import { headerForm } from "./header.js";
import { type Acquia2Options, OPTIONS } from "./options.js";
import { responses } from "./response.js";

export type { Acquia2Options } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

/**
 * Acquia HTTP HMAC Spec, version 2.0.
 * @see https://github.com/acquia/http-hmac-spec/tree/2.0
 * @throws ConfigurationError
 */
export function acquia2(options: Acquia2Options): Scheme {
  const settings = readOptions(OPTIONS, options, "acquia2");
  const { name, realm, maxAge: maxAgeSeconds } = settings;
  const { futureSkew: futureSkewSeconds = maxAgeSeconds } = settings;
  return {
    name,
    challenges: [`${WORD} realm="${encodeRfc3986(realm)}"`],
    keyEncodings: ["base64", "hex"],
    keyAlgorithms: ["sha256"],
    window: { maxAgeSeconds, futureSkewSeconds },
    explanations,
    header: headerForm(realm),
    responses,
  };
}

const explanations: Scheme["explanations"] = {
  "timestamp-malformed": "X-Authorization-Timestamp must be ten digits of Unix seconds.",
  "nonce-malformed": "nonce must be a UUID in lower case.",
  "signed-headers-malformed":
    "headers must be at most 32 header names with ; between them, each once, percent-encoded.",
  "header-forbidden":
    "headers names a header that proxies change on the way, or X-Authenticated-Id was sent, which only the server sets.",
  "header-unsigned":
    "A header that must be signed is not named in the attribute headers. Name it there, or do not send it. Content-Type is never listed there: it has a line of its own where there is content.",
  "signature-malformed": "signature is not strict base64 of 32 bytes.",
  "scope-wrong":
    "realm is not the verifier's. Compare it letter by letter, before percent-encoding.",
  "target-malformed":
    "The target ends with a bare ?, which is not signed; or it is not printable ASCII that begins with /.",
  "digest-malformed": "X-Authorization-Content-SHA256 is not strict base64 of 32 bytes.",
  "content-undigested":
    "There is content, but no X-Authorization-Content-SHA256 of it. Give the body to the client that signs.",
};
