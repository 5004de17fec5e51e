import type { Scheme } from "../scheme/scheme.js";
import { ALGORITHM_NAMES } from "./grammar.js";
import { forCallers } from "./for-callers.js";
import { presigned } from "./presigned.js";

/** LACRE1: docs/protocol.md. */
export const lacre1: Scheme = {
  ...forCallers,
  challenges: Object.values(ALGORITHM_NAMES),
  keyAlgorithms: ["sha256", "sha384", "sha512"],
  explanations: {
    "timestamp-malformed": "The timestamp must be ten digits of Unix seconds.",
    "nonce-malformed": "The nonce must be 16 to 128 characters of A-Z a-z 0-9 - _",
    "signed-headers-malformed":
      "The list of signed headers must hold at most 32 names of a-z, 0-9 and -, sorted, each once.",
    "signature-malformed":
      "The signature must be lower-case hexadecimal of the algorithm's length.",
    "digest-malformed": "The Content-Digest must be one sha-256 or sha-512 value in strict base64.",
    "content-undigested": "There is content, but no signed digest of it. Sign a Content-Digest.",
  },
  presigned,
};
