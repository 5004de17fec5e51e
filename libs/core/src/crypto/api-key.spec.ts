import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { generateApiKey, readApiKey } from "./api-key.js";
import type { KeyEncoding } from "./encoding.js";
import type { KeyFault } from "./key-fault.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Bytes whose base64 has both characters in which base64url differs, and padding. */
const BYTES = Buffer.from(
  "fbefbe00112233445566778899aabbccddeeff0123456789abcdeffedcbaffff",
  "hex",
);
const LK1 = `lk1_${BYTES.toString("base64url")}`;
const BASE64 = BYTES.toString("base64");
const HEX = BYTES.toString("hex");
const TEXT = "correct horse battery staple, and so on";

/** What is wrong with a key's text, and the cure; undefined when nothing is. The text itself is never said. */
function faultOf(text: unknown, encoding?: KeyEncoding): string | undefined {
  try {
    readApiKey(text, encoding);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    const said = `${(error as KeyFault).message} ${(error as KeyFault).cure}`;
    if (typeof text === "string" && text.length > 20)
      for (let at = 6; at < text.length - 8; at += 4)
        expect(said).not.toContain(text.slice(at, at + 8));
    return said;
  }
}

const macOf = (text: string, encoding?: KeyEncoding): string =>
  readApiKey(text, encoding).mac("sha256", "x", "hex");

describe("readApiKey", () => {
  it("reads one key in each of its encodings", () => {
    expect(BASE64).toMatch(/\+.*\/.*=$|\/.*\+.*=$/);
    expect(macOf(BASE64, "base64")).toBe(macOf(LK1));
    expect(macOf(HEX, "hex")).toBe(macOf(LK1));
    expect(HEX.toUpperCase()).not.toBe(HEX);
    expect(macOf(HEX.toUpperCase(), "hex")).toBe(macOf(LK1));
    expect(macOf(TEXT, "text")).toBe(macOf(Buffer.from(TEXT).toString("hex"), "hex"));
    expect(macOf(LK1, "lk1")).toBe(macOf(LK1));
  });

  it.each(["whsec_", "v1,whsec_", ""])(
    "reads what Standard Webhooks writes behind %j, with its padding and without",
    (prefix) => {
      const bare = BASE64.replace(/=+$/, "");
      expect(bare).not.toBe(BASE64);
      expect(macOf(prefix + BASE64, "whsec")).toBe(macOf(LK1));
      expect(macOf(prefix + bare, "whsec")).toBe(macOf(LK1));
      const strayBits = `${prefix}${bare.slice(0, -1)}B`;
      expect(faultOf(strayBits, "whsec")).toMatch(/not strict whsec/);
    },
  );

  it("uses the decoded bytes, never the text", () => {
    expect(macOf(LK1)).not.toBe(macOf(LK1.slice(4), "text"));
    expect(macOf(HEX, "hex")).not.toBe(macOf(HEX, "text"));
  });

  it("takes one spelling of the last of the 43 characters", () => {
    const accepted = [...LETTERS].filter((x) => faultOf(LK1.slice(0, 46) + x) === undefined);
    expect(accepted.join("")).toBe("AEIMQUYcgkosw048");
  });

  it("takes one spelling of the last character under base64 too", () => {
    const letters = LETTERS.replace("-_", "+/");
    const accepted = [...letters].filter(
      (x) => faultOf(`${BASE64.slice(0, 42)}${x}=`, "base64") === undefined,
    );
    expect(accepted.join("")).toBe("AEIMQUYcgkosw048");
  });

  it.each<[string, unknown, KeyEncoding, RegExp]>([
    // KI03 to KI05
    ["no text", undefined, "lk1", /missing/],
    ["null", null, "lk1", /missing/],
    ["an empty text", "", "lk1", /missing/],
    ["a number", 7, "lk1", /must be a text/],
    ["a Buffer", BYTES, "lk1", /must be a text/],
    ["an array", [LK1], "lk1", /must be a text/],
    ["the prefix alone", "lk1_", "lk1", /shorter/],
    ["no prefix", LK1.slice(4), "lk1", /does not begin with lk1_.*Write it with its prefix/],
    [
      "another prefix",
      `whsec_${BASE64}`,
      "lk1",
      /does not begin with lk1_, but with whsec_.*encoding: "whsec"/,
    ],
    ["the prefix twice", `lk1_${LK1}`, "lk1", /has the prefix lk1_ twice.*Take one off/],
    ["the prefix in capitals", `WHSEC_${BASE64}`, "whsec", /Write whsec_ in small letters/],
    [
      "the prefix twice",
      `whsec_whsec_${BASE64}`,
      "whsec",
      /has the prefix whsec_ twice.*Take one off/,
    ],
    ["the prefix twice", `whsec_whsec_${BASE64}`, "text", /has the prefix whsec_ twice/],
    ["the version of public keys", `v1a,whsec_${BASE64}`, "whsec", /begins with "v1a,".*Take that/],
    ["a blank before it", `v1, whsec_${BASE64}`, "whsec", /or a blank before whsec_/],
    ["a version before it", `v1,whsec_${BASE64}`, "text", /begins with "v1," before whsec_/],
    ["a byte order mark", `\uFEFF${LK1}`, "lk1", /byte order mark \(BOM\).*without BOM/],
    ["a byte order mark", `\uFEFF${TEXT}`, "text", /byte order mark \(BOM\)/],
    ["bytes of UTF-16", Buffer.from(`\uFEFF${LK1}`, "utf16le").toString(), "lk1", /are not UTF-8/],
    [
      "bytes of UTF-16",
      Buffer.from(`\uFEFF${TEXT}`, "utf16le").toString(),
      "text",
      /are not UTF-8/,
    ],
    ["quotation marks", `"${LK1}"`, "lk1", /quotation marks.*Take them off/],
    ["an encoding that there is not", LK1, "constructor" as KeyEncoding, /unknown encoding/],
    ["the prefix in capitals", LK1.replace("lk1", "LK1"), "lk1", /does not begin.*small letters/],
    ["a blank before", ` ${LK1}`, "lk1", /begins or ends with a blank/],
    ["a line feed at the end", `${LK1}\n`, "lk1", /ends with a line end.*trim/],
    ["CR LF at the end", `${LK1}\r\n`, "lk1", /ends with a line end.*trim/],
    ["a blank at the end", `${LK1} `, "lk1", /begins or ends with a blank/],
    ["padding", `${LK1}=`, "lk1", /not strict lk1: it has padding/],
    [
      "plain base64 behind lk1_",
      `lk1_${BASE64.slice(0, 43)}`,
      "lk1",
      /not strict lk1: it has \+ or \//,
    ],
    ["hexadecimal behind lk1_", `lk1_${HEX}`, "lk1", /longer|not strict/],
    ["a character too few", LK1.slice(0, -1), "lk1", /(?:not strict|shorter).*copy it again/],
    ["a character too many", `${LK1}A`, "lk1", /not strict|longer/],
    ["31 bytes", `lk1_${BYTES.subarray(1).toString("base64url")}`, "lk1", /shorter/],
    [
      "33 bytes",
      `lk1_${Buffer.concat([BYTES, BYTES]).subarray(0, 33).toString("base64url")}`,
      "lk1",
      /longer/,
    ],
    ["a quote inside", LK1.replace(/.$/, '"'), "lk1", /not strict/],
    ["base64 without padding", BASE64.replace(/=+$/, ""), "base64", /its padding is missing/],
    ["base64 with too much padding", `${BASE64}=`, "base64", /not strict/],
    [
      "base64url under base64",
      `${BYTES.toString("base64url")}=`,
      "base64",
      /not strict base64: it has - or _/,
    ],
    ["base64 with a line feed at the end", `${BASE64}\n`, "base64", /ends with a line end/],
    [
      "base64 with a line feed inside",
      `${BASE64.slice(0, 20)}\n${BASE64.slice(20)}`,
      "base64",
      /a line end in it.*in one line/,
    ],
    ["base64 with a blank before", ` ${BASE64}`, "base64", /begins or ends with a blank/],
    [
      "hex in capitals and small letters",
      HEX.toUpperCase().slice(0, 32) + HEX.slice(32),
      "hex",
      /not strict hex: it has capitals and small letters.*toLowerCase/,
    ],
    ["hex of odd length", `${HEX}a`, "hex", /not strict hex: it has an odd number/],
    ["hex with a line feed at the end", `${HEX}\n`, "hex", /ends with a line end/],
    ["hex with zz", `${HEX.slice(0, -2)}zz`, "hex", /not strict/],
    ["hex with 0x", `0x${HEX}`, "hex", /not strict hex: it begins with 0x/],
    [
      "hex with colons",
      HEX.replaceAll(/(..)(?=.)/g, "$1:"),
      "hex",
      /not strict hex: it has separators/,
    ],
    ["31 bytes of hex", HEX.slice(2), "hex", /shorter than 32 bytes: it has 31/],
    ["65 bytes of hex", "ab".repeat(64) + "cd", "hex", /longer/],
    ["31 bytes of base64", BYTES.subarray(1).toString("base64"), "base64", /shorter/],
    ["31 bytes of text", TEXT.slice(0, 31), "text", /shorter/],
    ["65 bytes of text", TEXT.repeat(2).slice(0, 65), "text", /longer/],
    ["text with a line feed at the end", `${TEXT}\n`, "text", /./],
    ["text with a blank at the end", `${TEXT} `, "text", /./],
    ["text with a blank before", ` ${TEXT}`, "text", /./],
    ["text that is no Unicode", `${TEXT}\ud800`, "text", /not strict/],
    ["one byte repeated", "00".repeat(32), "hex", /repeats/],
    ["one character repeated", "x".repeat(40), "text", /repeats/],
  ])("refuses %s", (_what, text, encoding, fault) => {
    expect(faultOf(text, encoding)).toMatch(fault);
  });

  it.each<KeyEncoding>(["base64", "hex", "text"])("refuses lk1_… under %s", (encoding) => {
    expect(faultOf(LK1, encoding)).toMatch(/begins with lk1_/);
    expect(faultOf(`lk1_${TEXT}`, encoding)).toMatch(/begins with lk1_/);
  });

  it("takes 32 to 64 bytes in the other encodings", () => {
    for (const length of [32, 33, 63, 64]) {
      const bytes = randomBytes(length);
      expect(faultOf(bytes.toString("hex"), "hex")).toBeUndefined();
      expect(faultOf(bytes.toString("base64"), "base64")).toBeUndefined();
    }
    expect(faultOf("é".repeat(15) + "ab", "text")).toBeUndefined(); // 32 bytes, 17 characters
    expect(faultOf("é".repeat(15) + "a", "text")).toMatch(/shorter/);
  });
});

describe("generateApiKey", () => {
  it("makes keys of 32 random bytes that can be read again", () => {
    const keys = new Set(Array.from({ length: 200 }, generateApiKey));
    expect(keys.size).toBe(200);
    for (const key of keys) {
      expect(key).toMatch(/^lk1_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/);
      expect(faultOf(key)).toBeUndefined();
    }
  });
});
