import { describe, expect, it } from "@jest/globals";
import { Judge, type Arriving } from "../../../../test/support/judge.js";
import { TestClock } from "../../../../test/support/app.js";
import { ConfigurationError, Refusal } from "@lacre/core/scheme";
import { Signer } from "@lacre/core";
import { aspnetHmac, type AspnetHmacOptions } from "./aspnet-hmac.js";

/*
 * The signatures were made by an independent Python program from the published sources of arklid/HmacAuthentication,
 * softaware's library-authentication and WebApiHMACAuthentication; upstream publishes none. The key is that of
 * softaware's MiddlewareTest.
 */
const KEY = "MNpx/353+rW+pqv8UbRTAtO1yoabl8/RFDAv/615u5w=";
const NOW = 1_700_000_000;
const NONCE = "5f0c1f2b3a4d4e5f8a9b0c1d2e3f4a5b";

interface Vector {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly body?: string;
  readonly authorization: string;
  readonly options?: AspnetHmacOptions;
  readonly algorithm?: "sha512";
}

const VECTORS: readonly Vector[] = [
  {
    name: "GET, four parts",
    method: "GET",
    url: "https://api.example.com/api/test?Id=10",
    authorization: `Hmac appId:EB6IG/zcse3XFFm83pm+PiUGoRMseqpJSROcDmg47dA=:${NONCE}:${NOW}`,
    options: { mixedCaseTargets: true },
  },
  {
    name: "POST, four parts",
    method: "POST",
    url: "http://localhost/api/test",
    body: "test-content",
    authorization: `Hmac appId:z4eu8Uj86vftBu/RMgToC6OSB26rXsdWkIODSw9U69U=:${NONCE}:${NOW}`,
  },
  {
    name: "POST, six parts",
    method: "POST",
    url: "http://localhost/api/test",
    body: "test-content",
    authorization: `Hmac HMACSHA256:SHA256:appId:TMX5Mf3fePP8fSeyJsNxW3tZOk+AChrQOORLXfSUybU=:${NONCE}:${NOW}`,
  },
  {
    name: "POST, HMACSHA512 and SHA512",
    method: "POST",
    url: "http://localhost/api/test",
    body: "test-content",
    authorization: `Hmac HMACSHA512:SHA512:appId:CnSI2dmHt8PthBvU9aa0/PPIiR/pG5gKWI8l6BfKZ51cDsVsRdM2XOimv8pG7l5y1IYJDknfDFiE+OJlNQgyIg==:${NONCE}:${NOW}`,
    algorithm: "sha512",
  },
  {
    name: "POST without a body has no hash, not that of nothing",
    method: "POST",
    url: "http://localhost/api/test",
    authorization: `Hmac HMACSHA256:SHA256:appId:6TufGiy6ZkLuV7aeyHqsmBvDIOiICijODD3IiVvjKSA=:${NONCE}:${NOW}`,
  },
  {
    name: "the URL's encoding: space, quote, tilde, UTF-8, plus",
    method: "GET",
    url: "https://api.example.com/a%20b/~x/'q'/%C3%A9?z=1+2&w=(a)*b!",
    authorization: `Hmac appId:9kKWcatFd4+aSbGkrmqRSqQ6SbFiXFihaT8ekaouGh4=:${NONCE}:${NOW}`,
  },
  {
    name: "the Web API of 2014",
    method: "POST",
    url: "http://localhost:43326/api/orders",
    body: '{"OrderID":10248,"CustomerName":"Taiseer Joudeh","ShipperCity":"Amman","IsShipped":true}',
    authorization: `amx 4d53bce03ec34c0a911182d4c228ee6c:qdXgwoe+sD8fzSveRp0v6zcmdOmKNPUY0l8FFLzsuJA=:${NONCE}:${NOW}`,
    options: { dialect: "amx" },
  },
];

const AMX_APP = "4d53bce03ec34c0a911182d4c228ee6c";
const AMX_KEY = "A93reRTUJHsCuQSHR+L3GxqOJyDmQpCgps102ciuabc=";

function judgeFor(url: string, options: AspnetHmacOptions = {}, algorithm = "sha256"): Judge {
  const isAmx = options.dialect === "amx";
  return new Judge({
    scheme: aspnetHmac(options),
    apps: [
      {
        appId: isAmx ? AMX_APP : "appId",
        apiKey: isAmx ? AMX_KEY : KEY,
        encoding: "base64",
        algorithm: algorithm as "sha256",
        schemes: ["aspnet-hmac"],
      },
    ],
    origins: [new URL(url).origin],
    nowSeconds: NOW,
  });
}

function arriving({ method, url, body, authorization }: Vector): Arriving {
  const { host, origin } = new URL(url);
  return {
    method,
    target: url.slice(origin.length),
    headers: [
      ["Host", host],
      ["Authorization", authorization],
    ],
    ...(body !== undefined && { content: body }),
  };
}

const judged = (vector: Vector): Promise<string> =>
  judgeFor(vector.url, vector.options, vector.algorithm).verdict(arriving(vector));

const [, POST, SIX] = VECTORS as [Vector, Vector, Vector];

describe("what other implementations sign", () => {
  it.each(VECTORS.map((vector) => [vector.name, vector] as const))("%s", async (_name, vector) => {
    expect(await judged(vector)).toBe("accepted");
    const spoilt = vector.authorization.replace(/:(.)(?=[^:]{27,}:)/, (_all, first: string) =>
      first === "A" ? ":B" : ":A",
    );
    expect(spoilt).not.toBe(vector.authorization);
    expect(await judged({ ...vector, authorization: spoilt })).toBe("signature-mismatch");
    expect(await judged({ ...vector, body: `${vector.body ?? ""} ` })).toBe("signature-mismatch");
    expect(await judged({ ...vector, method: "PUT" })).toBe("signature-mismatch");
    expect(await judged({ ...vector, url: `${vector.url}1` })).toBe("signature-mismatch");
  });

  it("is what we sign", () => {
    for (const { name, method, url, body, authorization, options, algorithm } of VECTORS) {
      const parts = authorization.split(":").length === 4 ? 4 : 6;
      const [bodyHash = ""] = authorization.split(":").slice(1);
      if (parts === 6 && bodyHash !== "SHA256") continue; // ours is always SHA-256
      const isAmx = options?.dialect === "amx";
      const signer = new Signer({
        appId: isAmx ? AMX_APP : "appId",
        apiKey: isAmx ? AMX_KEY : KEY,
        scheme: aspnetHmac({ ...options, parts }),
        clock: new TestClock(NOW * 1000),
        ...(algorithm && { algorithm }),
      });
      const scheme = aspnetHmac({ ...options, parts });
      const prepared = {
        method,
        target: url.slice(new URL(url).origin.length),
        url,
        ...(body !== undefined && { content: Buffer.from(body) }),
      };
      const { headers, canonicalRequest, head, claims } = signer.sign(prepared);
      const ours = Object.fromEntries(headers).authorization ?? "";
      // A nonce of its own: all but that and the signature is the vector's.
      const anonymous = (text: string): string =>
        text.replace(/[0-9a-f]{32}(?=:1700000000$)/, "nonce").replace(/[A-Za-z0-9+/]{43}=/, "mac");
      expect([name, anonymous(ours)]).toEqual([name, anonymous(authorization)]);
      const theirs = { ...head, headers: head.headers.with("authorization", authorization) };
      expect(canonicalRequest.replace(claims.nonce, NONCE)).toBe(
        scheme.header.read(theirs).text(body),
      );
    }
  });
});

describe("characters moved between fields", () => {
  const url = "https://api.example.com/accounts?id=10";
  const first = {
    name: "",
    method: "DELETE",
    url,
    authorization: `Hmac appId:6agSBWE5CrZKQkwd+zYmWC4W16WkMZ4EHKhHzSe7VoE=:${NONCE}:${NOW}`,
  };
  const second = {
    name: "",
    method: "POST",
    url: "https://api.example.com/orders",
    body: '{"qty":1}',
    authorization: `Hmac appId:8ye9ZSZSDTJ0MlpIM2tUAvWoi/7VJQYGXxfLXDqqWQs=:${NONCE}:${NOW}`,
  };

  it("a digit from the URL to the timestamp is refused", async () => {
    expect(await judged(first)).toBe("accepted");
    const forged = {
      ...first,
      url: url.slice(0, -1),
      authorization: first.authorization.replace(/\d{10}$/, "0$&"),
    };
    expect(await judged(forged)).toBe("timestamp-malformed");
  });

  it("the hash of the body into the nonce is refused", async () => {
    expect(await judged(second)).toBe("accepted");
    const forged = {
      ...second,
      body: "",
      authorization: second.authorization.replace(NONCE, `${NONCE}CnTFknVO/QWdk1AzQVtC6Q==`),
    };
    expect(await judged(forged)).toBe("nonce-malformed");
  });

  it("the case of the URL cannot be changed, unless the server says that it may", async () => {
    const genuine = {
      name: "",
      method: "GET",
      url: "https://api.example.com/Files/ABC?token=AbC",
      authorization: `Hmac appId:V4UEBOxrHwF17RY/KbrZJEKS4Odp1fKGLryb0O+cXxg=:${NONCE}:${NOW}`,
    };
    const changed = { ...genuine, url: "https://api.example.com/files/abc?token=aBc" };
    expect(await judged(genuine)).toBe("target-malformed");
    expect(await judged(changed)).toBe("target-malformed");
    const options = { mixedCaseTargets: true };
    const judge = judgeFor(genuine.url, options);
    expect(await judge.verdict(arriving(genuine))).toBe("accepted");
    // Even then it is the same request again.
    expect(await judge.verdict(arriving(changed))).toBe("nonce-seen");
  });

  it.each(["/%c3%a9", "/%C3%a9", "/%2f", "/A", "/a?B", "/%", "/%4"])(
    "%s has a second spelling",
    async (target) => {
      expect(await judged({ ...first, url: `https://api.example.com${target}` })).toBe(
        "target-malformed",
      );
    },
  );
});

describe("time and replay", () => {
  it("runs once, and a forgery uses nothing up", async () => {
    const judge = judgeFor(POST.url);
    const genuine = arriving(POST);
    expect(await judge.verdict({ ...genuine, content: "another" })).toBe("signature-mismatch");
    expect(await judge.verdict(genuine)).toBe("accepted");
    expect(await judge.verdict(genuine)).toBe("nonce-seen");
    judge.clock.advance(300);
    expect(await judge.verdict(genuine)).toBe("nonce-seen");
    judge.clock.advance(1);
    expect(await judge.verdict(genuine)).toBe("timestamp-too-old");
  });

  it.each([
    [300, {}, "accepted"],
    [301, {}, "timestamp-too-old"],
    [-300, {}, "accepted"],
    [-301, {}, "timestamp-too-new"],
    [61, { maxAge: 60 }, "timestamp-too-old"],
    [-61, { maxAge: 60 }, "timestamp-too-new"],
    [600, { maxAge: 600 }, "accepted"],
    [-6, { futureSkew: 5 }, "timestamp-too-new"],
    [90_000, {}, "timestamp-absurd"],
  ] as const)("%s s after its time, under %j: %s", async (seconds, options, verdict) => {
    const judge = judgeFor(POST.url, options);
    judge.clock.advance(seconds);
    expect(await judge.verdict(arriving(POST))).toBe(verdict);
  });

  it("one from the future is refused when its time has come, too", async () => {
    const judge = judgeFor(POST.url);
    judge.clock.advance(-400);
    expect(await judge.verdict(arriving(POST))).toBe("timestamp-too-new");
    judge.clock.advance(400);
    expect(await judge.verdict(arriving(POST))).toBe("nonce-seen");
  });
});

describe("refused", () => {
  const parts = POST.authorization.slice("Hmac ".length).split(":");
  const [appId, mac, nonce, timestamp] = parts as [string, string, string, string];
  const header = (...values: string[]): string => `Hmac ${values.join(":")}`;

  it.each([
    ["Hmac", "credentials-malformed"],
    ["Hmac ", "credentials-malformed"],
    ["Basic YTpi", "credentials-missing"],
    ["HmacX a:b:c:d", "credentials-missing"],
    [header(appId, mac, nonce), "credentials-malformed"],
    [header(appId, mac, nonce, timestamp, ""), "credentials-malformed"],
    [header("HMACSHA256", appId, mac, nonce, timestamp), "credentials-malformed"],
    [header("HMACMD5", "MD5", appId, mac, nonce, timestamp), "credentials-malformed"],
    [header("hmacsha256", "MD5", appId, mac, nonce, timestamp), "credentials-malformed"],
    [header("0", "0", appId, mac, nonce, timestamp), "credentials-malformed"],
    [header("HMACSHA256", "toString", appId, mac, nonce, timestamp), "credentials-malformed"],
    [header("__proto__", "MD5", appId, mac, nonce, timestamp), "credentials-malformed"],
    [header("", mac, nonce, timestamp), "app-id-malformed"],
    [header("a b", mac, nonce, timestamp), "app-id-malformed"],
    [header("é", mac, nonce, timestamp), "app-id-malformed"],
    [header(` ${appId}`, mac, nonce, timestamp), "app-id-malformed"],
    [header("nobody", mac, nonce, timestamp), "app-unknown"],
    [header("__proto__", mac, nonce, timestamp), "app-unknown"],
    ["Hmac HMACSHA512:SHA512:" + parts.join(":"), "signature-malformed"],
  ] as const)("%s: %s", async (authorization, code) => {
    expect(await judged({ ...POST, authorization })).toBe(code);
  });

  it.each([
    "",
    "0",
    "01700000000",
    "+1700000000",
    "-1700000000",
    " 1700000000",
    "1700000000000",
    "170000000",
    "1.7e9",
    "0x6553f100",
    "NaN",
    "١٧٠٠٠٠٠٠٠٠",
  ])("the timestamp %j", async (text) => {
    expect(await judged({ ...POST, authorization: header(appId, mac, nonce, text) })).toBe(
      "timestamp-malformed",
    );
  });

  it.each([
    nonce.toUpperCase(),
    nonce.slice(1),
    `${nonce}0`,
    `${nonce.slice(1)}g`,
    "5f0c1f2b-3a4d-4e5f-8a9b-0c1d2e3f4a5b",
    "",
  ])("the nonce %j", async (text) => {
    expect(await judged({ ...POST, authorization: header(appId, mac, text, timestamp) })).toBe(
      "nonce-malformed",
    );
  });

  it.each([
    mac.slice(0, -1),
    mac.slice(1),
    `${mac}=`,
    `${mac}AAAA`,
    mac.replace("/", "_"),
    `${mac.slice(0, -2)}V=`, // the same bytes, with a stray bit
    "",
    ` ${mac}`,
    Buffer.from(mac, "base64").subarray(0, 16).toString("base64"),
  ])("the signature %j", async (text) => {
    expect(text).not.toBe(mac);
    expect(await judged({ ...POST, authorization: header(appId, text, nonce, timestamp) })).toBe(
      "signature-malformed",
    );
  });

  it("two Authorization lines, an endless one", async () => {
    const twice = arriving(POST);
    const [, line] = twice.headers as [unknown, [string, string]];
    const judge = judgeFor(POST.url);
    expect(await judge.verdict({ ...twice, headers: [...twice.headers, line] })).toBe(
      "credentials-repeated",
    );
    const endless = `Hmac ${"a".repeat(100_000)}:${parts.slice(1).join(":")}`;
    expect(await judged({ ...POST, authorization: endless })).toBe("credentials-malformed");
  });

  it.each([
    "Content-Encoding",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "Content-Range",
  ])("%s, which nothing could sign", async (name) => {
    const request = arriving(POST);
    const judge = judgeFor(POST.url);
    const headers = [...request.headers, [name, "x"] as const];
    expect(await judge.verdict({ ...request, headers })).toBe("header-unsigned");
    const twin = [...request.headers, [name.replace("-", "_"), "x"] as const];
    expect(await judge.verdict({ ...request, headers: twin })).toBe("header-ambiguous");
  });

  it("another host, another scheme", async () => {
    const request = arriving(POST);
    expect(await judgeFor("https://localhost").verdict(request)).toBe("signature-mismatch");
    expect(await judgeFor("http://other.example").verdict(request)).toBe("host-unknown");
  });

  it("a hash of the body that the server does not take", async () => {
    expect(await judged({ ...POST, options: { bodyHashes: ["SHA256"] } })).toBe(
      "credentials-malformed",
    );
    expect(await judged({ ...SIX, options: { bodyHashes: ["SHA256"] } })).toBe("accepted");
  });

  it("a key that is for another algorithm", async () => {
    expect(await judged({ ...POST, algorithm: "sha512" })).toBe("key-unusable");
  });

  it("a streamed route", async () => {
    const judge = new Judge({
      scheme: aspnetHmac(),
      apps: [{ appId, apiKey: KEY, encoding: "base64", schemes: ["aspnet-hmac"] }],
      origins: ["http://localhost"],
      nowSeconds: NOW,
      route: { stream: true },
    });
    expect(await judge.verdict(arriving(POST))).toBe("content-undigested");
  });
});

describe("signing", () => {
  const sign = (options: AspnetHmacOptions, more: object = {}): (() => unknown) => {
    const signer = new Signer({ appId: "appId", apiKey: KEY, scheme: aspnetHmac(options) });
    return () => signer.sign({ method: "POST", url: "https://api.example.com/a", ...more });
  };

  it("needs the bytes where their SHA-256 does not help", () => {
    const content = { sha256: Buffer.alloc(32) };
    expect(sign({}, { content })).not.toThrow();
    expect(sign({ parts: 4 }, { content })).toThrow(Refusal);
  });

  it("refuses what no server would take rightly", () => {
    expect(sign({}, { url: "https://api.example.com/A" })).toThrow("mixedCaseTargets");
    expect(sign({ mixedCaseTargets: true }, { url: "https://api.example.com/A" })).not.toThrow();
    expect(sign({}, { headers: [["Content-Encoding", "gzip"]] })).toThrow("header-unsigned");
  });
});

describe("options", () => {
  it.each([
    [{ dialect: "x" }, "aspnetHmac.dialect"],
    [{ dialect: "amx", parts: 6 }, "aspnetHmac.parts"],
    [{ parts: 5 }, "aspnetHmac.parts"],
    [{ bodyHashes: [] }, "aspnetHmac.bodyHashes"],
    [{ bodyHashes: ["SHA3"] }, "aspnetHmac.bodyHashes[0]"],
    [{ bodyHashes: ["MD5"] }, "aspnetHmac.bodyHashes"],
    [{ maxAge: 0 }, "aspnetHmac.maxAge"],
    [{ maxAge: 1.5 }, "aspnetHmac.maxAge"],
    [{ maxAge: 90_000 }, "aspnetHmac.maxAge"],
    [{ futureSkew: -1 }, "aspnetHmac.futureSkew"],
    [{ mixedCaseTargets: "no" }, "aspnetHmac.mixedCaseTargets"],
    [{ maxRequestAgeInSeconds: 300 }, "aspnetHmac.maxRequestAgeInSeconds"],
    [null, "aspnetHmac"],
  ])("%j: %s", (options, option) => {
    try {
      aspnetHmac(options as AspnetHmacOptions);
      throw new Error("taken");
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as ConfigurationError).option).toBe(option);
    }
  });

  it("says what is weak, until that is acknowledged or mended", () => {
    expect(aspnetHmac().weaknesses).toHaveLength(2);
    expect(aspnetHmac({ mixedCaseTargets: true }).weaknesses).toHaveLength(3);
    expect(aspnetHmac({ bodyHashes: ["SHA256", "SHA512"] }).weaknesses).toHaveLength(1);
    expect(aspnetHmac({ acknowledgeWeakness: true }).weaknesses).toEqual([]);
  });

  it("takes the keys of 16 bytes that are about, and no shorter ones", () => {
    const read = (apiKey: string) => () => new Signer({ appId: "a", apiKey, scheme: aspnetHmac() });
    expect(read("YXJld3JzZHJkc2FhcndlZQ==")).not.toThrow();
    expect(read("YXJld3JzZHJkc2FhcndlZ")).toThrow("base64");
    expect(read("MNpx/353+rW+sdf/RFDAv/615u5w=")).toThrow("base64"); // Node would decode it to 21 bytes
    expect(read(Buffer.from("fifteen bytes!!").toString("base64"))).toThrow("shorter than 16");
  });
});
