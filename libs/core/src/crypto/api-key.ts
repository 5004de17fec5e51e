import { randomBytes } from "node:crypto";
import type { KeyEncoding } from "./encoding.js";
import { PREFIX, readKeyBytes, type KeyLength } from "./key-bytes.js";
import { Secret } from "./secret.js";

/** A new ApiKey: 32 bytes from the operating system as `lk1_` and 43 characters of base64url. */
export function generateApiKey(): string {
  return PREFIX + randomBytes(32).toString("base64url");
}

/**
 * Reads an ApiKey. What it throws says what is wrong and how to mend it (`cure`), and never holds the text.
 * @throws KeyFault, a RangeError
 */
export function readApiKey(
  text: unknown,
  encoding: KeyEncoding = "lk1",
  length?: KeyLength,
): Secret {
  return new Secret(readKeyBytes(text, encoding, length));
}
