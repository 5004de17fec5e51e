import { describe, expect, it } from "@jest/globals";
import {
  encodeRfc3986,
  hasNormalEscapes,
  pathOf,
  queryOf,
  queryNameFinder,
  queryPairs,
  refuseManyParameters,
} from "./query.js";

describe("query", () => {
  it.each([
    ["/a", "/a", undefined],
    ["/a?", "/a", ""],
    ["/a?b?c", "/a", "b?c"],
    ["/?/../", "/", "/../"],
    ["?", "", ""],
  ])("splits %s at its first question mark", (target, path, query) => {
    expect([pathOf(target), queryOf(target)]).toEqual([path, query]);
  });

  it("may have 1000 parameters where each of them costs, and no more", () => {
    for (const pair of ["a=1", "a", ""]) {
      const many = (count: number): string => Array<string>(count).fill(pair).join("&");
      expect(() => refuseManyParameters(many(1000))).not.toThrow();
      expect(() => refuseManyParameters(many(1001))).toThrow("target-malformed");
    }
  });

  it("keeps order, repetition and spelling of parameters", () => {
    expect(queryPairs("b=2&a=1&&b=%32&c&=x&d==&__proto__=1&")).toEqual([
      ["b", "2"],
      ["a", "1"],
      ["b", "%32"],
      ["c", ""],
      ["", "x"],
      ["d", "="],
      ["__proto__", "1"],
    ]);
  });

  describe("queryNameFinder", () => {
    const asks = queryNameFinder("x-other", "lacre-");

    it.each([
      "/?lacre-nonce=1",
      "/?Lacre-Nonce",
      "/?a=1&LACRE-x=",
      "/?&&lacre-x",
      "/?%6cacre-x=1",
      "/?%6Cacre-x=1",
      "/?lacre%2Dx=1",
      "/?%4c%41%43%52%45%2d=1",
    ])("sees it in %s", (target) => expect(asks(target)).toBe(true));

    it.each([
      "/",
      "/lacre-x=1",
      "/?",
      "/?a=lacre-x",
      "/?xlacre-x=1",
      "/?%256cacre-x=1",
      "/?%zzlacre-=1",
      "/?lacre=1",
      "/?a?lacre-x=1",
      "/?%",
      "/?%6",
      "/?%c3%a9=1",
    ])("does not see it in %s, and does not fail", (target) => expect(asks(target)).toBe(false));
  });

  it("encodes everything but the unreserved characters of RFC 3986", () => {
    const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));
    expect(encodeRfc3986(ascii).replaceAll(/%[0-9A-F]{2}/g, "")).toBe(
      "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~",
    );
    expect(encodeRfc3986("a b+ü/%'(!)*")).toBe("a%20b%2B%C3%BC%2F%25%27%28%21%29%2A");
  });

  it.each([
    ["", true],
    ["/a/b", true],
    ["/a%2Fb%C3%BC", true],
    ["/a%2fb", false],
    ["/%41", false],
    ["/%7E", false],
    ["/%2D%2E", false],
    ["/%5F", false],
    ["/%5B%60%7B", true],
    ["/%", false],
    ["/%4", false],
    ["/%zz", false],
    ["/%FF", false],
    ["/%C3", false],
    ["/%ED%A0%80", false],
    ["/%00", true],
  ])("%s has one spelling: %s", (text, normal) => {
    expect(hasNormalEscapes(text)).toBe(normal);
  });
});
