import { decodeStrictly, type KeyEncoding } from "./encoding.js";

export const PREFIX = "lk1_";
/** How many bytes a key may have, where its scheme does not say otherwise. */
const BYTES: KeyLength = { min: 32, max: 64 };
const WHSEC = "whsec_";

/** How many bytes keys of a scheme may have. */
export interface KeyLength {
  readonly min: number;
  readonly max: number;
}

/**
 * The bytes of an ApiKey. What it throws says what is wrong and never holds the text.
 * @throws RangeError
 */
export function readKeyBytes(
  text: unknown,
  encoding: KeyEncoding = "lk1",
  { min, max }: KeyLength = BYTES,
): Uint8Array {
  if (typeof text !== "string" || text === "") throw new RangeError("is missing.");
  if (encoding === "lk1" && !text.startsWith(PREFIX))
    throw new RangeError(`does not begin with ${PREFIX}.`);
  if (encoding !== "lk1" && text.startsWith(PREFIX))
    throw new RangeError(`begins with ${PREFIX}, but its encoding is said to be ${encoding}.`);
  const bytes = DECODERS[encoding]?.(text);
  if (bytes === undefined) throw new RangeError(`is not strict ${encoding}.`);
  const [least, most] = encoding === "lk1" ? [BYTES.min, BYTES.min] : [min, max];
  if (bytes.length < least) throw new RangeError(`is shorter than ${least} bytes.`);
  if (bytes.length > most) throw new RangeError(`is longer than ${most} bytes.`);
  if (bytes.every((byte) => byte === bytes[0])) throw new RangeError("repeats one byte.");
  return bytes;
}

const DECODERS: Record<KeyEncoding, (text: string) => Uint8Array | undefined> = {
  lk1: (text) => decodeStrictly(text.slice(PREFIX.length), "base64url"),
  base64: (text) => decodeStrictly(text, "base64"),
  hex: (text) => decodeStrictly(text, "hex"),
  // Standard Webhooks: base64 behind a prefix.
  whsec: (text) =>
    text.startsWith(WHSEC) ? decodeStrictly(text.slice(WHSEC.length), "base64") : undefined,
  text: (text) => (text === text.trim() ? decodeStrictly(text, "utf8") : undefined),
};
