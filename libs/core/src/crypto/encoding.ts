/** How an ApiKey is written. Named by the configuration, never guessed. */
export type KeyEncoding = "lk1" | "base64" | "hex" | "text";

/**
 * Decodes strictly: what is decoded and encoded again must be the same text, since Node's own decoder
 * takes anything. Undefined for what is not exactly such a text.
 */
export function decodeStrictly(
  text: string,
  encoding: "base64" | "base64url" | "hex" | "utf8",
): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}
