import { decodeStrictly, type KeyEncoding } from "./encoding.js";
import { KeyFault, missingKey, mixUpIn, prefixFault, spellingFault, WHSEC } from "./key-fault.js";
import { slipIn } from "./key-slips.js";

export const PREFIX = "lk1_";
/** How many bytes a key may have, where its scheme does not say otherwise. */
const BYTES: KeyLength = { min: 32, max: 64 };

/** How many bytes keys of a scheme may have, and what is none of its keys. */
export interface KeyLength {
  readonly min: number;
  readonly max: number;
  /** What other credentials of the same issuer begin with, which are easily taken for the key: `["sk_"]`. */
  readonly otherPrefixes?: readonly string[];
  /**
   * What to do about a key of fewer bytes, where the scheme can be told to take shorter ones.
   * @param bytes how many it has
   */
  readonly cureShort?: (bytes: number) => string;
}

/**
 * The bytes of an ApiKey. What it throws says what is wrong and how to mend it, and never holds the text.
 * @throws KeyFault
 */
export function readKeyBytes(
  text: unknown,
  encoding: KeyEncoding = "lk1",
  length: KeyLength = BYTES,
): Uint8Array {
  if (typeof text !== "string" || text === "") throw missingKey(text, encoding);
  if (!isKeyEncoding(encoding))
    throw new KeyFault("has an unknown encoding.", `Use one of ${KEY_ENCODINGS.join(", ")}.`);
  const fault =
    slipIn(text, encoding) ??
    otherKey(text, length) ??
    prefixFault(text, encoding) ??
    mixUpIn(text, encoding);
  if (fault !== undefined) throw fault;
  const bytes = DECODERS[encoding](text);
  if (bytes === undefined) throw spellingFault(text, encoding);
  checkLength(bytes.length, encoding, length);
  if (bytes.every((byte) => byte === bytes[0]))
    throw new KeyFault("repeats one byte.", 'Make one with "lacre keygen".');
  return bytes;
}

function otherKey(text: string, { otherPrefixes = [] }: KeyLength): KeyFault | undefined {
  const prefix = otherPrefixes.find((each) => text.startsWith(each));
  return prefix === undefined
    ? undefined
    : new KeyFault(
        `begins with ${prefix}, as other credentials of its issuer do.`,
        "Give the secret with which messages are signed: it is another one.",
      );
}

function checkLength(bytes: number, encoding: KeyEncoding, length: KeyLength): void {
  const isApiKey = encoding === "lk1";
  const [min, max] = isApiKey ? [BYTES.min, BYTES.min] : [length.min, length.max];
  const whole = isApiKey
    ? `${PREFIX} and 43 characters make a whole key: copy it again.`
    : `Make one of ${min === max ? min : `${min} to ${max}`} bytes, and check its encoding.`;
  if (bytes < min)
    throw new KeyFault(
      `is shorter than ${min} bytes: it has ${bytes}.`,
      (isApiKey ? undefined : length.cureShort?.(bytes)) ?? whole,
    );
  if (bytes > max) throw new KeyFault(`is longer than ${max} bytes: it has ${bytes}.`, whole);
}

/** Base64 that has its padding, or lacks it. */
const withPadding = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, "=");

const DECODERS: Record<KeyEncoding, (text: string) => Uint8Array | undefined> = {
  lk1: (text) => decodeStrictly(text.slice(PREFIX.length), "base64url"),
  base64: (text) => decodeStrictly(text, "base64"),
  // Some senders show their keys in capitals. A key in both is one that somebody typed.
  hex: (text) => decodeStrictly(/[a-f]/.test(text) ? text : text.toLowerCase(), "hex"),
  text: (text) => decodeStrictly(text, "utf8"),
  whsec: (text) => decodeStrictly(withPadding(text.replace(WHSEC, "")), "base64"),
};

/** How keys may be written. */
export const KEY_ENCODINGS = Object.keys(DECODERS) as readonly KeyEncoding[];

export const isKeyEncoding = (encoding: unknown): encoding is KeyEncoding =>
  typeof encoding === "string" && Object.hasOwn(DECODERS, encoding);
