import { describe, expect, it } from "@jest/globals";
import { cpuMsOf } from "../../../../test/support/cpu-ms.js";
import { Refusal } from "../errors.js";
import { Origins } from "./origins.js";
import { receive, type Front, type ReceivedHead } from "./receive.js";

const FRONT: Front = {
  origins: Origins.of(["https://api.example.test", "https://other.example.test"]),
  pathPrefix: "",
};
const HEAD: ReceivedHead = {
  method: "GET",
  target: "/p",
  rawHeaders: ["Host", "api.example.test"],
};

function codeOf(head: Partial<ReceivedHead>, front: Partial<Front> = {}): string {
  try {
    const { authority } = receive({ ...HEAD, ...head }, { ...FRONT, ...front });
    return authority;
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    return (error as Refusal).code;
  }
}

describe("receive", () => {
  it("keeps method, target and host as they were sent", () => {
    const target = "/p//a/../%2f%zz?b=2&a=1&&?";
    const rawHeaders = ["Host", "API.example.test:443", "X-A", "1"];
    const request = receive({ ...HEAD, method: "PURGE", target, rawHeaders }, FRONT);
    expect(request).toMatchObject({
      method: "PURGE",
      target,
      host: "API.example.test:443",
      authority: "api.example.test",
    });
    expect(request.headers.only("x-a")).toBe("1");
  });

  it.each([
    "",
    "get",
    "GET ",
    "G ET",
    "GÉT",
    "GET\n",
    "G".repeat(33),
    "CONNECT",
    "TRACE",
    "*",
    "GET/",
  ])("refuses the method %j", (method) => expect(codeOf({ method })).toBe("method-refused"));

  it.each([
    // CN15 to CN18
    "",
    "*",
    "p",
    "?a",
    "/a#b",
    "/a b",
    "/a\tb",
    "/a\n",
    "/a\0",
    "/é",
    "/\u007f",
    "http://evil.test/p",
    "https://api.example.test/p",
    "file:///p",
    "\\p",
    "api.example.test:443",
  ])("refuses the target %j", (target) => expect(codeOf({ target })).toBe("target-malformed"));

  it("takes 8192 bytes of target, the prefix counted", () => {
    const target = (length: number): string => "/".padEnd(length, "a");
    expect(codeOf({ target: target(8192) })).toBe("api.example.test");
    expect(codeOf({ target: target(8193) })).toBe("target-malformed");
    expect(codeOf({ target: target(8188) }, { pathPrefix: "/api" })).toBe("api.example.test");
    expect(codeOf({ target: target(8189) }, { pathPrefix: "/api" })).toBe("target-malformed");
  });

  it("puts the prefix before the target byte for byte", () => {
    expect(receive({ ...HEAD, target: "//x?y" }, { ...FRONT, pathPrefix: "/a%2Fb" }).target).toBe(
      "/a%2Fb//x?y",
    );
    // The prefix must not make a target good that is none.
    for (const target of ["", "p", "http://evil.test/", "*"])
      expect(codeOf({ target }, { pathPrefix: "/api" })).toBe("target-malformed");
  });

  it("counts Host lines", () => {
    expect(codeOf({ rawHeaders: [] })).toBe("header-missing");
    expect(codeOf({ rawHeaders: ["Host", "api.example.test", "HOST", "api.example.test"] })).toBe(
      "header-repeated",
    );
    expect(codeOf({ rawHeaders: ["Host", "evil.test"] })).toBe("host-unknown");
  });

  describe("HTTP/2", () => {
    it("takes the host from :authority", () => {
      expect(codeOf({ rawHeaders: [], authority: "API.example.test" })).toBe("api.example.test");
      expect(codeOf({ rawHeaders: [], authority: "evil.test" })).toBe("host-unknown");
      expect(codeOf({ rawHeaders: [], authority: "" })).toBe("host-unknown");
    });

    it("refuses a Host line that says something else", () => {
      const authority = "api.example.test";
      expect(codeOf({ authority })).toBe("api.example.test");
      for (const other of ["other.example.test", "evil.test", "API.example.test", ""])
        expect(codeOf({ authority, rawHeaders: ["host", other] })).toBe("host-unknown");
      expect(codeOf({ authority, rawHeaders: ["host", authority, "host", authority] })).toBe(
        "header-repeated",
      );
    });
  });

  describe("X-Forwarded-Host", () => {
    const forwarded = (...values: string[]): string[] => [
      "Host",
      "api.example.test",
      ...values.flatMap((value) => ["X-Forwarded-Host", value]),
    ];

    it("counts for nothing from a peer that is not trusted", () => {
      expect(codeOf({ rawHeaders: forwarded("other.example.test") })).toBe("api.example.test");
      expect(codeOf({ rawHeaders: forwarded("evil.test") })).toBe("api.example.test");
      const rawHeaders = ["Host", "evil.test", "X-Forwarded-Host", "api.example.test"];
      expect(codeOf({ rawHeaders })).toBe("host-unknown");
      expect(codeOf({ rawHeaders, fromTrustedProxy: false })).toBe("host-unknown");
    });

    it("chooses among our origins, and only so, from one that is", () => {
      const from = (...values: string[]): string =>
        codeOf({ rawHeaders: forwarded(...values), fromTrustedProxy: true });
      expect(from("other.example.test")).toBe("other.example.test");
      expect(from("evil.test")).toBe("host-unknown");
      expect(from("")).toBe("host-unknown");
      expect(from("other.example.test, api.example.test")).toBe("host-unknown");
      expect(from("other.example.test", "other.example.test")).toBe("header-repeated");
      expect(from()).toBe("api.example.test");
    });

    it("counts for nothing where any host is taken", () => {
      const rawHeaders = forwarded("other.example.test");
      expect(codeOf({ rawHeaders, fromTrustedProxy: true }, { origins: Origins.of("*") })).toBe(
        "api.example.test",
      );
    });

    it("leaves the other forwarded fields unread", () => {
      const rawHeaders = [
        ...forwarded(),
        ...["X-Forwarded-Proto", "http", "X-Forwarded-Port", "1", "X-Forwarded-Prefix", "/x"],
        ...["Forwarded", "host=evil.test;proto=http", "X-Original-URL", "/evil"],
      ];
      expect(receive({ ...HEAD, rawHeaders, fromTrustedProxy: true }, FRONT)).toMatchObject({
        target: "/p",
        authority: "api.example.test",
      });
    });
  });

  it.each([
    [["chunked"], "api.example.test"],
    [["Chunked"], "api.example.test"],
    [[" chunked "], "api.example.test"],
    [["gzip"], "transfer-coding-refused"],
    [["gzip, chunked"], "transfer-coding-refused"],
    [["chunked, chunked"], "transfer-coding-refused"],
    [["chunked", "chunked"], "transfer-coding-refused"],
    [["chunked", "identity"], "transfer-coding-refused"],
    [[""], "transfer-coding-refused"],
    [["x\u0085chunked"], "transfer-coding-refused"],
  ])("Transfer-Encoding lines %j: %s", (values, verdict) => {
    const rawHeaders = [...HEAD.rawHeaders, ...values.flatMap((v) => ["Transfer-Encoding", v])];
    expect(codeOf({ rawHeaders })).toBe(verdict);
  });

  it("is done with a wall of headers in no time", () => {
    const rawHeaders = [...HEAD.rawHeaders];
    for (let i = 0; i < 50_000; i++) rawHeaders.push(`x${"_".repeat(i % 9)}`, " \t".repeat(i % 50));
    const tookMs = cpuMsOf(() => expect(codeOf({ rawHeaders })).toBe("api.example.test"));
    expect(tookMs).toBeLessThan(500);
  });
});
