import { describe, expect, it } from "@jest/globals";
import { ConfigurationError, type Refusal } from "../errors.js";
import { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import { lacre1 } from "./lacre1/lacre1.js";
import { chooseScheme, readSchemes, type SchemeOption } from "./registry.js";
import type { Scheme } from "./scheme.js";

/** A scheme that only knows its own credentials. */
const other: Scheme = {
  ...lacre1,
  name: "other",
  recognises: ({ headers, target }) =>
    headers.all("authorization").some((line) => line.startsWith("Other ")) ||
    target.includes("other="),
};

const requestOf = (target: string, ...authorization: string[]): SignableRequest => ({
  method: "GET",
  target,
  host: "a.test",
  authority: "a.test",
  urlScheme: "https",
  headers: HeaderLines.fromEntries(authorization.map((line) => ["authorization", line] as const)),
});

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
    expect(attempt).toThrow(/lacre1|once|own/);
  });
});

describe("chooseScheme", () => {
  const codeOf = (
    request: SignableRequest,
    schemes = [lacre1, other],
    names = schemes.map(({ name }) => name),
  ): string => {
    try {
      return chooseScheme(request, schemes, names).name;
    } catch (error) {
      return (error as Refusal).code;
    }
  };

  it.each([
    // HG01, HG03, HG04, HG15, CX07
    ["/", [], "credentials-missing"],
    ["/", [""], "credentials-missing"],
    ["/", ["Basic dTpw"], "credentials-missing"],
    ["/", ["Bearer null"], "credentials-missing"],
    ["/", ["LACRE2-HMAC-SHA256 x"], "credentials-missing"],
    ["/", ["LACRE1"], "credentials-missing"],
    ["/", ["xLACRE1-HMAC-SHA256 x"], "credentials-missing"],
    ["/", ["LACRE1-HMAC-SHA256 x"], "lacre1"],
    ["/", ["lacre1-nonsense"], "lacre1"], // ours to refuse
    ["/", ["Other x"], "other"],
    ["/?other=", [], "other"],
    ["/?other=", ["LACRE1-HMAC-SHA256 x"], "credentials-repeated"],
    ["/", ["LACRE1-x", "LACRE1-x"], "credentials-repeated"],
    ["/", ["LACRE1-x", "Other x"], "credentials-repeated"],
    ["/", ["Basic x", "LACRE1-x"], "credentials-repeated"],
    ["/", ["", ""], "credentials-repeated"],
  ])("%s with Authorization %j: %s", (target, lines, verdict) => {
    expect(codeOf(requestOf(target, ...lines))).toBe(verdict);
  });

  it("lets only those compete that are asked for", () => {
    const both = requestOf("/?other=", "LACRE1-HMAC-SHA256 x");
    const all = [lacre1, other];
    expect(codeOf(both, all, ["lacre1"])).toBe("lacre1");
    expect(codeOf(both, all, ["other"])).toBe("other");
    expect(codeOf(both, all, ["lacre1", "other"])).toBe("credentials-repeated");
    expect(codeOf(requestOf("/?other="), all, ["lacre1"])).toBe("scheme-refused");
    expect(codeOf(requestOf("/", "LACRE1-x"), all, ["lacre"])).toBe("scheme-refused");
    expect(codeOf(requestOf("/", "LACRE1-x"), all, [])).toBe("scheme-refused");
    expect(codeOf(requestOf("/"), all, ["lacre1"])).toBe("credentials-missing");
    expect(codeOf(requestOf("/", "LACRE1-x", "Other x"), all, ["lacre1"])).toBe(
      "credentials-repeated",
    );
  });

  it("knows no scheme that is not enabled", () => {
    expect(codeOf(requestOf("/", "LACRE1-HMAC-SHA256 x"), [other])).toBe("credentials-missing");
  });
});
