import { decodeStrictly, type KeyEncoding } from "./encoding.js";

export const PREFIX = "lk1_";
const MIN_BYTES = 32;
const MAX_BYTES = 64;

/**
 * The bytes of an ApiKey. What it throws says what is wrong and never holds the text.
 * @throws RangeError
 */
export function readKeyBytes(text: unknown, encoding: KeyEncoding = "lk1"): Uint8Array {
  if (typeof text !== "string" || text === "") throw new RangeError("is missing.");
  if (encoding === "lk1" && !text.startsWith(PREFIX))
    throw new RangeError(`does not begin with ${PREFIX}.`);
  if (encoding !== "lk1" && text.startsWith(PREFIX))
    throw new RangeError(`begins with ${PREFIX}, but its encoding is said to be ${encoding}.`);
  const bytes = DECODERS[encoding]?.(text);
  if (bytes === undefined) throw new RangeError(`is not strict ${encoding}.`);
  if (bytes.length < MIN_BYTES) throw new RangeError(`is shorter than ${MIN_BYTES} bytes.`);
  if (bytes.length > (encoding === "lk1" ? MIN_BYTES : MAX_BYTES))
    throw new RangeError(`is longer than ${encoding === "lk1" ? MIN_BYTES : MAX_BYTES} bytes.`);
  if (bytes.every((byte) => byte === bytes[0])) throw new RangeError("repeats one byte.");
  return bytes;
}

const DECODERS: Record<KeyEncoding, (text: string) => Uint8Array | undefined> = {
  lk1: (text) => decodeStrictly(text.slice(PREFIX.length), "base64url"),
  base64: (text) => decodeStrictly(text, "base64"),
  hex: (text) => decodeStrictly(text, "hex"),
  text: (text) => (text === text.trim() ? decodeStrictly(text, "utf8") : undefined),
};
