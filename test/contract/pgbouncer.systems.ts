import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "@lacre/core";
import { PostgresNonceStore, type PostgresNonceStoreOptions } from "@lacre/stores/postgres";
import pg from "pg";
import { PgBouncer, type PgBouncerOptions } from "../support/pgbouncer.js";
import { PostgresServer } from "../support/postgres-server.js";

/** Stands for each process of a fleet: a store with a pool of its own. */
const PROCESSES = 3;
const NONCES = 300;
const COPIES = 3;

let server: PostgresServer;
const open: (() => unknown)[] = [];
let tables = 0;

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});
afterAll(() => {
  server?.destroy();
});

async function bouncing(options: Partial<PgBouncerOptions> = {}): Promise<PgBouncer> {
  const bouncer = await PgBouncer.before(server, {
    poolMode: "transaction",
    poolSize: 3,
    ...options,
  });
  open.push(() => bouncer.destroy());
  return bouncer;
}

interface Fleet {
  readonly stores: readonly PostgresNonceStore[];
  /** What they logged. */
  readonly lines: string[];
}

/** Stores that are started, with one table. */
async function fleetBehind(
  bouncer: PgBouncer,
  { whose, max = 5 }: { whose: "theirs" | "ours"; max?: number },
  options: Partial<PostgresNonceStoreOptions> = {},
): Promise<Fleet> {
  const table = `nonces_${++tables}`;
  const lines: string[] = [];
  const write = (line: unknown): void => void lines.push(String(line));
  const stores = Array.from({ length: PROCESSES }, () => {
    const connectionString = bouncer.url();
    const pool =
      whose === "ours"
        ? new pg.Pool({ connectionString, max, connectionTimeoutMillis: 5000 })
        : undefined;
    pool?.on("error", () => undefined);
    if (pool !== undefined) open.push(() => pool.end());
    const store = new PostgresNonceStore({
      ...(pool === undefined ? { connectionString, poolSize: max } : { pool }),
      table,
      claimTimeoutMs: 5000, // this machine may be busy
      logger: { warn: write, error: write },
      ...options,
    });
    open.push(async () => store.stop());
    return store;
  });
  for (const store of stores) await store.start();
  return { stores, lines };
}

/** Claims each nonce several times, in every store. Answers how many came out how, and how many were fresh once. */
async function claimAll(stores: readonly PostgresNonceStore[]) {
  const counts: Record<string, number> = {};
  let freshOnce = 0;
  for (let first = 0; first < NONCES; first += 20)
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const verdicts = await Promise.all(
          Array.from({ length: COPIES }, async (_copy, k) => {
            const store = stores[(i + k) % stores.length] as PostgresNonceStore;
            return store
              .claim(`app\nnonce-${first + i}`, Date.now() + 60_000)
              .catch((error: unknown) => String(error));
          }),
        );
        for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
        if (verdicts.filter((verdict) => verdict === "fresh").length === 1) freshOnce += 1;
      }),
    );
  return { counts, freshOnce };
}

const ALL = { counts: { fresh: NONCES, seen: NONCES * (COPIES - 1) }, freshOnce: NONCES };

describe("PostgresNonceStore behind a PgBouncer that knows no prepared statements", () => {
  const UNPREPARED =
    /^the nonce database does not keep prepared statements: .*\((?:42P05|26000)\)\. .*preparedStatements: false/;
  const UNLIMITED =
    /^the nonce database, or a pooler before it, refuses lock_timeout .* ignore_startup_parameters/;

  it("goes over to unnamed statements, and says so once in each process", async () => {
    const { stores, lines } = await fleetBehind(await bouncing(), { whose: "ours" });
    expect(await claimAll(stores)).toEqual(ALL);
    expect(lines).toHaveLength(PROCESSES);
    for (const line of lines) expect(line).toMatch(UNPREPARED);
  });

  it("uses none from the start where it is told, and has nothing to say", async () => {
    const bouncer = await bouncing();
    const { stores, lines } = await fleetBehind(
      bouncer,
      { whose: "ours" },
      { preparedStatements: false },
    );
    expect(await claimAll(stores)).toEqual(ALL);
    expect(lines).toEqual([]);
  });

  it("connects without the settings that it refuses, and says so", async () => {
    const bouncer = await bouncing();
    const { stores, lines } = await fleetBehind(
      bouncer,
      { whose: "theirs" },
      { preparedStatements: false },
    );
    expect(await claimAll(stores)).toEqual(ALL);
    expect(lines).toHaveLength(PROCESSES);
    for (const line of lines) expect(line).toMatch(UNLIMITED);
  });

  it("has nothing to say where the settings are ignored", async () => {
    const bouncer = await bouncing({
      lines: ["ignore_startup_parameters = lock_timeout, statement_timeout"],
    });
    const { stores, lines } = await fleetBehind(
      bouncer,
      { whose: "theirs" },
      { preparedStatements: false },
    );
    expect(await claimAll(stores)).toEqual(ALL);
    expect(lines).toEqual([]);
  });

  it("works through connections of sessions, with prepared statements", async () => {
    const bouncer = await bouncing({ poolMode: "session", poolSize: 2 * PROCESSES });
    const { stores, lines } = await fleetBehind(bouncer, { whose: "ours", max: 2 });
    expect(await claimAll(stores)).toEqual(ALL);
    expect(lines).toEqual([]);
  });

  it("does not start where it is refused for another reason", async () => {
    const bouncer = await bouncing();
    const connectionString = bouncer.url("?options=-c%20geqo%3Doff");
    const store = new PostgresNonceStore({ connectionString, table: `nonces_${++tables}` });
    const error = await store.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain("refuses the connection: its log says why (08P01)");
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(server.password);
  });
});
