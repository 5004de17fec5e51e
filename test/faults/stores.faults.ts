import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import { startWorkers, Worker, type WorkerSettings } from "../cluster/cluster.mjs";
import { PostgresServer } from "../support/postgres-server.js";
import { RedisServer } from "../support/redis-server.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { Load, tableOf, type Row } from "./load.js";

/*
 * Three server processes under a steady load of new and of old requests, and a store that fails them in every way.
 * Whatever happens, no handler may run twice for one request, and a doubt is answered soon. The processes are those
 * that were built: `npm run test:faults` builds first.
 */

const rows: Row[] = [];
const CALM_MS = 1500;
/** A doubt is answered within claimTimeoutMs, 250; this much only on a machine that is busy with something else. */
const HANGING_MS = 1000;
const FAULT_MS = 5000;
/** Of the fence after a loss of memory; these processes share one clock. */
const CLOCK_SPREAD_SECONDS = 2;

interface World {
  readonly load: Load;
  readonly workers: Worker[];
  readonly settings: WorkerSettings & { apiKey: string };
}

/** Starts processes, load and calm; makes the fault; waits until it is good again; judges. */
async function suffer(
  fault: string,
  settings: WorkerSettings,
  inflict: (world: World) => Promise<void>,
  { isGoodAgain = true }: { isGoodAgain?: boolean } = {},
): Promise<void> {
  const full = { clockSpread: CLOCK_SPREAD_SECONDS, reports: true, ...settings };
  const { workers, sign, apiKey } = await startWorkers(3, full);
  const load = new Load(workers, sign);
  try {
    load.start();
    await load.good(20_000);
    await wait(CALM_MS);
    await inflict({ load, workers, settings: { ...full, apiKey } });
    const endedMs = performance.now();
    if (isGoodAgain) await load.good(30_000);
    await wait(CALM_MS);
    await load.stop();
    const row = load.row(fault, endedMs);
    rows.push(row);
    expect(row.accepted).toBeGreaterThan(30);
    expect(row.ranTwice).toBe(0);
    expect(row.slowestDoubtMs).toBeLessThan(HANGING_MS);
  } finally {
    await load.stop();
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

const redisCli = (server: RedisServer, ...words: string[]): Promise<unknown> =>
  promisify(execFile)("redis-cli", ["-p", String(server.port), ...words]);

afterAll(() => {
  const table = tableOf(rows);
  console.log(table);
  const file = process.env["FAULTS_FILE"];
  if (file !== undefined) writeFileSync(file, `${table}\n`);
});

describe.each(["redis", "cache-manager"] as const)("Redis, through %s", (store) => {
  const name = (fault: string): string => (store === "redis" ? fault : `${fault} (cache-manager)`);
  const withRedis = async (run: (server: RedisServer) => Promise<void>): Promise<void> => {
    const server = await RedisServer.start();
    try {
      await run(server);
    } finally {
      await server.stop();
    }
  };

  it("SIGKILL and restart, empty", () =>
    withRedis((server) =>
      suffer(name("Redis: SIGKILL, restart empty"), { store, url: server.url }, async () => {
        await server.kill();
        await wait(1000);
        await server.restart();
      }),
    ));

  it("FLUSHALL", () =>
    withRedis((server) =>
      suffer(name("Redis: FLUSHALL"), { store, url: server.url }, async () => {
        await redisCli(server, "FLUSHALL");
      }),
    ));

  it("SIGSTOP", () =>
    withRedis((server) =>
      suffer(name("Redis: SIGSTOP for 5 s"), { store, url: server.url }, async () => {
        server.pause();
        await wait(FAULT_MS);
        server.resume();
      }),
    ));

  if (store === "cache-manager") return;

  it("maxmemory", () =>
    withRedis((server) =>
      suffer("Redis: maxmemory reached, noeviction", { store, url: server.url }, async () => {
        await redisCli(server, "CONFIG", "SET", "maxmemory", "1mb");
        await wait(FAULT_MS);
        await redisCli(server, "CONFIG", "SET", "maxmemory", "0");
      }),
    ));

  it("READONLY", () =>
    withRedis((server) =>
      suffer("Redis: READONLY for 5 s", { store, url: server.url }, async () => {
        await redisCli(server, "REPLICAOF", "127.0.0.1", "1");
        await wait(FAULT_MS);
        await redisCli(server, "REPLICAOF", "NO", "ONE");
      }),
    ));

  it("wrong password", () =>
    withRedis((server) =>
      suffer("Redis: password changed for 5 s", { store, url: server.url }, async () => {
        const admin = new Redis(server.url);
        await admin.config("SET", "requirepass", "another");
        await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await wait(FAULT_MS);
        await admin.config("SET", "requirepass", "");
        await admin.quit();
      }),
    ));

  it("a replica is promoted", () =>
    withRedis((primary) =>
      withRedis(async (replica) => {
        await redisCli(replica, "REPLICAOF", "127.0.0.1", String(primary.port));
        const proxy = await TcpProxy.to(primary.port);
        const url = `redis://127.0.0.1:${proxy.port}`;
        await suffer("Redis: replica promoted", { store, url }, async () => {
          await primary.kill();
          await wait(1000);
          await redisCli(replica, "REPLICAOF", "NO", "ONE");
          proxy.moveTo(replica.port);
        });
        await proxy.close();
      }),
    ));

  it("latency, and a connection that is half open", () =>
    withRedis(async (server) => {
      const proxy = await TcpProxy.to(server.port);
      const url = `redis://127.0.0.1:${proxy.port}`;
      await suffer("Redis: 500 ms of latency for 5 s", { store, url }, async () => {
        proxy.delay(250); // each way
        await wait(FAULT_MS);
        proxy.delay(0);
      });
      await suffer("Redis: connections half open", { store, url }, async () => proxy.stall());
      await proxy.close();
    }));

  it("a server process is killed and started again", () =>
    withRedis((server) =>
      suffer("server process: SIGKILL, restart", { store, url: server.url }, async (world) => {
        const [first] = world.workers as [Worker];
        first.kill();
        await wait(1000);
        const again = await new Worker(world.settings).start();
        world.load.listenTo(again);
        world.workers[0] = again;
      }),
    ));

  it.each([10, -10])("the clock of one process is %s s off", (seconds) =>
    withRedis((server) =>
      suffer(
        `clock of one process ${seconds > 0 ? "+" : ""}${seconds} s`,
        { store, url: server.url, clockSpread: 10 },
        async (world) => {
          const [first] = world.workers as [Worker];
          await first.stop();
          const off = { ...world.settings, clockOffsetMs: seconds * 1000 };
          const again = await new Worker(off).start();
          world.load.listenTo(again);
          world.workers[0] = again;
          await wait(FAULT_MS);
        },
        { isGoodAgain: false },
      ),
    ),
  );
});

describe("PostgreSQL", () => {
  const withPostgres = async (run: (server: PostgresServer) => Promise<void>): Promise<void> => {
    const server = await PostgresServer.start();
    try {
      await run(server);
    } finally {
      server.destroy();
    }
  };

  it("a crash and restart", () =>
    withPostgres((server) =>
      suffer(
        "PostgreSQL: crash, restart",
        { store: "postgres", url: server.url() },
        async ({ load }) => {
          server.stop("immediate"); // as a crash: nothing is written that was not
          await wait(1000);
          await load.pause(); // starting it blocks this process, and would be charged to the answers
          server.startAgain();
          load.start();
        },
      ),
    ));

  it("SIGSTOP", () =>
    withPostgres((server) =>
      suffer("PostgreSQL: SIGSTOP for 5 s", { store: "postgres", url: server.url() }, async () => {
        server.pause();
        await wait(FAULT_MS);
        server.resume();
      }),
    ));
});
