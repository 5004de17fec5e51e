/** How an ApiKey is written. Named by the configuration, never guessed. */
export type KeyEncoding = "lk1" | "base64" | "hex" | "text" | "whsec";

type Encoding = "base64" | "base64url" | "hex" | "utf8";

/**
 * Decodes strictly: what is decoded and encoded again must be the same text, since decoders take almost anything.
 * Undefined for what is not exactly such a text.
 */
export function decodeStrictly(text: string, encoding: Encoding): Uint8Array | undefined {
  try {
    const bytes = DECODERS[encoding](text);
    return encodeBytes(bytes, encoding) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Writes bytes as text. */
export const encodeBytes = (bytes: Uint8Array, encoding: Encoding): string =>
  ENCODERS[encoding](bytes);

/** A byte for each code point. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Nothing of Node's: keys are read in browsers too.
const DECODERS: Record<Encoding, (text: string) => Uint8Array> = {
  base64: (text) => bytesOf(atob(text)),
  base64url: (text) => DECODERS.base64(text.replaceAll("-", "+").replaceAll("_", "/")),
  hex: (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  utf8: (text) => new TextEncoder().encode(text),
};
const ENCODERS: Record<Encoding, (bytes: Uint8Array) => string> = {
  base64: (bytes) => btoa(String.fromCharCode(...bytes)),
  base64url: (bytes) =>
    ENCODERS.base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""),
  hex: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
  utf8: (bytes) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes),
};
