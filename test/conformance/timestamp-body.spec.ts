import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { Signer } from "@lacre/core";
import { timestampBody, type TimestampBodyOptions } from "@lacre/schemes/timestamp-body";
import { TestClock } from "../support/app.js";
import { Gate, type Arrival } from "../support/gate.js";

const AT = 1_700_000_000;
const KEY = "clave-secreta-de-treinta-y-dos-bytes";
const WEAK_KEY = "clave-secreta"; // 13 bytes: what a widely read article shows
const appId = "orders";

const mac = (key: string, ...parts: (string | Buffer)[]): string =>
  createHmac("sha256", key)
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest("hex");

const headersOf = (at: string, signature: string): [string, string][] => [
  ["x-hmac-timestamp", at],
  ["x-hmac-sha256", signature],
];
const signed = (body: string | Buffer, key = KEY, at = String(AT)): Arrival => ({
  headers: headersOf(at, mac(key, body, at)),
  body,
});

function gateOf(options: TimestampBodyOptions = { appId }, ...keys: string[]): Gate {
  const ring = (keys.length > 0 ? keys : [KEY]).map((apiKey) => ({
    apiKey,
    encoding: "text" as const,
    schemes: ["timestamp-body"],
  }));
  return new Gate(timestampBody(options), [{ appId, keys: ring }], new TestClock(AT * 1000));
}

// Made with a Python program that signs as the article says.
describe("the article's key and content", () => {
  const weakGate = (): Gate => gateOf({ appId, weakKeys: true }, WEAK_KEY);

  it.each([
    [
      '{"message":"Hola, microservicio"}',
      "cc130700068d32598e0450a45cf0801ab236b04652985f30725194df7a49c2c1",
    ],
    ["", "b173f61f20c89ecede294086c27441c243439c50101aa1df9ce44a73c957e6d7"],
    [
      '{"message":"Válida ñ €"}',
      "3b9cd7043079a27a13751882c0fa614fb95244740b20de95206a9750a7d034ea",
    ],
    ["amount=100", "50465866fbc196c2644a75d3b9613e491f0981b0c420e7f4cde7563e50447cf4"],
  ])("%s", async (body, signature) => {
    const arrival = { headers: headersOf(String(AT), signature), body };
    const gate = weakGate();
    expect(await gate.judge({ ...arrival, body: `${body} ` })).toBe("signature-mismatch");
    expect(gate.claimed).toEqual([]);
    expect(await gate.judge(arrival)).toBe("accepted");
    expect(await gate.judge(arrival)).toBe("nonce-seen");
  });

  // One signature, four ways to cut the text into content and time: published forgeries.
  it.each([
    ["amount=10", "01700000000"],
    ["amount=1", "001700000000"],
    ["amount=1001", "700000000"],
    ["amount=", "1001700000000"],
    ["amount=1001700000000", ""],
  ])("no digit moves between content and time: %s | %s", async (body, at) => {
    const text = "amount=1001700000000";
    expect(body + at).toBe(text);
    const headers = headersOf(at, mac(WEAK_KEY, text));
    expect(await weakGate().judge({ headers, body })).toBe("timestamp-malformed");
  });

  it("is no key unless weak keys are asked for, and then it is said", () => {
    expect(() => gateOf({ appId }, WEAK_KEY)).toThrow("is shorter than 32 bytes");
    expect(() => gateOf({ appId, minKeyBytes: 16 }, WEAK_KEY)).toThrow("shorter than 16");
    expect(() => gateOf({ appId, weakKeys: true }, "clave12")).toThrow("shorter than 8");
    expect(timestampBody({ appId, weakKeys: true }).weaknesses).toEqual([
      expect.stringContaining("not signed"),
      expect.stringContaining("guess"),
    ]);
    expect(timestampBody({ appId, acknowledgeWeakness: true }).weaknesses).toEqual([]);
  });
});

describe("content", () => {
  it.each<[string, Buffer]>([
    ["no UTF-8", Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3])],
    ["a form", Buffer.from("a=1&b=%20")],
    ["multipart", Buffer.from('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--')],
    ["that ends in digits", Buffer.from("1700000000")],
  ])("%s is signed byte by byte", async (_name, body) => {
    const gate = gateOf();
    expect(await gate.judge({ ...signed(body), body: body.subarray(1) })).toBe(
      "signature-mismatch",
    );
    expect(await gate.judge({ ...signed(""), body })).toBe("signature-mismatch");
    expect(await gate.judge({ ...signed(body), body: "" })).toBe("signature-mismatch");
    expect(await gate.judge(signed(body))).toBe("accepted");
  });
});

describe("the time", () => {
  it.each([
    [300, "accepted"],
    [301, "timestamp-too-old"],
    [-5, "accepted"],
    [-6, "timestamp-too-new"],
  ])("%i s later", async (later, code) => {
    const gate = gateOf();
    gate.clock.advance(later);
    expect(await gate.judge(signed("x"))).toBe(code);
  });

  it("has options of its own", async () => {
    for (const [later, code] of [
      [60, "accepted"],
      [61, "timestamp-too-old"],
      [-30, "accepted"],
      [-31, "timestamp-too-new"],
    ] as const) {
      const gate = gateOf({ appId, maxAge: 60, futureSkew: 30 });
      gate.clock.advance(later);
      expect(await gate.judge(signed("x"))).toBe(code);
    }
  });

  it.each(["", "+700000000", "1e9", "1700000000.0", "0x6553f100", "17000000001", "NaN", "-1"])(
    "is never written %j",
    async (at) => expect(await gateOf().judge(signed("x", KEY, at))).toBe("timestamp-malformed"),
  );
});

describe("good once", () => {
  it("under whatever method, since none is signed", async () => {
    const gate = gateOf();
    const methods = ["POST", "GET", "HEAD", "GET"];
    const verdicts = methods.map((method) => gate.judge({ ...signed('{"n":1}'), method }));
    expect(await Promise.all(verdicts)).toEqual(["accepted", ...Array(3).fill("nonce-seen")]);
    const get = { ...signed(""), method: "GET" };
    expect(await gate.judge(get)).toBe("accepted");
    expect(await gate.judge(get)).toBe("nonce-seen");
  });

  it("but for GET and HEAD with repeatSafe, which says what that opens", async () => {
    const { weaknesses } = timestampBody({ appId, repeatSafe: true });
    expect(weaknesses).toContainEqual(expect.stringContaining("send it again as GET"));
    expect(timestampBody({ appId }).weaknesses).toHaveLength(1);
    const gate = gateOf({ appId, repeatSafe: true });
    const get = { ...signed(""), method: "GET" };
    expect(await gate.judge(get)).toBe("accepted");
    expect(await gate.judge(get)).toBe("accepted");
    expect(gate.claimed).toEqual([]);
    expect(await gate.judge(get, { once: true })).toBe("accepted");
    expect(await gate.judge(get, { once: true })).toBe("nonce-seen");
    // The method is not signed: what was used up by one is used up for all.
    expect(await gate.judge({ ...get, method: "DELETE" })).toBe("nonce-seen");
  });
});

describe("headers", () => {
  const { headers, body } = signed("x");
  const [time, signature] = headers as [[string, string], [string, string]];
  it.each<[string, [string, string][], string]>([
    ["no signature", [time], "credentials-missing"],
    ["no time", [signature], "header-missing"],
    ["two signatures", [time, signature, signature], "header-repeated"],
    ["two times", [time, time, signature], "header-repeated"],
    ["a twin", [time, signature, ["x_hmac_timestamp", "1"]], "header-ambiguous"],
    ["no US-ASCII", [time, ["x-hmac-sha256", "é".repeat(64)]], "header-malformed"],
    ["capitals", [time, [signature[0], signature[1].toUpperCase()]], "signature-malformed"],
    ["an empty one", [time, [signature[0], ""]], "signature-malformed"],
    ["a prefix", [time, [signature[0], `sha256=${signature[1]}`]], "signature-malformed"],
    [
      "two in one",
      [time, [signature[0], `${signature[1]},${signature[1]}`]],
      "signature-malformed",
    ],
  ])("%s", async (_name, lines, code) => {
    expect(await gateOf().judge({ headers: lines, body: body ?? "" })).toBe(code);
  });
});

describe("options", () => {
  it("take other names, another order, something between, base64, and who it is from a header", async () => {
    const scheme = timestampBody({
      appIdHeader: "X-Key-Id",
      signatureHeader: "X-Sig",
      timestampHeader: "X-Time",
      order: "timestamp-first",
      separator: "\n",
      encoding: "base64",
    });
    const clock = new TestClock(AT * 1000);
    const app = { appId, apiKey: KEY, encoding: "text" as const, schemes: [scheme.name] };
    const gate = new Gate(scheme, [app], clock);
    const right = createHmac("sha256", KEY).update(`${AT}\nbody`).digest("base64");
    const { headers } = new Signer({ appId, apiKey: KEY, encoding: "text", scheme, clock }).sign({
      method: "POST",
      url: "https://a.test/",
      content: Buffer.from("body"),
    });
    expect(headers).toEqual([
      ["x-key-id", appId],
      ["x-time", String(AT)],
      ["x-sig", right],
    ]);
    const other = headers.map(([name, value]) => [name, value.replace(appId, "other")] as const);
    expect(await gate.judge({ headers: other, body: "body" })).toBe("app-unknown");
    expect(await gate.judge({ headers: headers.slice(1), body: "body" })).toBe("header-missing");
    const strange = headers.map(([name, value]) => [name, value.replace(appId, "a:b")] as const);
    expect(await gate.judge({ headers: strange, body: "body" })).toBe("app-id-malformed");
    expect(await gate.judge({ headers, body: "body" })).toBe("accepted");
  });

  it("two keys work at once", async () => {
    const next = "otra-clave-de-treinta-y-dos-bytes!!!";
    const gate = gateOf({ appId }, KEY, next);
    expect(await gate.judge(signed("a"))).toBe("accepted");
    expect(await gate.judge(signed("b", next))).toBe("accepted");
  });

  it.each([
    [{}, "appId"],
    [{ appId, appIdHeader: "x-key" }, "appId"],
    [{ appId: "a b" }, "appId"],
    [{ appId: "lk1_x" }, "appId"],
    [{ appId, signatureHeader: "authorization" }, "signatureHeader"],
    [{ appId, signatureHeader: "content-digest" }, "signatureHeader"],
    [{ appId, signatureHeader: "a b" }, "signatureHeader"],
    [{ appId, signatureHeader: "x-hmac-timestamp" }, "signatureHeader"],
    [{ appId, timestampHeader: "host" }, "timestampHeader"],
    [{ appId, order: "both" }, "order"],
    [{ appId, separator: "{id}" }, "separator"],
    [{ appId, separator: "é" }, "separator"],
    [{ appId, encoding: "base32" }, "encoding"],
    [{ appId, maxAge: 0 }, "maxAge"],
    [{ appId, maxAge: "300" }, "maxAge"],
    [{ appId, futureSkew: -1 }, "futureSkew"],
    [{ appId, maxAgeSeconds: 60 }, "maxAgeSeconds"],
    [{ appId, minKeyBytes: 15 }, "minKeyBytes"],
    [{ appId, minKeyBytes: 32, weakKeys: true }, "minKeyBytes"],
    [{ appId, weakKeys: "yes" }, "weakKeys"],
  ])("%j: %s", (options, option) =>
    expect(() => timestampBody(options as TimestampBodyOptions)).toThrow(
      expect.objectContaining({ option: `timestampBody.${option}` }),
    ),
  );
});
