import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Get, Post, VersioningType } from "@nestjs/common";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { Signer, type SignerOptions } from "@lacre/core";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * What was taken once is remembered for as long as any route could take it, whichever took it first; and what says
 * that it was used once.
 */

const BODY_KEY = "correct horse battery staple, a body";
const HUB_KEY = "correct horse battery staple, a hub!";
const HAWK_KEY = "correct horse battery staple, hawk!";
const AWS_KEY = "correct horse battery staple, aws!!";

let runs: string[] = [];
beforeEach(() => {
  runs = [];
});
const ran = (name: string): string => {
  runs.push(name);
  return name;
};

@Controller("hooks")
class HooksController {
  @Post("short")
  @HmacProtected({ schemes: ["timestamp-body"], maxAge: 10 })
  short() {
    return ran("short");
  }
  @Post("long")
  @HmacProtected({ schemes: ["timestamp-body"], maxAge: 300 })
  long() {
    return ran("long");
  }
  @Post("default")
  @HmacProtected({ schemes: ["timestamp-body"] })
  default() {
    return ran("default");
  }
  @Post("hub")
  @HmacProtected({ schemes: ["github"], maxAge: 60 })
  hub() {
    return ran("hub");
  }
}

@Controller({ path: "orders", version: "1" })
@HmacProtected({ maxAge: 10 })
class FirstVersionController {
  @Post()
  create() {
    return ran("first");
  }
}
@Controller({ path: "orders", version: "2" })
@HmacProtected()
class SecondVersionController {
  @Post()
  create() {
    return ran("second");
  }
}

@Controller("links")
@HmacProtected({ schemes: ["lacre1", "hawk", "aws-sigv4"], presigned: 600 })
class LinksController {
  @Get("many")
  many(@HmacPrincipal("nonce") nonce: string) {
    return { nonce };
  }
  @Get("once")
  @HmacProtected({ replay: "once" })
  once(@HmacPrincipal("nonce") nonce: string) {
    return { nonce };
  }
}

const aws = awsSigV4({ region: "r", service: "s" });
const bewits = hawk({ presigned: 600 });

describe.each(PLATFORMS)("on %s", (platform) => {
  const clock = new TestClock();
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [
        HooksController,
        FirstVersionController,
        SecondVersionController,
        LinksController,
      ],
      hmac: {
        clock,
        schemes: [
          "lacre1",
          timestampBody({ appId: "body", acknowledgeWeakness: true }),
          github({ appId: "hub", acknowledgeWeakness: true, clock }),
          bewits,
          aws,
        ],
        apps: [
          {
            appId: "demo",
            keys: [
              { apiKey: DEMO_KEY },
              { apiKey: HAWK_KEY, encoding: "text", schemes: ["hawk"] },
              { apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] },
            ],
          },
          { appId: "body", apiKey: BODY_KEY, encoding: "text", schemes: ["timestamp-body"] },
          { appId: "hub", apiKey: HUB_KEY, encoding: "text", schemes: ["github"] },
        ],
      },
      main: (app) =>
        void app.enableVersioning({ type: VersioningType.HEADER, header: "X-Version" }),
    });
  });
  afterAll(() => server.close());
  beforeEach(() => void (server.verdicts.length = 0));

  const statusOf = async (request: WireRequest): Promise<number> =>
    (await send(server.port, request)).status;
  const text = (body: string, ...more: [string, string][]): Omit<WireRequest, "target"> => ({
    method: "POST",
    headers: [
      ["Host", `127.0.0.1:${server.port}`],
      ["Content-Type", body.startsWith("{") ? "application/json" : "text/plain"],
      ...more,
    ],
    body: Buffer.from(body),
  });

  describe("a message that names no route", () => {
    /** Its MAC covers content and time alone. */
    const message = (body: string): Omit<WireRequest, "target"> => {
      const at = String(Math.floor(clock.ms / 1000));
      const mac = createHmac("sha256", BODY_KEY).update(body).update(at).digest("hex");
      return text(body, ["X-Hmac-Timestamp", at], ["X-Hmac-Sha256", mac]);
    };

    it.each(["long", "default"])("taken by a short window runs once beside %s", async (other) => {
      const once = message(other);
      expect(await statusOf({ ...once, target: "/hooks/short" })).toBe(201);
      for (const seconds of [0, 11, 24, 3, 22, 200, 40]) {
        clock.advance(seconds);
        expect(await statusOf({ ...once, target: `/hooks/${other}` })).toBe(401);
        expect([runs, server.lastCode()]).toEqual([["short"], "nonce-seen"]);
      }
      clock.advance(1);
      expect(await statusOf({ ...once, target: `/hooks/${other}` })).toBe(401);
      expect([runs, server.lastCode()]).toEqual([["short"], "timestamp-too-old"]);
    });

    it("is taken by a long window after a short one refused it as too old", async () => {
      const late = message("late");
      clock.advance(11);
      expect(await statusOf({ ...late, target: "/hooks/short" })).toBe(401);
      expect(server.lastCode()).toBe("timestamp-too-old");
      expect(await statusOf({ ...late, target: "/hooks/long" })).toBe(201);
      expect(await statusOf({ ...late, target: "/hooks/long" })).toBe(401);
      expect(runs).toEqual(["long"]);
    });
  });

  it("a request runs once where two versions have windows of their own", async () => {
    const request = signed(server.port, { method: "POST", target: "/orders" }, { clock });
    const as = (version: string): WireRequest => ({
      ...request,
      headers: [...request.headers, ["X-Version", version]],
    });
    expect(await statusOf(as("1"))).toBe(201);
    for (const seconds of [0, 38, 200, 62]) {
      clock.advance(seconds);
      expect([seconds, await statusOf(as("2")), server.lastCode()]).toEqual([
        seconds,
        401,
        "nonce-seen",
      ]);
    }
    expect(runs).toEqual(["first"]);
  });

  it("a delivery without a time runs once in a day, whatever its route's window", async () => {
    const body = '{"action":"opened"}';
    const mac = createHmac("sha256", HUB_KEY).update(body).digest("hex");
    const delivery = {
      ...text(body, ["X-Hub-Signature-256", `sha256=${mac}`]),
      target: "/hooks/hub",
    };
    expect(await statusOf(delivery)).toBe(201);
    for (const seconds of [100, 100, 3400, 40_000]) {
      clock.advance(seconds);
      expect([seconds, await statusOf(delivery), runs]).toEqual([seconds, 401, ["hub"]]);
    }
    expect(server.lastCode()).toBe("nonce-seen");
  });

  describe("a URL that carries its credentials", () => {
    const link = (target: string, more: Partial<SignerOptions>, singleUse = false): WireRequest => {
      const { url } = new Signer({ appId: "demo", apiKey: DEMO_KEY, clock, ...more }).presign({
        url: server.url + target,
        expiresSeconds: 300,
        ...(singleUse && { singleUse }),
      });
      const headers = [["Host", `127.0.0.1:${server.port}`] as const];
      return { method: "GET", target: url.slice(server.url.length), headers };
    };
    const nonceOf = async (request: WireRequest): Promise<unknown> => {
      const { status, body } = await send(server.port, request);
      return status === 200 ? (JSON.parse(body) as { nonce: unknown }).nonce : status;
    };
    const KINDS: [string, Partial<SignerOptions>][] = [
      ["lacre1", {}],
      ["aws-sigv4", { apiKey: AWS_KEY, encoding: "text", scheme: aws }],
      ["hawk", { apiKey: HAWK_KEY, encoding: "text", scheme: bewits }],
    ];
    beforeEach(() => clock.advance(1));

    it.each(KINDS)("of %s has no nonce where it may be used again", async (_scheme, signer) => {
      const request = link("/links/many", signer);
      expect([await nonceOf(request), await nonceOf(request)]).toEqual(["", ""]);
    });

    it.each(KINDS)("of %s has one where the route takes it once", async (_scheme, signer) => {
      const request = link("/links/once", signer);
      expect(await nonceOf(request)).toEqual(expect.stringMatching(/./));
      expect([await nonceOf(request), server.lastCode()]).toEqual([401, "nonce-seen"]);
    });

    it("of lacre1 for single use has one everywhere", async () => {
      const request = link("/links/many", {}, true);
      expect(await nonceOf(request)).toEqual(expect.stringMatching(/./));
      expect(await nonceOf(request)).toBe(401);
    });
  });
});
