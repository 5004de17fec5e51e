import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Module, Post } from "@nestjs/common";
import { CacheModule, CACHE_MANAGER } from "@nestjs/cache-manager";
import type { Cache } from "cache-manager";
import { NestFactory } from "@nestjs/core";
import { NonceStoreFullError } from "@lacre/core";
import { HmacModule, HmacProtected, type NonceStore } from "@lacre/nestjs";
import { nonceKeyv } from "@lacre/stores/cache";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

let runs = 0;

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Post()
  create(@Body() _body: unknown) {
    runs += 1;
    return "ran";
  }
}

const OTHER_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const JSON_TYPE: [string, string][] = [["Content-Type", "application/json"]];
const BODY = Buffer.from('{"n":1}');

beforeEach(() => {
  runs = 0;
});

describe.each(PLATFORMS)("%s", (platform) => {
  const clock = new TestClock();
  let server: RunningApp;
  beforeAll(async () => {
    const apps = { demo: DEMO_KEY, other: OTHER_KEY };
    server = await startApp(platform, { controllers: [OrdersController], hmac: { clock, apps } });
  });
  afterAll(() => server.close());
  const order = (options: Parameters<typeof signed>[2] = {}) =>
    signed(
      server.port,
      { method: "POST", target: "/orders", headers: JSON_TYPE, body: BODY },
      { clock, ...options },
    );

  it("runs one of 200 copies sent at once", async () => {
    const copy = order();
    const answers = await Promise.all(Array.from({ length: 200 }, () => send(server.port, copy)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(199);
    expect(runs).toBe(1);
  });

  it("burns no nonce for a forged MAC, another body, a body too many or another target", async () => {
    const genuine = order();
    const spoilt = [
      {
        ...genuine,
        headers: genuine.headers.map(
          ([k, v]) => [k, v.replace(/.$/, (c) => (c === "0" ? "1" : "0"))] as const,
        ),
      },
      { ...genuine, body: Buffer.from('{"n":2}') },
      { ...genuine, body: Buffer.concat([BODY, BODY]) },
      { ...genuine, target: "/orders?n=2" },
    ];
    for (const request of spoilt) expect((await send(server.port, request)).status).toBe(401);
    expect((await send(server.port, genuine)).status).toBe(201);
    expect(runs).toBe(1);
  });

  it("refuses what comes from the future, then and when its time has come", async () => {
    const future = order({ clock: new TestClock(clock.ms + 60_000) });
    expect((await send(server.port, future)).status).toBe(401);
    expect(server.lastCode()).toBe("timestamp-too-new");
    clock.advance(60);
    expect((await send(server.port, future)).status).toBe(401);
    expect([server.lastCode(), runs]).toEqual(["nonce-seen", 0]);
  });

  it("refuses a replay through the last second in which it could be accepted", async () => {
    const request = order();
    expect((await send(server.port, request)).status).toBe(201);
    for (let second = 0; second <= 300; second += 50) {
      expect((await send(server.port, request)).status).toBe(401);
      expect(server.lastCode()).toBe("nonce-seen");
      clock.advance(50);
    }
    expect((await send(server.port, request)).status).toBe(401);
    expect([server.lastCode(), runs]).toEqual(["timestamp-too-old", 1]);
  });
});

describe("a store in doubt", () => {
  const failing: NonceStore & { error: Error | undefined } = {
    error: undefined,
    claim: () => {
      if (failing.error !== undefined) throw failing.error;
      return "fresh";
    },
  };

  it("is answered with 503 and Retry-After, and strangers learn nothing from it", async () => {
    const server = await startApp("express", {
      controllers: [OrdersController],
      hmac: { nonces: failing },
    });
    try {
      const order = () =>
        signed(server.port, { method: "POST", target: "/orders", headers: JSON_TYPE, body: BODY });
      for (const error of [
        new Error("connection lost to redis://user:secret@host"),
        new NonceStoreFullError("full"),
      ]) {
        failing.error = error;
        const response = await send(server.port, order());
        expect([response.status, response.body]).toEqual([
          503,
          '{"statusCode":503,"message":"Service Unavailable"}',
        ]);
        expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
        const forged = { ...order(), target: "/orders?forged" };
        expect((await send(server.port, forged)).status).toBe(503);
      }
      failing.error = undefined;
      expect((await send(server.port, order())).status).toBe(201);
      expect((await send(server.port, { ...order(), target: "/orders?forged" })).status).toBe(401);
      expect(runs).toBe(1);
    } finally {
      await server.close();
    }
  });

  it("refuses what may have been accepted before the start, and says when to come again", async () => {
    const clock = new TestClock();
    const server = await startApp("express", {
      controllers: [OrdersController],
      hmac: { clock, bootFence: true },
    });
    try {
      const order = () =>
        signed(
          server.port,
          { method: "POST", target: "/orders", headers: JSON_TYPE, body: BODY },
          { clock },
        );
      const early = order();
      const response = await send(server.port, early);
      expect([response.status, server.lastCode()]).toEqual([503, "nonces-starting"]);
      clock.advance(Number(response.headers.get("retry-after")));
      expect((await send(server.port, early)).status).toBe(503);
      expect((await send(server.port, order())).status).toBe(201);
      expect(runs).toBe(1);
    } finally {
      await server.close();
    }
  });

  it("is a key source that fails: 503 for known and unknown apps, and good again after", async () => {
    let down = false;
    const apps = {
      find: async (appId: string) => {
        if (down) throw new Error("database is away");
        return appId === "demo" ? { appId, apiKey: DEMO_KEY } : undefined;
      },
    };
    const clock = new TestClock();
    const server = await startApp("express", {
      controllers: [OrdersController],
      hmac: { apps, clock, keyCache: { ttlMs: 1000, negativeTtlMs: 1000 } },
    });
    try {
      const order = (appId = "demo") =>
        signed(
          server.port,
          { method: "POST", target: "/orders", headers: JSON_TYPE, body: BODY },
          { clock, appId },
        );
      expect((await send(server.port, order())).status).toBe(201);
      down = true;
      expect((await send(server.port, order())).status).toBe(201); // from the cache
      clock.advance(2);
      expect((await send(server.port, order())).status).toBe(503);
      expect((await send(server.port, order("nobody"))).status).toBe(503);
      down = false;
      expect((await send(server.port, order())).status).toBe(201);
      expect((await send(server.port, order("nobody"))).status).toBe(401);
    } finally {
      await server.close();
    }
  });
});

describe("a cache of the application", () => {
  const start = async (stores: Parameters<typeof CacheModule.register>[0]) => {
    class App {}
    Module({
      imports: [
        HmacModule.forRootAsync({
          imports: [CacheModule.register(stores)],
          inject: [CACHE_MANAGER],
          useFactory: (nonces: Cache) => ({ apps: { demo: DEMO_KEY }, origins: "*", nonces }),
        }),
      ],
      controllers: [OrdersController],
    })(App);
    const app = await NestFactory.create(App, { logger: false, abortOnError: false });
    await app.listen(0, "127.0.0.1");
    return app;
  };

  it("keeps the nonces where its store can claim", async () => {
    const app = await start({ stores: [nonceKeyv({ fence: false })] });
    const { port } = app.getHttpServer().address() as { port: number };
    const order = signed(port, {
      method: "POST",
      target: "/orders",
      headers: JSON_TYPE,
      body: BODY,
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(port, order)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    await app.close();
  });

  it("is refused at the start where its store cannot", async () => {
    await expect(start({})).rejects.toThrow(
      "nonces: the cache's store (a plain Map) is not known to claim atomically. Use CacheModule.register({ stores: [nonceKeyv()] })",
    );
    await expect(start({ stores: [nonceKeyv(), nonceKeyv()] })).rejects.toThrow(
      "the cache has 2 stores",
    );
  });
});
