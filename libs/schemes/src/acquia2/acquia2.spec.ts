import { hash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { TestClock } from "../../../../test/support/app.js";
import { Judge, type Arriving } from "../../../../test/support/judge.js";
import { Refusal } from "@lacre/core/scheme";
import { ResponseSigner, Signer } from "@lacre/core";
import { acquia2 } from "./acquia2.js";

/*
 * Values of the specification's own fixtures (acquia/http-hmac-php, test/acquia_spec_features.json: "GET 1", "POST 1").
 */
const KEY = "W5PeGMxSItNerkNFqQMfYiJvH14WzVJMy54CPoTAYoI=";
const ID = "efdde334-fe7b-11e4-a322-1697f925ec7b";
const NONCE = "d1954337-5319-4821-8427-115542e08d10";
const NOW = 1_432_075_982;
const REALM = "Pipet service";
const HOST = "example.acquiapipet.net";
const BODY = '{"method":"hi.bob","params":["5","4","8"]}';
const BODY_HASH = "6paRNxUA7WawFxJpRp4cEixDjHq3jfIKX072k9slalo=";
const credentials = (signature: string): string =>
  `acquia-http-hmac id="${ID}",nonce="${NONCE}",realm="Pipet%20service",signature="${signature}",version="2.0"`;

const GET: Arriving = {
  method: "GET",
  target: "/v1.0/task-status/133?limit=10",
  headers: [
    ["Host", HOST],
    ["Content-Type", "application/json"],
    ["X-Authorization-Timestamp", String(NOW)],
    ["Authorization", credentials("MRlPr/Z1WQY2sMthcaEqETRMw4gPYXlPcTpaLWS2gcc=")],
  ],
};
const POST: Arriving = {
  method: "POST",
  target: "/v1.0/task",
  headers: [
    ["Host", HOST],
    ["Content-Type", "application/json"],
    ["X-Authorization-Timestamp", String(NOW)],
    ["X-Authorization-Content-SHA256", BODY_HASH],
    ["Authorization", credentials("XDBaXgWFCY3aAgQvXyGXMbw9Vds2WPKJe2yP+1eXQgM=")],
  ],
  content: BODY,
};
const GET_TEXT =
  "GET\nexample.acquiapipet.net\n/v1.0/task-status/133\nlimit=10\nid=efdde334-fe7b-11e4-a322-1697f925ec7b&nonce=d1954337-5319-4821-8427-115542e08d10&realm=Pipet%20service&version=2.0\n1432075982";
const POST_TEXT =
  "POST\nexample.acquiapipet.net\n/v1.0/task\n\nid=efdde334-fe7b-11e4-a322-1697f925ec7b&nonce=d1954337-5319-4821-8427-115542e08d10&realm=Pipet%20service&version=2.0\n1432075982\napplication/json\n6paRNxUA7WawFxJpRp4cEixDjHq3jfIKX072k9slalo=";

const scheme = acquia2({ realm: REALM });
const apps = [{ appId: ID, apiKey: KEY, encoding: "base64", schemes: ["acquia2"] }] as const;
const judge = (): Judge =>
  new Judge({ scheme, apps, origins: [`https://${HOST}`], nowSeconds: NOW });
const verdictOf = (request: Arriving): Promise<string> => judge().verdict(request);

/** The same request with a header replaced, or without it. */
function withHeader(request: Arriving, name: string, value?: string): Arriving {
  const others = request.headers.filter(([known]) => known !== name);
  expect(others.length + 1).toBe(request.headers.length);
  return {
    ...request,
    headers: value === undefined ? others : [...others, [name, value]],
  };
}
const withMore = (request: Arriving, ...more: [string, string][]): Arriving => ({
  ...request,
  headers: [...request.headers, ...more],
});
const authorizationOf = (request: Arriving): string =>
  request.headers.find(([name]) => name === "Authorization")?.[1] ?? "";
function spoilt(request: Arriving, from: string | RegExp, to: string): Arriving {
  const text = authorizationOf(request);
  expect(text.replace(from, to)).not.toBe(text);
  return withHeader(request, "Authorization", text.replace(from, to));
}

describe("the specification's fixtures", () => {
  it.each([
    ["GET 1", GET, GET_TEXT],
    ["POST 1", POST, POST_TEXT],
  ])("%s", async (_name, request, text) => {
    const server = judge();
    expect(await server.verdict(request)).toBe("accepted");
    expect(server.authentic?.canonicalRequest).toBe(text);
  });

  it.each([
    ["GET 1", GET, '{"id": 133, "status": "done"}', "M4wYp1MKvDpQtVOnN7LVt9L8or4pKyVLhfUFVJxHemU="],
    ["POST 1", POST, "", "LusIUHmqt9NOALrQ4N4MtXZEFE03MjcDjziK+vVqhvQ="],
  ])("the response of %s", async (_name, request, body, signature) => {
    const server = judge();
    await server.verdict(request);
    if (server.authentic === undefined) throw new Error("not authentic");
    const signer = new ResponseSigner([scheme]);
    const content = Buffer.from(body);
    expect(signer.canSign(server.authentic)).toBe(true);
    expect(signer.sign(server.authentic, { status: 200, headers: [], content })).toEqual([
      ["X-Server-Authorization-HMAC-SHA256", signature],
    ]);
  });

  it("are what we sign, but for the nonce", () => {
    const signer = new Signer({
      appId: ID,
      apiKey: KEY,
      scheme,
      clock: new TestClock(NOW * 1000),
    });
    const { canonicalRequest, claims, headers } = signer.sign({
      method: "POST",
      url: `https://${HOST}/v1.0/task`,
      headers: [["Content-Type", "application/json"]],
      content: Buffer.from(BODY),
    });
    expect(canonicalRequest.replace(claims.nonce, NONCE)).toBe(POST_TEXT);
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-authorization-timestamp": String(NOW),
      "x-authorization-content-sha256": BODY_HASH,
    });
  });
});

describe("content", () => {
  it.each([
    ["changed", { ...POST, content: `${BODY} ` }, "content-mismatch"],
    ["removed", { ...POST, content: "" }, "content-mismatch"],
    ["added", { ...GET, content: "added" }, "content-undigested"],
    [
      "changed with its hash",
      {
        ...withHeader(POST, "X-Authorization-Content-SHA256", hash("sha256", "other", "base64")),
        content: "other",
      },
      "signature-mismatch",
    ],
    [
      "added with its hash",
      {
        ...withMore(GET, ["X-Authorization-Content-SHA256", hash("sha256", "added", "base64")]),
        content: "added",
      },
      "signature-mismatch",
    ],
    [
      "removed with its hash",
      { ...withHeader(POST, "X-Authorization-Content-SHA256"), content: "" },
      "signature-mismatch",
    ],
    [
      "removed, with the hash of nothing",
      {
        ...withHeader(POST, "X-Authorization-Content-SHA256", hash("sha256", "", "base64")),
        content: "",
      },
      "signature-mismatch",
    ],
    [
      "hidden behind the hash of nothing",
      {
        ...withMore(GET, ["X-Authorization-Content-SHA256", hash("sha256", "", "base64")]),
        content: "added",
      },
      "content-undigested",
    ],
    [
      "none, and the hash of nothing",
      withMore(GET, ["X-Authorization-Content-SHA256", hash("sha256", "", "base64")]),
      "accepted",
    ],
    ["of another type", withHeader(POST, "Content-Type", "text/plain"), "signature-mismatch"],
    ["of no type", withHeader(POST, "Content-Type"), "signature-mismatch"],
    ["of two types", withMore(POST, ["Content-Type", "application/json"]), "header-repeated"],
    ["of an ambiguous type", withMore(POST, ["Content_Type", "text/plain"]), "header-ambiguous"],
    ["the type of none", withHeader(GET, "Content-Type", "text/plain"), "accepted"],
    [
      "two hashes",
      withMore(POST, ["X-Authorization-Content-SHA256", BODY_HASH]),
      "header-repeated",
    ],
    [
      "an ambiguous hash",
      withMore(GET, ["X_Authorization_Content_SHA256", BODY_HASH]),
      "header-ambiguous",
    ],
    [
      "a hash without padding",
      withHeader(POST, "X-Authorization-Content-SHA256", BODY_HASH.slice(0, -1)),
      "digest-malformed",
    ],
    [
      "a hash in hex",
      withHeader(POST, "X-Authorization-Content-SHA256", hash("sha256", BODY, "hex")),
      "digest-malformed",
    ],
  ] as [string, Arriving, string][])("%s", async (_name, request, code) => {
    expect(await verdictOf(request)).toBe(code);
  });
});

describe("refused", () => {
  it.each([
    [spoilt(GET, "acquia-http-hmac ", "acquia-http-hmac  "), "credentials-malformed"],
    [spoilt(GET, "acquia-http-hmac ", "acquia-http-hmac2 "), "credentials-missing"],
    [spoilt(GET, 'version="2.0"', 'version="1.0"'), "credentials-malformed"],
    [spoilt(GET, ',version="2.0"', ""), "credentials-malformed"],
    [spoilt(GET, /nonce="[^"]*",/, ""), "credentials-malformed"],
    [spoilt(GET, /realm="[^"]*",/, ""), "credentials-malformed"],
    [spoilt(GET, /signature="[^"]*",/, ""), "credentials-malformed"],
    [spoilt(GET, /id="[^"]*",/, ""), "credentials-malformed"],
    [spoilt(GET, /id="[^"]*"/, '$&,id="other"'), "credentials-malformed"],
    [spoilt(GET, /id="[^"]*"/, '$&,x="other"'), "credentials-malformed"],
    [spoilt(GET, /id="[^"]*"/, 'id=""'), "app-id-malformed"],
    [spoilt(GET, 'id="e', 'id="%65'), "app-id-malformed"],
    [spoilt(GET, /id="[^"]*"/, 'id="nobody"'), "app-unknown"],
    [spoilt(GET, "Pipet%20service", "Pipet%20Service"), "scope-wrong"],
    [spoilt(GET, "Pipet%20service", "Pipet+service"), "scope-wrong"],
    [spoilt(GET, "Pipet%20service", "%"), "credentials-malformed"],
    [spoilt(GET, "Pipet%20service", "%FF"), "credentials-malformed"],
    [spoilt(GET, 'nonce="d', 'nonce="D'), "nonce-malformed"],
    [spoilt(GET, 'nonce="d', 'nonce="'), "nonce-malformed"],
    [spoilt(GET, 'nonce="d', 'nonce="e'), "signature-mismatch"],
    [spoilt(GET, 'signature="M', 'signature="N'), "signature-mismatch"],
    [spoilt(GET, "gcc=", "gcd="), "signature-malformed"],
    [spoilt(GET, "gcc=", "gcc"), "signature-malformed"],
    [spoilt(GET, "gcc=", "gcc%3D"), "signature-malformed"],
    [spoilt(GET, "/Z1", "_Z1"), "signature-malformed"],
  ] as [Arriving, string][])("credentials %#", async (request, code) => {
    expect(await verdictOf(request)).toBe(code);
  });

  it.each([
    [undefined, "header-missing"],
    ["", "timestamp-malformed"],
    ["0" + String(NOW), "timestamp-malformed"],
    ["+1432075982", "timestamp-malformed"],
    ["1432075982000", "timestamp-malformed"],
    ["1.4e9", "timestamp-malformed"],
    ["NaN", "timestamp-malformed"],
    [String(NOW + 1), "signature-mismatch"],
  ])("the timestamp %j: %s", async (text, code) => {
    expect(await verdictOf(withHeader(GET, "X-Authorization-Timestamp", text))).toBe(code);
  });

  it.each([
    [withMore(GET, ["X-Authorization-Timestamp", String(NOW)]), "header-repeated"],
    [withMore(GET, ["X_Authorization_Timestamp", "1"]), "header-ambiguous"],
    [withMore(GET, ["X-Authenticated-Id", "admin"]), "header-forbidden"],
    [withMore(GET, ["X_Authenticated-Id", "admin"]), "header-forbidden"],
    [withMore(GET, ["X-HTTP-Method-Override", "DELETE"]), "header-unsigned"],
    [withMore(POST, ["Content-Encoding", "gzip"]), "header-unsigned"],
    [withMore(GET, ["Idempotency-Key", "1"]), "header-unsigned"],
    [{ ...GET, method: "HEAD" }, "signature-mismatch"],
    [{ ...GET, target: "/v1.0/task-status/134?limit=10" }, "signature-mismatch"],
    [{ ...GET, target: "/v1.0/task-status/133?limit=100" }, "signature-mismatch"],
    [{ ...GET, target: "/v1.0/task-status/133" }, "signature-mismatch"],
    [{ ...POST, target: "/v1.0/task?" }, "target-malformed"],
    [{ ...POST, target: "/v1.0/task/" }, "signature-mismatch"],
  ] as [Arriving, string][])("a request %#", async (request, code) => {
    expect(await verdictOf(request)).toBe(code);
  });

  it("another host, though the key is the same", async () => {
    const server = new Judge({
      scheme,
      apps,
      origins: [`https://${HOST}`, "https://other.example"],
      nowSeconds: NOW,
    });
    expect(await server.verdict(withHeader(GET, "Host", "other.example"))).toBe(
      "signature-mismatch",
    );
    expect(await server.verdict(withHeader(GET, "Host", `${HOST}:443`))).toBe("signature-mismatch");
    expect(await server.verdict(withHeader(GET, "Host", HOST.toUpperCase()))).toBe("accepted");
  });
});

describe("the list of headers", () => {
  const signer = new Signer({ appId: ID, apiKey: KEY, scheme, clock: new TestClock(NOW * 1000) });
  const listing = (...headers: [string, string][]): Arriving => {
    const signed = signer.sign({ method: "GET", url: `https://${HOST}/`, headers });
    return {
      method: "GET",
      target: "/",
      headers: [
        ["Host", HOST],
        ...headers,
        ...signed.headers.map(
          ([name, value]) =>
            [name === "authorization" ? "Authorization" : name, value] as [string, string],
        ),
      ],
    };
  };
  const request = listing(["X-Tenant", "7"], ["Idempotency-Key", "a:b"]);

  it("is sorted whatever its order and case, and each entry counts", async () => {
    expect(await verdictOf(request)).toBe("accepted");
    const list = "idempotency-key%3Bx-tenant";
    for (const same of ["X-Tenant%3BIdempotency-Key", "x-tenant;idempotency-key"])
      expect(await verdictOf(spoilt(request, list, same))).toBe("accepted");
    expect(await verdictOf(withHeader(request, "X-Tenant", "8"))).toBe("signature-mismatch");
    expect(await verdictOf(withHeader(request, "X-Tenant"))).toBe("header-missing");
    expect(await verdictOf(withMore(request, ["X-Tenant", "7"]))).toBe("header-repeated");
    expect(await verdictOf(withMore(request, ["X_Tenant", "8"]))).toBe("header-ambiguous");
    expect(await verdictOf(withHeader(request, "X-Tenant", "é"))).toBe("header-malformed");
    expect(await verdictOf(spoilt(request, list, "idempotency-key"))).toBe("signature-mismatch");
    for (const [bad, code] of [
      ["x-tenant", "header-unsigned"],
      ["", "header-unsigned"],
      [`${list}%3Bx-tenant`, "signed-headers-malformed"],
      [`${list}%3BX-TENANT`, "signed-headers-malformed"],
      [`${list}%3B`, "signed-headers-malformed"],
      [`${list}%3Bx_y`, "signed-headers-malformed"],
      [`${list}%3B__proto__`, "signed-headers-malformed"],
      [`${list}%3Bconstructor`, "header-missing"],
      [`${list}%3Bauthorization`, "header-forbidden"],
      [`${list}%3Bx-forwarded-for`, "header-forbidden"],
      [Array.from({ length: 33 }, (_, i) => `x-${i}`).join("%3B"), "signed-headers-malformed"],
    ] as const)
      expect([bad, await verdictOf(spoilt(request, list, bad))]).toEqual([bad, code]);
  });
});

describe("time and replay", () => {
  it.each([
    [900, "accepted"],
    [901, "timestamp-too-old"],
    [-900, "accepted"],
    [-901, "timestamp-too-new"],
  ])("%s s after its time: %s", async (seconds, code) => {
    const server = judge();
    server.clock.advance(seconds);
    expect(await server.verdict(GET)).toBe(code);
  });

  it("runs once, and a forgery uses nothing up", async () => {
    const server = judge();
    expect(await server.verdict({ ...POST, content: "other" })).toBe("content-mismatch");
    expect(await server.verdict(POST)).toBe("accepted");
    expect(await server.verdict(POST)).toBe("nonce-seen");
  });
});

describe("answers", () => {
  const signer = new Signer({ appId: ID, apiKey: KEY, scheme });
  const signed = signer.sign({ method: "GET", url: `https://${HOST}/` });
  const content = Buffer.from([0, 255, 128, 10, 13]);

  it("are believed only as the server made them, to the byte", async () => {
    const server = judge();
    server.clock.ms = Date.now();
    await server.verdict({
      method: "GET",
      target: "/",
      headers: [["Host", HOST], ...signed.headers],
    });
    if (server.authentic === undefined) throw new Error("not authentic");
    const headers = new ResponseSigner([scheme]).sign(server.authentic, {
      status: 200,
      headers: [],
      content,
    });
    const answer = { method: "GET", status: 200, headers, content };
    expect((await signer.check(signed, answer)).timestampSeconds).toBeUndefined();
    const refused = (more: object, by = signed): Promise<unknown> =>
      expect(signer.check(by, { ...answer, ...more })).rejects.toMatchObject({
        name: "ResponseRefusal",
        fault: FAULT,
      });
    let FAULT = "signature-mismatch";
    await refused({ content: Buffer.from([0, 255, 129, 10, 13]) });
    await refused({ content: Buffer.from("\u0000ÿ\u0080\n\r") }); // the same text, other bytes
    await refused({}, signer.sign({ method: "GET", url: `https://${HOST}/` }));
    FAULT = "signature-missing";
    await refused({ headers: [] });
    FAULT = "signature-repeated";
    await refused({ headers: [...headers, ...headers] });
    FAULT = "signature-malformed";
    await refused({ headers: [[headers[0]?.[0], `${headers[0]?.[1]} `.replace("=", "")]] });
  });
});

describe("options", () => {
  it.each([
    [{}, "acquia2.realm"],
    [{ realm: "" }, "acquia2.realm"],
    [{ realm: "é" }, "acquia2.realm"],
    [{ realm: "r", maxAge: 0 }, "acquia2.maxAge"],
    [{ realm: "r", futureSkew: 0.5 }, "acquia2.futureSkew"],
    [{ realm: "r", maxSkewSeconds: 900 }, "acquia2.maxSkewSeconds"],
    [undefined, "acquia2.realm"],
    [null, "acquia2"],
  ])("%j is refused: %s", (options, option) =>
    expect(() => acquia2(options as never)).toThrow(expect.objectContaining({ option })),
  );

  it("the window is as wide to the future as to the past, unless given", () => {
    const windowOf = (more: object) => acquia2({ realm: "r", ...more }).window;
    expect(windowOf({})).toEqual({ maxAgeSeconds: 900, futureSkewSeconds: 900 });
    expect(windowOf({ maxAge: 60 })).toEqual({ maxAgeSeconds: 60, futureSkewSeconds: 60 });
    expect(windowOf({ futureSkew: 5 })).toEqual({ maxAgeSeconds: 900, futureSkewSeconds: 5 });
  });

  it("takes keys of 32 to 64 bytes, in base64 or hex", () => {
    const read = (apiKey: string, encoding?: "hex") => () =>
      new Signer({ appId: "a", apiKey, scheme, ...(encoding && { encoding }) });
    expect(read(KEY)).not.toThrow();
    expect(read(Buffer.from(KEY, "base64").toString("hex"), "hex")).not.toThrow();
    expect(read("bXlzZWNyZXRzZWNyZXR0aGluZ3Rva2VlcA==")).toThrow("shorter than 32");
  });

  it("signs no X-Authenticated-Id", () => {
    const signer = new Signer({ appId: ID, apiKey: KEY, scheme });
    const headers: [string, string][] = [["X-Authenticated-Id", "1"]];
    expect(() => signer.sign({ method: "GET", url: `https://${HOST}/`, headers })).toThrow(Refusal);
  });
});
