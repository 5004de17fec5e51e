import { describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "../errors.js";
import { withoutDefaultPort } from "./host.js";
import { Origins } from "./origins.js";

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
    ["https://api.example.test", "origins", "must be a list"],
    [{}, "origins", "must be a list"],
    [["*"], "origins[0]", 'Say origins: "*", without the list'],
    [["api.example.test"], "origins[0]", 'has no scheme. Write it as callers do: origins: ["https'],
    [["api.example.test/v1"], "origins[0]", 'origins: ["https://api.example.test"]'],
    [["https://a.test", "https://a.test/"], "origins[1]", 'Remove it: origins: ["https://a.test"]'],
    [["https://a.test/v1"], "origins[0]", "Remove the path; pathPrefix is for that"],
    [
      ["https://a.test?x"],
      "origins[0]",
      'a query or a fragment. Remove it: origins: ["https://a.t',
    ],
    [
      ["https://a.test#x"],
      "origins[0]",
      'a query or a fragment. Remove it: origins: ["https://a.t',
    ],
    [["https://"], "origins[0]"],
    [["HTTPS://a.test"], "origins[0]", 'small letters: origins: ["https://a.test"]'],
    [["ftp://a.test"], "origins[0]", "neither https:// nor http://"],
    [["wss://a.test"], "origins[0]", "that of wss:// https://"],
    [["https://user@a.test"], "origins[0]", "Remove what stands before the @"],
    [["https://a.test\n"], "origins[0]", "a blank or a line end. Remove it"],
    [[" https://a.test"], "origins[0]", "a blank or a line end. Remove it"],
    [["https://b\u00fccher.test"], "origins[0]", '"https://xn--bcher-kva.test"'],
    [["https://a.test:"], "origins[0]"],
    [["https://a.test:port"], "origins[0]"],
    [["https://a.test:65536"], "origins[0]"],
    [["https://2001:db8::1"], "origins[0]"],
    [["https://a.test\\b"], "origins[0]"],
    [[undefined], "origins[0]"],
    [[7], "origins[0]"],
  ])(
    "refuses %j at start, names %s and the cure",
    (list, option, words = 'origins: ["https://api.example.com"]') => {
      const attempt = (): unknown => Origins.of(list as string[]);
      expect(attempt).toThrow(ConfigurationError);
      expect(attempt).toThrow(expect.objectContaining({ option }));
      expect(attempt).toThrow(words);
    },
  );

  it("shows no password of an origin", () => {
    for (const origin of ["https://u:hunter2@a.test", "u:hunter2@a.test", "https://u:hunter2/@a"])
      expect(() => Origins.of([origin])).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
      );
  });

  it("takes two entries of one origin as one", () => {
    const twice = Origins.of(["https://a.test", "https://A.test:443"]);
    for (const secure of [true, false])
      expect(twice.find("a.test", secure)).toEqual({ scheme: "https", authority: "a.test" });
  });

  describe("a wildcard", () => {
    const tenants = Origins.of([
      "https://*.example.test",
      "https://*.Ports.test:8443",
      "http://*.plain.test:80",
      "http://api.example.test",
    ]);

    it.each([
      ["acme.example.test", "acme.example.test"],
      ["ACME.Example.TEST", "acme.example.test"],
      ["acme.example.test:443", "acme.example.test"],
      ["a-1.example.test", "a-1.example.test"],
      ["7.example.test", "7.example.test"],
      ["xn--bcher-kva.example.test", "xn--bcher-kva.example.test"],
      [`${"a".repeat(63)}.example.test`, `${"a".repeat(63)}.example.test`],
      ["acme.ports.test:8443", "acme.ports.test:8443"],
      ["acme.plain.test", "acme.plain.test"],
      ["acme.plain.test:80", "acme.plain.test"],
    ])("takes %s, signed as the host that came: %s", (host, authority) => {
      expect(tenants.find(host, true)?.authority).toBe(authority);
      expect(tenants.find(host, false)?.authority).toBe(authority);
    });

    it.each([
      "example.test",
      "a.b.example.test",
      ".example.test",
      "*.example.test",
      "*.example.test:443",
      "acme.example.test.",
      "acme..example.test",
      "acme.example.test:80",
      "acme.example.test:8443",
      "acme.example.test:",
      "acme.example.test:0443",
      "acme.ports.test",
      "acme.ports.test:443",
      "evilexample.test",
      "acme.example.test.evil.test",
      "evil.test/acme.example.test",
      "evil.test#.example.test",
      "evil.test@acme.example.test",
      "acme,evil.example.test",
      "acme_b.example.test",
      "-acme.example.test",
      "acme-.example.test",
      `${"a".repeat(64)}.example.test`,
      "\u212aey.example.test",
      "b\u00fccher.example.test",
      "acme\u3002example.test",
      " acme.example.test",
      "acme.example.test\n",
      "[::1].example.test",
      "__proto__",
    ])("does not take %j", (host) => {
      expect(tenants.find(host, true)).toBeUndefined();
      expect(tenants.find(host, false)).toBeUndefined();
    });

    it("stands beside a name of the other scheme: the connection decides, as between two names", () => {
      expect(tenants.find("api.example.test", true)?.scheme).toBe("https");
      expect(tenants.find("api.example.test", false)?.scheme).toBe("http");
      expect(tenants.find("acme.example.test", false)?.scheme).toBe("https");
    });

    it("over a whole suffix is the developer's to answer for", () => {
      expect(Origins.of(["http://*.localhost:3000"]).find("a.localhost:3000", false)).toBeDefined();
    });

    it("is not any host", () => {
      expect(tenants.any).toBe(false);
      expect(tenants.listed).toContain("https://*.example.test");
    });

    it.each([
      "https://*",
      "https://*.",
      "https://*:443",
      "https://*.:443",
      "https://**.example.test",
      "https://*.*.example.test",
      "https://a*.example.test",
      "https://*a.example.test",
      "https://a.*.test",
      "https://api.*",
      "https://*.example.test.",
      "https://*..test",
      "https://*.-a.test",
      "https://*.0.0.1",
      "https://*.[::1]",
      "https://*.example.test:*",
      "https://*.example.test:",
      "https://*.example.test:65536",
    ])("in the wrong place is refused: %s", (origin) => {
      expect(() => Origins.of([origin])).toThrow("a * in the wrong place");
      expect(() => Origins.of([origin])).toThrow('as in "https://*.example.com"');
    });
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
