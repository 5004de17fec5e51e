import { describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "../errors.js";
import { Origins, withoutDefaultPort } from "./origins.js";

describe("Origins", () => {
  const origins = Origins.of([
    "https://api.example.test",
    "https://API.example.test:8443",
    "http://plain.example.test",
    "http://[2001:db8::1]:8080",
    "https://[2001:DB8::2]",
  ]);

  it.each([
    ["api.example.test", "api.example.test"],
    ["API.Example.TEST", "api.example.test"],
    ["api.example.test:443", "api.example.test"],
    ["api.example.test:8443", "api.example.test:8443"],
    ["plain.example.test", "plain.example.test"],
    ["plain.example.test:80", "plain.example.test"],
    ["[2001:db8::1]:8080", "[2001:db8::1]:8080"],
    ["[2001:DB8::2]:443", "[2001:db8::2]"],
  ])("%s is ours and signed as %s", (host, authority) => {
    expect(origins.find(host, true)?.authority).toBe(authority);
    expect(origins.find(host, false)?.authority).toBe(authority); // the connection's TLS may end at a proxy
  });

  it.each([
    // HO01, HO05
    "evil.test",
    "api.example.test:80",
    "plain.example.test:443",
    "api.example.test.",
    "api.example.test:",
    "api.example.test:0443",
    "api.example.test:443:443",
    "user@api.example.test",
    "api.example.test@evil.test",
    "api.example.test/evil",
    "api.example.test,evil.test",
    "api.example.test, api.example.test",
    "xapi.example.test",
    "api.example.testx",
    " api.example.test",
    "api.example.test\n",
    "[2001:db8::1]",
    "2001:db8::1:8080",
    "https://api.example.test",
    "",
    "*",
    "__proto__",
    "constructor",
    "api.example.test\u0000",
    "\u00e4pi.example.test",
  ])("%j is not ours", (host) => {
    expect(origins.find(host, true)?.authority).toBeUndefined();
  });

  it("folds the case of US-ASCII alone", () => {
    // U+212A, the Kelvin sign, becomes "k" in lower case.
    expect(
      Origins.of(["https://keys.example.test"]).find("\u212aeys.example.test", true)?.authority,
    ).toBeUndefined();
  });

  it("takes an origin with its default port as the origin without", () => {
    const explicit = Origins.of(["https://a.test:443", "http://b.test:80"]);
    expect(explicit.find("a.test", true)?.authority).toBe("a.test");
    expect(explicit.find("a.test:443", true)?.authority).toBe("a.test");
    expect(explicit.find("b.test:80", true)?.authority).toBe("b.test");
  });

  it.each([
    [[], "origins"],
    [undefined, "origins"],
    [null, "origins"],
    ["https://api.example.test", "origins"],
    [{}, "origins"],
    [["*"], "origins[0]"],
    [["api.example.test"], "origins[0]"],
    [["https://a.test", "https://a.test/"], "origins[1]"],
    [["https://a.test/v1"], "origins[0]"],
    [["https://a.test?x"], "origins[0]"],
    [["https://"], "origins[0]"],
    [["HTTPS://a.test"], "origins[0]"],
    [["ftp://a.test"], "origins[0]"],
    [["https://user@a.test"], "origins[0]"],
    [["https://a.test\n"], "origins[0]"],
    [[" https://a.test"], "origins[0]"],
    [["https://a.test:"], "origins[0]"],
    [["https://a.test:port"], "origins[0]"],
    [["https://*.a.test"], "origins[0]"],
    [["https://2001:db8::1"], "origins[0]"],
    [[undefined], "origins[0]"],
    [[7], "origins[0]"],
  ])("refuses %j at start, names %s and the cure", (list, option) => {
    const attempt = (): unknown => Origins.of(list as string[]);
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(expect.objectContaining({ option }));
    expect(attempt).toThrow('origins: ["https://api.example.com"]');
  });

  describe('"*"', () => {
    const any = Origins.of("*");

    it("takes any host, and drops the default port of the connection's scheme", () => {
      expect(any.any).toBe(true);
      expect(any.find("A.test:443", true)?.authority).toBe("a.test");
      expect(any.find("A.test:443", false)?.authority).toBe("a.test:443");
      expect(any.find("A.test:80", false)?.authority).toBe("a.test");
      expect(any.find("[::1]:3000", false)?.authority).toBe("[::1]:3000");
    });

    it.each([
      "",
      "a b",
      "a/b",
      "a\nb",
      "a,b",
      "u@a",
      "a:",
      "a:123456",
      "[::1",
      "\u212a.test",
      "é.test",
    ])("does not take %j, which is no host", (host) => {
      expect(any.find(host, true)?.authority).toBeUndefined();
    });
  });
});

describe("withoutDefaultPort", () => {
  it("drops the port of its own scheme, once", () => {
    expect(withoutDefaultPort("A:443", "https")).toBe("a");
    expect(withoutDefaultPort("a:80", "https")).toBe("a:80");
    expect(withoutDefaultPort("a:80", "http")).toBe("a");
    expect(withoutDefaultPort("a:443:443", "https")).toBe("a:443");
    expect(withoutDefaultPort("a:1443", "https")).toBe("a:1443");
  });
});
