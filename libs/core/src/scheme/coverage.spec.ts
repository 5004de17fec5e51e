import { describe, expect, it } from "@jest/globals";
import { cpuMsOf } from "../../../../test/support/cpu-ms.js";
import type { Refusal } from "../errors.js";
import { HeaderLines } from "../http/header-lines.js";
import { checkCoverage, signedHeadersReader } from "./coverage.js";
import { isUnsignable } from "./signed-fields.js";

const parseSignedHeaders = signedHeadersReader(isUnsignable);

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return "covered";
  } catch (error) {
    return (error as Refusal).code;
  }
}
const listCode = (list: string): string => codeOf(() => parseSignedHeaders(list));

function coverageCode(lines: [string, string][], names: string[], whenPresent?: string[]): string {
  const request = {
    method: "GET",
    target: "/",
    host: "a.test",
    authority: "a.test",
    urlScheme: "https" as const,
    headers: HeaderLines.fromEntries(lines),
  };
  return codeOf(() => checkCoverage(request, names, whenPresent));
}

describe("signedHeadersReader", () => {
  it("reads a list", () => {
    expect(parseSignedHeaders("content-type;host;x-a;x-a-b;x-b")).toEqual([
      "content-type",
      "host",
      "x-a",
      "x-a-b",
      "x-b",
    ]);
  });

  it("takes 32 names of 64 characters and no more", () => {
    const names = (count: number, length = 5): string =>
      Array.from({ length: count }, (_, i) => `x${String(i).padStart(length - 1, "0")}`).join(";");
    expect(listCode(names(32))).toBe("covered");
    expect(listCode(names(33))).toBe("signed-headers-malformed");
    expect(listCode(names(500))).toBe("signed-headers-malformed"); // HL11
    expect(listCode(names(1, 64))).toBe("covered");
    expect(listCode(names(1, 65))).toBe("signed-headers-malformed");
  });

  it.each([
    // HL04, HL07 to HL09
    "",
    ";",
    "host;",
    ";host",
    "host;;x",
    "host;host",
    "x;host",
    "Host",
    "host x",
    "host, x",
    "host\n",
    "host ",
    "x_a",
    "x.a",
    "1x",
    "-x",
    ":authority",
    "@method",
    "__proto__",
    "hôte",
    "\u212aey",
  ])("refuses %j", (list) => expect(listCode(list)).toBe("signed-headers-malformed"));

  it("is done with a megabyte of separators at once", () => {
    const tookMs = cpuMsOf(() => {
      for (const list of [";".repeat(1e6), "a;".repeat(5e5), "a".repeat(1e6)])
        expect(listCode(list)).toBe("signed-headers-malformed");
    });
    expect(tookMs).toBeLessThan(200);
  });

  it.each(["authorization", "connection", "content-length", "proxy-x", "te", "x-forwarded-any"])(
    "refuses to have %s signed",
    (name) => {
      expect(isUnsignable(name)).toBe(true);
      expect(listCode(name)).toBe("header-forbidden");
      expect(signedHeadersReader(() => false)(name)).toEqual([name]);
    },
  );

  it("gives the same answer however often it is asked, and lets nobody change it", () => {
    for (let i = 0; i < 3; i++) {
      expect(listCode("x;host")).toBe("signed-headers-malformed");
      expect(listCode("cookie;host")).toBe("header-forbidden");
      const names = parseSignedHeaders("host;x-a");
      expect(names).toEqual(["host", "x-a"]);
      expect(() => (names as string[]).push("x-b")).toThrow(TypeError);
    }
    for (let i = 0; i < 1000; i++) parseSignedHeaders(`host;x-${i}`);
    expect(parseSignedHeaders("host;x-a")).toEqual(["host", "x-a"]);
  });

  it("keeps what one scheme forbids apart from what another does", () => {
    const lenient = signedHeadersReader(() => false);
    expect(lenient("cookie;host")).toEqual(["cookie", "host"]);
    expect(listCode("cookie;host")).toBe("header-forbidden");
  });

  it.each(["x-forwarded", "proxy", "x-proxy-a", "constructor", "tee", "date"])(
    "%s may be signed",
    (name) => expect(listCode(name)).toBe("covered"),
  );
});

describe("checkCoverage", () => {
  it.each<[string, [string, string][], string[], string]>([
    ["host alone", [["x-a", "1"]], ["host"], "covered"],
    ["no host", [], [], "header-unsigned"], // HL01
    ["no host, another name", [["x-a", "1"]], ["x-a"], "header-unsigned"],
    ["a name that is absent", [], ["host", "x-a"], "header-missing"], // HL05
    ["a name from Object.prototype", [], ["constructor", "host"], "header-missing"],
    ["an empty value", [["x-a", ""]], ["host", "x-a"], "covered"],
    [
      "a name on two lines",
      [
        ["x-a", "1"],
        ["X-A", "1"],
      ],
      ["host", "x-a"],
      "header-repeated",
    ], // HL13
    [
      "an unsigned name on two lines",
      [
        ["x-a", "1"],
        ["X-A", "2"],
      ],
      ["host"],
      "covered",
    ],
    [
      "a twin of a signed name",
      [
        ["x-a", "1"],
        ["X_A", "2"],
      ],
      ["host", "x-a"],
      "header-ambiguous",
    ],
    ["a twin of host", [["h_ost", "1"]], ["host"], "covered"],
    ["a twin in the place of a signed name", [["x_a", "1"]], ["host", "x-a"], "header-ambiguous"],
    ["a twin of what nobody signs", [["x_a", "1"]], ["host"], "covered"],
    ["Content-Type that is not signed", [["content-type", "a"]], ["host"], "header-unsigned"], // HL15
    ["Content-Type that is", [["content-type", "a"]], ["content-type", "host"], "covered"],
    ["Content-Encoding added", [["content-encoding", "gzip"]], ["host"], "header-unsigned"],
    [
      "two of it, unsigned",
      [
        ["content-encoding", "a"],
        ["content-encoding", "a"],
      ],
      ["host"],
      "header-repeated",
    ],
    ["a twin of it", [["content_type", "a"]], ["host"], "header-ambiguous"],
    ["a method override", [["X-HTTP-Method-Override", "DELETE"]], ["host"], "header-unsigned"],
    ["a value with a tab", [["x-a", "a\tb"]], ["host", "x-a"], "header-malformed"],
    ["a value with é", [["x-a", "é"]], ["host", "x-a"], "header-malformed"],
    ["a value with a line feed", [["x-a", "a\nb"]], ["host", "x-a"], "header-malformed"],
    ["a line feed at the end of a value", [["x-a", "a\n"]], ["host", "x-a"], "header-malformed"],
  ])("%s", (_what, lines, names, verdict) => {
    expect(coverageCode(lines, names)).toBe(verdict);
  });

  it("asks for what the scheme asks for", () => {
    const lines: [string, string][] = [["x-amz-date", "1"]];
    expect(coverageCode(lines, ["host"], [])).toBe("covered");
    expect(coverageCode(lines, ["host"], ["x-amz-date"])).toBe("header-unsigned");
  });
});
