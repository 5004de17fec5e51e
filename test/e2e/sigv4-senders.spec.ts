import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { All, Body, Controller, Headers } from "@nestjs/common";
import { HmacPrincipal, HmacProtected, type Principal } from "@lacre/nestjs";
import { awsSigV4, type AwsSigV4Options } from "@lacre/schemes/aws-sigv4";
import {
  AWS_KEY,
  PLATFORMS,
  startApp,
  takeAnything,
  type Platform,
  type RunningApp,
} from "../support/app.js";
import { ACCESS_KEY, SCOPE, sha256, signSigV4, type SigV4Terms } from "../support/sigv4.js";
import { send, type WireResponse } from "../support/wire.js";

/*
 * Genuine requests of AWS's clients whose headers are not all signed, and what a proxy, or whoever stands where one
 * does, makes of them. What a handler decides by is as it was signed, or the handler does not run.
 */

const FORM = "application/x-www-form-urlencoded; charset=utf-8";
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
type Line = readonly [string, string];

@Controller()
class OrdersController {
  @All("orders")
  @HmacProtected({ schemes: ["aws-sigv4"] })
  orders(
    @HmacPrincipal() { signedHeaders }: Principal,
    @Body() body: unknown,
    @Headers("x-amz-acl") acl: string | undefined,
  ) {
    return { body: body ?? null, signedHeaders, acl: acl ?? null };
  }
  @All("files/*")
  @HmacProtected({ schemes: ["aws-sigv4"] })
  files() {
    return { ran: true };
  }
  @All("strict")
  @HmacProtected({ schemes: ["aws-sigv4"], signedHeaders: ["content-type", "x-amz-meta-edge"] })
  strict() {
    return { ran: true };
  }
}

const start = (platform: Platform, options: Partial<AwsSigV4Options> = {}): Promise<RunningApp> =>
  startApp(platform, {
    controllers: [OrdersController],
    main: takeAnything, // content without a type, too
    hmac: {
      schemes: [awsSigV4({ ...SCOPE, ...options })],
      apps: [{ appId: ACCESS_KEY, apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] }],
    },
  });

/** What is sent: how it is signed, and what is on the wire instead of that. */
interface Case extends Partial<SigV4Terms> {
  /** Lines that nobody signed. */
  readonly added?: readonly Line[];
  readonly sentBody?: string;
  readonly chunked?: boolean;
}

// SigV4 has no nonce: two requests of one second that are equal are one request.
let count = 0;

async function call(server: RunningApp, each: Case): Promise<[number, string | undefined]> {
  const { status } = await answerTo(server, each);
  return [status, status === 200 ? undefined : server.lastCode()];
}

async function answerTo(server: RunningApp, each: Case): Promise<WireResponse> {
  const { added = [], method = "POST", chunked = false } = each;
  const target = `${each.target ?? "/orders"}?n=${(count += 1)}`;
  const host = `127.0.0.1:${server.port}`;
  const body = each.sentBody ?? (each.body as string | undefined);
  return send(server.port, {
    method,
    target,
    headers: [["Host", host], ...signSigV4({ ...each, method, target, host }), ...added],
    ...(body !== undefined && { body: Buffer.from(body) }),
    chunked,
  });
}

const JSON_BODY = '{"n":1}';
const hash = (body: string): Line => ["X-Amz-Content-Sha256", sha256(body)];
const type = (value: string): Line => ["Content-Type", value];
const json = type("application/json");

describe.each(PLATFORMS)("requests of AWS's clients on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await start(platform);
  });
  afterAll(() => server.close());

  it.each<[string, Case]>([
    ["host and date alone", { method: "GET" }],
    ["the hash of its content, unsigned", { method: "PUT", body: "abc", added: [hash("abc")] }],
    ["the hash of no content, unsigned", { method: "GET", added: [hash("")] }],
    [
      "the hash of its content, signed",
      { body: "abc", also: { "x-amz-content-sha256": sha256("abc") } },
    ],
    ["chunks, and the hash unsigned", { body: "abc", added: [hash("abc")], chunked: true }],
    ["JSON of aws4fetch: its type unsigned", { body: JSON_BODY, added: [json] }],
    [
      "the same with a charset",
      { body: JSON_BODY, added: [type("application/json; charset=UTF-8")] },
    ],
    [
      "the same as axios writes it",
      { body: JSON_BODY, added: [type("application/json;charset=utf-8")] },
    ],
    [
      "JSON of aws-requests-auth: hash and type unsigned",
      { body: JSON_BODY, added: [json, hash(JSON_BODY)] },
    ],
    [
      "the type that requests-auth-aws-sigv4 gives to a GET",
      { method: "GET", added: [type(FORM)], also: { "x-amz-content-sha256": EMPTY } },
    ],
    [
      "a type beside no content",
      { method: "DELETE", added: [type("text/plain"), ["Content-Length", "0"]] },
    ],
    [
      "what CloudFront adds",
      {
        method: "GET",
        added: [
          ["X-Amz-Cf-Id", "5ZxaxPOoKEPPe3gLsvAMMMdZzcl7GjVYrPFL2Yn88VWbwGLVtiTJFw=="],
          ["Via", "2.0 d1.cloudfront.net (CloudFront)"],
        ],
      },
    ],
    [
      "what a load balancer and a gateway add",
      {
        method: "GET",
        added: [
          ["X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678"],
          ["X-Amzn-Apigateway-Api-Id", "a1"],
          ["X-Amzn-Tls-Version", "TLSv1.3"],
          ["X-Forwarded-For", "203.0.113.7"],
        ],
      },
    ],
  ])("are taken with %s", async (_what, each) => {
    expect(await call(server, each)).toEqual([200, undefined]);
  });

  it("have their JSON read, and say that its type is not signed", async () => {
    const { body } = await answerTo(server, { body: JSON_BODY, added: [json] });
    expect(JSON.parse(body)).toMatchObject({
      body: { n: 1 },
      signedHeaders: ["host", "x-amz-date"],
    });
  });

  it.each<[string, Case, string]>([
    ["a wrong hash, unsigned", { body: "abc", added: [hash("abd")] }, "signature-mismatch"],
    [
      "other content and its hash",
      { body: "abc", sentBody: "abd", added: [hash("abd")] },
      "signature-mismatch",
    ],
    [
      "other content beside the right hash",
      { body: "abc", sentBody: "abd", added: [hash("abc")] },
      "content-mismatch",
    ],
    [
      "content added beside the hash of none",
      { method: "GET", sentBody: "abc", added: [hash("")] },
      "content-mismatch",
    ],
    [
      "UNSIGNED-PAYLOAD, signed as the last line",
      {
        body: "abc",
        payload: "UNSIGNED-PAYLOAD",
        added: [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]],
      },
      "payload-unsigned",
    ],
    [
      "UNSIGNED-PAYLOAD, in place of the hash",
      { body: "abc", added: [["x-amz-content-sha256", "UNSIGNED-PAYLOAD"]] },
      "payload-unsigned",
    ],
    [
      "a streaming payload",
      { body: "abc", added: [["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]] },
      "payload-unsigned",
    ],
    [
      "a hash in capitals",
      { body: "abc", added: [["x-amz-content-sha256", sha256("abc").toUpperCase()]] },
      "digest-malformed",
    ],
    ["the hash twice", { body: "abc", added: [hash("abc"), hash("abc")] }, "header-repeated"],
    [
      "a second hash beside the right one",
      { body: "abc", added: [hash("abc"), hash("abd")] },
      "header-repeated",
    ],
    [
      "a twin of the hash",
      { body: "abc", added: [["x_amz_content_sha256", sha256("abc")]] },
      "header-ambiguous",
    ],
    ["an access list", { added: [["x-amz-acl", "public-read"]] }, "header-unsigned"],
    ["a session token", { added: [["X-Amz-Security-Token", "FwoGZXIvYXdzE"]] }, "header-unsigned"],
    ["a target of AWS's own", { added: [["X-Amz-Target", "Table.Delete"]] }, "header-unsigned"],
    ["another date", { added: [["X-Amz-Date", "20270131T120000Z"]] }, "header-repeated"],
    ["a method in a header", { added: [["X-HTTP-Method-Override", "DELETE"]] }, "header-unsigned"],
    ["a key that makes two requests one", { added: [["Idempotency-Key", "a"]] }, "header-unsigned"],
    [
      "a coding of the content",
      { body: "abc", added: [["Content-Encoding", "gzip"]] },
      "header-unsigned",
    ],
    ["a form, its type unsigned", { body: "a=1", added: [type(FORM)] }, "header-unsigned"],
    [
      "text, its type unsigned",
      { body: "abc", added: [type("text/plain;charset=UTF-8")] },
      "header-unsigned",
    ],
    [
      "JSON, made a form on the way",
      { body: '{"a":1}', added: [type("application/x-www-form-urlencoded")] },
      "header-unsigned",
    ],
    [
      "JSON, made another kind of JSON",
      { body: "[]", added: [type("application/json-patch+json")] },
      "header-unsigned",
    ],
    [
      "JSON in a charset that changes its letters",
      { body: JSON_BODY, added: [type("application/json; charset=utf-7")] },
      "header-unsigned",
    ],
    [
      "JSON with a parameter",
      { body: JSON_BODY, added: [type("application/json; v=1")] },
      "header-unsigned",
    ],
    ["two types", { body: JSON_BODY, added: [json, type(FORM)] }, "header-repeated"],
    [
      "a twin of the type",
      { body: JSON_BODY, added: [json, ["Content_Type", "text/plain"]] },
      "header-ambiguous",
    ],
    [
      "a form in chunks, its type unsigned",
      { body: "a=1", added: [type(FORM)], chunked: true },
      "header-unsigned",
    ],
    [
      "a type other than the signed one",
      { body: "a=1", also: { "content-type": FORM }, added: [json] },
      "header-repeated",
    ],
  ])("are refused with %s", async (_what, each, code) => {
    expect(await call(server, each)).toEqual([401, code]);
  });

  it("are refused where a type that was signed is taken away or changed", async () => {
    const host = `127.0.0.1:${server.port}`;
    for (const value of [undefined, "application/json"]) {
      const target = `/orders?n=${(count += 1)}`;
      const lines = signSigV4({
        method: "POST",
        target,
        host,
        body: "a=1",
        also: { "content-type": FORM },
      });
      const headers = lines.filter(([name]) => name !== "content-type");
      expect(headers.length).toBe(lines.length - 1);
      if (value !== undefined) headers.push(["content-type", value]);
      const answer = await send(server.port, {
        method: "POST",
        target,
        headers: [["Host", host], ...headers],
        body: Buffer.from("a=1"),
      });
      expect(answer.status).toBe(401);
    }
  });

  it("are held to what a route wants signed, whatever else may be left out", async () => {
    const wants = { target: "/strict", body: JSON_BODY } as const;
    expect(await call(server, { ...wants, added: [json] })).toEqual([401, "header-unsigned"]);
    const also = { "content-type": "application/json", "x-amz-meta-edge": "a" };
    expect(await call(server, { ...wants, also })).toEqual([200, undefined]);
  });
});

describe.each(PLATFORMS)("headers that a setting ignores on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await start(platform, { ignoreHeaders: ["X-Amz-Meta-Edge", "content-type"] });
  });
  afterAll(() => server.close());

  it.each<[string, Case]>([
    ["unsigned", { added: [["x-amz-meta-edge", "a"]] }],
    ["signed", { also: { "x-amz-meta-edge": "a" } }],
    [
      "twice",
      {
        added: [
          ["x-amz-meta-edge", "a"],
          ["x-amz-meta-edge", "b"],
        ],
      },
    ],
    [
      "beside what AWS adds",
      {
        added: [
          ["x-amz-cf-id", "a"],
          ["x-amz-meta-edge", "a"],
        ],
      },
    ],
  ])("are taken %s", async (_what, each) => {
    expect(await call(server, each)).toEqual([200, undefined]);
  });

  it("leave a form its type", async () => {
    const { status, body } = await answerTo(server, { body: "a=1", added: [type(FORM)] });
    expect([status, (JSON.parse(body) as { body: object }).body]).toEqual([200, { a: "1" }]);
  });

  it.each<[string, Case, string]>([
    ["another header", { added: [["x-amz-meta-other", "a"]] }, "header-unsigned"],
    [
      "a signed one that was changed",
      { also: { "x-amz-meta-edge": "a" }, added: [["x-amz-meta-edge", "b"]] },
      "header-repeated",
    ],
    ["two types", { body: "a=1", added: [type(FORM), json] }, "header-repeated"],
    [
      "one that the route wants signed",
      {
        target: "/strict",
        body: JSON_BODY,
        also: { "content-type": "application/json" },
        added: [["x-amz-meta-edge", "a"]],
      },
      "header-unsigned",
    ],
  ])("do not let in %s", async (_what, each, code) => {
    expect(await call(server, each)).toEqual([401, code]);
  });
});

describe("which headers a setting may ignore", () => {
  const make = (...ignoreHeaders: string[]) => awsSigV4({ ...SCOPE, ignoreHeaders });

  it.each([
    "host",
    "Host",
    "authorization",
    "x-amz-date",
    "X-Amz-Security-Token",
    "x-amz-content-sha256",
    "content-encoding",
    "content-digest",
    "idempotency-key",
    "x-http-method-override",
  ])("is not %s", (name) => {
    expect(() => make("x-amz-meta-edge", name)).toThrow(
      `awsSigV4.ignoreHeaders[1]: ${name.toLowerCase()} decides what a request means, so it must be signed. Leave it out.`,
    );
  });

  it.each(["x-amz-*", "", "x amz", 7])("is no name that is none: %j", (name) => {
    expect(() => make(name as string)).toThrow(
      'awsSigV4.ignoreHeaders[0]: is not the name of a header. Write "x-amz-meta-edge".',
    );
  });

  it("says what an unsigned type costs, until that is known", () => {
    expect(make("x-amz-meta-edge").weaknesses).toEqual([]);
    expect(make("content-type").weaknesses?.join()).toMatch(/read as another type/);
    const known = awsSigV4({
      ...SCOPE,
      ignoreHeaders: ["content-type"],
      acknowledgeWeakness: true,
    });
    expect(known.weaknesses).toEqual([]);
  });
});

describe.each(PLATFORMS)("paths that are signed as they are sent on %s", (platform) => {
  const apps: Partial<Record<"plain" | "s3" | "raw", RunningApp>> = {};
  beforeAll(async () => {
    for (const urlMode of ["plain", "s3", "raw"] as const)
      apps[urlMode] = await start(platform, { urlMode });
  });
  afterAll(() => Promise.all(Object.values(apps).map((app) => app.close())));
  const raw = (): RunningApp => apps.raw as RunningApp;

  it.each([
    "/files//a",
    "/files/a//b/",
    "/files/./a",
    "/files/a/../b",
    "/files/..",
    "/files/%2F%2f",
    "/files/a%20b/%C3%A9:=@",
  ])("%s is taken under raw, and under its own signature alone", async (target) => {
    const server = raw();
    expect(await call(server, { method: "GET", target })).toEqual([200, undefined]);
    const encode = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
    for (const other of [
      "/files/b",
      "/files/a",
      `${target}/`,
      target.replace("/files", "/files/x/.."),
    ]) {
      if (other === target) continue;
      const spoilt = { method: "GET", target: other, signedPath: encode(target) } as const;
      expect(await call(server, spoilt)).toEqual([401, "signature-mismatch"]);
    }
  });

  it("have each segment encoded once more, which is not so under s3", async () => {
    const each = { method: "GET", target: "/files/a%20b" } as const;
    expect(await call(raw(), each)).toEqual([200, undefined]);
    const once = { ...each, signedPath: "/files/a%20b" } as const;
    expect(await call(raw(), once)).toEqual([401, "signature-mismatch"]);
    const s3 = apps.s3 as RunningApp;
    expect(await call(s3, once)).toEqual([200, undefined]);
    expect(await call(s3, each)).toEqual([401, "signature-mismatch"]);
  });

  it("are refused under plain where they have a second spelling, whoever signed them", async () => {
    const plain = apps.plain as RunningApp;
    for (const target of ["/files//a", "/files/./a", "/files/a/../b"])
      for (const signedPath of [target, "/files/a"])
        expect(await call(plain, { method: "GET", target, signedPath })).toEqual([
          401,
          "target-malformed",
        ]);
  });
});
