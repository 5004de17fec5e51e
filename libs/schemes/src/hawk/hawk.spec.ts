import { describe, expect, it } from "@jest/globals";
import { TestClock } from "../../../../test/support/app.js";
import { Judge, type Arriving, type JudgeOptions } from "../../../../test/support/judge.js";
import { readApiKey, ResponseSigner, Signer } from "@lacre/core";
import {
  type Claims,
  ConfigurationError,
  HeaderLines,
  type SignableRequest,
} from "@lacre/core/scheme";
import { hawk, type HawkOptions } from "./hawk.js";

/*
 * Values that mozilla/hawk prints in its API.md and its tests.
 */
const ID = "dh37fgj492je";
const KEY = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";
const NOW = 1_353_832_234;
const HOST = "example.com:8000";
const ORIGIN = `http://${HOST}`;
const TARGET = "/resource/1?b=1&a=2";

const GET: Arriving = {
  method: "GET",
  target: TARGET,
  headers: [
    ["Host", HOST],
    [
      "Authorization",
      'Hawk id="dh37fgj492je", ts="1353832234", nonce="j4h3g2", ext="some-app-ext-data", mac="6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE="',
    ],
  ],
};
const POST: Arriving = {
  method: "POST",
  target: TARGET,
  headers: [
    ["Host", HOST],
    ["Content-Type", "text/plain"],
    [
      "Authorization",
      'Hawk id="dh37fgj492je", ts="1353832234", nonce="j4h3g2", hash="Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=", ext="some-app-ext-data", mac="aSe1DERmZuRl3pI36/9BdZmnErTw3sNzOOAUlfeKjVw="',
    ],
  ],
  content: "Thank you for flying Hawk",
};

const appOf = (appId: string, more: object = {}) => ({
  appId,
  apiKey: KEY,
  encoding: "text" as const,
  schemes: ["hawk"],
  ...more,
});
const judge = (options: HawkOptions = {}, more: Partial<JudgeOptions> = {}): Judge =>
  new Judge({
    scheme: hawk(options),
    apps: [appOf(ID)],
    origins: [ORIGIN],
    nowSeconds: NOW,
    ...more,
  });
const verdictOf = (request: Arriving, options?: HawkOptions): Promise<string> =>
  judge(options).verdict(request);

const withHeader = (request: Arriving, name: string, value?: string): Arriving => ({
  ...request,
  headers: [
    ...request.headers.filter(([known]) => known !== name),
    ...(value === undefined ? [] : [[name, value] as const]),
  ],
});
const withMore = (request: Arriving, ...more: [string, string][]): Arriving => ({
  ...request,
  headers: [...request.headers, ...more],
});
function spoilt(request: Arriving, from: string | RegExp, to: string): Arriving {
  const text = request.headers.find(([name]) => name === "Authorization")?.[1] ?? "";
  expect(text.replace(from, to)).not.toBe(text);
  return withHeader(request, "Authorization", text.replace(from, to));
}

describe("the documented requests", () => {
  it.each([
    ["without a payload", GET],
    ["with a payload", POST],
  ])("%s", async (_name, request) => {
    expect(await verdictOf(request)).toBe("accepted");
  });

  it.each([
    // test/client.js: "returns a valid authorization header (sha256, content type)", under a key of their own.
    ["http", "net", "80", "sha1", "bsvY3IfUllw6V5rvk4tStEvpBhE=", "qbf1ZPG/r/e06F4ht+T77LXi5vw="],
    [
      "https",
      "net",
      "443",
      "sha256",
      "2QfCt3GuY9HQnHWyWD3wX68ZOKbynqlfYmuO2ZBRqtY=",
      "q1CwFoSHzPZSkbIvl0oYlD+91rBUEvFk763nMjMndj8=",
    ],
  ] as const)(
    "the MAC for %s has the port of its origin",
    (urlScheme, top, port, algorithm, hash, mac) => {
      const scheme = hawk({ sha1: true });
      const secret = readApiKey("2983d45yun89q", "text", { min: 1, max: 64 });
      const authorization = `Hawk id="123456", ts="1353809207", nonce="Ygvqdz", hash="${hash}", ext="Bazinga!", mac="${mac}"`;
      const head: SignableRequest = {
        method: "POST",
        target: "/somewhere/over/the/rainbow",
        host: `example.${top}`,
        authority: `example.${top}`,
        urlScheme,
        headers: HeaderLines.fromEntries([["authorization", authorization]]),
      };
      const { claims, text } = scheme.header.read(head);
      expect(text().split("\n")[6]).toBe(port);
      expect(claims.recipe.algorithm).toBe(algorithm);
      expect(secret.macBy(claims.recipe, text())).toBe(mac);
    },
  );

  it("are what we sign, but for nonce and ext", () => {
    const signer = new Signer({
      appId: ID,
      apiKey: KEY,
      scheme: hawk(),
      clock: new TestClock(NOW * 1000),
    });
    const { canonicalRequest, claims } = signer.sign({
      method: "POST",
      url: ORIGIN + TARGET,
      headers: [["Content-Type", "Text/Plain; charset=utf-8"]],
      content: Buffer.from("Thank you for flying Hawk"),
    });
    expect(canonicalRequest.replace(claims.nonce, "j4h3g2")).toBe(
      "hawk.1.header\n1353832234\nj4h3g2\nPOST\n/resource/1?b=1&a=2\nexample.com\n8000\nYi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=\n\n",
    );
  });
});

describe("content", () => {
  it.each([
    ["changed", { ...POST, content: "Thank you for flying hawk" }, "content-mismatch"],
    ["removed", { ...POST, content: "" }, "content-mismatch"],
    ["added", { ...GET, content: "x" }, "content-undigested"],
    ["without its hash", spoilt(POST, /hash="[^"]*", /, ""), "signature-mismatch"],
    ["of another type", withHeader(POST, "Content-Type", "text/html"), "content-mismatch"],
    ["of no type", withHeader(POST, "Content-Type"), "content-mismatch"],
    [
      "its type in capitals, with parameters",
      withHeader(POST, "Content-Type", "TEXT/plain ;a=b"),
      "accepted",
    ],
    ["of two types", withMore(POST, ["Content-Type", "text/plain"]), "header-repeated"],
    ["of an ambiguous type", withMore(POST, ["Content_Type", "text/html"]), "header-ambiguous"],
    [
      "of an ambiguous type alone",
      withMore(GET, ["Content_Type", "text/html"]),
      "header-ambiguous",
    ],
    ["of an unprintable type", withHeader(POST, "Content-Type", "text/é"), "header-malformed"],
    ["encoded", withMore(POST, ["Content-Encoding", "gzip"]), "header-unsigned"],
    [
      "a hash of another algorithm",
      spoilt(POST, /hash="[^"]*"/, 'hash="bsvY3IfUllw6V5rvk4tStEvpBhE="'),
      "digest-malformed",
    ],
    ["a hash without padding", spoilt(POST, 'nuY="', 'nuY"'), "digest-malformed"],
    ["a hash with a stray bit", spoilt(POST, 'nuY="', 'nuZ="'), "digest-malformed"],
  ])("%s", async (_name, request, code) => {
    expect(await verdictOf(request)).toBe(code);
  });

  it("without a hash is taken only where the server says so, and then as nobody's", async () => {
    const lax = { allowUnsignedContent: true };
    expect(await verdictOf({ ...GET, content: "x" }, lax)).toBe("accepted");
    expect(await verdictOf({ ...POST, content: "x" }, lax)).toBe("content-mismatch");
    expect(hawk(lax).weaknesses).toHaveLength(1);
    expect(hawk().weaknesses).toEqual([]);
    const stream = { route: { stream: true } };
    expect(await judge(lax, stream).verdict({ ...GET, content: "x" })).toBe("content-undigested");
    expect(await judge({}, stream).verdict(POST)).toBe("content-undigested");
  });
});

describe("refused", () => {
  // The first nine are the headers that Hawk's own tests refuse; what is not Hawk's is nobody's here.
  it.each([
    ["Hawk", "credentials-malformed"],
    ["!@#", "credentials-missing"],
    ['Hawk ts="1353788437", nonce="k3j4h2", mac="x", ext="hello"', "credentials-malformed"],
    ['Hawk id="123", nonce="k3j4h2", mac="x"', "credentials-malformed"],
    ['Hawk id="123", ts="1353788437", nonce="k3j4h2", x="3", mac="x"', "credentials-malformed"],
    ['Hawk id="123\\", ts="1353788437", nonce="k3j4h2", mac="x"', "credentials-malformed"],
    ['Hawk id="\t", ts="1353788437", nonce="k3j4h2", mac="x"', "credentials-malformed"],
    ['Hawk id="", ts="1353788437", nonce="k3j4h2", mac="x"', "credentials-malformed"],
    ['Hawk id="123", id="456", ts="1353788437", nonce="k3j4h2", mac="x"', "credentials-malformed"],
    [`Hawk id="${"a".repeat(5000)}"`, "credentials-malformed"],
  ])("%s", async (header, code) => {
    expect(await verdictOf(withHeader(GET, "Authorization", header))).toBe(code);
  });

  it.each([
    ["the timestamp abc", /ts="\d+"/, 'ts="abc"', "timestamp-malformed"],
    ["the timestamp NaN", /ts="\d+"/, 'ts="NaN"', "timestamp-malformed"],
    ["a leading zero", 'ts="1', 'ts="01', "timestamp-malformed"],
    ["milliseconds", /ts="\d+/, "$&000", "timestamp-malformed"],
    ["a space in the timestamp", 'ts="', 'ts=" ', "timestamp-malformed"],
    ["another time", 'ts="1353832234', 'ts="1353832235', "signature-mismatch"],
    ["another nonce", "j4h3g2", "j4h3g3", "signature-mismatch"],
    ["a nonce with a space", "j4h3g2", "j4h 3g2", "nonce-malformed"],
    ["an endless nonce", "j4h3g2", "j".repeat(129), "nonce-malformed"],
    ["another ext", "some-app-ext-data", "some-app-ext-data2", "signature-mismatch"],
    ["no ext", 'ext="some-app-ext-data", ', "", "signature-mismatch"],
    ["an app", /mac=/, 'app="x", mac=', "signature-mismatch"],
    ["a dlg without an app", /mac=/, 'dlg="x", mac=', "credentials-malformed"],
    ["another id", ID, "nobody", "app-unknown"],
    ["an id that is none", ID, "a b", "app-id-malformed"],
    ["__proto__", ID, "__proto__", "app-unknown"],
    ["a cut MAC", 'AE="', 'A="', "signature-malformed"],
    ["a URL-safe MAC", "E+N", "E-N", "signature-malformed"],
    ["a MAC with a stray bit", 'AE="', 'AF="', "signature-malformed"],
    ["another MAC", "6R4", "7R4", "signature-mismatch"],
    ["a MAC of SHA-1", /mac="[^"]*"/, 'mac="qbf1ZPG/r/e06F4ht+T77LXi5vw="', "key-unusable"],
  ])("%s", async (_name, from, to, code) => {
    expect(await verdictOf(spoilt(GET, from, to))).toBe(code);
  });

  it.each([
    [{ ...GET, method: "HEAD" }, "signature-mismatch"],
    [{ ...GET, target: "/resource/1?a=2&b=1" }, "signature-mismatch"],
    [{ ...GET, target: "/resource/1?b=1&a=2&" }, "signature-mismatch"],
    [{ ...GET, target: "//resource/1?b=1&a=2" }, "signature-mismatch"],
    [withHeader(GET, "Host", "example.com"), "host-unknown"],
    [withMore(GET, ["X-HTTP-Method-Override", "DELETE"]), "header-unsigned"],
    [withMore(GET, ["Authorization", "Hawk"]), "credentials-repeated"],
  ])("a request %#", async (request, code) => {
    expect(await verdictOf(request)).toBe(code);
  });

  it("what was signed for another scheme of URL, or another host", async () => {
    expect(await judge({}, { origins: [`https://${HOST}`] }).verdict(GET)).toBe("accepted"); // the port is named, and Hawk signs no more than that
    const bare = withHeader(GET, "Host", "example.com");
    expect(await judge({}, { origins: ["https://example.com"] }).verdict(bare)).toBe(
      "signature-mismatch",
    );
  });

  it("SHA-1, unless the server says otherwise", async () => {
    // test/server.js: "parses a valid authentication header (sha1)".
    const header =
      'Hawk id="1", ts="1353788437", nonce="k3j4h2", mac="zy79QQ5/EYFmQqutVnYb73gAc/U=", ext="hello"';
    const request: Arriving = {
      method: "GET",
      target: "/resource/4?filter=a",
      headers: [
        ["Host", "example.com:8080"],
        ["Authorization", header],
      ],
    };
    const more = {
      apps: [appOf("1", { algorithm: "sha1" })],
      origins: ["http://example.com:8080"],
      nowSeconds: 1_353_788_437,
    };
    expect(await judge({ sha1: true }, more).verdict(request)).toBe("accepted");
    expect(() => judge({}, more)).toThrow(ConfigurationError);
    expect(hawk({ sha1: true }).weaknesses).toHaveLength(1);
    expect(hawk({ sha1: true, acknowledgeWeakness: true }).weaknesses).toEqual([]);
  });
});

describe("time and replay", () => {
  it.each([
    [60, {}, "accepted"],
    [61, {}, "timestamp-too-old"],
    [-60, {}, "accepted"],
    [-61, {}, "timestamp-too-new"],
    [120, { maxAge: 120 }, "accepted"],
    [-120, { maxAge: 120 }, "accepted"],
    [121, { maxAge: 120 }, "timestamp-too-old"],
    [-121, { maxAge: 120 }, "timestamp-too-new"],
    [120, { maxAge: 120, futureSkew: 5 }, "accepted"],
    [-5, { maxAge: 120, futureSkew: 5 }, "accepted"],
    [-6, { maxAge: 120, futureSkew: 5 }, "timestamp-too-new"],
  ])("%s s after its time, under %j: %s", async (seconds, options, code) => {
    const server = judge(options);
    server.clock.advance(seconds);
    expect(await server.verdict(GET)).toBe(code);
  });

  it("runs once, and a forgery uses nothing up", async () => {
    const server = judge();
    expect(await server.verdict({ ...POST, content: "other" })).toBe("content-mismatch");
    expect(await server.verdict(POST)).toBe("accepted");
    expect(await server.verdict(POST)).toBe("nonce-seen");
  });

  it("tells the time to the key's holder alone, where it is wanted", async () => {
    // HMAC-SHA256 of "hawk.1.ts" LF "1353832334" LF under the key, by OpenSSL.
    const stale = `Hawk ts="${NOW + 100}", tsm="${TSM}", error="Stale timestamp"`;
    const server = judge();
    server.clock.advance(100);
    expect(await server.verdict(GET)).toBe("timestamp-too-old");
    const { authentic } = server;
    if (authentic === undefined) throw new Error("not authentic");
    const now = NOW + 100;
    expect(hawk().challenge?.("timestamp-too-old", authentic, now)).toBe(stale);
    expect(hawk().challenge?.("timestamp-too-new", authentic, now)).toBe(stale);
    expect(hawk().challenge?.("nonce-seen", authentic, now)).toBeUndefined();
    expect(hawk({ tellTime: false }).challenge?.("timestamp-too-old", authentic, now)).toBe(
      undefined,
    );
    await server.verdict(spoilt(GET, "6R4", "7R4"));
    expect(server.authentic).toBeUndefined(); // nobody to tell
  });
});

const TSM = "nS3d5DrmtLWUPdXiKmLt5SAd/e3PKG0ypZ4B3CvoR5c=";

describe("bewit", () => {
  // test/uri.js, id 123456, until 4511484621 and 4511484641.
  const LATE =
    "MTIzNDU2XDQ1MTE0ODQ2MjFcMzFjMmNkbUJFd1NJRVZDOVkva1NFb2c3d3YrdEVNWjZ3RXNmOGNHU2FXQT1cc29tZS1hcHAtZGF0YQ";
  const ONLY =
    "MTIzNDU2XDQ1MTE0ODQ2NDFcZm1CdkNWT3MvcElOTUUxSTIwbWhrejQ3UnBwTmo4Y1VrSHpQd3Q5OXJ1cz1cc29tZS1hcHAtZGF0YQ";
  const END = 4_511_484_621;
  const options = { presigned: 3600 };
  const bewitJudge = (more: Partial<JudgeOptions> = {}): Judge =>
    judge(options, {
      apps: [appOf("123456")],
      origins: ["http://example.com:8080"],
      nowSeconds: END - 10,
      route: { presignedSeconds: 3600 },
      ...more,
    });
  const get = (target: string, ...headers: [string, string][]): Arriving => ({
    method: "GET",
    target,
    headers: [["Host", "example.com:8080"], ...headers],
  });
  const last = get(`/resource/4?a=1&b=2&bewit=${LATE}`);
  const decoded = Buffer.from(LATE, "base64url").toString("latin1");
  const respelt = (change: (text: string) => string): Arriving => {
    expect(change(decoded)).not.toBe(decoded);
    return get(
      `/resource/4?a=1&b=2&bewit=${Buffer.from(change(decoded), "latin1").toString("base64url")}`,
    );
  };

  it.each([
    ["last", last],
    ["first", get(`/resource/4?bewit=${LATE}&a=1&b=2`)],
    ["between", get(`/resource/4?a=1&bewit=${LATE}&b=2`)],
    ["alone", get(`/resource/4?bewit=${ONLY}`)],
    ["with HEAD", { ...last, method: "HEAD" }],
  ])("%s", async (_name, request) => {
    const server = bewitJudge();
    expect(await server.verdict(request)).toBe("accepted");
    expect(await server.verdict(request)).toBe("accepted"); // as often as it is used
  });

  it.each([
    ["another query", get(`/resource/4?a=1&b=3&bewit=${LATE}`), "signature-mismatch"],
    ["another path", get(`/resource/5?a=1&b=2&bewit=${LATE}`), "signature-mismatch"],
    ["POST", { ...last, method: "POST" }, "method-refused"],
    ["content", { ...last, content: "x" }, "content-undigested"],
    ["two", get(`/resource/4?a=1&b=2&bewit=${LATE}&bewit=${LATE}`), "credentials-malformed"],
    ["an empty one", get("/resource/4?a=1&b=2&bewit="), "credentials-malformed"],
    ["an & behind it", get(`/resource/4?a=1&b=2&bewit=${LATE}&`), "credentials-malformed"],
    ["padding", get(`/resource/4?a=1&b=2&bewit=${LATE}==`), "credentials-malformed"],
    [
      "an escape in it",
      get(`/resource/4?a=1&b=2&bewit=%4D${LATE.slice(1)}`),
      "credentials-malformed",
    ],
    [
      "a stray bit",
      get(`/resource/4?a=1&b=2&bewit=${LATE.slice(0, -1)}R`),
      "credentials-malformed",
    ],
    [
      "another spelling of its name",
      get(`/resource/4?a=1&b=2&%62ewit=${LATE}`),
      "credentials-missing",
    ],
    ["a fifth part", respelt((text) => `${text}\\x`), "credentials-malformed"],
    ["three parts", respelt((text) => text.replace(/\\[^\\]*$/, "")), "credentials-malformed"],
    [
      "a longer life",
      respelt((text) => text.replace("4511484621", "4511484622")),
      "signature-mismatch",
    ],
    [
      "an end with a zero before it",
      respelt((text) => text.replace("4511484621", "04511484621")),
      "timestamp-malformed",
    ],
    ["another id", respelt((text) => text.replace("123456", "1234567")), "app-unknown"],
    ["no id", respelt((text) => text.replace("123456", "")), "app-id-malformed"],
    ["another ext", respelt((text) => text.replace("some-app", "some-App")), "signature-mismatch"],
    [
      "a line feed in ext",
      respelt((text) => text.replace("some-app", "some\napp")),
      "credentials-malformed",
    ],
    ["a MAC without padding", respelt((text) => text.replace("=\\", "\\")), "signature-malformed"],
    [
      "an Authorization header beside it",
      get(last.target, ["Authorization", "Hawk"]),
      "credentials-repeated",
    ],
    ["another one's", get(last.target, ["Authorization", "Basic YTpi"]), "credentials-repeated"],
  ])("%s", async (_name, request, code) => {
    expect(await bewitJudge().verdict(request)).toBe(code);
  });

  it.each([
    [-1, "accepted"],
    [0, "timestamp-too-old"],
    [-3600, "accepted"],
    [-3660, "accepted"], // as far as clocks may differ
    [-3661, "timestamp-too-new"],
    [-200_000, "timestamp-absurd"],
  ])("%s s after its end: %s", async (seconds, code) => {
    expect(await bewitJudge({ nowSeconds: END + seconds }).verdict(last)).toBe(code);
  });

  it("says nothing of time before its MAC was right", async () => {
    const server = bewitJudge({ nowSeconds: END });
    expect(await server.verdict({ ...last, target: last.target.replace("a=1", "a=2") })).toBe(
      "signature-mismatch",
    );
    expect(await server.verdict(last)).toBe("timestamp-too-old");
    const { authentic } = server;
    if (authentic === undefined) throw new Error("not authentic");
    expect(hawk(options).challenge?.("timestamp-too-old", authentic, END)).toBeUndefined();
  });

  it("is for routes that say so, for as long", async () => {
    expect(await bewitJudge({ route: {} }).verdict(last)).toBe("scheme-refused");
    expect(await bewitJudge({ route: { presignedSeconds: 3599 } }).verdict(last)).toBe(
      "scheme-refused",
    );
    const once = bewitJudge({ route: { presignedSeconds: 3600, once: true } });
    expect([await once.verdict(last), await once.verdict(last)]).toEqual([
      "accepted",
      "nonce-seen",
    ]);
    expect(await once.verdict(get(`/resource/4?bewit=${ONLY}`))).toBe("accepted");
  });

  it("is an ordinary parameter where none are taken", async () => {
    const more = { apps: [appOf("123456")], origins: ["http://example.com:8080"] };
    expect(await judge({}, more).verdict(last)).toBe("credentials-missing");
  });

  it("is made as it is read", async () => {
    const clock = new TestClock((END - 100) * 1000);
    const signer = new Signer({ appId: "123456", apiKey: KEY, scheme: hawk(options), clock });
    for (const target of ["/a", "/a?b=1", "/a?"]) {
      const { url } = signer.presign({
        url: "http://example.com:8080/",
        target,
        expiresSeconds: 200,
      });
      const server = bewitJudge();
      const made = get(url.slice("http://example.com:8080".length));
      expect([target, await server.verdict(made)]).toEqual([target, "accepted"]);
      const spelt = { ...made, target: made.target.replace("/a", "/b") };
      expect(await server.verdict(spelt)).toBe("signature-mismatch");
    }
    const presign = (more: object) => () =>
      signer.presign({ url: "http://example.com:8080/", expiresSeconds: 1, ...more });
    expect(presign({})).not.toThrow();
    expect(presign({ singleUse: true })).toThrow(ConfigurationError);
    expect(presign({ expiresSeconds: 0 })).toThrow("whole seconds");
    expect(presign({ expiresSeconds: 1.5 })).toThrow("whole seconds");
    expect(presign({ url: "http://example.com:8080/?bewit=x" })).toThrow("credentials-repeated");
    expect(presign({ method: "POST" })).toThrow("method-refused");
    expect(presign({ headers: [["Content-Encoding", "gzip"]] })).toThrow("header-unsigned");
  });
});

describe("answers", () => {
  const HEAD: SignableRequest = {
    method: "POST",
    target: "/resource/4?filter=a",
    host: "example.com:8080",
    authority: "example.com:8080",
    urlScheme: "http",
    headers: HeaderLines.fromEntries([]),
  };
  const claims: Claims = {
    appId: "123456",
    recipe: { algorithm: "sha256", encoding: "base64" },
    timestampSeconds: 1_453_070_933,
    nonce: "3hOHpR",
    signedHeaders: [],
    mac: "",
    content: { kind: "none" },
  };
  const signer = new Signer({ appId: "123456", apiKey: KEY, scheme: hawk() });
  // test/client.js: "validates response payload".
  const FIELD =
    'Hawk mac="odsVGUq0rCoITaiNagW22REIpqkwP9zt5FyqqOW9Zj8=", hash="f9cDF/TDm7TkYRLnGwRMfeDzT6LixQVLvrIKhh0vgmM=", ext="response-specific"';
  const check = (
    field: string | undefined,
    {
      content = "some reply",
      headers = [["Content-Type", "text/plain"]] as [string, string][],
    } = {},
  ): Promise<unknown> =>
    signer.check(
      { head: HEAD, claims, headers: [], canonicalRequest: "" },
      {
        method: "POST",
        status: 200,
        headers: [
          ...headers,
          ...(field === undefined ? [] : [["Server-Authorization", field] as const]),
        ],
        content: Buffer.from(content),
      },
    );

  it("the documented one is believed, and sets no clock", async () => {
    expect(await check(FIELD)).toMatchObject({ timestampSeconds: undefined });
  });

  it.each([
    [undefined, {}, "signature-missing"],
    [FIELD, { content: "some replY" }, "content-mismatch"],
    [FIELD, { content: "" }, "content-mismatch"],
    [FIELD, { headers: [["Content-Type", "text/html"]] as [string, string][] }, "content-mismatch"],
    [
      FIELD,
      {
        headers: [
          ["Content-Type", "text/plain"],
          ["content-type", "text/html"],
        ] as [string, string][],
      },
      "header-repeated",
    ],
    [FIELD.replace("-specific", "-Specific"), {}, "signature-mismatch"],
    [FIELD.replace("ods", "pds"), {}, "signature-mismatch"],
    [FIELD.replace(/hash="[^"]*", /, ""), {}, "signature-mismatch"],
    [FIELD.replace("f9c", "g9c"), {}, "signature-mismatch"],
    [FIELD.replace("Hawk", "Kwah"), {}, "signature-malformed"],
    [FIELD.replace(", ext", ", ts"), {}, "signature-malformed"],
    [FIELD.replace('8="', '8"'), {}, "signature-malformed"],
    [FIELD.replace('mM="', 'mM"'), {}, "digest-malformed"],
    [FIELD.replace(/mac="[^"]*", /, ""), {}, "signature-malformed"],
  ])("%s under %j: %s", async (field, more, fault) => {
    expect([field, more]).not.toEqual([FIELD, {}]);
    await expect(check(field, more)).rejects.toMatchObject({ fault });
  });
});

it("an answer under nobody's key looks like any other", () => {
  const answers = new ResponseSigner([hawk()]);
  const unreadable: SignableRequest = {
    method: "GET",
    target: "/",
    host: HOST,
    authority: HOST,
    urlScheme: "http",
    headers: HeaderLines.fromEntries([["authorization", "Hawk nonsense"]]),
  };
  const [[name, value] = []] = answers.feign(unreadable, { status: 401, headers: [] });
  expect(name).toBe("Server-Authorization");
  expect(value).toMatch(/^Hawk mac="[A-Za-z0-9+/]{43}=", hash="[A-Za-z0-9+/]{43}="$/);
});

describe("options", () => {
  it.each([
    [{ maxAge: 0 }, "hawk.maxAge"],
    [{ maxAge: 1.5 }, "hawk.maxAge"],
    [{ maxAge: 100_000 }, "hawk.maxAge"],
    [{ futureSkew: -1 }, "hawk.futureSkew"],
    [{ presigned: 0 }, "hawk.presigned"],
    [{ presigned: Number.NaN }, "hawk.presigned"],
    [{ sha1: "no" }, "hawk.sha1"],
    [{ name: "Hawk" }, "hawk.name"],
    [{ timestampSkewSeconds: 60 }, "hawk.timestampSkewSeconds"],
    [null, "hawk"],
  ])("%j is refused: %s", (options, option) =>
    expect(() => hawk(options as HawkOptions)).toThrow(expect.objectContaining({ option })),
  );

  it("signing needs the bytes", () => {
    const signer = new Signer({ appId: "a", apiKey: KEY, scheme: hawk() });
    const content = { sha256: Buffer.alloc(32) };
    expect(() => signer.sign({ method: "POST", url: ORIGIN, content })).toThrow("content-unread");
  });
});
