import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Get } from "@nestjs/common";
import type { ThrottlerStorage } from "@nestjs/throttler";
import { Redis } from "ioredis";
import { HmacProtected } from "@lacre/nestjs";
import { PLATFORMS, type RunningApp } from "../support/app.js";
import { ask, DEMO, FORGER, OFFICE, startLimited, statuses } from "../support/limited-app.js";
import { RedisServer } from "../support/redis-server.js";
import { Workshop } from "./workshop.js";

const HOUR = 3_600_000;

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return "orders";
  }
}

/** The storage that docs/recipes/rate-limits.md shows, on a real Redis, under two servers that share it. */
describe.each(PLATFORMS)("limits in Redis on %s", (platform) => {
  const workshop = new Workshop("docs/recipes/rate-limits.md");
  let redis: RedisServer;
  let client: Redis;
  let storage: ThrottlerStorage;
  let servers: readonly RunningApp[];

  beforeAll(async () => {
    redis = await RedisServer.start();
    const { RedisThrottlerStorage } = await workshop.run("redis-throttler.storage.ts");
    client = new Redis(redis.url, { retryStrategy: () => 50 });
    client.on("error", () => undefined); // it is stopped below
    storage = new (RedisThrottlerStorage as new (client: Redis) => ThrottlerStorage)(client);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
    workshop.close();
  });

  const start = () =>
    startLimited(platform, {
      controllers: [OrdersController],
      throttlers: {
        storage,
        throttlers: [
          { limit: 3, ttl: HOUR },
          { name: "refused", limit: 2, ttl: HOUR },
        ],
      },
      hmac: { apps: [{ ...DEMO, limits: { perHour: 6, perSecond: 100 } }, OFFICE] },
    });
  beforeEach(async () => {
    await client.flushall();
    servers = [await start(), await start()];
  });
  afterEach(() => Promise.all(servers.map((server) => server.close())));

  /** One server after the other. */
  const turns = (times: number, by: typeof DEMO) => {
    let turn = 0;
    return statuses(times, () => ask(servers[turn++ % 2] as RunningApp, by));
  };

  it("are one for all processes", async () => {
    expect(await turns(8, DEMO)).toEqual([...Array(6).fill(200), 429, 429]);
    expect(await turns(5, OFFICE)).toEqual([200, 200, 200, 429, 429]);
    const over = await ask(servers[0] as RunningApp, DEMO);
    expect(over.headers.get("retry-after")).toMatch(/^3[56]\d\d$/);
  });

  it("are exact when requests come at once", async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ask(servers[i % 2] as RunningApp, DEMO)),
    );
    expect(all.filter(({ status }) => status === 200)).toHaveLength(6);
    expect(all.filter(({ status }) => status === 429)).toHaveLength(34);
  });

  it("count refused requests of all processes, and no forged one for an app", async () => {
    // The process that has not refused the second one finds out with the third.
    expect(await turns(8, FORGER)).toEqual([401, 401, 401, ...Array(5).fill(429)]);
    await Promise.all(servers.map((server) => server.close()));
    servers = [await start(), await start()];
    expect(await turns(7, DEMO)).toEqual([...Array(6).fill(200), 429]);
  });

  it("limit nobody while Redis hangs or is gone, and again once it is back", async () => {
    expect(await turns(4, OFFICE)).toEqual([200, 200, 200, 429]);
    redis.pause();
    expect(await turns(4, DEMO)).toEqual([200, 200, 200, 200]);
    redis.resume();
    await redis.restart();
    const server = await start();
    try {
      expect(await statuses(7, () => ask(server, DEMO))).toEqual([...Array(6).fill(200), 429]);
    } finally {
      await server.close();
    }
  });
});
