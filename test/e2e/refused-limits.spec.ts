import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import { Body, Controller, Get, Post, Query as Parameter } from "@nestjs/common";
import type { INestApplication } from "@nestjs/common";
import { ExecutionContextHost } from "@nestjs/core/helpers/execution-context-host.js";
import { GraphQLModule, Query, Resolver } from "@nestjs/graphql";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { SkipThrottle, ThrottlerStorageService, type ThrottlerStorage } from "@nestjs/throttler";
import { afterEach, describe, expect, it } from "@jest/globals";
import { HmacProtected, HmacPublic } from "@lacre/nestjs";
import { HmacThrottlerGuard } from "@lacre/nestjs/throttler";
import { github } from "@lacre/schemes/github";
import { PLATFORMS, type RunningApp } from "../support/app.js";
import { GraphqlOnFastify } from "../support/graphql-on-fastify.js";
import {
  ask,
  DEMO,
  FORGER,
  OFFICE,
  requestOf,
  startLimited,
  statuses,
  type LimitedOptions,
} from "../support/limited-app.js";
import { render, send, signed } from "../support/wire.js";

const MINUTE = 60_000;
const TRUSTING = { trustProxy: true };
const THROTTLERS = [
  { limit: 10, ttl: MINUTE },
  { name: "refused", limit: 4, ttl: MINUTE },
];

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return "orders";
  }

  @Post()
  create(@Body() body: unknown) {
    return body;
  }

  @Get("admin")
  @HmacProtected({ scopes: ["orders:admin"] })
  admin() {
    return "admin";
  }

  @Get("free")
  @SkipThrottle()
  free() {
    return "free";
  }

  @Get("minute")
  @SkipThrottle({ perMinute: true })
  minute() {
    return "minute";
  }

  @Get("public")
  @HmacPublic()
  open(@Parameter("n") n = "1") {
    return n;
  }
}

/** What a tracker is asked with. */
interface Met {
  readonly headers: Record<string, unknown>;
  readonly ips?: readonly string[];
}

const running: RunningApp[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

/** Sends so many requests in one piece, and gives the statuses of their answers in order. */
async function pipelined(server: RunningApp, times: number, by = FORGER): Promise<number[]> {
  const all = Array.from({ length: times }, () => render(requestOf(server, by), "keep-alive"));
  const socket = connect(server.port, "127.0.0.1");
  await once(socket, "connect");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.write(Buffer.concat(all));
  const found = () => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  for (let i = 0; i < 1_000 && found().length < times; i++) await wait(5);
  socket.destroy();
  return found();
}

describe.each(PLATFORMS)("limits under attack on %s", (platform) => {
  const start = async (more: Partial<LimitedOptions> = {}): Promise<RunningApp> => {
    const server = await startLimited(platform, {
      controllers: [OrdersController],
      throttlers: THROTTLERS,
      hmac: { apps: [{ ...DEMO, limits: { perMinute: 5 } }, OFFICE] },
      ...more,
    });
    running.push(server);
    return server;
  };
  const at = (server: RunningApp, by: typeof DEMO, target: string) => () =>
    ask(server, by, { target });
  /** A request that says whence it comes. */
  const from = (server: RunningApp, headers: [string, string][], by = FORGER) => {
    const request = requestOf(server, by);
    return send(server.port, { ...request, headers: [...request.headers, ...headers] });
  };

  describe("no address is an app", () => {
    const unsigned = async (server: RunningApp, headers: Record<string, string>) =>
      (await fetch(`${server.url}/orders`, { headers })).status;
    const generous = [
      { limit: 10, ttl: MINUTE },
      { name: "refused", limit: 1_000, ttl: MINUTE },
    ];

    it("that a header names", async () => {
      const server = await start({
        throttlers: {
          throttlers: generous,
          getTracker: (request) => (request.headers["x-client"] ?? request.ip) as string,
        },
      });
      for (let i = 0; i < 8; i++) await unsigned(server, { "x-client": "office" });
      for (const name of ["app:office", "office address:127.0.0.1"])
        for (let i = 0; i < 8; i++) await unsigned(server, { "x-client": name });
      expect(await statuses(10, () => ask(server, OFFICE))).toEqual(Array(10).fill(200));
    });

    it("nor behind a proxy", async () => {
      const server = await start({
        throttlers: generous,
        ...(platform === "fastify"
          ? { adapter: new FastifyAdapter(TRUSTING) }
          : {
              main: (app: INestApplication) =>
                app.getHttpAdapter().getInstance().set("trust proxy", true),
            }),
      });
      for (let i = 0; i < 8; i++) await unsigned(server, { "x-forwarded-for": "office" });
      expect(await statuses(10, () => ask(server, OFFICE))).toEqual(Array(10).fill(200));
    });

    it("nor is an app an address", async () => {
      const local = { ...OFFICE, appId: "127.0.0.1" };
      const server = await start({ throttlers: generous, hmac: { apps: [local] } });
      await statuses(8, () => ask(server, { ...FORGER, appId: "127.0.0.1" }));
      expect(await statuses(10, () => ask(server, local))).toEqual(Array(10).fill(200));
    });
  });

  describe("a crowd that comes at once", () => {
    class SlowStorage extends ThrottlerStorageService {
      override async increment(...count: Parameters<ThrottlerStorage["increment"]>) {
        await wait(50);
        return super.increment(...count);
      }
    }

    it.each([
      ["in memory", undefined],
      ["that takes 50 ms", new SlowStorage()],
    ])("is judged for less than twice the limit with a storage %s", async (_which, storage) => {
      const server = await start({
        throttlers: { throttlers: THROTTLERS, ...(storage && { storage }) },
      });
      const seen = await pipelined(server, 200);
      expect(seen).toHaveLength(200);
      expect(seen.filter((status) => status === 401).length).toBeLessThanOrEqual(7);
      expect(server.verdicts.length).toBeLessThanOrEqual(7);
      expect(server.verdicts.length).toBeGreaterThanOrEqual(4);
    });

    it("is let in where it is right, also past a forger's", async () => {
      const find = async (appId: string) => {
        await wait(20);
        return [DEMO, OFFICE].find((each) => each.appId === appId);
      };
      const server = await start({
        throttlers: [
          { limit: 1_000, ttl: MINUTE },
          { name: "refused", limit: 4, ttl: MINUTE },
        ],
        hmac: { apps: { find } },
      });
      await statuses(3, () => ask(server, FORGER));
      const all = await Promise.all(Array.from({ length: 40 }, () => ask(server)));
      expect(all.filter(({ status }) => status === 200)).toHaveLength(40);
    });

    it("whose connection is reset at once counts", async () => {
      const server = await start();
      const forged = Buffer.concat(
        Array.from({ length: 20 }, () => render(requestOf(server, FORGER), "keep-alive")),
      );
      for (let i = 0; i < 5; i++) {
        const socket = connect(server.port, "127.0.0.1").on("error", () => undefined);
        await once(socket, "connect");
        await new Promise<void>((resolve) => socket.write(forged, () => resolve()));
        socket.resetAndDestroy();
        await wait(20);
      }
      for (let i = 0; i < 100 && (await ask(server, OFFICE)).status === 200; i++) await wait(5);
      expect((await ask(server, OFFICE)).status).toBe(429);
      expect(server.verdicts.filter(({ outcome }) => outcome === "refused").length).toBeLessThan(
        12,
      );
    });

    it("whose answers nobody can fetch yet counts all the same", async () => {
      let answer: (() => void) | undefined;
      @Controller("slow")
      class SlowController {
        @Get()
        @HmacPublic()
        slow() {
          return new Promise<void>((resolve) => (answer = resolve));
        }
      }
      const server = await start({ controllers: [OrdersController, SlowController] });
      const slow = render(requestOf(server, DEMO, { target: "/slow" }), "keep-alive");
      const forged = Array.from({ length: 8 }, () =>
        render(requestOf(server, FORGER), "keep-alive"),
      );
      const socket = connect(server.port, "127.0.0.1");
      await once(socket, "connect");
      socket.write(Buffer.concat([slow, ...forged]));
      for (let i = 0; i < 200 && server.verdicts.length < 4; i++) await wait(5);
      expect(server.verdicts).toHaveLength(4);
      expect((await ask(server, OFFICE)).status).toBe(429);
      answer?.();
      socket.destroy();
    });
  });

  describe("what an app has really sent", () => {
    it("and lacks a scope holds up nobody else at its address", async () => {
      const server = await start();
      const seen = await statuses(20, at(server, OFFICE, "/orders/admin"));
      expect(seen).toEqual([...Array(4).fill(403), ...Array(16).fill(429)]);
      expect(await statuses(3, () => ask(server))).toEqual([200, 200, 200]);
      expect((await fetch(`${server.url}/orders/public`)).status).toBe(200);
    });

    it("and is repeated elsewhere uses up nothing of the app's", async () => {
      const server = await start({
        throttlers: {
          throttlers: THROTTLERS,
          getTracker: (request) => (request.headers["x-from"] ?? "home") as string,
        },
      });
      const captured = requestOf(server, OFFICE, { target: "/orders/admin" });
      const repeated = { ...captured, headers: [...captured.headers, ["X-From", "away"] as const] };
      expect(await statuses(20, () => send(server.port, repeated))).toEqual([
        ...Array(4).fill(403),
        ...Array(16).fill(429),
      ]);
      expect(await statuses(10, () => ask(server, OFFICE))).toEqual(Array(10).fill(200));
    });

    it("and is too large is limited for it alone", async () => {
      const server = await start();
      const large = { method: "POST", body: Buffer.alloc(1_200_000, 32) };
      const seen = await statuses(12, () => ask(server, OFFICE, large));
      expect(seen).toEqual([...Array(4).fill(413), ...Array(8).fill(429)]);
      expect((await ask(server)).status).toBe(200);
    });
  });

  it("what is too large before its MAC is known counts for its address, whoever made it", async () => {
    @Controller("hooks")
    class HooksController {
      @Post()
      @HmacProtected({ schemes: ["github"], maxBodyBytes: 10 })
      take() {}
    }
    const secret = "correct horse battery staple, at least";
    const scheme = github({ appId: "github", acknowledgeWeakness: true });
    const server = await start({
      controllers: [HooksController, OrdersController],
      hmac: {
        schemes: ["lacre1", scheme],
        apps: [
          { ...DEMO, schemes: ["lacre1"] },
          { appId: "github", apiKey: secret, encoding: "text", schemes: ["github"] },
        ],
      },
    });
    const headers = [["Content-Type", "application/json"]] as const;
    const body = Buffer.from('{"more":"than ten bytes"}');
    const request = { method: "POST", target: "/hooks", headers, body };
    const by = { appId: "github", apiKey: secret, encoding: "text", scheme } as const;
    const large = signed(server.port, request, by);
    const seen = await statuses(6, () => send(server.port, large));
    expect(seen).toEqual([...Array(4).fill(413), 429, 429]);
    expect((await ask(server)).status).toBe(429);
  });

  it("a route that skips limits is open to an app that is over them elsewhere", async () => {
    const server = await start();
    expect(await statuses(7, () => ask(server))).toEqual([...Array(5).fill(200), 429, 429]);
    expect(await statuses(3, at(server, DEMO, "/orders/free"))).toEqual([200, 200, 200]);
    expect(await statuses(3, at(server, DEMO, "/orders/minute"))).toEqual([200, 200, 200]);
    expect((await ask(server)).status).toBe(429);
  });

  describe("a getTracker", () => {
    const tracked = (getTracker: (request: Met) => unknown) =>
      start({ throttlers: { throttlers: THROTTLERS, getTracker: getTracker as never } });

    it.each([
      ["nothing", () => undefined],
      ["null", () => null],
      ["an empty text", () => ""],
      ["a number", () => 7],
      ["an object", () => ({})],
      ["an array", (request: Met) => request.ips],
      ["a promise of an array", async () => ["a", "b"]],
      [
        "an error",
        () => {
          throw new Error("no");
        },
      ],
      ["an error later", () => Promise.reject(new Error("no"))],
      ["nothing, ever", () => new Promise(() => undefined)],
    ])("that gives %s limits all the same", async (_what, getTracker) => {
      const server = await tracked(getTracker);
      expect(await statuses(6, () => ask(server, FORGER))).toEqual([401, 401, 401, 401, 429, 429]);
    });

    it("whose header is left out is no way past the limit", async () => {
      const server = await tracked((request) => request.headers["x-from"]);
      expect(await statuses(5, () => from(server, [["X-From", "a"]]))).toEqual([
        ...Array(4).fill(401),
        429,
      ]);
      expect(await statuses(5, () => from(server, []))).toEqual([...Array(4).fill(401), 429]);
      expect((await fetch(`${server.url}/orders/public`)).status).toBe(200);
    });
  });

  it.each([
    ["nothing", undefined],
    ["no object", "5"],
    ["no numbers", { totalHits: "1", timeToExpire: "1\r\nX: y", isBlocked: true }],
    ["a negative time", { totalHits: 1, timeToExpire: 1, isBlocked: true, timeToBlockExpire: -5 }],
    ["no time", { totalHits: 1, timeToExpire: NaN, isBlocked: false, timeToBlockExpire: 0 }],
  ])("a storage that answers %s limits nobody and refuses nobody", async (_what, answer) => {
    const storage = { increment: () => Promise.resolve(answer) } as unknown as ThrottlerStorage;
    const server = await start({ throttlers: { throttlers: THROTTLERS, storage } });
    expect(await statuses(7, () => ask(server))).toEqual(Array(7).fill(200));
    expect(await statuses(6, () => ask(server, FORGER))).toEqual(Array(6).fill(401));
    expect((await fetch(`${server.url}/orders/public`)).status).toBe(200);
  });

  it.each([
    ["ttl", { limit: 4, ttl: 0 }],
    ["ttl", { limit: 4, ttl: -1 }],
    ["limit", { limit: NaN, ttl: MINUTE }],
    ["limit", { limit: Infinity, ttl: MINUTE }],
    ["limit", { limit: 0, ttl: MINUTE }],
    ["limit", { limit: 1.5, ttl: MINUTE }],
    ["blockDuration", { limit: 4, ttl: MINUTE, blockDuration: Infinity }],
  ])("refused with a %s that limits nothing stops the start", async (option, terms) => {
    await expect(start({ throttlers: [{ name: "refused", ...terms }] })).rejects.toThrow(
      new RegExp(`ThrottlerModule: refused\\.${option}: .*limit: 30`),
    );
  });

  it.each(["rpc", "ws", "graphql"])(
    "what comes as %s without a request is let through",
    async (type) => {
      const server = await start({ providers: [HmacThrottlerGuard] });
      const context = new ExecutionContextHost([{}, {}, {}], OrdersController, () => undefined);
      context.setType(type);
      expect(await server.app.get(HmacThrottlerGuard).canActivate(context)).toBe(true);
    },
  );

  describe("GraphQL", () => {
    const ran: string[] = [];

    @Resolver()
    @HmacProtected()
    class OrdersResolver {
      @Query(() => String, { nullable: true })
      mine() {
        ran.push("mine");
        return "mine";
      }
      @Query(() => String, { nullable: true })
      other() {
        return "other";
      }
      @Query(() => String, { nullable: true })
      @HmacProtected({ scopes: ["orders:admin"] })
      admin() {
        return "admin";
      }
      @Query(() => String, { nullable: true })
      @HmacPublic()
      open() {
        return "open";
      }
    }

    const startGraphql = () =>
      start({
        providers: [OrdersResolver],
        imports: [
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: (platform === "express"
              ? ApolloDriver
              : GraphqlOnFastify) as typeof ApolloDriver,
            autoSchemaFile: true,
          }),
        ],
      });
    const query = async (server: RunningApp, text: string, by = DEMO) => {
      const body = Buffer.from(JSON.stringify({ query: text }));
      const answer = await ask(server, by, { method: "POST", target: "/graphql", body });
      const { data, errors } = JSON.parse(answer.body) as {
        data: Record<string, unknown>;
        errors?: { message: string; extensions?: { code?: string } }[];
      };
      return { data, errors, headers: answer.headers };
    };
    const messages = async (times: number, each: () => ReturnType<typeof query>) => {
      const seen: string[] = [];
      for (let i = 0; i < times; i++) seen.push((await each()).errors?.[0]?.message ?? "none");
      return seen;
    };
    const TOO_MANY = "ThrottlerException: Too Many Requests";

    it("counts forged requests, though they are answered with 200", async () => {
      const server = await startGraphql();
      expect(await messages(6, () => query(server, "{ mine }", FORGER))).toEqual([
        ...Array(4).fill("Unauthorized"),
        TOO_MANY,
        TOO_MANY,
      ]);
      expect(server.verdicts).toHaveLength(4);
      expect((await ask(server, OFFICE)).status).toBe(429);
    });

    it("counts each request once, however many aliases and resolvers it has", async () => {
      const server = await startGraphql();
      const many = "{ a: mine b: mine c: mine other d: other open }";
      const seen = await messages(7, () => query(server, many));
      expect(seen).toEqual([...Array(5).fill("none"), TOO_MANY, TOO_MANY]);
      const over = await query(server, "{ mine }");
      expect(over.headers.get("retry-after")).toMatch(/^\d+$/);
      expect(over.errors?.[0]?.extensions?.code).toBe("TOO_MANY_REQUESTS");
      expect((await query(server, "{ mine }", OFFICE)).data).toEqual({ mine: "mine" });
    });

    it("counts forged aliases once", async () => {
      const server = await startGraphql();
      const many = "{ a: mine b: mine c: other d: admin }";
      expect(await messages(5, () => query(server, many, FORGER))).toEqual([
        ...Array(4).fill("Unauthorized"),
        TOO_MANY,
      ]);
    });

    it("has the aliases of a request that is over its limit all refused", async () => {
      const server = await startGraphql();
      await messages(5, () => query(server, "{ mine }"));
      ran.length = 0;
      const { data } = await query(server, "{ a: mine b: mine other }");
      expect([data, ran]).toEqual([{ a: null, b: null, other: null }, []]);
    });
  });
});
