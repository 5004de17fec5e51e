import { describe, expect, it } from "@jest/globals";
import { Refusal } from "../errors.js";
import { parseQuotedParams } from "./quoted-params.js";

const parse = (header: string): unknown => {
  try {
    return Object.fromEntries(parseQuotedParams(header, ["id", "nonce", "mac"]));
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};

describe("parseQuotedParams", () => {
  it.each([
    ['Word id="a"', { id: "a" }],
    ['Word id="a",nonce="b"', { id: "a", nonce: "b" }],
    ['Word nonce="b", id="a"', { id: "a", nonce: "b" }],
    ['Word id=""', { id: "" }],
    ['Word id="a, nonce=b;\'{}~ "', { id: "a, nonce=b;'{}~ " }],
  ])("%s", (header, values) => expect(parse(header)).toEqual(values));

  it.each([
    "",
    "Word",
    "Word ",
    "Word id",
    'Word  id="a"',
    'Wordid="a"',
    "Word id=a",
    'Word id="a',
    'Word id="a"b',
    'Word id="a" ',
    'Word id="a",',
    'Word id="a", ',
    'Word id="a",  nonce="b"',
    'Word id="a" ,nonce="b"',
    'Word id="a";nonce="b"',
    'Word id="a"nonce="b"',
    'Word ,id="a"',
    'Word id="a",id="a"',
    'Word ID="a"',
    'Word x="a"',
    'Word toString="a"',
    'Word id="a\\"b"',
    'Word id="\\a"',
    'Word id="\t"',
    'Word id="é"',
    'Word id="\x7f"',
    `Word id="${"a".repeat(4096)}"`,
  ])("%j is refused", (header) => expect(parse(header)).toBe("credentials-malformed"));
});
