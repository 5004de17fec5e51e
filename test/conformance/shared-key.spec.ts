import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { sharedKey, type SharedKeyOptions } from "@lacre/schemes/shared-key";
import { Signer } from "@lacre/core";
import { TestClock } from "../support/app.js";
import { Gate, type Arrival } from "../support/gate.js";

// Computed with Python from the article's text: once as HMAC, once as the plain hash that it shows.
const KEY = "chave-do-cliente";
const TARGET = "/api/clientes/42";
const DATE = "2015-08-12T15:22:00.123Z";
const ID = "a523db421c52c0f9c0ddcef0133092ae48c141c790e364b66288edb8a783d4b4";
const AT = Date.UTC(2015, 7, 12, 15, 22) / 1000;
const appId = "cliente-1";
const weak = { minKeyBytes: 16 };

const hmac = (text: string, encoding: "hex" | "base64" = "hex"): string =>
  createHmac("sha256", KEY).update(text).digest(encoding);
const headersOf = (id: string, date = DATE, login = appId): [string, string][] => [
  ["X-Auth-Login", login],
  ["X-Auth-Date", date],
  ["X-Auth-Id", id],
];
const GET: Arrival = { method: "GET", target: TARGET, headers: headersOf(ID) };

function gateOf(options: SharedKeyOptions = {}): Gate {
  const scheme = sharedKey({ ...weak, ...options });
  const app = { appId, apiKey: KEY, encoding: "text" as const, schemes: [scheme.name] };
  const second = { ...app, appId: "cliente-2", apiKey: "chave-do-outro-cliente" };
  return new Gate(scheme, [app, second], new TestClock(AT * 1000));
}

describe("the article's request", () => {
  it("is taken, once, also as GET", async () => {
    const gate = gateOf();
    for (const [changed, code] of [
      [{ method: "DELETE" }, "signature-mismatch"],
      [{ target: "/api/clientes/43" }, "signature-mismatch"],
      [{ target: `${TARGET}?a=1` }, "signature-mismatch"],
      [{ target: `${TARGET}/` }, "signature-mismatch"],
      [{ headers: headersOf(ID, "2015-08-12T15:22:00.124Z") }, "signature-mismatch"],
      [{ headers: headersOf(ID, "2015-08-12T15:22:00.1230Z") }, "signature-mismatch"],
      [{ headers: headersOf(ID, DATE, "cliente-2") }, "signature-mismatch"],
      [{ headers: headersOf(ID, DATE, "cliente-3") }, "app-unknown"],
    ] as const)
      expect([changed, await gate.judge({ ...GET, ...changed })]).toEqual([changed, code]);
    expect(gate.claimed).toEqual([]);
    expect(await gate.judge(GET)).toBe("accepted");
    expect(await gate.judge(GET)).toBe("nonce-seen");
  });

  it("as a plain hash is taken only where that was asked for", async () => {
    const date = "2015-08-12T15:22:00.123Z";
    const id = createHash("sha256").update(`${TARGET}\nGET\n${date}\n${KEY}`).digest("hex");
    const arrival = { ...GET, headers: headersOf(id, date) };
    expect(await gateOf().judge(arrival)).toBe("signature-mismatch");
    expect(await gateOf({ insecureHash: true }).judge(arrival)).toBe("accepted");
    expect(await gateOf({ insecureHash: true }).judge(GET)).toBe("signature-mismatch");
    expect(sharedKey({ insecureHash: true }).weaknesses).toContainEqual(
      expect.stringContaining("no MAC"),
    );
  });

  it("makes the very hash that the article's text gives", () => {
    // Signed without a zone, as the article has it; no such date is taken.
    const signer = createHash("sha256").update(
      `${TARGET}\nGET\n2015-08-12T15:22:00.123\nchave-do-cliente`,
    );
    expect(signer.digest("hex")).toBe(
      "4535d5cd8847778b50ee2b362fb91e3d6118b01869311d9c1c2443ca90e8b6d4",
    );
  });
});

describe("the date", () => {
  const judge = (date: string, later = 0): Promise<string> => {
    const gate = gateOf();
    gate.clock.advance(later);
    return gate.judge({ ...GET, headers: headersOf(hmac(`${TARGET}\nGET\n${date}`), date) });
  };

  it.each([
    ["2015-08-12T15:22:00Z", 0],
    ["2015-08-12T15:22:00.1Z", 0],
    ["2015-08-12T15:22:00.123456789Z", 0],
    [DATE, 900],
    [DATE, -5],
  ])("%s, %i s later: taken", async (date, later) =>
    expect(await judge(date, later)).toBe("accepted"),
  );

  it.each([
    [DATE, 901, "timestamp-too-old"],
    [DATE, -6, "timestamp-too-new"],
    ["2015-08-12T15:22:00.123", 0, "timestamp-malformed"],
    ["2015-08-12T15:22:00+00:00", 0, "timestamp-malformed"],
    ["2015-08-12T15:22:00z", 0, "timestamp-malformed"],
    ["2015-08-12 15:22:00Z", 0, "timestamp-malformed"],
    ["2015-08-12T15:22Z", 0, "timestamp-malformed"],
    ["2015-08-12T15:22:60Z", 0, "timestamp-malformed"],
    ["2015-02-31T15:22:00Z", 0, "timestamp-malformed"],
    ["2015-08-12T24:00:00Z", 0, "timestamp-malformed"],
    ["2015-08-12T15:22:00.Z", 0, "timestamp-malformed"],
    ["2015-08-12T15:22:00.1234567890Z", 0, "timestamp-malformed"],
    ["+002015-08-12T15:22:00Z", 0, "timestamp-malformed"],
    ["1439392920", 0, "timestamp-malformed"],
    ["", 0, "timestamp-malformed"],
    ["2015-08-10T15:22:00Z", 0, "timestamp-absurd"],
  ])("%s, %i s later: %s", async (date, later, code) =>
    expect(await judge(date, later)).toBe(code),
  );
});

describe("content", () => {
  const post = { ...GET, method: "POST", headers: headersOf(hmac(`${TARGET}\nPOST\n${DATE}`)) };

  it("is refused from the first byte, whatever the method", async () => {
    const gate = gateOf();
    expect(await gate.judge({ ...post, body: "x" })).toBe("content-undigested");
    expect(await gate.judge({ ...GET, body: "x" })).toBe("content-undigested");
    expect(gate.claimed).toEqual([]);
    expect(await gate.judge(post)).toBe("accepted");
  });

  it("is let through unread only where that was asked for, and that is said", async () => {
    const options = { allowUnsignedContent: true };
    expect(await gateOf(options).judge({ ...post, body: "x" })).toBe("accepted");
    expect(sharedKey(options).weaknesses).toContainEqual(expect.stringContaining("content"));
    expect(sharedKey({ ...options, acknowledgeWeakness: true }).weaknesses).toEqual([]);
  });

  it("is not signed for", () => {
    const request = { method: "POST", url: "https://a.test/", content: Buffer.from("x") };
    const options = { appId, apiKey: KEY, encoding: "text" as const };
    expect(() => new Signer({ ...options, scheme: sharedKey(weak) }).sign(request)).toThrow(
      "content-undigested",
    );
  });
});

describe("what is signed as the URI", () => {
  const target = `${TARGET}?a=1`;
  it.each<[SharedKeyOptions["uri"], string]>([
    ["target", target],
    ["path", TARGET],
    ["absolute", `https://a.test${target}`],
  ])("%s", async (uri, text) => {
    const headers = headersOf(hmac(`${text}\nGET\n${DATE}`));
    for (const other of ["target", "path", "absolute"] as const)
      expect([other, await gateOf({ uri: other }).judge({ ...GET, target, headers })]).toEqual([
        other,
        other === uri ? "accepted" : "signature-mismatch",
      ]);
  });
});

describe("headers", () => {
  const [login, date, id] = headersOf(ID) as [[string, string], [string, string], [string, string]];
  it.each<[string, [string, string][], string]>([
    ["no id", [login, date], "credentials-missing"],
    ["no date", [login, id], "header-missing"],
    ["no login", [date, id], "header-missing"],
    ["two logins", [login, login, date, id], "header-repeated"],
    ["two dates", [login, date, date, id], "header-repeated"],
    ["two ids", [login, date, id, id], "header-repeated"],
    ["a twin", [login, date, id, ["x-auth_login", "a"]], "header-ambiguous"],
    ["an id in capitals", [login, date, [id[0], ID.toUpperCase()]], "signature-malformed"],
    ["half an id", [login, date, [id[0], ID.slice(0, 32)]], "signature-malformed"],
    ["an id of 100 kB", [login, date, [id[0], "a".repeat(100_000)]], "signature-malformed"],
    ["a login with a colon", [["x-auth-login", "a:b"], date, id], "app-id-malformed"],
    ["__proto__", [["x-auth-login", "__proto__"], date, id], "app-unknown"],
  ])("%s", async (_name, headers, code) =>
    expect(await gateOf().judge({ ...GET, headers })).toBe(code),
  );
});

describe("sending", () => {
  it("signs what a server computes, with other names and in base64", async () => {
    const names = { idHeader: "X-Id", loginHeader: "X-Login", dateHeader: "X-Date" };
    const scheme = sharedKey({ ...weak, ...names, encoding: "base64" });
    const clock = new TestClock(AT * 1000);
    const app = { appId, apiKey: KEY, encoding: "text" as const, schemes: [scheme.name] };
    const { headers } = new Signer({ appId, apiKey: KEY, encoding: "text", scheme, clock }).sign({
      method: "GET",
      url: `https://a.test${TARGET}?b=%20`,
    });
    const sent = new Map(headers);
    const date = sent.get("x-date") ?? "";
    expect(date).toMatch(/^2015-08-12T15:22:00\.\d{6}Z$/);
    expect(sent.get("x-id")).toBe(hmac(`${TARGET}?b=%20\nGET\n${date}`, "base64"));
    const gate = new Gate(scheme, [app], clock);
    const arrival = { method: "GET", target: `${TARGET}?b=%20`, headers };
    expect(await gate.judge(arrival)).toBe("accepted");
    const id = (spelling: string) =>
      gate.judge({ ...arrival, headers: [...headers.slice(0, 2), ["x-id", spelling]] });
    const right = sent.get("x-id") ?? "";
    expect(await id(right.replaceAll("=", ""))).toBe("signature-malformed");
    expect(await id(`${right} x`)).toBe("signature-malformed");
  });

  it("gives equal requests of one second ids of their own", () => {
    const scheme = sharedKey(weak);
    const clock = new TestClock(AT * 1000);
    const signer = new Signer({ appId, apiKey: KEY, encoding: "text", scheme, clock });
    const ids = Array.from(
      { length: 20 },
      () => signer.sign({ method: "GET", url: "https://a.test/" }).claims.mac,
    );
    expect(new Set(ids).size).toBe(20);
  });
});

describe("options", () => {
  it.each([
    [{ encoding: "base64url" }, "encoding"],
    [{ uri: "url" }, "uri"],
    [{ insecureHash: "yes" }, "insecureHash"],
    [{ allowUnsignedContent: 1 }, "allowUnsignedContent"],
    [{ maxAge: 0 }, "maxAge"],
    [{ maxAge: 86_401 }, "maxAge"],
    [{ futureSkew: 0.5 }, "futureSkew"],
    [{ maxAgeSeconds: 900 }, "maxAgeSeconds"],
    [{ idHeader: "authorization" }, "idHeader"],
    [{ loginHeader: "x-auth-id" }, "idHeader"],
    [{ dateHeader: "" }, "dateHeader"],
    [{ minKeyBytes: 8 }, "minKeyBytes"],
    [{ minKeyBytes: 16, weakKeys: true }, "minKeyBytes"],
  ])("%j: %s", (options, option) =>
    expect(() => sharedKey(options as SharedKeyOptions)).toThrow(
      expect.objectContaining({ option: `sharedKey.${option}` }),
    ),
  );

  it("null is refused", () =>
    expect(() => sharedKey(null as never)).toThrow("must be an object of options"));

  it("say the window, of which the future is the module's unless given", () => {
    expect(sharedKey().window).toEqual({ maxAgeSeconds: 900 });
    expect(sharedKey({ maxAge: 60, futureSkew: 0 }).window).toEqual({
      maxAgeSeconds: 60,
      futureSkewSeconds: 0,
    });
  });
});
