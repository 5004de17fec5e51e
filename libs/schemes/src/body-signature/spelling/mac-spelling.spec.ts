import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { MAC_SPELLINGS, macReader, type MacEncoding } from "./mac-spelling.js";

const bytes = createHmac("sha256", "key").update("some text").digest();
const HEX = bytes.toString("hex");
const BASE64 = bytes.toString("base64");
const SPELLINGS: Record<MacEncoding, string> = {
  hex: HEX,
  "hex-upper": HEX.toUpperCase(),
  base64: BASE64,
  "base64-unpadded": BASE64.slice(0, -1),
  base64url: bytes.toString("base64url"),
};
const ENCODINGS = Object.keys(SPELLINGS) as MacEncoding[];

describe("a signature", () => {
  it.each(ENCODINGS)("as %s has one spelling", (encoding) => {
    const read = macReader("sha256", encoding);
    const right = SPELLINGS[encoding];
    const { encoding: compared, write } = MAC_SPELLINGS[encoding];
    expect(read(right)).toBe(bytes.toString(compared));
    expect(write(bytes.toString(compared))).toBe(right);
    for (const [other, text] of Object.entries(SPELLINGS))
      if (text !== right) expect([other, read(text)]).toEqual([other, undefined]);
    const mixed = HEX.replace(/[a-f]/, (letter) => letter.toUpperCase());
    for (const wrong of [
      "",
      right.slice(1),
      right.slice(0, -1),
      `${right}0`,
      `${right}=`,
      `${right} `,
      ` ${right}`,
      mixed,
      BASE64.replace(/.=$/, (end) => (end === "B=" ? "C=" : "B=")), // other bits behind the last byte
      createHmac("sha1", "key").update("x").digest(compared),
    ])
      expect([wrong, read(wrong)]).toEqual([wrong, undefined]);
  });

  it.each(["sha1", "sha384", "sha512"] as const)("of %s has its length", (algorithm) => {
    const mac = createHmac(algorithm, "key").update("x").digest();
    for (const [encoding, text] of [
      ["hex", mac.toString("hex")],
      ["hex-upper", mac.toString("hex").toUpperCase()],
      ["base64", mac.toString("base64")],
      ["base64-unpadded", mac.toString("base64").replace(/=+$/, "")],
      ["base64url", mac.toString("base64url")],
    ] as const) {
      const { encoding: compared } = MAC_SPELLINGS[encoding];
      expect(macReader(algorithm, encoding)(text)).toBe(mac.toString(compared));
      expect(macReader("sha256", encoding)(text)).toBe(undefined);
    }
  });
});
