/*
 * Messages that come again to several servers with one memory: real Redis, real PostgreSQL, one store for each server.
 */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { Controller, HttpException, Post } from "@nestjs/common";
import { HmacProtected, type NonceStore } from "@lacre/nestjs";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { PostgresNonceStore } from "@lacre/stores/postgres";
import { RedisNonceStore } from "@lacre/stores/redis";
import { PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { PostgresServer } from "../support/postgres-server.js";
import { RedisServer } from "../support/redis-server.js";
import { BILLING, messageOf } from "../support/standard-message.js";
import { send, type WireRequest } from "../support/wire.js";

const handler = { runs: 0, atOnce: 0, most: 0, status: 200, ms: 0 };

@Controller("hooks")
class HooksController {
  @Post()
  @HmacProtected({ schemes: ["standard-webhooks"] })
  async take(): Promise<string> {
    handler.runs += 1;
    handler.atOnce += 1;
    handler.most = Math.max(handler.most, handler.atOnce);
    await wait(handler.ms);
    handler.atOnce -= 1;
    if (handler.status >= 400) throw new HttpException("it failed", handler.status);
    return "ran";
  }
}

let redis: RedisServer;
let postgres: PostgresServer;
beforeAll(async () => {
  redis = await RedisServer.start();
  postgres = await PostgresServer.start();
}, 60_000);
afterAll(async () => {
  await redis?.stop();
  postgres?.destroy();
});

/** This machine may be busy. Each store says that the first start is over. */
const QUIET = { claimTimeoutMs: 5000, firstStart: true, logger: { warn: () => undefined } };

/** A store of its own for each server, all on one memory. */
const STORES: readonly (readonly [name: string, make: () => NonceStore])[] = [
  ["Redis", () => new RedisNonceStore({ url: redis.url, ...QUIET })],
  [
    "PostgreSQL",
    () =>
      new PostgresNonceStore({
        connectionString: postgres.url(),
        ...QUIET,
      }),
  ],
];

const servers: RunningApp[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  Object.assign(handler, { runs: 0, atOnce: 0, most: 0, status: 200, ms: 0 });
});

let messages = 0;
/** A new message, as it is sent to each server. */
function newMessage(): (server: RunningApp) => WireRequest {
  const parts = { id: `msg_${++messages}`, atMs: Date.now() };
  return (server) => messageOf(server, parts);
}

describe.each(STORES)("%s", (_name, makeStore) => {
  const start = async (platform: (typeof PLATFORMS)[number]): Promise<RunningApp> => {
    const scheme = standardWebhooks({ appId: "billing", duplicates: "acknowledge" });
    const server = await startApp(platform, {
      controllers: [HooksController],
      hmac: { schemes: ["lacre1", scheme], apps: [BILLING], nonces: makeStore() },
    });
    servers.push(server);
    return server;
  };

  it("is under way once at a time, of 50 copies to two servers whose handlers fail, and runs no more after success", async () => {
    const both = [await start("express"), await start("fastify")] as const;
    const message = newMessage();
    const sendTo = async (i: number): Promise<number> => {
      const server = both[i % 2 === 0 ? 0 : 1];
      return (await send(server.port, message(server))).status;
    };
    Object.assign(handler, { status: 500, ms: 3 });
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => sendTo(i)));
      expect([...new Set(answers)].toSorted((a, b) => a - b)).toEqual([500, 503]);
    }
    expect(handler.most).toBe(1);
    handler.status = 200;
    const runs = handler.runs;
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => sendTo(i)));
    expect(answers.filter((status) => status === 201)).toHaveLength(1);
    expect([await sendTo(0), await sendTo(1), handler.runs]).toEqual([200, 200, runs + 1]);
  });

  it("finds a claim free at once that a failure on another server has given back", async () => {
    const both = [await start("express"), await start("fastify")] as const;
    const message = newMessage();
    handler.status = 500;
    for (let i = 0; i < 10; i++) {
      const server = both[i % 2 === 0 ? 0 : 1];
      expect([i, (await send(server.port, message(server))).status]).toEqual([i, 500]);
    }
    handler.status = 200;
    expect((await send(both[0].port, message(both[0]))).status).toBe(201);
    expect((await send(both[1].port, message(both[1]))).status).toBe(200); // at once, on the other
  });

  it("a process that ends while it works leaves its message taken", async () => {
    const server = await start("express");
    const message = newMessage();
    const store = makeStore();
    await store.start?.({ horizons: new Map(), clockSpreadSeconds: 25, holds: true });
    // What a process does that is killed: it holds, and says no more.
    const key = `billing\nstandard-webhooks\n\nmsg_${messages}`;
    const hold = await store.hold?.(key, Date.now() + 60_000, Date.now() + 60_000);
    expect(typeof hold).toBe("object");
    await store.stop?.();
    expect((await send(server.port, message(server))).status).toBe(503);
    expect([server.lastCode(), handler.runs]).toEqual(["nonce-under-way", 0]);
  });
});
