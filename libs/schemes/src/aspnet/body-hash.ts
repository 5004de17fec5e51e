import { createHash } from "node:crypto";

/** The hashes for a body, as the header names them. */
export const BODY_HASHES = ["MD5", "SHA1", "SHA256", "SHA384", "SHA512"] as const;

/** A hash for the body, as the header names it. */
export type AspnetBodyHash = (typeof BODY_HASHES)[number];

export const isBodyHash = (name: string): name is AspnetBodyHash =>
  (BODY_HASHES as readonly string[]).includes(name);

/** Base64 of the body's hash; nothing at all for an empty body: not the hash of nothing. */
export function digestOf(bytes: Uint8Array, bodyHash: AspnetBodyHash): string {
  if (bytes.byteLength === 0) return "";
  return createHash(bodyHash.toLowerCase()).update(bytes).digest("base64");
}
