/** A hash for content. */
export type DigestAlgorithm = "sha256" | "sha512";

/** How a digest is written. */
export type DigestEncoding = "base64" | "hex";

/** A hash for MACs. It belongs to the key, never to the request. */
export type MacAlgorithm = "sha1" | "sha256" | "sha384" | "sha512";

/** The length of a MAC in bytes. */
export const MAC_BYTES: Readonly<Record<MacAlgorithm, number>> = {
  sha1: 20,
  sha256: 32,
  sha384: 48,
  sha512: 64,
};
