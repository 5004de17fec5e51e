import {
  consistsOf,
  decodeStrictly,
  type DigestEncoding,
  LOWER_HEX,
  MAC_BYTES,
  type MacAlgorithm,
} from "@lacre/core/scheme";

/** How a sender writes a signature. */
export type MacEncoding = "hex" | "hex-upper" | "base64" | "base64-unpadded" | "base64url";

/** Between the one spelling of a sender and the one that MACs are compared in. */
interface Spelling {
  readonly words: string;
  /** What MACs are compared in. */
  readonly encoding: DigestEncoding;
  /** From the sender's spelling; the result is checked. */
  readonly read: (text: string) => string;
  readonly write: (mac: string) => string;
  /** What such a text may hold beside letters and digits. */
  readonly signs: string;
}

const same = (text: string): string => text;
const unpadded = (text: string): string => text.replace(/=+$/, "");
const padded = (text: string): string => text + "=".repeat((4 - (text.length % 4)) % 4);

/** Every way to write a signature. */
export const MAC_SPELLINGS: Readonly<Record<MacEncoding, Spelling>> = {
  hex: { words: "lower-case hexadecimal", encoding: "hex", read: same, write: same, signs: "" },
  "hex-upper": {
    words: "upper-case hexadecimal",
    encoding: "hex",
    read: (text) => text.toLowerCase(),
    write: (mac) => mac.toUpperCase(),
    signs: "",
  },
  base64: { words: "strict base64", encoding: "base64", read: same, write: same, signs: "+/=" },
  "base64-unpadded": {
    words: "strict base64 without padding",
    encoding: "base64",
    read: padded,
    write: unpadded,
    signs: "+/",
  },
  base64url: {
    words: "strict base64url without padding",
    encoding: "base64",
    read: (text) => padded(text.replaceAll("-", "+").replaceAll("_", "/")),
    write: (mac) => unpadded(mac).replaceAll("+", "-").replaceAll("/", "_"),
    signs: "-_",
  },
};

/** How many characters a signature has. */
export function macLength(algorithm: MacAlgorithm, encoding: MacEncoding): number {
  const bytes = MAC_BYTES[algorithm];
  const { encoding: compared, write } = MAC_SPELLINGS[encoding];
  return write(Buffer.alloc(bytes).toString(compared)).length;
}

/** A reader of signatures: the MAC as it is compared; undefined for any other text, and any other spelling. */
export function macReader(
  algorithm: MacAlgorithm,
  encoding: MacEncoding,
): (text: string) => string | undefined {
  const { encoding: compared, read, write } = MAC_SPELLINGS[encoding];
  const bytes = MAC_BYTES[algorithm];
  const length = compared === "hex" ? 2 * bytes : 4 * Math.ceil(bytes / 3);
  return (text) => {
    if (text.length > length) return undefined;
    const mac = read(text);
    if (mac.length !== length || write(mac) !== text) return undefined;
    const isRight =
      compared === "hex"
        ? consistsOf(mac, LOWER_HEX)
        : decodeStrictly(mac, compared)?.length === bytes;
    return isRight ? mac : undefined;
  };
}
