import { randomBytes, randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { Client } from "pg";
import { MasterKeyWrapper } from "@lacre/stores/console";
import type { OpenDatabase } from "../../apps/console/src/database/database.js";
import { openServer } from "../../apps/console/src/database/server-database.js";
import { verdictMinutes } from "../../apps/console/src/database/tables.js";
import { freePort } from "../docs/workshop.js";
import { PostgresServer } from "../support/postgres-server.js";
import { ConsoleProcess, ServiceProcess, type ServiceTerms } from "./processes/processes.js";
import { RegistryWriter, until, type Known } from "./support/registry.js";

/*
 * One console and three services, each a process of its own, on a real PostgreSQL: how soon a revoked key is refused, and
 * what an outage is like. The bounds are those of docs/console/services.md.
 */

const OUTAGE_SECONDS = 10;
/** `pollSeconds`, and a look-up on a busy machine. */
const BOUND_MS = 2_000 + 1_000;

let server: PostgresServer;
let database: OpenDatabase;
let registry: RegistryWriter;
let lacre: ConsoleProcess;
let service: Known;
let databaseUrl: string;
const masterKey = randomBytes(32);
const services: ServiceProcess[] = [];

beforeAll(async () => {
  server = await PostgresServer.start();
  const client = new Client({ connectionString: server.url() });
  await client.connect();
  await client.query("create database console");
  await client.end();
  databaseUrl = server.url().replace(/\/postgres$/, "/console");
  lacre = new ConsoleProcess(Number(await freePort()), {
    DATABASE_URL: databaseUrl,
    CONSOLE_MASTER_KEY: masterKey.toString("base64"),
  });
  await lacre.start();
  database = await openServer(databaseUrl);
  registry = new RegistryWriter(database.db, new MasterKeyWrapper(masterKey));
  service = await registry.service("orders-service");
});
afterAll(async () => {
  for (const one of services) await one.end();
  await lacre?.end();
  await database?.close();
  server?.destroy();
});
afterEach(async () => {
  for (const one of services.splice(0)) await one.end();
});

const timing = { outageSeconds: OUTAGE_SECONDS };
const WAYS: readonly (readonly [string, () => ServiceTerms])[] = [
  ["over HTTP", () => ({ store: { url: lacre.url, ...service, ...timing } })],
  [
    "from the database",
    () => ({ store: { databaseUrl, masterKey: masterKey.toString("base64"), ...timing } }),
  ],
];

async function three(terms: ServiceTerms): Promise<readonly ServiceProcess[]> {
  const started = await Promise.all([1, 2, 3].map(() => ServiceProcess.start(terms)));
  services.push(...started);
  return started;
}

/** When each of them first gives this status, in milliseconds from now. */
const firstOf = (status: number, all: readonly ServiceProcess[], by: Known): Promise<number[]> => {
  const startedMs = performance.now();
  return Promise.all(
    all.map(async (one) => {
      await until(async () => (await one.call(by)) === status);
      return Math.round(performance.now() - startedMs);
    }),
  );
};

describe.each(WAYS)("three services that read keys %s", (way, terms) => {
  it("all refuse a revoked key within the stated time", async () => {
    const all = await three(terms());
    const measured: number[] = [];
    for (let round = 0; round < 5; round++) {
      const app = await registry.app(`revoked-${round}-${randomUUID()}`);
      await firstOf(200, all, app);
      await registry.revoke(app.appId);
      measured.push(...(await firstOf(401, all, app)));
    }
    console.log(`a revoked key was refused ${way} after ${measured.join(", ")} ms`);
    expect(Math.max(...measured)).toBeLessThan(BOUND_MS);
  });

  it("go on without it for the stated time, then answer 503, and come back by themselves", async () => {
    const all = await three(terms());
    const app = await registry.app(`outage-${randomUUID()}`);
    const unread = await registry.app(`unread-${randomUUID()}`);
    await firstOf(200, all, app);
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // until the word of its making has come
    await firstOf(200, all, app);
    const isHttp = way === "over HTTP";
    if (isHttp) await lacre.end("SIGKILL");
    else server.stop("immediate");
    const goneMs = performance.now();
    await firstOf(503, all, unread); // never read: at once, and not "there is no such app"
    const lasted = await Promise.all(
      all.map(async (one) => {
        for (;;) {
          const status = await one.call(app);
          const ms = performance.now() - goneMs;
          if (status !== 200) return { status, ms: Math.round(ms) };
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }),
    );
    console.log(`without the console, ${way}: ${lasted.map(({ ms }) => `${ms} ms`).join(", ")}`);
    for (const { status, ms } of lasted) {
      expect(status).toBe(503);
      expect(ms).toBeGreaterThan((OUTAGE_SECONDS - 3) * 1_000);
      expect(ms).toBeLessThan((OUTAGE_SECONDS + 1) * 1_000);
    }
    if (isHttp) await lacre.start();
    else server.startAgain();
    const back = await firstOf(200, all, app);
    await firstOf(200, all, unread);
    console.log(`back ${way} after ${back.join(", ")} ms`);
  });
});

describe("a console that hangs", () => {
  afterEach(() => lacre.goOn());

  it("keeps those waiting who were the first to ask, and nobody after them", async () => {
    const [one] = await three({ store: { url: lacre.url, ...service } });
    if (one === undefined) throw new Error("no service");
    const app = await registry.app(`hung-${randomUUID()}`);
    const unread = await registry.app(`hung-unread-${randomUUID()}`);
    const nobody = { ...unread, appId: "nobody" };
    await firstOf(200, [one], app);
    await firstOf(401, [one], nobody);
    const timed = async (by: Known): Promise<{ status: number; ms: number }> => {
      const beganMs = performance.now();
      const status = await one.call(by);
      return { status, ms: Math.round(performance.now() - beganMs) };
    };
    lacre.hang();
    const first = await timed(unread);
    const after = [];
    for (const by of [unread, { ...unread, appId: `nobody-${randomUUID()}` }, unread, unread])
      after.push(await timed(by));
    const crowd = await Promise.all(
      Array.from({ length: 40 }, (_, i) => timed({ ...unread, appId: `nobody-${i}` })),
    );
    const known = await timed(app);
    console.log("a console that hangs", { first, after, crowd: crowd.map(({ ms }) => ms), known });
    expect(first.status).toBe(503);
    expect(first.ms).toBeLessThan(6_000);
    for (const { status, ms } of [...after, ...crowd]) {
      expect(status).toBe(503);
      expect(ms).toBeLessThan(1_500); // and not the two seconds of a look-up that waits
    }
    expect(known.status).toBe(200);
    expect(known.ms).toBeLessThan(1_500);
    lacre.goOn();
    await firstOf(200, [one], unread);
  });
});

describe("a console that is stopped", () => {
  it("ends in time, although services wait for its answers", async () => {
    await three({ store: { url: lacre.url, ...service } });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const ms = await lacre.end("SIGTERM");
    console.log(`the console ended after ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(5_000);
    await lacre.start();
  });
});

describe("a console that is told of ten thousand verdicts a second by three services", () => {
  it("answers others all the same, and loses none", async () => {
    for (let i = 0; i < 20; i++) await registry.app(`app-${i}`);
    const verdicts = { url: lacre.url, ...service };
    const all = await three({ store: { url: lacre.url, ...service }, verdicts });
    const before = await latencies(5);
    await database.db.delete(verdictMinutes);
    const loads = Promise.all(all.map((one) => one.load(3_334, 10)));
    const during = await latencies(10);
    const done = await loads;
    const made = done.reduce((sum, one) => sum + one.made, 0);
    await until(async () => (await counted()) === made);
    console.log(
      `ping: ${before} ms at rest, ${during} ms under load; observe() took ${done.map(({ microsecondsEach }) => microsecondsEach.toFixed(2)).join(", ")} µs`,
    );
    expect(await counted()).toBe(made);
  });
});

async function counted(): Promise<number> {
  const [row] = await database.db
    .select({ sum: sql<string>`coalesce(sum(${verdictMinutes.count}), 0)` })
    .from(verdictMinutes);
  return Number(row?.sum);
}

/** Median and 99th percentile of a route, for so many seconds. */
async function latencies(seconds: number): Promise<string> {
  const taken: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  while (performance.now() < endMs) {
    const startedMs = performance.now();
    await (await fetch(`${lacre.url}/v1/ping`)).text();
    taken.push(performance.now() - startedMs);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  taken.sort((a, b) => a - b);
  const at = (part: number): string => (taken[Math.floor(taken.length * part)] ?? 0).toFixed(1);
  return `${at(0.5)} / ${at(0.99)}`;
}
