import { describe, expect, it } from "@jest/globals";
import { Refusal } from "../errors.js";
import { parseAuthParams, refuseValue } from "./auth-params.js";

const NAMES = ["Id", "Mac"] as const;

function codeOf(header: string): string {
  try {
    const values = parseAuthParams(header, NAMES);
    // As a scheme does: what the values may hold is its own to say, and it says so with refuseValue.
    if (!values.every((value) => /^[a-z=]*$/.test(value)))
      throw refuseValue(values, "nonce-malformed");
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return (error as Refusal).code;
  }
}

describe("parseAuthParams", () => {
  it.each([["S Id=a, Mac=b"], ["S Id=a,Mac=b"], ["S Mac=b, Id=a"], ["S Mac=b,Id=a"]])(
    "reads %s in the order of the names asked for",
    (header) => {
      expect(parseAuthParams(header, NAMES)).toEqual(["a", "b"]);
    },
  );

  it("keeps everything behind the first equals sign", () => {
    expect(parseAuthParams("S Id=a=b==, Mac==", NAMES)).toEqual(["a=b==", "="]);
  });

  it("leaves an empty value to the scheme", () => {
    expect(parseAuthParams("S Id=, Mac=", NAMES)).toEqual(["", ""]);
  });

  it("tells a character that does not belong from a list that is none", () => {
    expect(codeOf("S Id=A, Mac=b")).toBe("nonce-malformed");
    expect(codeOf('S Id=A, Mac="b"')).toBe("credentials-malformed");
  });

  it.each([
    // HG02, HG06, HG08, HG09, HG10, HG17 of the catalogue of bad input
    [""],
    ["S"],
    ["S "],
    ["S ,"],
    ["S ="],
    ["S Id=a"],
    ["S Id=a, Mac=b, "],
    ["S Id=a, Mac=b,"],
    ["S , Id=a, Mac=b"],
    ["S Id=a,, Mac=b"],
    ["S Id=a; Mac=b"],
    ["S Id=a Mac=b"],
    ["S Id=a,  Mac=b"],
    ["S  Id=a, Mac=b"],
    ["S\tId=a, Mac=b"],
    ["S Id=a,\tMac=b"],
    ["S Id=a , Mac=b"],
    ["S Id =a, Mac=b"],
    ["S Id= a, Mac=b"],
    ['S Id="a", Mac=b'],
    ['S Id="a, Mac=b'],
    ['S Id="a, Mac=x", Mac=b'],
    ['S Id=a\\", Mac=b'],
    ["S Id=a, Id=a"],
    ["S Id=a, Id=b"],
    ["S Id=a, Mac=b, Mac=b"],
    ["S Id=a, Mac=b, Other=c"],
    ["S id=a, Mac=b"],
    ["S __proto__=a, Mac=b"],
    ["S constructor=a, Mac=b"],
    ["S Id=a, length=b"],
    ["S =a, Mac=b"],
    ["S Id, Mac=b"],
  ])("refuses %j", (header) => {
    expect(codeOf(header)).toBe("credentials-malformed");
  });

  it("takes 4096 characters and not one more", () => {
    const header = (length: number): string => "S Id=a, Mac=".padEnd(length, "b");
    expect(codeOf(header(4096))).toBe("accepted");
    expect(codeOf(header(4097))).toBe("credentials-malformed");
  });

  it.each([
    // HG13: test/conformance/cost.spec.ts holds what a wall of separators costs.
    ["commas", ","],
    ["equals signs", "="],
    ["spaces", " "],
    ["quotes", '"'],
    ["parameters", "Id=a, "],
  ])("refuses a megabyte of %s", (_what, unit) => {
    const header = `S ${unit.repeat(1_000_000 / unit.length)}`;
    expect(codeOf(header)).toBe("credentials-malformed");
    expect(codeOf(header.slice(0, 4000))).toBe("credentials-malformed");
  });
});
