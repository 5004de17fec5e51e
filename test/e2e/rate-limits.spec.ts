import { connect } from "node:net";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import {
  Body,
  Controller,
  Get,
  Module,
  Post,
  Req,
  UseGuards,
  type ExecutionContext,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import {
  SkipThrottle,
  Throttle,
  ThrottlerGuard,
  ThrottlerModule,
  type ThrottlerStorage,
} from "@nestjs/throttler";
import { afterEach, describe, expect, it } from "@jest/globals";
import { Signer, type NonceStore } from "@lacre/core";
import { HmacGuard, HmacProtected, HmacPublic, HmacSignedResponse } from "@lacre/nestjs";
import { HmacThrottlerGuard } from "@lacre/nestjs/throttler";
import { PLATFORMS, takeAnything, type RunningApp } from "../support/app.js";
import {
  ask,
  DEMO,
  FORGER,
  OFFICE,
  requestOf,
  startLimited,
  statuses,
  type LimitedOptions,
  type Place,
} from "../support/limited-app.js";
import { render, send, signed } from "../support/wire.js";

const HOUR = 3_600_000;
/** Far more than a test sends, where it is about something else. */
const ENOUGH = { limit: 1_000, ttl: HOUR };

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return "orders";
  }

  @Get("other")
  other() {
    return "other";
  }

  @Post()
  create(@Body() body: unknown) {
    return body;
  }
}

@Controller("orders")
class BareController {
  @Get()
  list() {
    return "orders";
  }
}

@Controller("orders")
@UseGuards(HmacGuard)
class GuardedController extends BareController {}

@Controller("orders")
@UseGuards(AuthGuard("hmac"))
class PassportController extends BareController {}

@Controller("orders")
@UseGuards(HmacThrottlerGuard)
@HmacProtected()
class AboveController extends BareController {}

@Controller("orders")
@HmacProtected()
@UseGuards(HmacThrottlerGuard)
class BelowController extends BareController {}

@Controller("orders")
@UseGuards(HmacGuard, HmacThrottlerGuard)
class BehindController extends BareController {}

@Controller("orders")
@UseGuards(AuthGuard(["hmac", "jwt"]))
class EitherWayController extends BareController {}

@Controller("open")
class OpenController {
  @Get()
  open() {
    return "open";
  }
}

/** Says how many claims it has seen. */
class CountingNonces implements NonceStore {
  readonly keys = new Set<string>();
  claims = 0;
  claim(key: string): "fresh" | "seen" {
    this.claims += 1;
    if (this.keys.has(key)) return "seen";
    this.keys.add(key);
    return "fresh";
  }
}

/** As behind a Unix socket. */
const withoutAddresses = (app: INestApplication): void => {
  app.getHttpServer().prependListener("request", ({ socket }: IncomingMessage) => {
    Object.defineProperty(socket, "remoteAddress", { value: undefined, configurable: true });
  });
};

const running: RunningApp[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

describe.each(PLATFORMS)("rate limits on %s", (platform) => {
  const start = async (options: LimitedOptions): Promise<RunningApp> => {
    const server = await startLimited(platform, options);
    running.push(server);
    return server;
  };

  describe("what plain ThrottlerGuard lets happen", () => {
    const plain = { guard: ThrottlerGuard, controllers: [OrdersController] };

    it("one app uses up the allowance of another behind the same address", async () => {
      const server = await start({ ...plain, throttlers: [{ limit: 3, ttl: HOUR }] });
      expect(await statuses(4, () => ask(server, DEMO))).toEqual([200, 200, 200, 429]);
      expect((await ask(server, OFFICE)).status).toBe(429);
    });

    it("a forged request uses it up as well, and a flood of content is never counted", async () => {
      const server = await start({ ...plain, throttlers: [{ limit: 3, ttl: HOUR }] });
      const flood = { method: "POST", body: Buffer.from("{}") };
      expect(await statuses(5, () => ask(server, FORGER, flood))).toEqual(Array(5).fill(401));
      await statuses(3, () => ask(server, FORGER));
      expect((await ask(server, DEMO)).status).toBe(429);
    });
  });

  describe("counts by app, whatever the order", () => {
    const ways: [string, Place, Type, boolean][] = [
      ...(["root", "module before", "module after"] as const).flatMap((place) => [
        [`globalGuard, ${place}`, place, BareController, true] as [string, Place, Type, boolean],
        [`@HmacProtected, ${place}`, place, OrdersController, false] as [
          string,
          Place,
          Type,
          boolean,
        ],
        [`HmacGuard, ${place}`, place, GuardedController, false] as [string, Place, Type, boolean],
        [`AuthGuard of two, ${place}`, place, EitherWayController, false] as [
          string,
          Place,
          Type,
          boolean,
        ],
        [`AuthGuard, ${place}`, place, PassportController, false] as [string, Place, Type, boolean],
      ]),
      ["decorator above @HmacProtected", "decorator", AboveController, false],
      ["decorator below @HmacProtected", "decorator", BelowController, false],
      ["decorator behind HmacGuard", "decorator", BehindController, false],
      ["decorator under globalGuard", "decorator", AboveController, true],
    ];
    it("HmacGuard as APP_GUARD behind it", async () => {
      const server = await start({
        controllers: [BareController],
        place: "module before",
        throttlers: [
          { limit: 1, ttl: HOUR },
          { name: "refused", ...ENOUGH },
        ],
        guards: [HmacGuard],
      });
      const either = await start({
        controllers: [BareController],
        place: "module before",
        throttlers: [
          { limit: 1, ttl: HOUR },
          { name: "refused", ...ENOUGH },
        ],
        guards: [AuthGuard(["hmac", "jwt"])],
      });
      expect(await statuses(2, () => ask(either, DEMO))).toEqual([200, 429]);
      expect(await statuses(2, () => ask(either, OFFICE))).toEqual([200, 429]);
      expect(await statuses(2, () => ask(server, DEMO))).toEqual([200, 429]);
      expect(await statuses(2, () => ask(server, OFFICE))).toEqual([200, 429]);
    });

    it.each(ways)("%s", async (_way, place, controller, globalGuard) => {
      const apps = [{ ...DEMO, limits: { perHour: 5 } }, OFFICE];
      const server = await start({
        controllers: [controller],
        place,
        throttlers: [
          { limit: 3, ttl: HOUR },
          { name: "refused", ...ENOUGH },
        ],
        hmac: { apps, globalGuard },
      });
      // One that a record limits, and one that has what ThrottlerModule says.
      expect(await statuses(6, () => ask(server, DEMO))).toEqual([...Array(5).fill(200), 429]);
      expect(await statuses(4, () => ask(server, OFFICE))).toEqual([200, 200, 200, 429]);
    });
  });

  describe("the limits of an app", () => {
    it("hold for all routes together, several at once, and say when to come again", async () => {
      const limits = { perMinute: 3, perDay: 4 };
      const server = await start({
        controllers: [OrdersController],
        throttlers: [ENOUGH],
        hmac: { apps: [{ ...DEMO, limits }, OFFICE] },
      });
      const first = await ask(server);
      expect(first.headers.get("x-ratelimit-limit-perminute")).toBe("3");
      expect(first.headers.get("x-ratelimit-remaining-perminute")).toBe("2");
      expect(first.headers.get("x-ratelimit-remaining-perday")).toBe("3");
      expect(first.headers.has("x-ratelimit-limit")).toBe(false);
      await ask(server, DEMO, { target: "/orders/other" });
      await ask(server, DEMO, { method: "POST", body: Buffer.from("{}") });
      const over = await ask(server);
      expect(over.status).toBe(429);
      expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(50);
      expect(Number(over.headers.get("retry-after"))).toBeLessThanOrEqual(60);
      expect((await ask(server, OFFICE)).status).toBe(200);
    });

    it("come from an app source as well", async () => {
      const find = (appId: string) =>
        appId === "demo" ? { ...DEMO, limits: { perHour: 1 } } : undefined;
      const server = await start({
        controllers: [OrdersController],
        throttlers: [ENOUGH],
        hmac: { apps: { find } },
      });
      expect(await statuses(2, () => ask(server))).toEqual([200, 429]);
    });

    it("of a wrong kind in a source are 503 for their app alone", async () => {
      const find = (appId: string) =>
        [{ ...DEMO, limits: { perHour: 0 } }, OFFICE].find((each) => each.appId === appId);
      const server = await start({
        controllers: [OrdersController],
        throttlers: [ENOUGH],
        hmac: { apps: { find } },
      });
      expect((await ask(server, DEMO)).status).toBe(503);
      expect((await ask(server, OFFICE)).status).toBe(200);
    });

    it("are exact when requests come at once", async () => {
      const server = await start({
        controllers: [OrdersController],
        throttlers: [ENOUGH],
        hmac: { apps: [{ ...DEMO, limits: { perHour: 5 } }] },
      });
      const all = await Promise.all(Array.from({ length: 20 }, () => ask(server)));
      expect(all.filter(({ status }) => status === 200)).toHaveLength(5);
      expect(all.filter(({ status }) => status === 429)).toHaveLength(15);
    });

    it("of a wrong kind stop the start", async () => {
      const apps = [{ ...DEMO, limits: { perMinutes: 5 } as object }];
      await expect(
        startLimited(platform, {
          controllers: [OrdersController],
          throttlers: [ENOUGH],
          hmac: { apps },
        }),
      ).rejects.toThrow(/apps\[0\]\.limits\.perMinutes: .* Did you mean perMinute\?/);
    });
  });

  describe("only what an app has really sent counts for it", () => {
    const app = (hmac = {}) =>
      start({
        controllers: [OrdersController],
        throttlers: [
          { name: "refused", ...ENOUGH },
          { name: "default", ...ENOUGH },
        ],
        hmac: { apps: [{ ...DEMO, limits: { perHour: 3 } }, OFFICE], ...hmac },
      });

    it("no forged request, and no request of another time", async () => {
      const server = await app();
      expect(new Set(await statuses(10, () => ask(server, FORGER)))).toEqual(new Set([401]));
      const clock = { nowMs: () => Date.now() - 900_000 };
      const old = requestOf(server, { ...DEMO, clock } as typeof DEMO);
      expect(new Set(await statuses(10, () => send(server.port, old)))).toEqual(new Set([401]));
      expect(server.lastCode()).toBe("timestamp-too-old");
      expect(await statuses(4, () => ask(server))).toEqual([200, 200, 200, 429]);
    });

    it("no replay", async () => {
      const server = await app();
      const captured = requestOf(server);
      expect((await send(server.port, captured)).status).toBe(200);
      expect(new Set(await statuses(10, () => send(server.port, captured)))).toEqual(
        new Set([401]),
      );
      expect(await statuses(3, () => ask(server))).toEqual([200, 200, 429]);
    });

    it("no captured head with other content", async () => {
      const server = await app();
      const post = { method: "POST", body: Buffer.from('{"a":1}') };
      const captured = { ...requestOf(server, DEMO, post), body: Buffer.from('{"a":2}') };
      expect(new Set(await statuses(10, () => send(server.port, captured)))).toEqual(
        new Set([401]),
      );
      expect(await statuses(4, () => ask(server, DEMO, post))).toEqual([201, 201, 201, 429]);
    });

    it("a stranger learns nothing of a limit that is reached", async () => {
      const server = await app();
      await statuses(4, () => ask(server));
      const [reached, other] = [
        await ask(server, FORGER),
        await ask(server, { ...FORGER, appId: "nobody" }),
      ];
      expect([reached.status, other.status]).toEqual([401, 401]);
      const names = [reached, other].map(({ headers }) => [...headers.keys()]);
      expect(names[0]).toEqual(names[1]);
      expect(names[0]?.filter((name) => name.includes("ratelimit"))).toEqual([]);
    });

    it.each([true, false])("nor does one over its limit claim nonces (%s)", async (globalGuard) => {
      const nonces = new CountingNonces();
      const server = await app({ nonces, globalGuard });
      expect(await statuses(4, () => ask(server))).toEqual([200, 200, 200, 429]);
      const before = nonces.claims;
      const later = requestOf(server);
      expect(await statuses(20, () => send(server.port, later))).toEqual(Array(20).fill(429));
      expect(nonces.claims).toBe(before);
    });

    it("a streamed upload counts once, and one with other content does not arrive", async () => {
      const kept: string[] = [];
      @Controller("uploads")
      @HmacProtected({ body: "stream" })
      class UploadsController {
        @Post()
        async upload(@Req() request: Readable & { raw?: Readable }) {
          const chunks: Buffer[] = [];
          for await (const chunk of request.raw ?? request) chunks.push(chunk as Buffer);
          kept.push(String(Buffer.concat(chunks)));
        }
      }
      const server = await start({
        controllers: [UploadsController],
        throttlers: [ENOUGH],
        hmac: { apps: [{ ...DEMO, limits: { perHour: 2 } }] },
        main: takeAnything,
      });
      const upload = () =>
        signed(server.port, {
          method: "POST",
          target: "/uploads",
          headers: [["Content-Type", "application/x-file"]],
          body: Buffer.from("file"),
        });
      const spoilt = { ...upload(), body: Buffer.from("evil") };
      expect((await send(server.port, upload())).status).toBe(201);
      expect((await send(server.port, spoilt)).status).toBe(401);
      // On a stream the nonce is claimed before the end, and so the request counts.
      expect((await send(server.port, upload())).status).toBe(429);
      expect(kept).toEqual(["file"]);
    });

    it("a request that may be repeated counts for its app and its address", async () => {
      @Controller("links")
      @HmacProtected({ presigned: 600 })
      class LinksController {
        @Get()
        get() {
          return "link";
        }
      }
      const server = await start({
        controllers: [LinksController],
        throttlers: { throttlers: [ENOUGH], getTracker: (req) => String(req.headers["x-from"]) },
        hmac: { apps: [{ ...DEMO, limits: { perHour: 2 } }] },
      });
      const url = new Signer(DEMO).presign({
        method: "GET",
        url: `${server.url}/links`,
        expiresSeconds: 60,
      });
      const get = async (from: string) =>
        (await fetch(url.url, { headers: { "X-From": from } })).status;
      expect([await get("a"), await get("a"), await get("a"), await get("b")]).toEqual([
        200, 200, 429, 200,
      ]);
    });
  });

  describe("requests that are refused count for their address", () => {
    const limited = (more: Partial<LimitedOptions> = {}) =>
      start({
        controllers: [OrdersController, OpenController],
        throttlers: {
          throttlers: [ENOUGH, { name: "refused", limit: 3, ttl: HOUR }],
          getTracker: (req) => String(req.headers["x-from"] ?? req.ip),
        },
        ...more,
      });
    const from = (address: string, request = {}) => ({ address, ...request });
    const askFrom = async (
      server: RunningApp,
      { address, ...what }: { address: string; method?: string; body?: Uint8Array },
      by = DEMO,
    ) => {
      const request = requestOf(server, by, what);
      return send(server.port, {
        ...request,
        headers: [...request.headers, ["X-From", address]],
      });
    };

    it.each([
      ["without content", {}],
      ["with content", { method: "POST", body: Buffer.from('{"a":1}') }],
    ])("%s: 429 before any key is looked up or content parsed", async (_what, what) => {
      let lookUps = 0;
      const find = (appId: string) => {
        lookUps += 1;
        return [DEMO, OFFICE].find((each) => each.appId === appId);
      };
      const server = await limited({ hmac: { apps: { find }, keyCache: { negativeTtlMs: 1 } } });
      const forger = () => ({ ...FORGER, appId: `nobody-${lookUps}` });
      const bad = () => askFrom(server, from("bad", what), forger());
      expect(await statuses(3, bad)).toEqual([401, 401, 401]);
      const before = lookUps;
      expect(await statuses(20, bad)).toEqual(Array(20).fill(429));
      // What no parser takes is 400 or 415 once one is asked.
      if ("body" in what) {
        const broken = { ...what, body: Buffer.from("{") };
        expect((await askFrom(server, from("bad", broken), FORGER)).status).toBe(429);
      }
      expect(lookUps).toBe(before);
      expect((await bad()).headers.get("retry-after")).toMatch(/^3[56]\d\d$/);
      expect((await askFrom(server, from("good", what))).status).toBeLessThan(300);
    });

    it("and those without any credentials", async () => {
      const server = await limited();
      const bare = () =>
        send(server.port, {
          method: "GET",
          target: "/orders",
          headers: [["Host", `127.0.0.1:${server.port}`]],
        });
      expect(await statuses(5, bare)).toEqual([401, 401, 401, 429, 429]);
      expect((await fetch(`${server.url}/open`)).status).toBe(200);
    });

    it("right ones do not", async () => {
      const server = await limited();
      const right = () => askFrom(server, from("office"));
      const wrong = () => askFrom(server, from("office"), FORGER);
      expect(await statuses(30, right)).toEqual(Array(30).fill(200));
      expect(await statuses(4, wrong)).toEqual([401, 401, 401, 429]);
    });

    it("nor those whose app is over its limit", async () => {
      const apps = [{ ...DEMO, limits: { perHour: 1 } }, OFFICE];
      const server = await limited({ hmac: { apps } });
      await statuses(10, () => askFrom(server, from("office")));
      expect((await askFrom(server, from("office"), OFFICE)).status).toBe(200);
    });

    it("whoever hangs up before the verdict is counted too", async () => {
      const find = async (appId: string) => {
        await wait(20);
        return appId === "demo" ? DEMO : undefined;
      };
      const server = await limited({ hmac: { apps: { find } } });
      for (let i = 0; i < 3; i++) {
        const forger = { ...FORGER, appId: `nobody-${i}` };
        const post = { method: "POST", body: Buffer.from("{}") };
        const socket = connect(server.port, "127.0.0.1");
        await once(socket, "connect");
        socket.write(render(requestOf(server, forger, i === 1 ? post : {})));
        await wait(5);
        socket.resetAndDestroy();
      }
      for (let i = 0; i < 200 && server.verdicts.length < 3; i++) await wait(5);
      expect(server.verdicts).toHaveLength(3);
      let status = 200;
      for (let i = 0; i < 100 && status === 200; i++) {
        await wait(5); // the verdict comes before its answer
        ({ status } = await ask(server));
      }
      expect(status).toBe(429);
    });

    it("under HmacGuard and AuthGuard alone as well", async () => {
      for (const controller of [GuardedController, PassportController]) {
        const server = await limited({ controllers: [controller] });
        expect(await statuses(5, () => ask(server, FORGER))).toEqual([401, 401, 401, 429, 429]);
      }
    });

    it("where the limit of the route is reached before", async () => {
      let lookUps = 0;
      const find = () => void (lookUps += 1);
      const server = await limited({
        throttlers: [
          { limit: 2, ttl: HOUR },
          { name: "refused", limit: 4, ttl: HOUR },
        ],
        hmac: { apps: { find } },
      });
      const forger = () => ({ ...FORGER, appId: `nobody-${lookUps}` });
      expect(await statuses(9, () => ask(server, forger()))).toEqual([
        401,
        401,
        ...Array(7).fill(429),
      ]);
      expect(lookUps).toBe(4);
    });

    it("and what is not signed for AuthGuard of two strategies", async () => {
      const server = await limited({ controllers: [EitherWayController] });
      expect(await statuses(5, () => ask(server, FORGER))).toEqual([401, 401, 401, 429, 429]);
    });

    it("a guard that lets others in after all is not held against them", async () => {
      class EitherGuard extends HmacGuard {
        override async canActivate(context: ExecutionContext): Promise<true> {
          try {
            return await super.canActivate(context);
          } catch {
            return true; // by other credentials, say
          }
        }
      }
      @Controller("orders")
      @UseGuards(EitherGuard)
      class EitherController extends BareController {}
      const server = await limited({ controllers: [EitherController] });
      const bare = async () => {
        const response = await fetch(`${server.url}/orders`);
        return { status: response.status, headers: new Map(), body: await response.text() };
      };
      expect(await statuses(9, bare)).toEqual(Array(9).fill(200));
    });

    it("the address is what the framework says behind a proxy that it trusts", async () => {
      const behind = (trust: boolean) =>
        start({
          controllers: [OrdersController],
          throttlers: [ENOUGH, { name: "refused", limit: 1, ttl: HOUR }],
          ...(platform === "fastify"
            ? { adapter: new FastifyAdapter({ trustProxy: trust }) }
            : {
                main: (app: INestApplication) => {
                  app.getHttpAdapter().getInstance().set("trust proxy", trust);
                },
              }),
        });
      for (const [trust, expected] of [
        [true, [401, 429, 200]],
        [false, [401, 429, 429]],
      ] as const) {
        const server = await behind(trust);
        const via = async (address: string, by: typeof DEMO) => {
          const request = requestOf(server, by);
          const headers = [...request.headers, ["X-Forwarded-For", address] as [string, string]];
          return (await send(server.port, { ...request, headers })).status;
        };
        expect([
          await via("192.0.2.1", FORGER),
          await via("192.0.2.1", FORGER),
          await via("192.0.2.2", DEMO),
        ]).toEqual(expected);
      }
    });

    it("the address is what the proxies of the module name, whatever the framework trusts", async () => {
      const server = await start({
        controllers: [OrdersController],
        hmac: { origins: ["http://shop.test"], trustedProxies: ["127.0.0.8"] },
        throttlers: [ENOUGH, { name: "refused", limit: 1, ttl: HOUR }],
        ...(platform === "fastify"
          ? { adapter: new FastifyAdapter({ trustProxy: true }) }
          : {
              main: (app: INestApplication) => {
                app.getHttpAdapter().getInstance().set("trust proxy", true);
              },
            }),
      });
      const unsigned = async (peer: string, forwardedFor: string) =>
        (
          await send(
            server.port,
            {
              method: "GET",
              target: "/orders",
              headers: [
                ["Host", "shop.test"],
                ["X-Forwarded-For", forwardedFor],
              ],
            },
            peer,
          )
        ).status;
      expect([
        await unsigned("127.0.0.8", "192.0.2.1"),
        await unsigned("127.0.0.8", "192.0.2.1"),
        await unsigned("127.0.0.8", "192.0.2.9, 192.0.2.1"), // a caller who writes another before his own
        await unsigned("127.0.0.8", "192.0.2.2"),
        await unsigned("127.0.0.3", "192.0.2.3"),
        await unsigned("127.0.0.3", "192.0.2.4"),
      ]).toEqual([401, 429, 429, 401, 401, 429]);
    });

    it("where there is no address, nobody is turned away for others", async () => {
      const server = await limited({
        throttlers: {
          throttlers: [ENOUGH, { name: "refused", limit: 1, ttl: HOUR }],
          getTracker: () => undefined as unknown as string,
        },
        main: withoutAddresses,
      });
      await statuses(5, () => ask(server, FORGER));
      expect((await ask(server)).status).toBe(200);
    });

    it("without a throttler of that name, those that there are", async () => {
      const server = await limited({ throttlers: [{ limit: 2, ttl: HOUR }] });
      expect(await statuses(3, () => ask(server, FORGER))).toEqual([401, 401, 429]);
    });

    it("functions for limits stop the start, since no route is known yet", async () => {
      await expect(
        startLimited(platform, {
          controllers: [OrdersController],
          throttlers: [{ limit: () => 5, ttl: HOUR }],
        }),
      ).rejects.toThrow(/no limit for refused requests.*name: "refused"/);
    });
  });

  describe("decorators of the library", () => {
    @Controller("orders")
    @HmacProtected()
    class MarkedController {
      @Get()
      @SkipThrottle()
      skipped() {
        return "skipped";
      }
      @Get("tight")
      @Throttle({ default: { limit: 1, ttl: HOUR } })
      tight() {
        return "tight";
      }
      @Get("named")
      @SkipThrottle({ burst: true })
      named() {
        return "named";
      }
      @Get("free")
      @SkipThrottle({ perHour: true })
      free() {
        return "free";
      }
      @Get("public")
      @HmacPublic()
      open() {
        return "open";
      }
    }
    const server = (apps: object[] = [DEMO]) =>
      start({
        controllers: [MarkedController],
        throttlers: [
          { limit: 3, ttl: HOUR },
          { name: "burst", limit: 2, ttl: HOUR },
          { name: "refused", ...ENOUGH },
        ],
        hmac: { apps: apps as never },
      });
    const get = (running: RunningApp, path: string) => () =>
      ask(running, DEMO, { target: `/orders${path}` });

    it("skip and throttle what they name", async () => {
      const app = await server();
      expect(await statuses(3, get(app, "/named"))).toEqual([200, 200, 200]);
      expect((await get(app, "/named")()).status).toBe(429);
      expect(await statuses(2, get(app, "/tight"))).toEqual([200, 429]);
      const over = await get(app, "/tight")();
      expect([over.status, over.headers.get("retry-after")?.length]).toEqual([429, 4]);
    });

    it("say the same of the limits of an app", async () => {
      const app = await server([{ ...DEMO, limits: { perHour: 4 } }]);
      expect(await statuses(9, get(app, ""))).toEqual(Array(9).fill(200));
      expect(await statuses(9, get(app, "/free"))).toEqual(Array(9).fill(200));
      expect(await statuses(2, get(app, "/tight"))).toEqual([200, 429]);
      expect(await statuses(4, get(app, "/named"))).toEqual([200, 200, 200, 429]);
    });

    it("a public route is counted by address, signed or not", async () => {
      const app = await server();
      expect(await statuses(3, get(app, "/public"))).toEqual([200, 200, 429]);
      expect((await fetch(`${app.url}/orders/public`)).status).toBe(429);
    });
  });

  it("429 is signed for an app whose answers are", async () => {
    @Controller("orders")
    @HmacProtected()
    @HmacSignedResponse()
    class SignedController extends BareController {}
    @Controller("plain")
    @HmacProtected()
    class UnsignedController extends BareController {}
    const server = await start({
      controllers: [SignedController, UnsignedController],
      throttlers: [ENOUGH],
      hmac: { apps: [{ ...DEMO, limits: { perHour: 1 } }] },
    });
    const signer = new Signer(DEMO);
    for (const expected of [200, 429, 429]) {
      const request = signer.sign({ method: "GET", url: `${server.url}/orders` });
      const response = await fetch(`${server.url}/orders`, {
        headers: request.headers as [string, string][],
      });
      expect(response.status).toBe(expected);
      const content = new Uint8Array(await response.arrayBuffer());
      await signer.check(request, {
        method: "GET",
        status: response.status,
        headers: [...response.headers],
        content,
      });
    }
    const plain = await ask(server, DEMO, { target: "/plain" });
    expect(plain.status).toBe(429);
    expect([...plain.headers.keys()].filter((name) => name.includes("signature"))).toEqual([]);
  });

  it("a storage that fails, or hangs, limits nobody and refuses nobody", async () => {
    for (const increment of [
      () => Promise.reject(new Error("redis is away")),
      () => new Promise<never>(() => {}),
    ]) {
      const storage: ThrottlerStorage = { increment };
      const server = await start({
        controllers: [OrdersController],
        throttlers: { throttlers: [{ limit: 1, ttl: HOUR }], storage },
        hmac: { apps: [{ ...DEMO, limits: { perHour: 1 } }] },
      });
      expect(await statuses(3, () => ask(server))).toEqual([200, 200, 200]);
      expect((await ask(server, FORGER)).status).toBe(401);
    }
  });

  it("a nonce store that fails is 503, and counts for nobody", async () => {
    const nonces = new CountingNonces();
    const server = await start({
      controllers: [OrdersController],
      throttlers: [{ limit: 2, ttl: HOUR }],
      hmac: {
        nonces: {
          claim: (key) => (isDown ? Promise.reject(new Error("away")) : nonces.claim(key)),
        },
      },
    });
    let isDown = true;
    expect(await statuses(5, () => ask(server))).toEqual(Array(5).fill(503));
    isDown = false;
    expect(await statuses(3, () => ask(server))).toEqual([200, 200, 429]);
  });
});

it("without HmacModule the app does not start", async () => {
  class AppModule {}
  Module({
    imports: [ThrottlerModule.forRoot([{ limit: 1, ttl: 1 }])],
    providers: [HmacThrottlerGuard],
  })(AppModule);
  await expect(
    NestFactory.create(AppModule, { logger: false, abortOnError: false }).then((app) => app.init()),
  ).rejects.toThrow("HmacThrottlerGuard: there is no HmacModule.");
});
