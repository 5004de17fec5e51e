import type { KeyEncoding } from "./encoding.js";
import { ConfigurationError } from "../errors.js";

/** Why a text is not a key: what is wrong, and how to mend it. Neither holds any part of the text. */
export class KeyFault extends RangeError {
  override readonly name = "KeyFault";

  constructor(
    problem: string,
    readonly cure: string,
  ) {
    super(problem);
  }
}

/** The same as a fault of an option. @param at the option that holds the key */
export function keyOptionError(error: unknown, at: string): ConfigurationError {
  const { message, cure } = error as KeyFault;
  return new ConfigurationError(at, message, cure);
}

/**
 * The encoding of a key of a scheme; the scheme's usual one unless one is given.
 * @throws ConfigurationError for one that the scheme does not take
 */
export function readKeyEncoding(
  given: unknown,
  { name, keyEncodings }: { readonly name: string; readonly keyEncodings: readonly KeyEncoding[] },
  at = "encoding",
): KeyEncoding {
  const encoding = given === undefined ? keyEncodings[0] : given;
  if (keyEncodings.includes(encoding as KeyEncoding)) return encoding as KeyEncoding;
  throw new ConfigurationError(
    at,
    `${name} has no keys in this encoding.`,
    `Say encoding: "${keyEncodings.join('" or "')}".`,
  );
}

const MAKE_ONE =
  'Make one with "lacre keygen"; for a key written otherwise, say its encoding: base64, hex, text or whsec.';

/** The fault of what is not a text, or is empty. Keys of any other encoding than ours the other side makes. */
export const missingKey = (value: unknown, encoding: KeyEncoding): KeyFault =>
  value === undefined || value === null || value === ""
    ? new KeyFault(
        "is missing.",
        encoding === "lk1"
          ? 'Set it, in the environment for example. "lacre keygen" makes one.'
          : "Set it, in the environment for example, to the secret that the other side has.",
      )
    : new KeyFault("must be a text.", "Give the text of the key, as it was written down.");

/** A prefix that is missing, or belongs to another encoding. */
export function prefixFault(text: string, encoding: KeyEncoding): KeyFault | undefined {
  if (encoding !== "lk1" && text.startsWith(LK1))
    return new KeyFault(
      `begins with lk1_, but its encoding is said to be ${encoding}.`,
      'Leave encoding out, or say encoding: "lk1", where the scheme takes such keys; else give the key that the other side has.',
    );
  if (text.startsWith("whsec_") && (encoding === "base64" || encoding === "hex"))
    return new KeyFault(
      `begins with whsec_, but its encoding is said to be ${encoding}.`,
      'Say encoding: "whsec" where the scheme takes such keys; else give the key that the other side has.',
    );
  const prefix = PREFIXES[encoding];
  if (prefix === undefined || text.startsWith(prefix)) return undefined;
  const problem = `does not begin with ${prefix}.`;
  if (text.toLowerCase().startsWith(prefix))
    return new KeyFault(problem, `Write ${prefix} in small letters.`);
  if (encoding === "whsec") return undefined; // some senders leave it out
  if (text.startsWith("whsec_"))
    return new KeyFault(
      `${problem.slice(0, -1)}, but with whsec_.`,
      'Say encoding: "whsec"; or "text" where the sender uses the secret as it stands.',
    );
  return new KeyFault(
    problem,
    text.length === 43
      ? `Write it with its prefix, as "lacre keygen" does: ${prefix} and 43 characters.`
      : MAKE_ONE,
  );
}

const LK1 = "lk1_";
const PREFIXES: Partial<Record<KeyEncoding, string>> = { lk1: LK1, whsec: "whsec_" };

/**
 * What stands before the base64 of Standard Webhooks. Supabase writes the version of signatures before it, and some
 * senders leave it out.
 */
export const WHSEC = /^(?:v1,)?whsec_/;

/**
 * Why a text that can be decoded is of another encoding all the same. Digits of hex are letters of base64 too, and other
 * bytes: that no base64 of 24 random bytes looks so is as good as certain.
 */
export const mixUpIn = (text: string, encoding: KeyEncoding): KeyFault | undefined =>
  (encoding === "base64" || encoding === "whsec") &&
  /^(?=.*[0-9])(?=.*[a-f])(?:[0-9a-f]{2}){16,}$/.test(text)
    ? new KeyFault(
        `is written in hex, but its encoding is said to be ${encoding}.`,
        'Say encoding: "hex", or "text" where it is used as it stands. Where it is base64 after all, write its bytes in hex.',
      )
    : undefined;

/** Why a strict decoder does not take a text, which has its prefix. */
export function spellingFault(text: string, encoding: KeyEncoding): KeyFault {
  const bare = encoding === "whsec" ? text.replace(WHSEC, "") : text.replace(/^lk1_/, "");
  const [why, cure] =
    SPELLINGS[encoding].find(([pattern]) => pattern.test(bare))?.slice(1) ?? OTHERWISE;
  return new KeyFault(`is not strict ${encoding}: ${why as string}.`, cure as string);
}

type Spelling = readonly [pattern: RegExp, why: string, cure: string];

const OTHERWISE = [
  "it has a character that does not belong there, or was cut",
  "Copy it again, or say the encoding that it has.",
] as const;

const OF_BASE64URL: Spelling = [
  /^[\w+/=-]*[-_]/,
  "it has - or _, which are of base64url",
  "Write + for -, and / for _.",
];

const BASE64: readonly Spelling[] = [
  OF_BASE64URL,
  [
    /^(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,3}=?$/,
    "its padding is missing",
    "Write = at its end until its length is a multiple of 4.",
  ],
];

const SPELLINGS: Record<KeyEncoding, readonly Spelling[]> = {
  lk1: [
    [/=$/, "it has padding", "Take the = off."],
    [
      /^[\w+/-]*[+/]/,
      "it has + or /, which are of plain base64",
      "Write - for +, and _ for /; or give the key without lk1_, in its encoding.",
    ],
    [
      /^[\w-]*$/,
      "it is not lk1_ and 43 characters that belong together",
      "It was cut, or mistyped: copy it again.",
    ],
  ],
  base64: BASE64,
  whsec: [OF_BASE64URL],
  hex: [
    [/^0x/i, "it begins with 0x", "Take that off."],
    [
      /^(?=.*[G-Zg-z])[A-Za-z0-9+/_-]{16,}={0,2}$/,
      "it has letters as base64 has them",
      'Say encoding: "base64", or "text" where it is used as it stands.',
    ],
    [
      /^(?=.*[A-F])[0-9A-Fa-f]*$/,
      "it has capitals and small letters",
      "Write it in either: .toLowerCase(). The bytes stay the same.",
    ],
    [/^[0-9a-f]{2}[:\s-]/i, "it has separators", "Write the digits alone."],
    [/^[0-9a-f]*$/, "it has an odd number of digits", "It was cut: copy it again."],
  ],
  text: [],
};
