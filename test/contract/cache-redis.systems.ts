/*
 * Claims through cache-manager on Redis: not by the cache's get and set, but by the client inside.
 */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { createKeyv, createKeyvNonBlocking } from "@keyv/redis";
import KeyvValkey, { createKeyv as createValkeyKeyv } from "@keyv/valkey";
import { createCache } from "cache-manager";
import { Redis } from "ioredis";
import { Keyv } from "keyv";
import { ConfigurationError } from "@lacre/core";
import { CacheNonceStore } from "@lacre/stores/cache";
import { RedisServer } from "../support/redis-server.js";
import { nonceStoreContract } from "./nonce-store.contract.js";

/** For hundreds of claims at once on a machine that has other work too. An outage is told within a second. */
const BUSY_MS = 700;

const logger = { log: () => {}, warn: () => {} };
const soon = (): number => Date.now() + 60_000;

const claimed = async (store: CacheNonceStore, key: string): Promise<string> =>
  store.claim(key, soon());

let server: RedisServer;
let isDown = false;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server?.stop());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
});

function adminOf(url: string): Redis {
  const admin = new Redis(url, { lazyConnect: true, retryStrategy: () => 20 });
  admin.on("error", () => {});
  return admin;
}

/** Keyvs as users make them. */
const KEYVS = {
  "@keyv/redis": (url: string) => createKeyv(url),
  "@keyv/redis with a namespace": (url: string) => createKeyv(url, { namespace: "app" }),
  "@keyv/redis in a Keyv": (url: string) => new Keyv(createKeyv(url).store as object),
  "@keyv/valkey": (url: string) => createValkeyKeyv(url),
  "@keyv/valkey without sets": (url: string) =>
    new Keyv({ store: new KeyvValkey(url, { useRedisSets: false }), namespace: "app" }),
};

/** A started store over a cache with this Keyv, which is closed after the test. */
async function startedOn(keyv: Keyv) {
  keyv.on("error", () => {});
  const cache = createCache({ stores: [keyv] });
  cleanups.push(() => cache.disconnect());
  const store = new CacheNonceStore(cache, { logger, claimTimeoutMs: BUSY_MS });
  cleanups.push(() => store.stop());
  await store.start();
  return { cache, store };
}

for (const [name, keyvOf] of Object.entries(KEYVS)) {
  nonceStoreContract(
    `CacheNonceStore over ${name}`,
    async ({ clock }) => {
      const keyv = keyvOf(server.url);
      keyv.on("error", () => {});
      const cache = createCache({ stores: [keyv] });
      const store = new CacheNonceStore(cache, { clock, logger, claimTimeoutMs: BUSY_MS });
      const admin = adminOf(server.url);
      return {
        store,
        remainingMs: (key) => admin.pttl(`::lacre:nonce:${keyv.namespace ?? ""}:${key}`),
        loseMemory: async () => void (await admin.flushall()),
        async breakDown() {
          isDown = true;
          await server.kill();
        },
        async close() {
          if (isDown) {
            isDown = false;
            await server.restart();
            await cache.get("connected again"); // iovalkey keeps a timer when it is closed while it is not
          }
          await store.stop();
          await cache.disconnect();
          admin.disconnect();
        },
      };
    },
    { isShared: true, holds: true },
  );

  describe(`CacheNonceStore over ${name}`, () => {
    it("gives a nonce to one of 64 at once, over two caches", async () => {
      const stores = [
        (await startedOn(keyvOf(server.url))).store,
        (await startedOn(keyvOf(server.url))).store,
      ] as const;
      const verdicts = await Promise.all(
        Array.from({ length: 64 }, (_, i) =>
          stores[i % 2 === 0 ? 0 : 1].claim(`app\n64 over ${name}`, soon()),
        ),
      );
      expect(verdicts.filter((verdict) => verdict === "fresh")).toHaveLength(1);
    });

    it("forgets nothing when the cache is cleared", async () => {
      const { cache, store } = await startedOn(keyvOf(server.url));
      const key = `app\ncleared ${name}`;
      expect(await store.claim(key, soon())).toBe("fresh");
      await cache.set("ordinary", "value", 60_000);
      expect(await cache.get("ordinary")).toBe("value");
      await cache.clear();
      expect(await cache.get("ordinary")).toBeUndefined();
      expect(await store.claim(key, soon())).toBe("seen");
    });

    it("notices FLUSHALL", async () => {
      const { store } = await startedOn(keyvOf(server.url));
      const before = Date.now();
      const admin = adminOf(server.url);
      cleanups.push(() => admin.disconnect());
      await admin.flushall();
      await expect(store.claim("app\nflushed", soon())).rejects.toThrow("Redis has lost nonces");
      for (const deadline = Date.now() + 10_000; ; await wait(10)) {
        const answer = await claimed(store, "app\nflushed").catch(() => "doubt");
        if (answer === "seen") break; // the refused claim was recorded all the same
        expect(answer).toBe("doubt");
        expect(Date.now()).toBeLessThan(deadline);
      }
      expect(store.completeSinceMs).toBeGreaterThanOrEqual(before);
    });
  });
}

describe("CacheNonceStore", () => {
  it("keeps namespaces apart", async () => {
    const a = (await startedOn(createKeyv(server.url, { namespace: "a" }))).store;
    const b = (await startedOn(createKeyv(server.url, { namespace: "b" }))).store;
    expect(await a.claim("app\nspaces", soon())).toBe("fresh");
    expect(await b.claim("app\nspaces", soon())).toBe("fresh");
    expect(await a.claim("app\nspaces", soon())).toBe("seen");
  });

  it("takes a cache that does not wait for its stores: the claim does", async () => {
    // cache-manager keeps `nonBlocking` to itself, and it concerns get and set only.
    const cache = createCache({ stores: [createKeyv(server.url)], nonBlocking: true });
    const store = new CacheNonceStore(cache, { logger, claimTimeoutMs: BUSY_MS });
    cleanups.push(
      () => cache.disconnect(),
      () => store.stop(),
    );
    await store.start();
    const verdicts = await Promise.all(
      Array.from({ length: 64 }, () => store.claim("app\nnonBlocking", soon())),
    );
    expect(verdicts.filter((verdict) => verdict === "fresh")).toHaveLength(1);
  });

  it.each([
    ["two stores", () => [new Keyv(), createKeyv("redis://127.0.0.1:1")], "has 2 stores"],
    ["a Map", () => [new Keyv()], "a plain Map"],
    [
      "an unknown adapter",
      () => {
        class KeyvUnknown {
          readonly opts = {};
          get = async () => undefined;
          set = async () => {};
          delete = async () => true;
          clear = async () => {};
          on = () => this;
        }
        return [new Keyv({ store: new KeyvUnknown() })];
      },
      "KeyvUnknown",
    ],
  ])("refuses %s, and says what to do", (_what, stores, message) => {
    let error: unknown;
    try {
      error = new CacheNonceStore(createCache({ stores: stores() }));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
  });

  it.each([
    [
      "a client that gives up",
      () => [createKeyvNonBlocking("redis://127.0.0.1:1")],
      "createKeyvNonBlocking",
    ],
    [
      "a cluster",
      () => [createKeyv({ rootNodes: [{ url: "redis://127.0.0.1:1" }] } as object)],
      "need one primary",
    ],
  ])("stops the start over %s, and says what to do", async (_what, stores, message) => {
    const store = new CacheNonceStore(createCache({ stores: stores() }), { logger });
    const error: unknown = await store.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
    await expect(claimed(store, "app\nunchecked")).rejects.toThrow("has not been started");
    await store.stop();
  });

  it.each([
    [{ claimTimeoutMs: 0 }, "claimTimeoutMs"],
    [{ firstStart: "yes" }, "firstStart"],
    [{ timeoutMs: 250 }, "is not an option"],
  ])("stops the start with the settings %j", async (settings, message) => {
    const store = new CacheNonceStore(createKeyv("redis://127.0.0.1:1"), settings as object);
    await expect(store.start()).rejects.toThrow(message);
  });

  it("is shared, and takes no claim, before its start and while it is stopped in it", async () => {
    const keyv = createKeyv(server.url);
    const store = new CacheNonceStore(keyv, { logger });
    cleanups.push(() => keyv.disconnect());
    expect(store.isShared).toBe(true);
    expect(store.completeSinceMs).toBeGreaterThan(soon() - 61_000);
    await expect(claimed(store, "app\nearly")).rejects.toThrow("has not been started");
    const starts = Promise.allSettled([store.start(), store.start()]);
    await store.stop();
    await starts;
    await expect(claimed(store, "app\nstopped")).rejects.toThrow("Redis is not connected");
  });

  it("names RedisNonceStore as a cure", () => {
    expect(() => new CacheNonceStore(createCache())).toThrow("RedisNonceStore");
  });
});
