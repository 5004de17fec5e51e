import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { Worker, type WorkerSettings } from "../cluster/cluster.mjs";
import type { PostgresServer } from "../support/postgres-server.js";
import type { RedisServer } from "../support/redis-server.js";
import { redisCli, withPostgres, withProxy, withRedis } from "./servers.js";

/** A service while something happens to it. */
export interface World {
  readonly workers: Worker[];
  readonly settings: WorkerSettings & { apiKey: string };
  /** Puts another process in the place of the first one. */
  replaceFirst(settings?: Partial<WorkerSettings>): Promise<void>;
  /** Runs what blocks this process, which would otherwise be charged to the answers. */
  unseen(work: () => void): Promise<void>;
}

type Inflict = (world: World) => Promise<void>;

/** Something that goes wrong, and what a health check may say of it. */
export interface Fault {
  readonly name: string;
  readonly settings: WorkerSettings;
  /** Why health is down meanwhile: the first of these at least, and nothing else. Empty where all is well. */
  readonly reasons: readonly string[];
  /** Whether all processes suffer, or the first one alone. */
  readonly isOfOne?: boolean;
  /** Makes the servers, and hands over what is wrong with them. */
  stage(act: (url: string, inflict: Inflict) => Promise<void>): Promise<void>;
}

const FAULT_MS = 5000;
const AWAY = ["nonces-unavailable"];
/** The memory is another one, and has a fence. */
const LOST = ["nonces-starting", "nonces-unavailable"];

const redis = (
  name: string,
  reasons: readonly string[],
  inflict: (server: RedisServer, world: World) => Promise<void>,
  more: Partial<WorkerSettings & Pick<Fault, "isOfOne">> = {},
): Fault => {
  const { isOfOne = false, ...settings } = more;
  return {
    name,
    reasons,
    isOfOne,
    settings: { store: "redis", ...settings },
    stage: (act) => withRedis((server) => act(server.url, (world) => inflict(server, world))),
  };
};

const killAndRestart = async (server: RedisServer): Promise<void> => {
  await server.kill();
  await wait(1000);
  await server.restart();
};
const flush = async (server: RedisServer): Promise<void> => {
  await redisCli(server, "FLUSHALL");
};
const hang = async (server: RedisServer | PostgresServer): Promise<void> => {
  server.pause();
  await wait(FAULT_MS);
  server.resume();
};

const CACHE: Partial<WorkerSettings> = { store: "cache-manager" };

const REDIS_FAULTS: readonly Fault[] = [
  redis("Redis: SIGKILL, restart empty", LOST, killAndRestart),
  redis("Redis: FLUSHALL", LOST, flush),
  redis("Redis: SIGSTOP for 5 s", AWAY, hang),
  redis("Redis: maxmemory reached, noeviction", AWAY, async (server) => {
    await redisCli(server, "CONFIG", "SET", "maxmemory", "1mb");
    await wait(FAULT_MS);
    await redisCli(server, "CONFIG", "SET", "maxmemory", "0");
  }),
  redis("Redis: READONLY for 5 s", LOST, async (server) => {
    await redisCli(server, "REPLICAOF", "127.0.0.1", "1");
    await wait(FAULT_MS);
    await redisCli(server, "REPLICAOF", "NO", "ONE");
  }),
  redis("Redis: password changed for 5 s", AWAY, async (server) => {
    const admin = new Redis(server.url);
    await admin.config("SET", "requirepass", "another");
    await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await wait(FAULT_MS);
    await admin.config("SET", "requirepass", "");
    await admin.quit();
  }),
  {
    name: "Redis: replica promoted",
    settings: { store: "redis" },
    reasons: LOST,
    stage: (act) =>
      withRedis((primary) =>
        withRedis(async (replica) => {
          await redisCli(replica, "REPLICAOF", "127.0.0.1", String(primary.port));
          await withProxy(primary.port, (proxy) =>
            act(`redis://127.0.0.1:${proxy.port}`, async () => {
              await primary.kill();
              await wait(1000);
              await redisCli(replica, "REPLICAOF", "NO", "ONE");
              proxy.moveTo(replica.port);
            }),
          );
        }),
      ),
  },
  {
    name: "Redis: 500 ms of latency for 5 s",
    settings: { store: "redis" },
    reasons: AWAY,
    stage: (act) =>
      withRedis((server) =>
        withProxy(server.port, (proxy) =>
          act(`redis://127.0.0.1:${proxy.port}`, async () => {
            proxy.delay(250); // each way
            await wait(FAULT_MS);
            proxy.delay(0);
          }),
        ),
      ),
  },
  {
    name: "Redis: connections half open",
    settings: { store: "redis" },
    reasons: AWAY,
    stage: (act) =>
      withRedis((server) =>
        withProxy(server.port, (proxy) =>
          act(`redis://127.0.0.1:${proxy.port}`, async () => proxy.stall()),
        ),
      ),
  },
  redis(
    "server process: SIGKILL, restart",
    ["unanswered"],
    async (_server, world) => {
      world.workers[0]?.kill();
      await wait(1000);
      await world.replaceFirst();
    },
    { isOfOne: true },
  ),
  ...[10, -10].map((seconds) =>
    redis(
      `clock of one process ${seconds > 0 ? "+" : ""}${seconds} s`,
      [],
      async (_server, world) => {
        await world.replaceFirst({ clockOffsetMs: seconds * 1000 });
        await wait(FAULT_MS);
      },
      { isOfOne: true, clockSpread: 10 },
    ),
  ),
  redis("Redis: SIGKILL, restart empty (cache-manager)", LOST, killAndRestart, CACHE),
  redis("Redis: FLUSHALL (cache-manager)", LOST, flush, CACHE),
  redis("Redis: SIGSTOP for 5 s (cache-manager)", AWAY, hang, CACHE),
];

const postgres = (
  name: string,
  inflict: (server: PostgresServer, world: World) => Promise<void>,
) => ({
  name,
  reasons: AWAY,
  settings: { store: "postgres" as const },
  stage: (act: (url: string, inflict: Inflict) => Promise<void>) =>
    withPostgres((server) => act(server.url(), (world) => inflict(server, world))),
});

/** All that is known to go wrong with a store, or with one process. */
export const FAULTS: readonly Fault[] = [
  ...REDIS_FAULTS,
  postgres("PostgreSQL: crash, restart", async (server, { unseen }) => {
    server.stop("immediate"); // as a crash: nothing is written that was not
    await wait(1000);
    await unseen(() => server.startAgain());
  }),
  postgres("PostgreSQL: SIGSTOP for 5 s", hang),
];
