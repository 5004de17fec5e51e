import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it, jest } from "@jest/globals";
import { readApps } from "../apps/apps.js";
import { contentOf } from "../content.js";
import { ConfigurationError, Refusal } from "../errors.js";
import { Origins } from "../http/origins.js";
import { receive } from "../http/receive.js";
import { lacre1 } from "../lacre1/lacre1.js";
import type { RequestToSign } from "./request-to-sign.js";
import { Signer, type SignerOptions } from "./sign.js";
import type { Scheme } from "../scheme/scheme.js";
import { MemoryKeyStore } from "../stores/memory-key.store.js";
import { MemoryNonceStore } from "../stores/memory-nonce.store.js";
import { Verifier } from "../verifier.js";

const API_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const clock = { nowMs: () => 1_700_000_000_999 };
const OPTIONS: SignerOptions = { appId: "demo", apiKey: API_KEY, clock };
const signer = new Signer(OPTIONS);
const GET: RequestToSign = { method: "GET", url: "https://api.example.test/v1/items?tag=a%20b" };
const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** What a server makes of a request, signed and then sent as it was signed. */
async function serve(request: RequestToSign, by = signer): Promise<string> {
  const { headers } = by.sign(request);
  const url = new URL(request.url);
  const lines = new Map<string, string>([["host", url.host]]);
  for (const [name, value] of [...(request.headers ?? []), ...headers])
    lines.set(name.toLowerCase(), value);
  const content = request.content instanceof Uint8Array ? request.content : new Uint8Array();
  const verifier = new Verifier({
    schemes: [lacre1],
    keys: new MemoryKeyStore(readApps({ demo: API_KEY }, [lacre1])),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    clock,
  });
  const received = receive(
    {
      method: request.method,
      target: request.target ?? url.pathname + url.search,
      rawHeaders: [...lines].flat(),
    },
    { origins: Origins.of([url.origin]), pathPrefix: "" },
  );
  const route = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
  return (await verifier.verify(received, contentOf(content), route)).appId;
}

describe("Signer", () => {
  it.each<[string, RequestToSign]>([
    ["a GET", GET],
    ["a URL object", { ...GET, url: new URL(GET.url) }],
    ["a port", { ...GET, url: "http://localhost:3000/" }],
    ["the default port", { ...GET, url: "https://api.example.test:443/" }],
    ["an IPv6 address", { ...GET, url: "http://[2001:DB8::1]:8080/x" }],
    ["a target of its own", { ...GET, target: "/v1//items/%2f?q='a'" }],
    ["content", { ...GET, method: "POST", content: Buffer.from('{"n":1}') }],
    ["no bytes of content", { ...GET, method: "POST", content: new Uint8Array() }],
    [
      "headers",
      { ...GET, headers: new Headers({ "Content-Type": "text/plain", "X-A": " 1  2 " }) },
    ],
    [
      "headers that proxies change",
      {
        ...GET,
        headers: [
          ["User-Agent", "a"],
          ["X-Forwarded-For", "1"],
          ["Cookie", "é"],
        ],
      },
    ],
    ["a Host of its own", { ...GET, headers: [["Host", "API.example.test"]] }],
  ])("signs %s so that a server takes it", async (_what, request) => {
    expect(await serve(request)).toBe("demo");
  });

  it("signs every header that it is given, but for those that others change", () => {
    const { headers } = signer.sign({
      ...GET,
      headers: [
        ["X-B", "1"],
        ["accept", "*/*"],
        ["Content-Type", "text/plain"],
        ["x-a", "2"],
        ["cookie", "a=1"],
        ["x-forwarded-for", "1"],
      ],
      content: Buffer.from("x"),
    });
    expect(new Map(headers).get("authorization")).toContain(
      "SignedHeaders=content-digest;content-type;host;x-a;x-b,",
    );
  });

  it("takes the hash in the place of the bytes", () => {
    const [digest] = signer.sign({
      ...GET,
      method: "PUT",
      content: { sha256: sha256('{"n":1}') },
    }).headers;
    expect(digest).toEqual([
      "content-digest",
      "sha-256=:K/0U9D0X/HzqJOCReoh5tLL4gLi67sG52Q+6rWVecb0=:",
    ]);
  });

  it("makes a digest that it is given in the place of the one that was there", () => {
    const { canonicalRequest } = signer.sign({
      ...GET,
      headers: [["Content-Digest", "sha-256=:AAAA:"]],
      content: Buffer.from('{"n":1}'),
    });
    expect(canonicalRequest).toContain(
      "\ncontent-digest:sha-256=:K/0U9D0X/HzqJOCReoh5tLL4gLi67sG52Q+6rWVecb0=:\n",
    );
  });

  it("has a nonce of its own for every call, and whole seconds rounded down", () => {
    const authorizations = Array.from({ length: 100 }, () =>
      new Map(signer.sign(GET).headers).get("authorization"),
    );
    expect(
      new Set(authorizations.map((text) => /Nonce=([A-Za-z0-9_-]{22,36}),/.exec(text ?? "")?.[1]))
        .size,
    ).toBe(100);
    for (const text of authorizations) expect(text).toContain("Timestamp=1700000000,");
  });

  it.each<[string, Partial<RequestToSign>, string]>([
    // HG18, and §16: a signer refuses to sign what a verifier would refuse.
    [
      "a header on two lines",
      {
        headers: [
          ["X-A", "1"],
          ["x-a", "2"],
        ],
      },
      "header-repeated",
    ],
    [
      "a header on two equal lines",
      {
        headers: [
          ["X-A", "1"],
          ["x-a", "1"],
        ],
      },
      "header-repeated",
    ],
    ["a line feed in a value", { headers: [["X-A", "a\r\nHost: b"]] }, "header-malformed"],
    ["NUL in a value", { headers: [["X-A", "a\0"]] }, "header-malformed"],
    ["é in a value", { headers: [["X-A", "é"]] }, "header-malformed"],
    ["a name with _", { headers: [["x_a", "1"]] }, "signed-headers-malformed"],
    ["a name with .", { headers: [["x.a", "1"]] }, "signed-headers-malformed"],
    [
      "a twin",
      {
        headers: [
          ["x-a", "1"],
          ["x_a", "1"],
        ],
      },
      "signed-headers-malformed",
    ],
    ["a twin of Content-Type", { headers: [["content_type", "a"]] }, "signed-headers-malformed"],
    [
      "33 headers",
      { headers: Array.from({ length: 33 }, (_, i) => [`x-${i}`, "1"] as const) },
      "signed-headers-malformed",
    ],
    [
      "two Host lines",
      {
        headers: [
          ["Host", "a.test"],
          ["host", "a.test"],
        ],
      },
      "header-repeated",
    ],
    ["a Host with a line feed", { headers: [["Host", "a.test\nx-role:admin"]] }, "host-unknown"],
    ["a Host that is none", { headers: [["Host", "a b"]] }, "host-unknown"],
    ["a lacre- parameter", { url: "https://a.test/?a=1&Lacre-Nonce=1" }, "credentials-repeated"],
    ["an escaped lacre- parameter", { target: "/?%6cacre-nonce=1" }, "credentials-repeated"],
    ["a method in lower case", { method: "get" }, "method-refused"],
    ["no method", { method: "" }, "method-refused"],
    ["a method with a line feed", { method: "GET\n/admin" }, "method-refused"],
    ["TRACE", { method: "TRACE" }, "method-refused"],
    ["a target with a fragment", { target: "/a#b" }, "target-malformed"],
    ["a target with a blank", { target: "/a b" }, "target-malformed"],
    ["a target with a line feed", { target: "/a\nb" }, "target-malformed"],
    ["a target with é", { target: "/é" }, "target-malformed"],
    ["a target in absolute form", { target: "https://api.example.test/" }, "target-malformed"],
    ["an empty target", { target: "" }, "target-malformed"],
    ["a target that is too long", { target: "/".padEnd(8193, "a") }, "target-malformed"],
    [
      "a digest of its own that is none",
      { headers: [["content-digest", "sha-256=:AAAA:"]] },
      "digest-malformed",
    ],
    [
      "a hash of the wrong length",
      { content: { sha256: sha256("a").subarray(1) } },
      "digest-malformed",
    ],
  ])("refuses %s", (_what, over, code) => {
    let caught: unknown;
    try {
      signer.sign({ ...GET, ...over });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(Refusal);
    expect((caught as Refusal).code).toBe(code);
  });

  it.each<[string, Partial<Record<keyof SignerOptions, unknown>>, string]>([
    ["no AppId", { appId: undefined }, "appId"],
    ["an AppId with a comma", { appId: "a,b" }, "appId"],
    ["an AppId with a line feed", { appId: "demo\n" }, "appId"],
    ["no key", { apiKey: undefined }, "apiKey"],
    ["a key with a line feed", { apiKey: `${API_KEY}\n` }, "apiKey"],
    ["a key in another encoding", { encoding: "base64" }, "apiKey"],
    ["an unknown encoding", { encoding: "utf8" }, ""],
    ["an encoding from Object.prototype", { encoding: "constructor" }, ""],
    ["an unknown scheme", { scheme: "lacre2" }, "scheme"],
    ["an algorithm that the scheme has not", { algorithm: "md5" }, "algorithm"],
  ])("refuses %s at once", (_what, over, option) => {
    let caught: unknown;
    try {
      void new Signer({ ...OPTIONS, ...over } as SignerOptions);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConfigurationError);
    expect((caught as ConfigurationError).option.startsWith(option)).toBe(true);
    expect(inspect(caught)).not.toContain(API_KEY.slice(4, 16));
  });

  it("uses the only algorithm of a scheme, and SHA-256 where there are several", () => {
    const write = jest.fn(lacre1.header.write);
    const made = (keyAlgorithms: Scheme["keyAlgorithms"]) => {
      const scheme = { ...lacre1, name: "x", keyAlgorithms, header: { ...lacre1.header, write } };
      new Signer({ ...OPTIONS, scheme }).sign({ method: "GET", url: "https://a.test/" });
      return write.mock.lastCall?.[1].algorithm;
    };
    expect(made(["sha512"])).toBe("sha512");
    expect(made(["sha384", "sha256"])).toBe("sha256");
    expect(() => made(["sha384", "sha512"])).toThrow(
      "algorithm: is missing, and x has no usual one. Use one of sha384, sha512.",
    );
  });

  it("is made for no scheme that can only verify", () => {
    const header = { ...lacre1.header, isInContent: true };
    const scheme: Scheme = { ...lacre1, name: "x", header };
    expect(() => new Signer({ ...OPTIONS, scheme })).toThrow("scheme: x cannot sign");
  });

  it("shows nothing of its key", () => {
    for (const printed of [
      inspect(signer, { depth: Infinity, showHidden: true }),
      JSON.stringify(signer),
    ])
      expect(printed).not.toMatch(/AAECAwQ|00010203|0, 1, 2, 3/);
  });
});

describe("the words of a refusal", () => {
  const refusalOf = (over: object): string => {
    try {
      signer.sign({ ...GET, ...over });
      return "";
    } catch (error) {
      return String(error);
    }
  };

  it.each([
    ["X_A", "signed-headers-malformed: x_a: a header that is signed has a name of"],
    ["x.a", "signed-headers-malformed: x.a: a header that is signed has a name of"],
    ["1a", "signed-headers-malformed: 1a: a header"],
  ])("name the header that cannot be signed: %s", (name, words) => {
    expect(refusalOf({ headers: [[name, "1"]] })).toContain(words);
  });

  it("say how a method is written", () => {
    for (const method of ["get", "", undefined])
      expect(refusalOf({ method })).toContain(
        "method-refused: must be the name of a method in capitals",
      );
  });

  it("say how long a URL is, and may be", () => {
    expect(refusalOf({ url: `https://a.test/?q=${"a".repeat(9000)}` })).toContain(
      "target-malformed: path and query have 9004 characters, and may have 8192",
    );
  });
});
