/*
 * The Redis store against real servers, which the tests start, freeze, empty and demote themselves.
 */
import { setTimeout as wait } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { ConfigurationError, NonceStoreFullError, NonceStoreStartingError } from "@lacre/core";
import { RedisNonceStore, type RedisNonceStoreSettings } from "@lacre/stores/redis";
import { ownLink } from "../../libs/stores/src/redis/redis-own-client.js";
import { RedisServer } from "../support/redis-server.js";
import { nonceStoreContract } from "./nonce-store.contract.js";

const CLIENTS = ["ioredis", "node-redis", "url"] as const;
type ClientKind = (typeof CLIENTS)[number];
const PREFIX = "lacre:nonce:";
/** Enough for hundreds of claims at once on a machine that has other work too. An outage is told within a second. */
const CLAIM_TIMEOUT_MS = 700;

const log: string[] = [];
const logger = {
  log: (message: string) => void log.push(message),
  warn: (message: string) => void log.push(message),
};

/** What to undo after a test, last first. */
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
  log.length = 0;
});

async function serverWith(...args: string[]): Promise<RedisServer> {
  const server = await RedisServer.start({ args: ["--repl-diskless-sync-delay", "0", ...args] });
  cleanups.push(() => server.stop());
  return server;
}

/** A store over a client of each kind, not started; clients as a user would make them, but failing fast. */
function storeOn(
  kind: ClientKind,
  url: string,
  settings: RedisNonceStoreSettings = {},
): RedisNonceStore {
  const all = { logger, claimTimeoutMs: CLAIM_TIMEOUT_MS, ...settings };
  let store: RedisNonceStore;
  if (kind === "ioredis") {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 20 });
    cleanups.push(() => client.disconnect());
    store = new RedisNonceStore({ client, ...all });
  } else if (kind === "node-redis") {
    const client = createClient({ url, socket: { reconnectStrategy: () => 20 } });
    cleanups.push(() => client.isOpen && client.destroy());
    store = new RedisNonceStore({ client, ...all });
  } else store = new RedisNonceStore({ url, ...all });
  cleanups.push(() => store.stop());
  return store;
}

async function startedOn(...args: Parameters<typeof storeOn>): Promise<RedisNonceStore> {
  const store = storeOn(...args);
  await store.start();
  return store;
}

/** A client for what a test does to the server behind the store's back. */
function adminOf(server: RedisServer, options: object = {}): Redis {
  const admin = new Redis(server.url, { ...options, retryStrategy: () => 20 });
  admin.on("error", () => {});
  cleanups.push(() => admin.disconnect());
  return admin;
}

let count = 0;
const keyOf = (): string => `app\n${count++}`;
const soon = (): number => Date.now() + 60_000;

/** The outcome of a claim: an answer, or the error. */
async function outcomeOf(store: RedisNonceStore, key = keyOf()): Promise<unknown> {
  return store.claim(key, soon()).catch((error: unknown) => error);
}

/** Asks until it holds. */
async function until(what: string, holds: () => unknown, withinMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !(await holds()); await wait(10))
    if (Date.now() > deadline) throw new Error(`in vain: ${what}\n${log.join("\n")}`);
}

const works = async (store: RedisNonceStore): Promise<boolean> =>
  (await outcomeOf(store)) === "fresh";

async function refusalOf(store: RedisNonceStore): Promise<string> {
  const error: unknown = await store.start().catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ConfigurationError);
  // And it stays refused.
  expect(await outcomeOf(store)).toBeInstanceOf(Error);
  return (error as ConfigurationError).message;
}

for (const kind of CLIENTS) {
  describe(kind, () => {
    let server: RedisServer;
    let isDown = false;
    beforeAll(async () => {
      server = await RedisServer.start();
    });
    afterAll(() => server?.stop());

    nonceStoreContract(
      `RedisNonceStore over ${kind}`,
      async ({ clock }) => {
        const store = storeOn(kind, server.url, { clock });
        const admin = new Redis(server.url, { lazyConnect: true, retryStrategy: () => 20 });
        admin.on("error", () => {});
        return {
          store,
          remainingMs: (key) => admin.pttl(PREFIX + key),
          loseMemory: async () => void (await admin.flushall()),
          async breakDown() {
            isDown = true;
            await server.kill();
          },
          async close() {
            admin.disconnect();
            await store.stop();
            if (isDown) await server.restart();
            isDown = false;
          },
        };
      },
      { isShared: true, holds: true },
    );
  });
}

describe.each(CLIENTS)("RedisNonceStore over %s", (kind) => {
  it("gives a nonce to one of 64 at once, over two stores", async () => {
    const server = await serverWith();
    const stores = [await startedOn(kind, server.url), await startedOn(kind, server.url)] as const;
    for (let round = 0; round < 5; round++) {
      const key = keyOf();
      const verdicts = await Promise.all(
        Array.from({ length: 64 }, (_, i) => stores[i % 2 === 0 ? 0 : 1].claim(key, soon())),
      );
      expect(verdicts.filter((verdict) => verdict === "fresh")).toHaveLength(1);
    }
    expect(stores[0].completeSinceMs).toBe(stores[1].completeSinceMs);
  });

  it("says so of a client that would wait on a silent connection without end", async () => {
    const server = await serverWith();
    await startedOn(kind, server.url);
    expect(log.some((line) => line.includes("socketTimeout"))).toBe(kind !== "url");
    log.length = 0;
    const patient = new Redis(server.url, { lazyConnect: true, socketTimeout: 2000 });
    const node = createClient({ url: server.url, socket: { socketTimeout: 2000 } });
    for (const client of [patient, node]) {
      const store = new RedisNonceStore({ client, logger });
      cleanups.push(() => store.stop());
      await store.start();
    }
    expect(log.join()).not.toContain("socketTimeout");
  });

  it("says so where firstStart is still set, and not on the first start", async () => {
    const server = await serverWith();
    await startedOn(kind, server.url, { firstStart: true });
    expect(log.join()).not.toContain("take it out");
    await startedOn(kind, server.url, { firstStart: true });
    expect(log.join()).toContain("take it out");
  });

  it("begins at its start, once for all stores that start at the same time", async () => {
    const server = await serverWith();
    const before = Date.now();
    const stores = Array.from({ length: 8 }, () => storeOn(kind, server.url));
    await Promise.all(stores.map((store) => store.start()));
    const times = new Set(stores.map((store) => store.completeSinceMs));
    expect(times.size).toBe(1);
    expect([...times][0]).toBeGreaterThanOrEqual(before);
    expect([...times][0]).toBeLessThanOrEqual(Date.now());
    // A later one, in a later process, need not wait.
    const late = await startedOn(kind, server.url);
    expect(late.completeSinceMs).toBe(stores[0]?.completeSinceMs);
  });

  it("needs no fence on the first start ever, and has one after a loss", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url, { firstStart: true });
    expect(store.completeSinceMs).toBe(0);
    expect(await outcomeOf(store)).toBe("fresh");
    const before = Date.now();
    await server.restart();
    await until("works", () => works(store));
    expect(store.completeSinceMs).toBeGreaterThanOrEqual(before);
  });

  it("throws before its start and after its end, and can be started again", async () => {
    const server = await serverWith();
    const client = createClient({ url: server.url });
    client.on("error", () => {});
    await client.connect();
    cleanups.push(() => client.destroy());
    const store = kind === "url" ? storeOn(kind, server.url) : new RedisNonceStore({ client });
    const key = keyOf();
    expect(await outcomeOf(store, key)).toBeInstanceOf(Error);
    expect(Math.abs(store.completeSinceMs - Date.now())).toBeLessThan(1000);
    await store.start();
    expect(await outcomeOf(store, key)).toBe("fresh");
    await store.stop();
    expect(await outcomeOf(store, key)).toBeInstanceOf(Error);
    expect(await client.ping()).toBe("PONG"); // the user's client stays open
    await store.start();
    expect(await outcomeOf(store, key)).toBe("seen");
    await store.stop();
  });

  it("notices a restart that emptied it: refuses, then begins anew", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    const known = keyOf();
    expect(await outcomeOf(store, known)).toBe("fresh");
    const first = store.completeSinceMs;
    const before = Date.now();
    await server.restart();
    // Whatever it answers before it has noticed, it is no verdict.
    const verdicts: unknown[] = [];
    await until("a new beginning", async () => {
      const answer = await outcomeOf(store);
      if (answer === "fresh") verdicts.push(store.completeSinceMs);
      return answer === "fresh";
    });
    expect(verdicts[0]).toBeGreaterThanOrEqual(before);
    expect(store.completeSinceMs).toBeGreaterThan(first);
  });

  it("notices FLUSHALL with the first claim after it; all stores adopt one epoch", async () => {
    const server = await serverWith();
    const stores = await Promise.all([1, 2, 3, 4].map(() => startedOn(kind, server.url)));
    const admin = adminOf(server);
    for (const store of stores) expect(await outcomeOf(store)).toBe("fresh");
    const before = Date.now();
    await admin.flushall();
    for (const store of stores)
      expect(await outcomeOf(store)).toBeInstanceOf(NonceStoreStartingError);
    for (const store of stores) await until("works", () => works(store));
    const times = new Set(stores.map((store) => store.completeSinceMs));
    expect(times.size).toBe(1);
    expect([...times][0]).toBeGreaterThanOrEqual(before);
  });

  it("gives no verdict to any of 64 claims at once after FLUSHALL", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    await adminOf(server).flushall();
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => outcomeOf(store)));
    for (const outcome of outcomes) expect(outcome).toBeInstanceOf(NonceStoreStartingError);
    await until("works", () => works(store));
  });

  it("goes to another epoch when another store has begun one, and back, with what it knew meanwhile", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    const admin = adminOf(server);
    const epoch = String(await admin.get(`${PREFIX}epoch`));
    const [runId = "", ms = ""] = epoch.split(":");
    await admin.set(`${PREFIX}epoch`, `${runId}:${Number(ms) - 1_000_000}:other {}`);
    const claimed = Date.now();
    expect(await outcomeOf(store)).toBeInstanceOf(NonceStoreStartingError);
    await until("works", () => works(store));
    // It had claimed nothing under the first, so the second is as complete as it says.
    expect(store.completeSinceMs).toBe(Number(ms) - 1_000_000);
    await admin.set(`${PREFIX}epoch`, epoch);
    expect(await outcomeOf(store)).toBeInstanceOf(NonceStoreStartingError);
    await until("works", () => works(store));
    // Its claims since lie in a memory that may be gone.
    expect(store.completeSinceMs).toBeGreaterThanOrEqual(claimed);
  });

  it("rejects each claim in time while Redis hangs, and works again afterwards", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    const since = store.completeSinceMs;
    const known = keyOf();
    expect(await outcomeOf(store, known)).toBe("fresh");
    server.pause();
    for (const size of [1, 8, 8, 1]) {
      const startedMs = performance.now();
      const outcomes = await Promise.all(Array.from({ length: size }, () => outcomeOf(store)));
      for (const outcome of outcomes) expect(outcome).toBeInstanceOf(Error);
      expect(performance.now() - startedMs).toBeLessThan(CLAIM_TIMEOUT_MS + 1000);
    }
    server.resume();
    await until("works", () => works(store));
    expect(await outcomeOf(store, known)).toBe("seen");
    expect(store.completeSinceMs).toBe(since); // nothing was forgotten
  });

  it("says that it is full when Redis has no room", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    const known = keyOf();
    expect(await outcomeOf(store, known)).toBe("fresh");
    const admin = adminOf(server);
    await admin.config("SET", "maxmemory", "100kb"); // less than an empty server takes
    expect(await outcomeOf(store)).toBeInstanceOf(NonceStoreFullError);
    expect(await outcomeOf(store, known)).toBeInstanceOf(NonceStoreFullError);
    await admin.config("SET", "maxmemory", "0");
    expect(await outcomeOf(store)).toBe("fresh");
    expect(await outcomeOf(store, known)).toBe("seen");
  });

  it.each(["allkeys-lru", "volatile-ttl"])("refuses a Redis that evicts: %s", async (policy) => {
    const server = await serverWith("--maxmemory-policy", policy);
    const message = await refusalOf(storeOn(kind, server.url));
    expect(message).toContain(policy);
    expect(message).toContain("Set maxmemory-policy noeviction");
  });

  it("refuses a cluster", async () => {
    const server = await serverWith("--cluster-enabled", "yes");
    expect(await refusalOf(storeOn(kind, server.url))).toContain("one primary");
  });

  it("refuses a replica", async () => {
    const primary = await serverWith();
    const replica = await serverWith("--replicaof", `127.0.0.1 ${primary.port}`);
    await until("replicates", async () =>
      (await adminOf(replica).info("replication")).includes("master_link_status:up"),
    );
    expect(await refusalOf(storeOn(kind, replica.url))).toContain("replica");
  });

  it("refuses a server that is not there, or never answers, in time", async () => {
    const server = await serverWith();
    server.pause();
    const startedMs = performance.now();
    await refusalOf(storeOn(kind, server.url));
    server.resume();
    await server.kill();
    expect(await refusalOf(storeOn(kind, server.url))).toContain("ECONNREFUSED");
    expect(performance.now() - startedMs).toBeLessThan(2 * (4 * CLAIM_TIMEOUT_MS) + 1000);
  });

  it("refuses a wrong password, and shows no password", async () => {
    const server = await serverWith("--requirepass", "right-0f3a");
    const url = (password: string) => `redis://:${password}@127.0.0.1:${server.port}`;
    const wrong = storeOn(kind, url("wrong-71bc"));
    const message = await refusalOf(wrong);
    expect(message).toContain("WRONGPASS");
    const right = await startedOn(kind, url("right-0f3a"));
    expect(await outcomeOf(right)).toBe("fresh");
    await server.kill();
    const failure = await outcomeOf(right);
    const shown = [
      message,
      ...log,
      inspect(failure, { depth: 9, showHidden: true }),
      ...[wrong, right].map((store) => inspect(store, { depth: 9, showHidden: true })),
      JSON.stringify(right),
    ].join("\n");
    expect(shown).not.toMatch(/right-0f3a|wrong-71bc/);
  });

  it("works with the rights that it asks for, and says which it lacks", async () => {
    const server = await serverWith();
    const admin = adminOf(server);
    await admin.call(
      ...(["ACL", "SETUSER", "nonces", "on", ">secret", "~lacre:nonce:*"] as const),
      ...["+ping", "+info", "+eval", "+time", "+get", "+set", "+multi", "+exec"],
    );
    const url = `redis://nonces:secret@127.0.0.1:${server.port}`;
    const store = await startedOn(kind, url);
    expect(await outcomeOf(store)).toBe("fresh");
    await admin.call("ACL", "SETUSER", "nonces", "-eval");
    await admin.del(`${PREFIX}epoch`);
    expect(await refusalOf(storeOn(kind, url))).toMatch(/eval.*EVAL/);
  });

  it("lets go of a hold that was given up, once Redis has got it", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    const key = keyOf();
    server.pause();
    await expect(store.hold(key, soon(), soon())).rejects.toThrow();
    server.resume();
    await until("it is free", async () => {
      const answer = await store.hold(key, soon(), soon()).catch(() => "refused");
      return typeof answer === "object";
    });
  });

  it("works with the further rights of claims that are given back, and says which it lacks", async () => {
    const server = await serverWith();
    const admin = adminOf(server);
    await admin.call(
      ...(["ACL", "SETUSER", "nonces", "on", ">secret", "~lacre:nonce:*"] as const),
      ...["+ping", "+info", "+eval", "+time", "+get", "+set", "+multi", "+exec", "+pttl", "+del"],
    );
    const url = `redis://nonces:secret@127.0.0.1:${server.port}`;
    const needs = { horizons: new Map(), clockSpreadSeconds: 25, holds: true };
    const store = storeOn(kind, url);
    await store.start(needs);
    const key = keyOf();
    const hold = await store.hold(key, soon(), soon());
    if (typeof hold === "string") throw new Error(`the key is ${hold}`);
    await hold.giveBack();
    expect(await store.claim(key, soon())).toBe("fresh");
    for (const right of ["pttl", "del"]) {
      await admin.call("ACL", "SETUSER", "nonces", `-${right}`);
      await expect(storeOn(kind, url).start(needs)).rejects.toThrow("PTTL, DEL");
      expect(await outcomeOf(await startedOn(kind, url))).toBe("fresh"); // nobody asks for it
      await admin.call("ACL", "SETUSER", "nonces", `+${right}`);
    }
  });

  it("rejects while its server is a replica, and begins anew when it is not", async () => {
    const server = await serverWith();
    const other = await serverWith();
    const store = await startedOn(kind, server.url);
    const admin = adminOf(server);
    expect(await outcomeOf(store)).toBe("fresh");
    const first = store.completeSinceMs;
    const before = Date.now();
    await admin.replicaof("127.0.0.1", other.port);
    expect(await outcomeOf(store)).toBeInstanceOf(Error);
    expect(await outcomeOf(store)).toBeInstanceOf(NonceStoreStartingError);
    await admin.replicaof("NO", "ONE");
    await until("works", () => works(store));
    expect(store.completeSinceMs).toBeGreaterThan(first);
    expect(store.completeSinceMs).toBeGreaterThanOrEqual(before);
  });

  it("begins anew after READONLY even if run_id and epoch are the same", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    const admin = adminOf(server);
    const epoch = await admin.get(`${PREFIX}epoch`);
    expect(await outcomeOf(store)).toBe("fresh");
    const first = store.completeSinceMs;
    // Nothing listens there, so it keeps the data that it has.
    await admin.replicaof("127.0.0.1", 1);
    expect(await outcomeOf(store)).toBeInstanceOf(Error);
    await admin.replicaof("NO", "ONE");
    expect(await admin.get(`${PREFIX}epoch`)).toBe(epoch);
    await until("works", () => works(store));
    expect(await admin.get(`${PREFIX}epoch`)).not.toBe(epoch);
    expect(store.completeSinceMs).toBeGreaterThan(first);
  });

  it("begins anew on a promoted replica that took over the address", async () => {
    const primary = await serverWith();
    const replica = await serverWith("--replicaof", `127.0.0.1 ${primary.port}`);
    const store = await startedOn(kind, primary.url);
    const known = keyOf();
    expect(await outcomeOf(store, known)).toBe("fresh");
    const first = store.completeSinceMs;
    const replicaAdmin = adminOf(replica);
    await until("replicates", () => replicaAdmin.exists(PREFIX + known));
    const epoch = await replicaAdmin.get(`${PREFIX}epoch`);
    expect(epoch).toMatch(new RegExp(`:${first}:`));

    await replicaAdmin.replicaof("NO", "ONE");
    await primary.kill();
    const promotedMs = Date.now();
    const { createServer, connect } = await import("node:net");
    const proxy = createServer((socket) => {
      const onward = connect(replica.port, "127.0.0.1");
      socket.pipe(onward).pipe(socket);
      socket.on("error", () => onward.destroy());
      onward.on("error", () => socket.destroy());
      cleanups.push(() => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(primary.port, "127.0.0.1", resolve));
    cleanups.push(() => proxy.close());

    await until("works", () => works(store));
    expect(store.completeSinceMs).toBeGreaterThanOrEqual(promotedMs);
    expect(await replicaAdmin.get(`${PREFIX}epoch`)).not.toBe(epoch);
    expect(await outcomeOf(store, known)).toBe("seen"); // what had come across is still known
  });

  it("asks for a claim in one transaction", async () => {
    const server = await serverWith();
    const store = await startedOn(kind, server.url);
    const admin = adminOf(server);
    await admin.config("RESETSTAT");
    await outcomeOf(store);
    const stats = await admin.info("commandstats");
    for (const command of ["multi", "get", "set", "exec"])
      expect(stats).toContain(`cmdstat_${command}:calls=1,`);
  });
});

describe("a claim that its client sends again", () => {
  it("is refused: the connection is a new one, and may lead to another memory", async () => {
    const server = await serverWith();
    // The answer to the first EXEC is lost: the proxy hangs up instead of passing it on.
    const { createServer, connect } = await import("node:net");
    let cut = false;
    const proxy = createServer((socket) => {
      const onward = connect(server.port, "127.0.0.1");
      let isClaim = false;
      socket.on("data", (data) => {
        isClaim = data.includes("EXEC") || data.includes("exec");
        onward.write(data);
      });
      onward.on("data", (data) => {
        if (cut && isClaim) {
          cut = false;
          socket.destroy();
        } else socket.write(data);
      });
      socket.on("close", () => onward.destroy());
      socket.on("error", () => onward.destroy());
      onward.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => proxy.close());
    const { port } = proxy.address() as { port: number };

    const client = new Redis(port, "127.0.0.1", { retryStrategy: () => 1 });
    cleanups.push(() => client.disconnect());
    const store = new RedisNonceStore({ client, logger, claimTimeoutMs: 2000 });
    cleanups.push(() => store.stop());
    await store.start();
    const admin = adminOf(server);
    const key = keyOf();
    await admin.config("RESETSTAT");
    cut = true;
    const outcome = await outcomeOf(store, key);
    expect(await admin.exists(PREFIX + key)).toBe(1);
    expect(outcome).toBeInstanceOf(Error);
    await until("works", () => works(store));
    // It did send it again: beside the claim twice, there were the trial of the new connection and the one that works.
    expect(await admin.info("commandstats")).toMatch(/cmdstat_exec:calls=[4-9],/);
    expect(await outcomeOf(store, key)).toBe("seen");
  });
});

describe.each(CLIENTS)("the rights of RedisNonceStore over %s", (kind) => {
  const NEEDED = ["ping", "info", "eval", "time", "get", "set", "multi", "exec"];
  const userWith = async (rights: readonly string[], database = "") => {
    const server = await serverWith();
    const admin = adminOf(server);
    await admin.call(
      "ACL",
      ...["SETUSER", "lacre", "on", ">pass-5e", "~lacre:nonce:*", "-@all"],
      ...rights.map((right) => `+${right}`),
    );
    const url = server.url.replace("//", "//lacre:pass-5e@") + database;
    return { server, admin, url };
  };

  it("are those of the recipe: it starts with them, claims, and comes back after a restart", async () => {
    const { admin, url } = await userWith(NEEDED);
    const store = await startedOn(kind, url);
    expect(await outcomeOf(store)).toBe("fresh");
    await admin.call("CLIENT", "KILL", "TYPE", "normal");
    await until("works again", () => works(store));
  });

  it("want SELECT as well for a database number", async () => {
    const { url } = await userWith([...NEEDED, "select"], "/3");
    expect(await outcomeOf(await startedOn(kind, url))).toBe("fresh");
  });

  it.each(NEEDED.filter((right) => right !== "ping"))(
    "are proved at the start, which fails without %s and names it",
    async (lacking) => {
      const { url } = await userWith(NEEDED.filter((right) => right !== lacking));
      const message = await refusalOf(storeOn(kind, url));
      expect(message.toLowerCase()).toContain(`'${lacking}'`);
      expect(message).not.toContain("pass-5e");
    },
  );

  it("tells once for each outage why the connection cannot be made again", async () => {
    const { admin, url } = await userWith(NEEDED);
    const store = await startedOn(kind, url);
    for (const password of ["other-1", "pass-5e"]) {
      log.length = 0;
      await admin.call("ACL", "SETUSER", "lacre", "resetpass", `>${password}`);
      await admin.call("CLIENT", "KILL", "TYPE", "normal");
      if (password === "other-1") {
        await until("says why", () => log.some((line) => line.includes("WRONGPASS")));
        await wait(300); // and tries again some times
        expect(log.filter((line) => line.includes("WRONGPASS"))).toHaveLength(1);
        expect(log.join("\n")).not.toContain("pass-5e");
      } else await until("works again", () => works(store));
    }
  });
});

describe("a client that is not open at the start", () => {
  it.each(CLIENTS)("is closed in the end, and when the start fails: %s", async (kind) => {
    const server = await serverWith("--maxmemory-policy", "allkeys-lru");
    const admin = adminOf(server);
    const connections = async () =>
      String(await admin.client("LIST"))
        .trim()
        .split("\n").length;
    const store = storeOn(kind, server.url);
    await refusalOf(store);
    await until("closed", async () => (await connections()) === 1);
    await admin.config("SET", "maxmemory-policy", "noeviction");
    await store.start();
    expect(await outcomeOf(store)).toBe("fresh");
    expect(await connections()).toBe(2);
    await store.stop();
    await until("closed again", async () => (await connections()) === 1);
  });
});

describe("a Redis that hides its policy", () => {
  const MEMORY = "abc:1700000000000:x {}";
  const TIME = [String(Math.floor(Date.now() / 1000)), "0"];
  const claimAnswer = (...held: unknown[]) =>
    [TIME, MEMORY, ...held].map((answer) => [null, answer]);

  /** A client of ioredis's shape whose server tells what `told` says. */
  function clientWith(told: Record<string, unknown>) {
    const answers: Record<string, unknown> = {
      PING: "PONG",
      INFO: "redis_version:6.2.0\r\nrun_id:abc\r\nrole:master\r\n",
      EVAL: [MEMORY, "1700000000000"],
      ...told,
    };
    let isFirst = true;
    const sent: string[][] = [];
    const client = {
      status: "ready",
      call: async (name: string) => {
        const answer = answers[name];
        if (answer instanceof Error) throw answer;
        return answer;
      },
      multi: () => {
        const transaction = {
          call: (...command: string[]) => {
            sent.push(command);
            return transaction;
          },
          exec: async () => {
            const answer = isFirst ? claimAnswer("OK") : answers.EXEC; // the trial of the start
            isFirst = false;
            return answer as never;
          },
        };
        return transaction;
      },
      connect: async () => {},
      disconnect: () => {},
      on: () => {},
      off: () => {},
    };
    return { client, sent };
  }

  it.each([
    ["has no right to ask", new Error("NOPERM this user has no permissions")],
    ["knows no CONFIG", new Error("ERR unknown command 'CONFIG'")],
  ])("is taken with a warning when the store %s", async (_why, CONFIG) => {
    const store = new RedisNonceStore({ client: clientWith({ CONFIG }).client, logger });
    await store.start();
    expect(log.join()).toContain("must be noeviction");
    await store.stop();
  });

  it.each([
    ["a list", ["maxmemory-policy", "allkeys-lfu"]],
    ["a map", { "maxmemory-policy": "allkeys-lfu" }],
  ])("is asked with CONFIG GET, which answers with %s", async (_how, CONFIG) => {
    expect(
      await refusalOf(new RedisNonceStore({ client: clientWith({ CONFIG }).client, logger })),
    ).toContain("allkeys-lfu");
  });

  it.each([
    ["OK", "fresh"],
    [null, "seen"],
    ["another", undefined],
    [7, undefined],
    [undefined, undefined],
  ])("is Redis 6, which answers a claim with %j", async (answer, verdict) => {
    const { client, sent } = clientWith({
      CONFIG: ["maxmemory-policy", "noeviction"],
      EXEC: claimAnswer(answer),
    });
    const store = new RedisNonceStore({ client, logger });
    await store.start();
    expect(store.completeSinceMs).toBe(1_700_000_000_000);
    const outcome = await outcomeOf(store);
    if (verdict === undefined) expect(outcome).toBeInstanceOf(Error);
    else expect(outcome).toBe(verdict);
    expect(sent[5]?.slice(0, 2)).toEqual(["SET", sent[5]?.[1]]);
    expect(sent[5]).not.toContain("GET");
    await store.stop();
  });

  it.each([
    ["an answer too few", claimAnswer()],
    ["an answer too many", claimAnswer("OK", "OK")],
    ["no time", [[null, null], ...claimAnswer("OK").slice(1)]],
    ["nothing", null],
    ["QUEUED", "QUEUED"],
    ["a failed SET", [...claimAnswer(), [new Error("WRONGTYPE")]]],
  ])("is in doubt when the transaction answers with %s", async (_what, EXEC) => {
    const { client } = clientWith({ CONFIG: ["maxmemory-policy", "noeviction"], EXEC });
    const store = new RedisNonceStore({ client, logger });
    await store.start();
    expect(await outcomeOf(store)).toBeInstanceOf(Error);
    await store.stop();
  });
});

describe("RedisNonceStore's options", () => {
  it.each([
    [{}, "a client or a url"],
    [{ url: "redis://localhost", client: {} }, "not both"],
    [{ client: {} }, "client"],
    [{ client: null }, "client"],
    [{ url: 7 }, "no URL"],
    [{ url: "http://localhost" }, "redis://"],
    [{ url: "redis://:pass-5e@localhost/x" }, "database number"],
    [{ url: "redis://:pass-5e@localhost?enableOfflineQueue=true" }, "database number"],
    [{ url: "redis://:pass-5e%@localhost" }, "escapes nothing"],
    [{ url: "redis://:pass-5e@ho st" }, "no URL"],
    [
      { url: "redis://localhost", keyPrefix: "mine:" },
      "keyPrefix: is not an option of RedisNonceStore.",
    ],
    [{ url: "redis://localhost", claimTimeoutMs: 0 }, "claimTimeoutMs"],
    [{ url: "redis://localhost", claimTimeoutMs: NaN }, "claimTimeoutMs"],
    [{ url: "redis://localhost", prefix: "" }, "prefix"],
    [{ url: "redis://localhost", firstStart: "true" }, "firstStart"],
  ])("%j is refused", (options, message) => {
    let error: unknown;
    try {
      error = new RedisNonceStore(options as never);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain(message);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("pass-5e");
  });

  it("refuses clients with several connections", async () => {
    const { Cluster } = await import("ioredis");
    const { createClientPool, createCluster, createSentinel } = await import("redis");
    const clients = [
      new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true }),
      createCluster({ rootNodes: [{ url: "redis://127.0.0.1:1" }] }),
      createSentinel({ name: "x", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }] }),
      createClientPool({ url: "redis://127.0.0.1:1" }),
    ];
    for (const client of clients)
      expect(() => new RedisNonceStore({ client: client as never })).toThrow("need one primary");
  });

  it("opens a client with ioredis, else with node-redis, else says what to install", async () => {
    const server = await serverWith("--requirepass", "pä:ss");
    const address = {
      host: "127.0.0.1",
      port: server.port,
      username: undefined,
      password: "pä:ss",
      database: 3,
      tls: false,
    };
    const missing = async () => undefined;
    const link = await ownLink(address, 1000, { ioredis: missing, redis: () => import("redis") });
    let readies = 0;
    const failures: unknown[] = [];
    link.listen({
      lost: () => {},
      ready: () => void readies++,
      failed: (error) => failures.push(error),
    });
    cleanups.push(() => link.close());
    await link.open();
    expect(await link.send(["CLIENT", "INFO"])).toContain(" db=3 ");
    // A connection on which nothing comes back is replaced.
    server.pause();
    await until("gives the connection up", () => failures.length > 0);
    server.resume();
    await until("connects again", () => readies > 1);
    await expect(ownLink(address, 1000, { ioredis: missing, redis: missing })).rejects.toThrow(
      "npm install ioredis",
    );
  });

  it("puts a client's own key prefix in front of everything", async () => {
    const server = await serverWith();
    const a = new Redis(server.url, { keyPrefix: "mine:" });
    const b = createClient({ url: server.url, keyPrefix: "mine:" } as object);
    await b.connect();
    cleanups.push(
      () => a.disconnect(),
      () => b.destroy(),
    );
    const key = keyOf();
    const verdicts: string[] = [];
    for (const client of [a, b as never]) {
      const store = new RedisNonceStore({ client, logger, prefix: "n:" });
      await store.start();
      verdicts.push(await store.claim(key, soon()));
      await store.stop();
    }
    expect(verdicts).toEqual(["fresh", "seen"]);
    await wait(10); // the trials of the starts end
    expect((await adminOf(server).keys("*")).toSorted()).toEqual(
      [`mine:n:${key}`, "mine:n:epoch"].toSorted(),
    );
  });
});
