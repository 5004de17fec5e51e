import { Refusal } from "../errors.js";
import { BASE64, consistsOf } from "./characters.js";
import type { DigestAlgorithm } from "../crypto/algorithms.js";

// RFC 9530 §2 with one member and no parameter.
const FIELDS = {
  sha256: { start: "sha-256=:", length: 44, padding: "=", lastCharacters: "AEIMQUYcgkosw048" },
  sha512: { start: "sha-512=:", length: 88, padding: "==", lastCharacters: "AQgw" },
} as const;

/**
 * Reads a `Content-Digest` field of exactly one sha-256 or sha-512 member, in strict base64: with its padding, and
 * without stray bits in the last character.
 * @throws Refusal `digest-malformed`
 */
export function parseContentDigest(field: string): { algorithm: DigestAlgorithm; digest: string } {
  const algorithm = digestAlgorithmNamed(field);
  const { start, length, padding, lastCharacters } = FIELDS[algorithm];
  const digest = field.slice(start.length, -1);
  const text = digest.slice(0, -padding.length);
  const isStrict =
    field.startsWith(start) &&
    field.endsWith(":") &&
    digest.length === length &&
    digest.endsWith(padding) &&
    lastCharacters.includes(text.slice(-1)) &&
    consistsOf(text, BASE64);
  if (!isStrict) throw new Refusal("digest-malformed", "Content-Digest");
  return { algorithm, digest };
}

/** Writes a `Content-Digest` field (RFC 9530 §2) for a sha-256 digest in base64. */
export function formatContentDigest(sha256: string): string {
  return `sha-256=:${sha256}:`;
}

/** The hash that a `Content-Digest` field asks for, nothing checked. */
export function digestAlgorithmNamed(field: string | undefined): DigestAlgorithm {
  return field?.startsWith("sha-512=") ? "sha512" : "sha256";
}
