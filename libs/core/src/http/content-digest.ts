import { Refusal } from "../errors.js";
import type { DigestAlgorithm } from "../crypto/algorithms.js";

// RFC 9530 §2 with one member and no parameter. Strict base64: the last character carries no stray bits.
const SHA_256 = /^sha-256=:([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=):$/;
const SHA_512 = /^sha-512=:([A-Za-z0-9+/]{85}[AQgw]==):$/;

/**
 * Reads a `Content-Digest` field of exactly one sha-256 or sha-512 member.
 * @throws Refusal `digest-malformed`
 */
export function parseContentDigest(field: string): { algorithm: DigestAlgorithm; digest: Buffer } {
  const algorithm = digestAlgorithmNamed(field);
  const text = (algorithm === "sha512" ? SHA_512 : SHA_256).exec(field)?.[1];
  if (text === undefined) throw new Refusal("digest-malformed", "Content-Digest");
  return { algorithm, digest: Buffer.from(text, "base64") };
}

/** Writes a `Content-Digest` field (RFC 9530 §2) for a sha-256 digest. */
export function formatContentDigest(sha256: Uint8Array): string {
  return `sha-256=:${Buffer.from(sha256).toString("base64")}:`;
}

/** The hash that a `Content-Digest` field asks for, nothing checked. */
export function digestAlgorithmNamed(field: string | undefined): DigestAlgorithm {
  return field?.startsWith("sha-512=") ? "sha512" : "sha256";
}
