import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Post, VersioningType } from "@nestjs/common";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { bodySignature } from "@lacre/schemes/body-signature";
import { hawk } from "@lacre/schemes/hawk";
import { HmacPrincipal, HmacProtected, type HmacModuleOptions } from "@lacre/nestjs";
import { sharedKey } from "@lacre/schemes/shared-key";
import type { SignerOptions } from "@lacre/core";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest, type WireResponse } from "../support/wire.js";

/*
 * The schemes of a route compete for a request, not all that the module has: `alpha` and `beta` read one header, and
 * each serves another sender.
 */

const ALPHA_KEY = "correct horse battery staple, alpha";
const BETA_KEY = "correct horse battery staple, beta!";
const GAMMA_KEY = "correct horse battery staple, gamma";
const SHARED_KEY = "correct horse battery staple, shared";
const HAWK_KEY = "correct horse battery staple, hawk!";
const AWS_KEY = "correct horse battery staple, aws!!";

const webhooks = (name: string, signatureHeader = "x-signature") =>
  bodySignature({
    name,
    appId: name,
    acknowledgeWeakness: true,
    signatureHeader,
    timestampHeader: "x-timestamp",
    template: "{timestamp}.{body}",
  });
const gamma = webhooks("gamma", "x-gamma-signature");
const aws = awsSigV4({ region: "r", service: "s" });
const shared = sharedKey({ acknowledgeWeakness: true });

let runs: string[] = [];
beforeEach(() => {
  runs = [];
});
const ran = (name: string, scheme: string): string => {
  runs.push(`${name} by ${scheme}`);
  return "ran";
};

@Controller("hooks")
class HooksController {
  @Post("alpha")
  @HmacProtected({ schemes: ["alpha"] })
  alpha(@HmacPrincipal("appId") appId: string, @Body() _body: unknown) {
    return ran("alpha", appId);
  }
  @Post("beta")
  @HmacProtected({ schemes: ["beta"] })
  beta(@HmacPrincipal("appId") appId: string, @Body() _body: unknown) {
    return ran("beta", appId);
  }
  @Post("both")
  @HmacProtected({ schemes: ["alpha", "beta"] })
  both(@HmacPrincipal("appId") appId: string, @Body() _body: unknown) {
    return ran("both", appId);
  }
  @Post("mixed")
  @HmacProtected({ schemes: ["lacre1", "alpha"] })
  mixed(@HmacPrincipal("scheme") scheme: string, @Body() _body: unknown) {
    return ran("mixed", scheme);
  }
}

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list(@HmacPrincipal("scheme") scheme: string) {
    return ran("list", scheme);
  }
  @Post()
  create(@HmacPrincipal("scheme") scheme: string, @Body() _body: unknown) {
    return ran("create", scheme);
  }
}

@Controller({ path: "versions", version: "1" })
@HmacProtected({ schemes: ["alpha"] })
class FirstVersionController {
  @Post()
  take(@HmacPrincipal("appId") appId: string, @Body() body: { n: number }) {
    return ran(`first ${body.n}`, appId);
  }
}
@Controller({ path: "versions", version: "2" })
@HmacProtected({ schemes: ["beta"] })
class SecondVersionController {
  @Post()
  take(@HmacPrincipal("appId") appId: string, @Body() body: { n: number }) {
    return ran(`second ${body.n}`, appId);
  }
}

const clock = new TestClock();
const hmac: Partial<HmacModuleOptions> = {
  clock,
  schemes: ["lacre1", webhooks("alpha"), webhooks("beta"), gamma, shared, hawk(), aws],
  apps: [
    {
      appId: "demo",
      keys: [
        { apiKey: DEMO_KEY },
        { apiKey: SHARED_KEY, encoding: "text", schemes: ["shared-key"] },
        { apiKey: HAWK_KEY, encoding: "text", schemes: ["hawk"] },
        { apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] },
      ],
    },
    { appId: "alpha", apiKey: ALPHA_KEY, encoding: "text", schemes: ["alpha"] },
    { appId: "beta", apiKey: BETA_KEY, encoding: "text", schemes: ["beta"] },
    { appId: "gamma", apiKey: GAMMA_KEY, encoding: "text", schemes: ["gamma"] },
  ],
};
const JSON_TYPE: [string, string] = ["Content-Type", "application/json"];

describe.each(PLATFORMS)("on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [
        HooksController,
        OrdersController,
        FirstVersionController,
        SecondVersionController,
      ],
      hmac,
      main: (app) =>
        void app.enableVersioning({ type: VersioningType.HEADER, header: "X-Version" }),
    });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.verdicts.length = 0;
    clock.advance(1);
  });

  const host = (): [string, string] => ["Host", `127.0.0.1:${server.port}`];
  /** The two headers of both senders. */
  const credentials = (key: string, body: string): [string, string][] => {
    const at = String(Math.floor(clock.ms / 1000));
    const mac = createHmac("sha256", key).update(`${at}.${body}`).digest("hex");
    return [
      ["X-Timestamp", at],
      ["X-Signature", mac],
    ];
  };
  const hook = (
    target: string,
    key: string,
    { body = '{"n":1}', version = "" } = {},
  ): Promise<WireResponse> =>
    send(server.port, {
      method: "POST",
      target,
      headers: [
        host(),
        JSON_TYPE,
        ...credentials(key, body),
        ...(version === "" ? [] : [["X-Version", version] as const]),
      ],
      body: Buffer.from(body),
    });
  const order = (
    method: string,
    target: string,
    signer: Partial<SignerOptions> = {},
  ): WireRequest => {
    const body = method === "GET" ? {} : { headers: [JSON_TYPE], body: Buffer.from("{}") };
    return signed(server.port, { method, target, ...body }, { clock, ...signer });
  };
  const beside = (request: WireRequest, more: readonly [string, string][]): WireRequest => ({
    ...request,
    headers: [...request.headers, ...more],
  });

  it("two schemes that read one header each serve their own route", async () => {
    expect((await hook("/hooks/alpha", ALPHA_KEY)).status).toBe(201);
    expect((await hook("/hooks/beta", BETA_KEY)).status).toBe(201);
    expect(runs).toEqual(["alpha by alpha", "beta by beta"]);
  });

  it("neither key opens the route of the other", async () => {
    expect((await hook("/hooks/alpha", BETA_KEY)).status).toBe(401);
    expect(server.lastCode()).toBe("signature-mismatch");
    expect((await hook("/hooks/beta", ALPHA_KEY)).status).toBe(401);
    expect(server.lastCode()).toBe("signature-mismatch");
    expect(runs).toEqual([]);
  });

  it("where both may come, one header is credentials of two kinds", async () => {
    for (const key of [ALPHA_KEY, BETA_KEY]) {
      expect((await hook("/hooks/both", key)).status).toBe(401);
      expect(server.lastCode()).toBe("credentials-repeated");
    }
    expect(runs).toEqual([]);
  });

  it("a webhook's header does not count where the route takes none", async () => {
    for (const method of ["GET", "POST"]) {
      const request = order(method, "/orders");
      const more = credentials(BETA_KEY, "{}");
      expect((await send(server.port, beside(request, more))).status).toBeLessThan(300);
    }
    expect(runs).toEqual(["list by lacre1", "create by lacre1"]);
  });

  it("an Authorization of another kind does not count where the route takes webhooks alone", async () => {
    const body = Buffer.from("{}");
    const lacre1 = order("POST", "/hooks/alpha");
    expect(lacre1.body).toEqual(body);
    const { status } = await send(server.port, beside(lacre1, credentials(ALPHA_KEY, "{}")));
    expect([status, runs]).toEqual([201, ["alpha by alpha"]]);
  });

  it("both of them are refused where the route takes both", async () => {
    const lacre1 = order("POST", "/hooks/mixed");
    const both = beside(lacre1, credentials(ALPHA_KEY, "{}"));
    expect((await send(server.port, both)).status).toBe(401);
    expect([server.lastCode(), runs]).toEqual(["credentials-repeated", []]);
    expect((await send(server.port, lacre1)).status).toBe(201);
    expect((await hook("/hooks/mixed", ALPHA_KEY, { body: "[]" })).status).toBe(201);
    expect(runs).toEqual(["mixed by lacre1", "mixed by alpha"]);
  });

  describe("two versions of one path", () => {
    it("each take their own scheme", async () => {
      const first = await hook("/versions", ALPHA_KEY, { version: "1" });
      const second = await hook("/versions", BETA_KEY, { version: "2" });
      expect([first.status, second.status]).toEqual([201, 201]);
      expect(runs).toEqual(["first 1 by alpha", "second 1 by beta"]);
    });

    it("take no scheme of the other", async () => {
      expect((await hook("/versions", ALPHA_KEY, { version: "2" })).status).toBe(401);
      expect((await hook("/versions", BETA_KEY, { version: "1" })).status).toBe(401);
      expect(runs).toEqual([]);
    });

    it("refuse a wrong MAC before the parsers, and show a right one to them", async () => {
      for (const version of ["1", "2"]) {
        const malformed = { version, body: '{"n":' };
        expect((await hook("/versions", SHARED_KEY, malformed)).status).toBe(401);
        const right = version === "1" ? ALPHA_KEY : BETA_KEY;
        expect((await hook("/versions", right, malformed)).status).toBe(400);
      }
      expect(runs).toEqual([]);
    });
  });

  it.each<[string, Partial<SignerOptions>]>([
    ["shared-key", { apiKey: SHARED_KEY, encoding: "text", scheme: shared }],
    ["hawk", { apiKey: HAWK_KEY, encoding: "text", scheme: hawk() }],
    ["aws-sigv4", { apiKey: AWS_KEY, encoding: "text", scheme: aws }],
    ["gamma", { apiKey: GAMMA_KEY, encoding: "text", scheme: gamma, appId: "gamma" }],
  ])("a route of lacre1 refuses a genuine request of %s as such", async (_scheme, signer) => {
    for (const method of signer.scheme === shared ? ["GET"] : ["GET", "POST"]) {
      const { status } = await send(server.port, order(method, "/orders", signer));
      expect([method, status, server.lastCode()]).toEqual([method, 401, "scheme-refused"]);
    }
    expect(runs).toEqual([]);
  });
});
