import { describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "./errors.js";
import { lacre1 } from "./lacre1/lacre1.js";
import { readSchemes, type SchemeOption } from "./scheme-registry.js";
import type { Scheme } from "./scheme/scheme.js";

/** A scheme that only knows its own credentials. */
const other: Scheme = {
  ...lacre1,
  name: "other",
  header: {
    ...lacre1.header,
    recognises: ({ headers, target }) =>
      headers.all("authorization").some((line) => line.startsWith("Other ")) ||
      target.includes("other="),
  },
};

describe("readSchemes", () => {
  it("reads names and made schemes, LACRE1 unless said otherwise", () => {
    expect(readSchemes()).toEqual([lacre1]);
    expect(readSchemes(["lacre1", other])).toEqual([lacre1, other]);
  });

  it.each<[unknown, string]>([
    [[], "schemes"],
    [null, "schemes"],
    ["lacre1", "schemes"],
    [{}, "schemes"],
    [["lacre2"], "schemes[0]"],
    [["lacre1", "LACRE1"], "schemes[1]"],
    [["__proto__"], "schemes[0]"],
    [["constructor"], "schemes[0]"],
    [["aws-sigv4"], "schemes[0]"],
    [[undefined], "schemes[0]"],
    [[null], "schemes[0]"],
    [[{}], "schemes[0]"],
    [[() => other], "schemes[0]"],
    [["lacre1", "lacre1"], "schemes"],
    [["lacre1", { ...other, name: "lacre1" }], "schemes[1].name"],
    [[{ ...other, name: "lacre1" }], "schemes[0].name"],
    [[other, other], "schemes"],
  ])("refuses %j and names %s", (options, option) => {
    const attempt = (): unknown => readSchemes(options as SchemeOption[]);
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(expect.objectContaining({ option }));
    expect(attempt).toThrow(/lacre1|once|own|Call it/);
  });
});
