import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { All, Controller, Get, Head, Header, Logger, Post, Query, Req } from "@nestjs/common";
import { Signer, type UrlToPresign } from "@lacre/core";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import {
  HmacPrincipal,
  HmacProtected,
  HmacSignedResponse,
  type HmacModuleOptions,
  type HmacRouteOptions,
  type Principal,
} from "@lacre/nestjs";
import {
  AWS_KEY,
  DEMO_KEY,
  PLATFORMS,
  startApp,
  TestClock,
  type RunningApp,
} from "../support/app.js";
import { exchange, signedRequest, verdictOn, type RawAnswer } from "../support/exchange.js";
import type { WireRequest } from "../support/wire.js";

const ORIGIN = "https://api.example.test";
const HOST = ["Host", "api.example.test"] as const;
const START = 1_700_000_000;

@Controller("reports")
@HmacProtected({ presigned: 600 })
class ReportsController {
  @Get()
  @HmacSignedResponse()
  get(@HmacPrincipal() { presigned, nonce }: Principal, @Query("id") id: unknown) {
    return { id, presigned, nonce: nonce === "" ? "" : "one" };
  }
  @Get("public")
  @Header("Cache-Control", "public, max-age=600")
  @Header("Referrer-Policy", "unsafe-url")
  public() {
    return "x";
  }
  @All("all")
  all(@Req() { method }: { method: string }) {
    return method;
  }
  @Post()
  post() {
    return "ran";
  }
  @Get("short")
  @HmacProtected({ presigned: 60, scopes: ["reports"] })
  short() {
    return "x";
  }
}

@Controller("never")
class NeverController {
  @Get()
  @HmacProtected()
  get() {
    return "ran";
  }
}

const clock = new TestClock();
const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY, clock });
const presign = (target: string, more: Partial<UrlToPresign> = {}): string =>
  signer.presign({ url: ORIGIN + target, expiresSeconds: 600, ...more }).url.slice(ORIGIN.length);

/** Of a request without such a URL. */
const authorization = (): string =>
  signer
    .sign({ method: "GET", url: `${ORIGIN}/reports` })
    .headers.find(([name]) => name === "authorization")?.[1] as string;

describe.each(PLATFORMS)("presigned URLs on %s", (platform) => {
  let server: RunningApp;
  const logged: string[] = [];
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [ReportsController, NeverController],
      hmac: { origins: [ORIGIN], clock },
    });
    const keep = (text: unknown): void => void logged.push(String(text));
    Logger.overrideLogger({ log: () => undefined, warn: keep, error: keep });
  });
  afterAll(() => {
    Logger.overrideLogger(false);
    return server.close();
  });
  beforeEach(() => {
    logged.length = 0;
    server.verdicts.length = 0;
    clock.ms = START * 1000;
  });

  const call = (target: string, more: Partial<WireRequest> = {}): Promise<RawAnswer> =>
    exchange(server.port, { method: "GET", target, headers: [HOST], ...more });
  const refusalOf = async (target: string, more: Partial<WireRequest> = {}): Promise<unknown> => {
    const { status } = await call(target, more);
    return [status, server.lastCode()];
  };

  it("takes the URL that the specification draws", async () => {
    const text = [
      "LACRE1-HMAC-SHA256-PRESIGNED",
      "demo",
      START,
      "",
      "GET",
      `/reports?id=7&Lacre-Algorithm=LACRE1-HMAC-SHA256-PRESIGNED&Lacre-Credential=demo&Lacre-Timestamp=${START}&Lacre-Expires=600&Lacre-SignedHeaders=host`,
      "host:api.example.test",
      "",
      "host",
    ];
    const mac = createHmac("sha256", Buffer.from([...Array(32).keys()])).update(text.join("\n"));
    const answer = await call(`${text[5]}&Lacre-Signature=${mac.digest("hex")}`);
    expect([answer.status, String(answer.content)]).toEqual([
      200,
      '{"id":"7","presigned":true,"nonce":""}',
    ]);
  });

  it("takes it again and again, until it expires, to the second", async () => {
    const target = presign("/reports?id=7");
    for (const seconds of [0, 301, 298, 0]) {
      clock.advance(seconds);
      expect((await call(target)).status).toBe(200);
    }
    clock.advance(0.999);
    expect((await call(target)).status).toBe(200);
    clock.advance(0.001);
    expect(await refusalOf(target)).toEqual([401, "timestamp-too-old"]);
    clock.ms = (START - 5) * 1000;
    expect((await call(target)).status).toBe(200);
    clock.advance(-1);
    expect(await refusalOf(target)).toEqual([401, "timestamp-too-new"]);
  });

  it("takes one for single use once, and tells it from the others", async () => {
    const target = presign("/reports?id=7", { singleUse: true });
    const copies = await Promise.all(Array.from({ length: 20 }, () => call(target)));
    const taken = copies.filter(({ status }) => status === 200);
    expect(taken.map(({ content }) => String(content))).toEqual([
      '{"id":"7","presigned":true,"nonce":"one"}',
    ]);
    expect(await refusalOf(target)).toEqual([401, "nonce-seen"]);
    clock.advance(599);
    expect(await refusalOf(target)).toEqual([401, "nonce-seen"]);
  });

  it("takes HEAD for HEAD, and for nothing else", async () => {
    const head = presign("/reports?id=7", { method: "HEAD" });
    const answer = await call(head, { method: "HEAD" });
    expect([answer.status, answer.content.byteLength]).toEqual([200, 0]);
    expect(await refusalOf(head)).toEqual([401, "signature-mismatch"]);
    const get = presign("/reports?id=7");
    expect(await refusalOf(get, { method: "HEAD" })).toEqual([401, "signature-mismatch"]);
    expect(String((await call(presign("/reports/all"))).content)).toBe("GET");
  });

  it.each<[string, string, (target: string) => [string, Partial<WireRequest>?]]>([
    [
      "beside Authorization",
      "credentials-repeated",
      (target) => [target, { headers: [HOST, ["Authorization", authorization()]] }],
    ],
    [
      "beside another Authorization",
      "credentials-repeated",
      (target) => [target, { headers: [HOST, ["Authorization", "Basic YTpi"]] }],
    ],
    ["by POST", "method-refused", (target) => [target, { method: "POST" }]],
    ["with content", "content-undigested", (target) => [target, { body: Buffer.from("x") }]],
    [
      "with chunked content",
      "content-undigested",
      (target) => [target, { body: Buffer.from("x"), chunked: true }],
    ],
    [
      "at another host",
      "host-unknown",
      (target) => [target, { headers: [["Host", "evil.example"]] }],
    ],
    ["with another query", "signature-mismatch", (target) => [target.replace("id=7", "id=8")]],
    ["on another path", "signature-mismatch", (target) => [target.replace("/reports", "/never")]],
    [
      "with a longer life",
      "signature-mismatch",
      (target) => [target.replace("Expires=600", "Expires=700")],
    ],
    ["with a parameter after it", "credentials-malformed", (target) => [`${target}&x=1`]],
    [
      "with a parameter before it",
      "signature-mismatch",
      (target) => [target.replace("?", "?x=1&")],
    ],
    [
      "with a second signature",
      "credentials-malformed",
      (target) => [`${target}&Lacre-Signature=${"0".repeat(64)}`],
    ],
    [
      "without its signature",
      "credentials-malformed",
      (target) => [target.replace(/&Lacre-Signature.*/, "")],
    ],
    [
      "in other letters",
      "credentials-malformed",
      (target) => [target.replace("Lacre-Expires", "lacre-expires")],
    ],
  ])("is refused %s", async (_name, code, spoil) => {
    const target = presign("/reports?id=7");
    const [spoilt, more] = spoil(target);
    if (more === undefined) expect(spoilt).not.toBe(target);
    const answer = await call(spoilt, more);
    expect([answer.status, server.lastCode()]).toEqual([401, code]);
    expect(String(answer.content)).toBe('{"statusCode":401,"message":"Unauthorized"}');
    expect(answer.all("cache-control")).toEqual(["no-store, no-transform"]);
    expect(answer.all("referrer-policy")).toEqual(["no-referrer"]);
    expect((await call(target)).status).toBe(200);
    // The log names the path alone.
    expect(logged.filter((line) => line.startsWith("refused 401"))).toHaveLength(1);
    expect(logged.join()).not.toMatch(/id=|Lacre-Credential|[0-9a-f]{64}&|Expires/);
  });

  it("is refused where the route takes none, or none that lives so long", async () => {
    expect(await refusalOf(presign("/never"))).toEqual([401, "scheme-refused"]);
    const more = { expiresSeconds: 601 };
    expect(await refusalOf(presign("/reports", more))).toEqual([401, "scheme-refused"]);
    expect(await refusalOf(presign("/reports/short"))).toEqual([401, "scheme-refused"]);
    const short = presign("/reports/short", { expiresSeconds: 60 });
    expect(await refusalOf(short)).toEqual([403, "scope-insufficient"]);
  });

  it("may not be stored, nor told to other sites, whatever the handler says", async () => {
    const answer = await call(presign("/reports/public"));
    expect([answer.status, answer.all("cache-control")]).toEqual([200, ["no-store, no-transform"]]);
    expect(answer.all("referrer-policy")).toEqual(["no-referrer"]);
  });

  it("is never answered with a signature under the app's key, where others are", async () => {
    const answer = await call(presign("/reports"));
    expect([answer.status, answer.all("lacre-signature")]).toEqual([200, []]);
    const old = presign("/reports");
    clock.advance(600);
    const refused = await call(old);
    expect(refused.all("lacre-signature")[0]).toMatch(/^LACRE1-HMAC-SHA256-RESPONSE /);
    // Under the key it would be this, with the signature of the URL in the third line.
    const [, timestamp = "", list = "", mac = ""] =
      /Timestamp=(\d+), SignedHeaders=(\S+), Signature=(.*)$/.exec(
        refused.all("lacre-signature")[0] ?? "",
      ) ?? [];
    const text = ["LACRE1-HMAC-SHA256-RESPONSE", "demo", old.slice(-64), timestamp, "401"];
    for (const name of list.split(";")) text.push(`${name}:${refused.all(name)[0] ?? ""}`);
    const key = Buffer.from([...Array(32).keys()]);
    const real = createHmac("sha256", key)
      .update([...text, "", list].join("\n"))
      .digest("hex");
    expect(mac).toHaveLength(64);
    expect(mac).not.toBe(real);
  });
});

describe.each(PLATFORMS)("presigned URLs of SigV4 on %s", (platform) => {
  const scheme = awsSigV4({ region: "eu-central-1", service: "reports" });
  const options = { appId: "partner", apiKey: AWS_KEY, encoding: "text", clock } as const;
  const presigner = new Signer({ ...options, scheme });
  @Controller("reports")
  class AwsController {
    @Get()
    @HmacProtected({ schemes: [scheme.name], presigned: 600 })
    @Header("Cache-Control", "public, max-age=600")
    get(@HmacPrincipal() { presigned, appId }: Principal, @Query("id") id: unknown) {
      return { id, presigned, appId };
    }
    @Get("once")
    @HmacProtected({ schemes: [scheme.name], presigned: 600, replay: "once" })
    once() {
      return "x";
    }
    @Get("never")
    @HmacProtected({ schemes: [scheme.name] })
    never() {
      return "ran";
    }
    @Get("lacre")
    @HmacProtected({ schemes: ["lacre1"], presigned: 600 })
    lacre() {
      return "ran";
    }
  }
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [AwsController],
      hmac: {
        origins: [ORIGIN],
        clock,
        schemes: ["lacre1", scheme],
        apps: [{ appId: "partner", apiKey: AWS_KEY, encoding: "text", schemes: [scheme.name] }],
      },
    });
  });
  afterAll(() => server.close());

  const call = (target: string, more: Partial<WireRequest> = {}): Promise<RawAnswer> =>
    exchange(server.port, { method: "GET", target, headers: [HOST], ...more });
  const url = (path: string): string =>
    presigner.presign({ url: ORIGIN + path, expiresSeconds: 600 }).url.slice(ORIGIN.length);

  it("are refused but where a route takes them, and with content", async () => {
    clock.ms = START * 1000;
    for (const [target, code, more] of [
      [url("/reports/never"), "scheme-refused"],
      [url("/reports/lacre"), "scheme-refused"],
      [url("/reports").replace("600", "599"), "signature-mismatch"],
      [url("/reports"), "content-undigested", { body: Buffer.from("x") }],
      [url("/reports"), "content-undigested", { body: Buffer.from("x"), chunked: true }],
      [`${url("/reports")}&Lacre-Signature=0`, "signature-mismatch"],
    ] as const) {
      expect((await call(target, more)).status).toBe(401);
      expect([target, server.lastCode()]).toEqual([target, code]);
    }
  });

  it("are answered again and again, and stored by nobody", async () => {
    clock.ms = START * 1000;
    const target = url("/reports?id=7");
    for (const seconds of [0, 599]) {
      clock.ms = (START + seconds) * 1000;
      const answer = await call(target);
      expect(String(answer.content)).toBe('{"id":"7","presigned":true,"appId":"partner"}');
      expect(answer.all("cache-control")).toEqual(["no-store, no-transform"]);
    }
    const once = url("/reports/once");
    expect([(await call(once)).status, (await call(once)).status]).toEqual([200, 401]);
  });
});

describe("an app that signs no answers", () => {
  it.each(PLATFORMS)("binds answers to presigned URLs all the same on %s", async (platform) => {
    @Controller("plain")
    class PlainController {
      @Get()
      @Header("Cache-Control", "public, max-age=600")
      @HmacProtected({ presigned: 600 })
      get() {
        return "x";
      }
    }
    const server = await startApp(platform, { controllers: [PlainController] });
    try {
      const url = `${server.url}/plain`;
      const link = new Signer({ appId: "demo", apiKey: DEMO_KEY }).presign({
        url,
        expiresSeconds: 9,
      }).url;
      const headers = [["Host", `127.0.0.1:${server.port}`]] as const;
      const answer = await exchange(server.port, {
        method: "GET",
        target: link.slice(server.url.length),
        headers,
      });
      expect([answer.status, String(answer.content)]).toEqual([200, "x"]);
      expect(answer.all("cache-control")).toEqual(["no-store, no-transform"]);
      expect(answer.all("referrer-policy")).toEqual(["no-referrer"]);
      const request = signedRequest(server.port, "GET", "/plain");
      const byKey = await exchange(server.port, request.wire);
      expect(byKey.all("cache-control")).toEqual(["public, max-age=600"]);
      expect(await verdictOn(request, byKey)).toBe("signature-missing");
    } finally {
      await server.close();
    }
  });
});

describe("the start", () => {
  const start = async (
    options: HmacRouteOptions,
    method: MethodDecorator = Get(),
    hmac: Partial<HmacModuleOptions> = {},
  ): Promise<void> => {
    @Controller()
    class C {
      @method
      @HmacProtected(options)
      get() {
        return "x";
      }
    }
    const server = await startApp("express", { controllers: [C], hmac });
    await server.close();
  };
  const AZURE: Partial<HmacModuleOptions> = {
    schemes: [azureHmac()],
    apps: [{ appId: "a", apiKey: AWS_KEY, encoding: "text", schemes: ["azure-hmac"] }],
  };

  it.each<[string, () => Promise<void>, string]>([
    ["no life", () => start({ presigned: 0 }), "presigned: is 0, and must be"],
    ["more than six digits", () => start({ presigned: 1_000_000 }), "is 1000000, and must be"],
    ["a fraction", () => start({ presigned: 1.5 }), "is 1.5, and must be"],
    ["a word", () => start({ presigned: "1h" as never }), 'is "1h", and must be'],
    ["a POST", () => start({ presigned: 60 }, Post()), "neither GET nor HEAD"],
    ["a scheme without", () => start({ presigned: 60 }, Get(), AZURE), "no scheme of this route"],
  ])("is stopped by %s", async (_name, attempt, message) => {
    await expect(attempt()).rejects.toThrow(message);
  });

  it("takes the longest life", async () => {
    await start({ presigned: 999_999 }, All());
  });

  it("takes GET and HEAD, and leaves alone what is no route", async () => {
    for (const method of [Get(), Head(), () => undefined]) await start({ presigned: 60 }, method);
  });
});
