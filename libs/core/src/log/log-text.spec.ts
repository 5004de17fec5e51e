import { runInNewContext } from "node:vm";
import { describe, expect, it } from "@jest/globals";
import { framesOf, kindOf, lineOf, reasonOf } from "./log-text.js";

describe("lineOf", () => {
  it.each<[string, string]>([
    ["a plain text, with é and 日本", "a plain text, with é and 日本"],
    ["one\ntwo", "one\\ntwo"],
    ["one\r\ntwo", "one\\u000d\\ntwo"],
    ["a\u0000b\u001b[2Jc\u007fd\u0085e\u009bf", "a\\u0000b\\u001b[2Jc\\u007fd\\u0085e\\u009bf"],
    ["a\u2028b\u2029c\u202ed\u2066e", "a\\u2028b\\u2029c\\u202ed\\u2066e"],
  ])("%j", (text, line) => {
    expect(lineOf(text)).toBe(line);
  });

  it("is cut where it is long", () => {
    expect(lineOf("x".repeat(1000))).toBe("x".repeat(1000));
    expect(lineOf("x".repeat(1001))).toBe(`${"x".repeat(1000)}…`);
  });
});

describe("reasonOf", () => {
  // "hunter2" is the password of each, or the middle of it.
  it.each<[string, string]>([
    ["connect ECONNREFUSED 127.0.0.1:6379", "connect ECONNREFUSED 127.0.0.1:6379"],
    ["connect ECONNREFUSED ::1:6379", "connect ECONNREFUSED ::1:6379"],
    ["getaddrinfo ENOTFOUND redis.internal", "getaddrinfo ENOTFOUND redis.internal"],
    // ioredis, given a URL in place of a host
    [
      "getaddrinfo ENOTFOUND redis://:hunter2@redis.internal:6379",
      "getaddrinfo ENOTFOUND redis://***@redis.internal:6379",
    ],
    // pg, where the password has a "#" or "/" and the rest passes for a host
    ["getaddrinfo ENOTFOUND app:hunter2@db", "getaddrinfo ENOTFOUND ***@db"],
    // undici
    [
      "Request cannot be constructed from a URL that includes credentials: https://app:hunter2@keys.internal/v1",
      "Request cannot be constructed from a URL that includes credentials: https://***@keys.internal/v1",
    ],
    // mongodb
    [
      'option port is not supported: "mongodb+srv://app:hunter2@db.internal/keys?w=1"',
      'option port is not supported: "mongodb+srv://***@db.internal/keys?w=1"',
    ],
    ["bad URL postgres://app:a@hunter2@b@db:5432/x", "bad URL postgres://***@db:5432/x"],
    ["bad URL postgres://app:a%40hunter2%40b@db:5432/x", "bad URL postgres://***@db:5432/x"],
    ["bad URL postgres://app:a/hunter2?#b@db:5432/x", "bad URL postgres://***@db:5432/x"],
    ["bad URL postgres://app:a hunter2 b@db:5432/x", "bad URL postgres://***@db:5432/x"],
    ["bad URL postgres://app:x1 hunter2@db", "bad URL postgres://***@db"],
    ["bad URL redis://:/hunter2@db", "bad URL redis://***@db"],
    ["bad URL redis://hunter2@db", "bad URL redis://***@db"],
    ["bad URL REDISS://:hunter2@[::1]:6379/0", "bad URL REDISS://***@[::1]:6379/0"],
    ["redis://a:hunter2@one,redis://b:hunter2@two", "redis://***@two"],
    ["no host in //app:hunter2@db", "no host in //***@db"],
    [
      "jdbc:postgresql://db/x?user=app&password=hunter2&ssl=1",
      "jdbc:postgresql://db/x?user=app&password=***&ssl=1",
    ],
    ["bad DSN: host=db password='hunter2 x' user=app", "bad DSN: host=db password=*** user=app"],
    [
      "Server=db;User Id=app;Password=hunter2;Encrypt=true",
      "Server=db;User Id=app;Password=***;Encrypt=true",
    ],
    ["PGPASSWORD=hunter2 sslpassword=hunter2", "PGPASSWORD=*** sslpassword=***"],
    ["host=db password = hunter2 user=app", "host=db password = *** user=app"],
    [`password = 'a\\'hunter2 x' user=app`, "password = *** user=app"],
    [`password="a\\"hunter2"`, "password=***"],
    [`{ user: 'app', password: 'hunter2' }`, "{ user: 'app', password: *** }"],
    ['{"password":"hunter2","port":1}', '{"password":***,"port":1}'],
    ["passphrase=hunter2", "passphrase=***"],
    // What is no password stays.
    [
      "see redis://db:6379 and write to ops@example.com",
      "see redis://db:6379 and write to ops@example.com",
    ],
    [
      "GET https://keys.internal:8443/v1/apps failed",
      "GET https://keys.internal:8443/v1/apps failed",
    ],
    [
      "Cannot find module 'file:///app/node_modules/@x/y'",
      "Cannot find module 'file:///app/node_modules/@x/y'",
    ],
    ["no such user: ops@example.com", "no such user: ops@example.com"],
  ])("%s", (message, reason) => {
    expect(reasonOf(new Error(message))).toBe(reason);
    expect(reasonOf(message)).toBe(reason);
    expect(reason).not.toContain("hunter2");
  });

  it("shows no password that begins before the end of the line and ends behind it", () => {
    const reason = reasonOf(new Error(`${"x".repeat(970)} redis://:${"hunter2".repeat(100)}@db`));
    expect(reason).toBe(`${"x".repeat(970)} redis://***@db`);
  });

  it("is one line, whatever the error says", () => {
    const prisma =
      "\nInvalid `prisma.app.findUnique()` invocation:\n\n\nCan't reach database server";
    expect(reasonOf(new Error(prisma))).toBe(
      "\\nInvalid `prisma.app.findUnique()` invocation:\\n\\n\\nCan't reach database server",
    );
  });

  it.each<[string, () => unknown, string]>([
    ["of another realm", () => runInNewContext('new Error("down")') as unknown, "down"],
    [
      "of a host with several addresses",
      () =>
        new AggregateError([
          new Error("connect ECONNREFUSED ::1:6379"),
          new Error("connect ECONNREFUSED 127.0.0.1:6379"),
        ]),
      "connect ECONNREFUSED ::1:6379; connect ECONNREFUSED 127.0.0.1:6379",
    ],
    ["with a code alone", () => Object.assign(new Error(""), { code: "ETIMEDOUT" }), "ETIMEDOUT"],
    ["with nothing at all", () => new TypeError(""), "TypeError"],
    ["that is a text", () => "down", "down"],
    ["that is a number", () => 7, "7"],
    ["that is null", () => null, "null"],
    ["that is undefined", () => undefined, "undefined"],
    ["without a prototype", () => Object.create(null) as unknown, "a value without text"],
    [
      "whose message throws",
      () =>
        Object.defineProperty(new Error(""), "message", {
          get: () => {
            throw new Error("no");
          },
        }),
      "a value without text",
    ],
  ])("an error %s", (_what, make, reason) => {
    expect(reasonOf(make())).toBe(reason);
    expect(typeof framesOf(make())).toBe("string");
  });

  it("takes no longer than the text is long", () => {
    // Counted by what is looked at: beyond its limit a text could cost its square.
    for (const text of ["a:".repeat(1e6), "://".repeat(1e6), "://a:".repeat(1e6), "x@".repeat(1e6)])
      expect(reasonOf(text).length).toBeLessThanOrEqual(1001);
  });
});

describe("framesOf", () => {
  it("begins a line for each call, and for nothing that the message says", () => {
    const error = new TypeError("x is\n    at least (evil.js:1:1)\nrefused 401 forged");
    const frames = framesOf(error);
    expect(frames).toMatch(/^\n {4}at .*log-text\.spec\.ts/);
    expect(frames).not.toContain("evil");
    expect(frames).not.toContain("forged");
    for (const line of frames.split("\n").slice(1)) expect(line).toMatch(/^ +at /);
  });

  it("is left out where the stack does not begin with the message", () => {
    const odd = Object.assign(new Error("later"), {
      stack: "a\n    at evil (x.js:1:1)\nlater\n    at b",
    });
    expect(framesOf(odd)).toBe("");
    expect(framesOf("text")).toBe("");
    expect(framesOf(undefined)).toBe("");
  });
});

describe("kindOf", () => {
  it.each<{ what: string; texts: [string, string]; apps?: [string, string] }>([
    {
      what: "address",
      texts: ["connect ECONNREFUSED 10.0.0.3:6379", "connect ECONNREFUSED 10.0.0.17:6380"],
    },
    { what: "time", texts: ["no answer within 250 ms", "no answer within 1000 ms"] },
    {
      what: "request id",
      texts: [
        "vault: request 3f2a77b0-0000-4000-8000-1234567890ab failed",
        "vault: request 7b11c3de-1111-4111-9111-ba0987654321 failed",
      ],
    },
    {
      what: "hash",
      texts: ["Key (hash)=(\\xdeadbeef01) is there", "Key (hash)=(\\x77aa0bcd) is there"],
    },
    {
      what: "random word",
      texts: [`token ${"aB".repeat(30)} refused`, `token ${"Qx".repeat(25)} refused`],
    },
    {
      what: "app",
      texts: ['no app "orders" in the vault', 'no app "invoices" in the vault'],
      apps: ["orders", "invoices"],
    },
    { what: "app of one letter", texts: ["app a: gone", "app b: gone"], apps: ["a", "b"] },
    {
      what: "app in a path",
      texts: ["GET /v/apps/orders: gone", "GET /v/apps/invoices: gone"],
      apps: ["orders", "invoices"],
    },
  ])("is the same with another $what", ({ texts: [a, b], apps = ["x", "y"] }) => {
    expect(a).not.toBe(b);
    expect(kindOf(a, apps[0])).toBe(kindOf(b, apps[1]));
  });

  it("differs where words do", () => {
    const texts = [
      "connect ECONNREFUSED 10.0.0.3:6379",
      "connect ETIMEDOUT 10.0.0.3:6379",
      "Redis: no answer within 250 ms",
      "nonce database: no answer within 250 ms",
    ];
    expect(new Set(texts.map((text) => kindOf(text))).size).toBe(texts.length);
  });

  it("of an app with a short name is that of the others", () => {
    expect(kindOf("a connection failed", "a")).toBe("# connection failed");
    expect(kindOf("the connection failed", "c")).toBe("the connection failed");
  });
});
