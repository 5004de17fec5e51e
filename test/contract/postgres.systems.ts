import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { ConfigurationError, NonceStoreStartingError, type NonceStore } from "@lacre/core";
import {
  NONCE_TABLE_SQL,
  PostgresNonceStore,
  type PostgresNonceStoreOptions,
  type PostgresPool,
} from "@lacre/stores/postgres";
import pg from "pg";
import { PostgresServer } from "../support/postgres-server.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { nonceStoreContract } from "./nonce-store.contract.js";

let server: PostgresServer;
let admin: pg.Pool;
/** What each test opened, closed after it, the last first. */
const open: (() => unknown)[] = [];
let tables = 0;

const adminOf = (of: PostgresServer): pg.Pool => {
  const pool = new pg.Pool({ connectionString: of.url(), connectionTimeoutMillis: 5000 });
  pool.on("error", () => undefined);
  return pool;
};
const freshTable = (): string => `nonces_${++tables}`;

beforeAll(async () => {
  server = await PostgresServer.start();
  admin = adminOf(server);
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});
afterAll(async () => {
  await admin?.end();
  server?.destroy();
});

function logOf() {
  const lines: string[] = [];
  const write = (line: unknown): void => void lines.push(String(line));
  return { lines, logger: { warn: write, error: write } };
}

/** A store that is not started, with a table of its own. */
function made(options: Partial<PostgresNonceStoreOptions> = {}) {
  const log = logOf();
  const table = options.table ?? freshTable();
  const where = options.pool === undefined ? { connectionString: server.url() } : {};
  const store = new PostgresNonceStore({
    ...where,
    table,
    logger: log.logger,
    claimTimeoutMs: 3000, // unless time is what a test is about: this machine may be busy
    ...options,
  });
  open.push(async () => store.stop());
  return { store, table, lines: log.lines };
}

async function started(options: Partial<PostgresNonceStoreOptions> = {}) {
  const all = made(options);
  await all.store.start();
  return all;
}

const later = (): number => Date.now() + 60_000;
let keys = 0;
const newKey = (): string => `app\nkey-${++keys}`;

async function count(table: string, of = admin): Promise<number> {
  const { rows } = await of.query(`SELECT count(*)::int AS n FROM ${table}`);
  return (rows as { n: number }[])[0]?.n ?? NaN;
}

async function until<T>(what: () => Promise<T | false | undefined>, ms = 15_000): Promise<T> {
  const endMs = performance.now() + ms;
  for (;;) {
    const found = await what();
    if (found !== false && found !== undefined) return found;
    if (performance.now() > endMs) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Claims new keys until one is taken. */
const recovered = (store: NonceStore): Promise<string> =>
  until(async () => {
    try {
      return await store.claim(newKey(), later());
    } catch {
      return false;
    }
  });

async function failureOf(promise: Promise<unknown> | undefined): Promise<Error> {
  const error = await promise?.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error("it did not fail");
  return error;
}

nonceStoreContract(
  "PostgresNonceStore",
  async ({ clock }) => {
    const table = "contract";
    const { logger } = logOf();
    const store = new PostgresNonceStore({
      connectionString: server.url(),
      table,
      clock,
      logger,
      claimTimeoutMs: 750, // 512 claims at once on whatever runs this
    });
    let paused = false;
    return {
      store,
      async remainingMs(key) {
        const { rows } = await admin.query(
          `SELECT expires_at_ms FROM ${table} WHERE key = sha256(convert_to($1, 'UTF8'))`,
          [key],
        );
        const row = (rows as { expires_at_ms: string }[])[0];
        return row === undefined ? 0 : Number(row.expires_at_ms) - clock.nowMs();
      },
      loseMemory: async () => void (await admin.query(`TRUNCATE ${table}`)),
      async breakDown() {
        server.pause();
        paused = true;
      },
      async close() {
        await store.stop();
        if (paused) server.resume();
      },
    };
  },
  { isShared: true, holds: true },
);

describe("PostgresNonceStore", () => {
  describe("claims", () => {
    it("lets go of a hold that was given up, once the database has got it", async () => {
      const { store } = await started({ claimTimeoutMs: 400 });
      const key = newKey();
      server.pause();
      try {
        await expect(store.hold(key, later(), later())).rejects.toThrow();
      } finally {
        server.resume();
      }
      await until(async () => {
        const answer = await store.hold(key, later(), later()).catch(() => "refused");
        return typeof answer === "object";
      });
    });

    it("gives a nonce to one of 64 at once, divided over a pool of ours and a pool of its own", async () => {
      const pool = new pg.Pool({ connectionTimeoutMillis: 5000, connectionString: server.url() });
      open.push(() => pool.end());
      const { store, table } = await started({ claimTimeoutMs: 5000 });
      const { store: other } = await started({ table, pool, claimTimeoutMs: 5000 });
      for (let round = 0; round < 10; round++) {
        const key = newKey();
        const verdicts = await Promise.all(
          Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? store : other).claim(key, later())),
        );
        expect(verdicts.filter((verdict) => verdict === "fresh")).toHaveLength(1);
        expect(verdicts.filter((verdict) => verdict === "seen")).toHaveLength(63);
      }
      await other.stop();
      expect((await pool.query("SELECT 1")).rowCount).toBe(1); // still open
    });

    it("are one round trip, by a prepared statement with no user text in it", async () => {
      const pool = new pg.Pool({ connectionTimeoutMillis: 5000, connectionString: server.url() });
      open.push(() => pool.end());
      const seen: Record<string, unknown>[] = [];
      const spy: PostgresPool = {
        query: (query) => {
          seen.push({ ...query });
          return pool.query(query as pg.QueryConfig<unknown[]>);
        },
      };
      const { store } = await started({ pool: spy });
      await store.claim(newKey(), later()); // and its removal
      seen.length = 0;
      await store.claim("app\nwith 'quotes'", later());
      expect(seen).toHaveLength(1);
      expect(seen[0]?.["name"]).toMatch(/^lacre_[0-9a-f]{32}$/);
      expect(seen[0]?.["text"]).not.toContain("quotes");
    });

    it("are refused before the start and after the end", async () => {
      const { store } = made();
      expect(store.completeSinceMs).toBeUndefined();
      await expect(store.claim(newKey(), later())).rejects.toThrow(NonceStoreStartingError);
      await store.start();
      expect(await store.claim(newKey(), later())).toBe("fresh");
      await store.stop();
      await expect(store.claim(newKey(), later())).rejects.toThrow(NonceStoreStartingError);
    });

    it("see a row whose time is over, as long as it is there", async () => {
      const { store } = await started();
      const key = newKey();
      expect(await store.claim(key, Date.now() - 5_000)).toBe("fresh");
      expect(await store.claim(key, Date.now() - 5_000)).toBe("seen");
    });

    it("go on without their prepared statement when it is gone from the connection", async () => {
      const pool = new pg.Pool({
        connectionTimeoutMillis: 5000,
        connectionString: server.url(),
        max: 1,
      });
      open.push(() => pool.end());
      const { store, table, lines } = await started({ pool });
      await pool.query("DEALLOCATE ALL");
      const key = newKey();
      for (const verdict of ["fresh", "seen", "seen"])
        expect(await store.claim(key, later())).toBe(verdict);
      expect(await count(table)).toBe(1);
      expect(lines).toEqual([expect.stringMatching(/\(26000\).*preparedStatements: false/)]);
    });

    it("are never fresh when somebody has spoiled the table's unique index", async () => {
      const { store, table } = await started();
      await admin.query(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_pkey`);
      const key = newKey();
      for (let i = 0; i < 2; i++)
        await expect(store.claim(key, later())).rejects.toThrow("no unique index");
    });

    it("are refused on a connection that does not wait for the disk", async () => {
      const pool = new pg.Pool({
        connectionTimeoutMillis: 5000,
        connectionString: server.url(),
        max: 1,
      });
      open.push(() => pool.end());
      const { store } = await started({ pool });
      await pool.query("SET synchronous_commit = off");
      await expect(store.claim(newKey(), later())).rejects.toThrow("synchronous_commit is off");
    });
  });

  describe("the fence", () => {
    it("begins when the table does, by the database's clock, and is the same for all", async () => {
      const beforeMs = Date.now();
      const { store, table } = await started();
      expect(store.completeSinceMs).toBeGreaterThanOrEqual(beforeMs - 1);
      expect(store.completeSinceMs).toBeLessThanOrEqual(Date.now() + 1);
      const { store: other } = await started({ table });
      expect(other.completeSinceMs).toBe(store.completeSinceMs);
    });

    it("is not there for a first start, and for that alone", async () => {
      const { store, table } = await started({ firstStart: true });
      expect(store.completeSinceMs).toBe(0);
      await admin.query(`TRUNCATE ${table}`);
      const beforeMs = Date.now();
      await expect(store.claim(newKey(), later())).rejects.toThrow(NonceStoreStartingError);
      await recovered(store);
      expect(store.completeSinceMs).toBeGreaterThanOrEqual(beforeMs - 1);
    });

    it("does not move when several start at once", async () => {
      const table = freshTable();
      const all = await Promise.all(Array.from({ length: 6 }, () => started({ table })));
      expect(new Set(all.map(({ store }) => store.completeSinceMs)).size).toBe(1);
      for (const { store } of all) expect(await store.claim(newKey(), later())).toBe("fresh");
    });

    it.each<[string, (table: string) => string]>([
      ["the nonces are dropped", (t) => `DROP TABLE ${t}`],
      ["both tables are dropped", (t) => `DROP TABLE ${t}, ${t}_epoch`],
      ["the epoch's table is dropped", (t) => `DROP TABLE ${t}_epoch`],
      ["the epoch is deleted", (t) => `DELETE FROM ${t}_epoch`],
      ["the nonces are truncated", (t) => `TRUNCATE ${t}`],
      ["the nonces are dropped and made again", (t) => `DROP TABLE ${t}; ${NONCE_TABLE_SQL(t)}`],
      ["the cluster is another one", (t) => `UPDATE ${t}_epoch SET lineage = '1/00000001'`],
    ])("begins anew when %s", async (_what, sql) => {
      const { store, table } = await started();
      const { store: other } = await started({ table });
      const oldSinceMs = store.completeSinceMs ?? NaN;
      expect(await store.claim(newKey(), later())).toBe("fresh");
      await new Promise((resolve) => setTimeout(resolve, 20));
      const beforeMs = Date.now();
      await admin.query(sql(table));

      const lost = newKey();
      await expect(store.claim(lost, later())).rejects.toThrow(NonceStoreStartingError);
      await recovered(store);
      expect(store.completeSinceMs).toBeGreaterThan(oldSinceMs);
      expect(store.completeSinceMs).toBeGreaterThanOrEqual(beforeMs - 1);
      // The other one has passed requests by its old fence: it must refuse once, and know from then on.
      expect(other.completeSinceMs).toBe(oldSinceMs);
      await expect(other.claim(newKey(), later())).rejects.toThrow(NonceStoreStartingError);
      expect(other.completeSinceMs).toBe(store.completeSinceMs);
      const key = newKey();
      expect(await other.claim(key, later())).toBe("fresh");
      expect(await store.claim(key, later())).toBe("seen");
    });

    it("holds for claims that were under way when a new epoch was adopted", async () => {
      const pool = new pg.Pool({ connectionTimeoutMillis: 5000, connectionString: server.url() });
      open.push(() => pool.end());
      let hold: Promise<void> | undefined;
      const slow: PostgresPool = {
        async query(query) {
          await hold;
          return pool.query(query as pg.QueryConfig<unknown[]>);
        },
      };
      const { store, table } = await started({ pool: slow, claimTimeoutMs: 5000 });
      const { store: other } = await started({ table });
      let release = (): void => undefined;
      hold = new Promise((resolve) => (release = resolve));
      const underWay = store.claim(newKey(), later());
      hold = undefined;
      await admin.query(`TRUNCATE ${table}`);
      await failureOf(other.claim(newKey(), later()));
      await recovered(other);
      await failureOf(store.claim(newKey(), later()));
      expect(await recovered(store)).toBe("fresh"); // adopted
      release();
      await expect(underWay).rejects.toThrow(NonceStoreStartingError);
    });

    it("is raised by the promotion of a standby that lacks the last claims", async () => {
      const primary = await PostgresServer.start();
      open.push(() => primary.destroy());
      const proxy = await TcpProxy.to(primary.port);
      open.push(() => proxy.close());
      const { store } = await started({ connectionString: primary.url({ port: proxy.port }) });
      const early = newKey();
      expect(await store.claim(early, later())).toBe("fresh");
      primary.stop();
      const standby = await PostgresServer.standbyOf(primary);
      open.push(() => standby.destroy());
      primary.startAgain();
      const late = newKey();
      await until(async () => (await recovered(store)) === "fresh");
      expect(await store.claim(late, later())).toBe("fresh");
      primary.stop();

      standby.startAgain();
      proxy.moveTo(standby.port);
      const reading = made({ connectionString: standby.url() });
      const refusal = await failureOf(reading.store.start());
      expect(refusal).toBeInstanceOf(ConfigurationError);
      expect(refusal.message).toContain("only reads");
      await failureOf(store.claim(newKey(), later())); // cut, or read-only
      const promotedMs = Date.now();
      standby.promote();
      // Whatever it says on the way: a nonce that the standby never saw is not fresh by the old fence.
      const first = await until(async () => {
        try {
          return await store.claim(late, later());
        } catch (error) {
          return error instanceof NonceStoreStartingError && error;
        }
      });
      expect(first).toBeInstanceOf(NonceStoreStartingError);
      await recovered(store);
      expect(store.completeSinceMs).toBeGreaterThanOrEqual(promotedMs - 1);
      expect(await store.claim(early, later())).toBe("seen");
    });
  });

  describe("when the server fails", () => {
    it.each(["fast", "immediate"] as const)("forgets nothing over a restart: %s", async (mode) => {
      const { store, table } = await started();
      const since = store.completeSinceMs;
      const known = Array.from({ length: 20 }, newKey);
      for (const key of known) expect(await store.claim(key, later())).toBe("fresh");
      server.stop(mode);
      await expect(store.claim(newKey(), later())).rejects.toThrow("nonce database");
      server.startAgain();
      expect(await recovered(store)).toBe("fresh");
      for (const key of known) expect(await store.claim(key, later())).toBe("seen");
      expect(store.completeSinceMs).toBe(since);
      const { store: other } = await started({ table });
      expect(other.completeSinceMs).toBe(since);
    });

    it("refuses in time while the server hangs, and recovers; a claim that lands late is seen", async () => {
      const { store } = await started({ claimTimeoutMs: 250 });
      await recovered(store);
      server.pause();
      const landing = newKey();
      try {
        const startedMs = performance.now();
        const claims = [landing, ...Array.from({ length: 40 }, newKey)].map((key) =>
          store.claim(key, later()),
        );
        for (const claim of claims) {
          const error = await failureOf(claim);
          expect(error.message).toBe("nonce database: no answer within 250 ms");
        }
        expect(performance.now() - startedMs).toBeLessThan(1250);
      } finally {
        server.resume();
      }
      expect(await recovered(store)).toBe("fresh");
      expect(await store.claim(landing, later())).toBe("seen");
    });

    it("gives up connections on which nobody answers any more", async () => {
      const proxy = await TcpProxy.to(server.port);
      open.push(() => proxy.close());
      const pool = new pg.Pool({
        connectionTimeoutMillis: 5000,
        connectionString: server.url({ port: proxy.port }),
        max: 2,
      });
      open.push(() => pool.end());
      const { store } = await started({ pool, claimTimeoutMs: 250 });
      await Promise.allSettled([newKey(), newKey()].map((key) => store.claim(key, later())));
      proxy.stall();
      const startedMs = performance.now();
      const claims = Array.from({ length: 8 }, () => failureOf(store.claim(newKey(), later())));
      await Promise.all(claims);
      expect(performance.now() - startedMs).toBeLessThan(1250);
      expect(await recovered(store)).toBe("fresh");
    });

    it("refuses in time when all connections are taken", async () => {
      const pool = new pg.Pool({
        connectionTimeoutMillis: 5000,
        connectionString: server.url(),
        max: 1,
      });
      open.push(() => pool.end());
      const { store } = await started({ pool, claimTimeoutMs: 250 });
      const client = await pool.connect();
      const startedMs = performance.now();
      await expect(store.claim(newKey(), later())).rejects.toThrow("no answer within 250 ms");
      expect(performance.now() - startedMs).toBeLessThan(1250);
      client.release();
      expect(await recovered(store)).toBe("fresh");
    });
  });

  it.each(["SELECT", "INSERT", "UPDATE", "DELETE"])(
    "does not start for a role without %s on the nonces",
    async (lacking) => {
      const { table } = await started();
      const role = `role_${table}_${lacking.toLowerCase()}`;
      await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw-5e'`);
      await admin.query(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}, ${table}_epoch TO ${role};
        REVOKE ${lacking} ON ${table} FROM ${role}`,
      );
      const url = new URL(server.url());
      [url.username, url.password] = [role, "pw-5e"];
      const { message } = await failureOf(
        made({ table, connectionString: url.href }).store.start(),
      );
      expect(message).toContain(`permission denied for table ${table} (42501)`);
    },
  );

  it("says so of a pool that would wait for a silent server without end", async () => {
    const pool = new pg.Pool({ connectionString: server.url() });
    open.push(() => pool.end());
    const { lines } = await started({ pool });
    expect(lines).toEqual([expect.stringContaining("connectionTimeoutMillis")]);
    expect((await started()).lines).toEqual([]);
  });

  it("says so where firstStart is still set, and not on the first start", async () => {
    const { lines, table } = await started({ firstStart: true });
    expect(lines).toEqual([]);
    const again = await started({ firstStart: true, table });
    expect(again.lines).toEqual([expect.stringContaining("take it out")]);
  });

  describe("in a burst", () => {
    const outcome = async (store: NonceStore): Promise<string> => {
      try {
        return await store.claim(newKey(), later());
      } catch (error) {
        return String(error);
      }
    };
    const burst = async (store: NonceStore, n: number): Promise<string[]> =>
      Promise.all(Array.from({ length: n }, async () => outcome(store)));

    it("serves 200 claims at once: after the start, in a row, and after a rest", async () => {
      const { store, table } = await started({ claimTimeoutMs: 1000 });
      const verdicts: string[] = [];
      for (let round = 0; round < 6; round++) {
        if (round === 3) await new Promise((resolve) => setTimeout(resolve, 1000));
        verdicts.push(...(await burst(store, 200)));
      }
      expect(verdicts.filter((verdict) => verdict !== "fresh")).toEqual([]);
      expect(await count(table)).toBe(1200);
    });

    it("has no time for new connections, and needs none: of a database that is 300 ms away", async () => {
      const proxy = await TcpProxy.to(server.port);
      open.push(() => proxy.close());
      proxy.delay(150);
      const connectionString = server.url({ port: proxy.port });
      const { store } = await started({ connectionString, claimTimeoutMs: 1000 });
      const verdicts = await burst(store, 10); // to open a connection takes three round trips
      expect(verdicts.filter((verdict) => verdict !== "fresh")).toEqual([]);
    });

    it.each([1, 7])("over %i connections, which are opened at the start and kept", async (size) => {
      const name = `burst${size}`;
      const connections = async (): Promise<unknown[]> => {
        const { rows } = await admin.query(
          "SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY pid",
          [name],
        );
        return rows;
      };
      const { store } = await started({
        connectionString: server.url({ query: `?application_name=${name}` }),
        poolSize: size,
      });
      const atStart = await connections();
      expect(atStart).toHaveLength(size);
      await burst(store, 50);
      expect(await connections()).toEqual(atStart);
    });

    it("of ten times what it can serve, it serves what it can, and all of the next one", async () => {
      const { store, table } = await started({ claimTimeoutMs: 250 });
      const locker = await admin.connect();
      try {
        // As slow as it gets: nothing is answered until all of these have been given up.
        await locker.query(`BEGIN; LOCK TABLE ${table}`);
        const verdicts = await burst(store, 2000);
        expect(new Set(verdicts)).toEqual(
          new Set(["Error: nonce database: no answer within 250 ms"]),
        );
      } finally {
        await locker.query("COMMIT");
        locker.release();
      }
      await recovered(store);
      await until(async () => (await burst(store, 1))[0] === "fresh");
      expect(await count(table)).toBeLessThanOrEqual(10 + 10); // those that had begun, and these
      const verdicts = await burst(store, 100);
      expect(verdicts.filter((verdict) => verdict !== "fresh")).toEqual([]);
    });
  });

  describe("removal", () => {
    const fill = (table: string, n: number, ageMs: number) =>
      admin.query(
        `INSERT INTO ${table} SELECT sha256(convert_to($3 || n, 'UTF8')), $2 FROM generate_series(1, $1::int) n`,
        [n, Date.now() - ageMs, `filler ${ageMs} `],
      );

    it("goes in steps of 500, and leaves what lives", async () => {
      const { store, table, lines } = await started();
      await fill(table, 1200, 120_000);
      await fill(table, 30, 30_000); // over, but not for long enough
      await fill(table, 20, -60_000);
      expect(await store.claim(newKey(), later())).toBe("fresh");
      const steps = new Set<number>();
      await until(async () => {
        const n = await count(table);
        steps.add(Math.ceil((n - 50) / 100));
        if (n < 100) return true;
        await store.claim(newKey(), later());
        return false;
      });
      expect([...steps].every((n) => [13, 12, 8, 7, 3, 2, 1].includes(n))).toBe(true);
      const { rows } = await admin.query(
        `SELECT count(*) FILTER (WHERE expires_at_ms < $1)::int AS over, count(*)::int AS n FROM ${table}`,
        [Date.now()],
      );
      expect(rows[0].over).toBe(30);
      expect(rows[0].n).toBeGreaterThan(50);
      expect(lines).toEqual([]);
    });

    it.each([
      ["runs ahead", 86_400_000, 120_000 - 90_000],
      ["runs behind", -86_400_000, 120_000],
    ])("waits for both clocks: when this server's %s", async (_how, offsetMs, ageMs) => {
      const { store, table } = await started({ clock: { nowMs: () => Date.now() + offsetMs } });
      await fill(table, 10, ageMs);
      expect(await store.claim(newKey(), later())).toBe("fresh");
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await count(table)).toBe(11);
    });

    it("that fails is logged once, and changes no verdict", async () => {
      const { store, table, lines } = await started();
      await admin.query(`CREATE FUNCTION no_${table}() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`);
      await admin.query(
        `CREATE TRIGGER no BEFORE DELETE ON ${table} EXECUTE FUNCTION no_${table}()`,
      );
      for (let i = 0; i < 3; i++) {
        expect(await store.claim(newKey(), later())).toBe("fresh");
        await new Promise((resolve) => setTimeout(resolve, 1050));
      }
      expect(lines).toEqual([
        "the nonce database could not remove nonces whose time is over: P0001",
      ]);
    });
  });

  describe("start", () => {
    it("takes tables that a migration made, and makes none when it must not", async () => {
      const table = freshTable();
      const refusal = await failureOf(made({ table, createTable: false }).store.start());
      expect(refusal).toBeInstanceOf(ConfigurationError);
      expect(refusal.message).toContain("NONCE_TABLE_SQL");
      await admin.query(NONCE_TABLE_SQL(table));
      // As a role that may not create anything.
      await admin.query(`CREATE ROLE ${table} LOGIN PASSWORD 'plain'`);
      await admin.query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
      await admin.query(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table}, ${table}_epoch TO ${table}`,
      );
      const connectionString = server.url().replace(/\/\/[^@]*@/, `//${table}:plain@`);
      const { store, lines } = await started({ table, createTable: false, connectionString });
      expect(await store.claim(newKey(), later())).toBe("fresh");
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(lines).toEqual([]);
      // Nor does one need to where they are there already.
      await started({ table, connectionString });
    });

    it("keeps to its schema", async () => {
      const table = freshTable();
      await admin.query(`CREATE SCHEMA s_${table}`);
      const { store } = await started({ table, schema: `s_${table}` });
      expect(await store.claim(newKey(), later())).toBe("fresh");
      expect(await count(`s_${table}.${table}`)).toBe(1);
    });

    it.each([
      ["a read-only session", "?options=-c%20default_transaction_read_only%3Don", "only reads"],
      ["synchronous_commit off", "?options=-c%20synchronous_commit%3Doff", "ALTER ROLE"],
    ])("refuses %s", async (_what, query, words) => {
      const { store } = made({ connectionString: server.url({ query }) });
      const error = await failureOf(store.start());
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.message).toContain(words);
    });

    it("refuses a table that a crash empties", async () => {
      const table = freshTable();
      await admin.query(NONCE_TABLE_SQL(table));
      await admin.query(`ALTER TABLE ${table} SET UNLOGGED`);
      const error = await failureOf(made({ table }).store.start());
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.message).toContain("unlogged");
    });

    it("warns of fsync=off", async () => {
      await admin.query("ALTER SYSTEM SET fsync = off");
      await admin.query("SELECT pg_reload_conf()");
      try {
        await until(async () => {
          const { rows } = await admin.query("SHOW fsync");
          return rows[0].fsync === "off";
        });
        const { lines } = await started();
        expect(lines).toEqual([
          "the nonce database runs with fsync=off: a crash makes it forget nonces",
        ]);
      } finally {
        await admin.query("ALTER SYSTEM RESET fsync");
        await admin.query("SELECT pg_reload_conf()");
      }
    });

    it("goes on without a lineage where the server does not tell it, and says so", async () => {
      await admin.query("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
      const table = freshTable();
      await admin.query(`CREATE ROLE ${table} LOGIN PASSWORD 'plain'`);
      await admin.query(`CREATE SCHEMA ${table} AUTHORIZATION ${table}`);
      const connectionString = server.url().replace(/\/\/[^@]*@/, `//${table}:plain@`);
      try {
        const { store, lines } = await started({ connectionString, table, schema: table });
        expect(lines).toHaveLength(1);
        expect(lines[0]).toContain("promotion");
        expect(await store.claim(newKey(), later())).toBe("fresh");
      } finally {
        await admin.query("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC");
      }
    });

    it("names what is wrong with the connection, and no password", async () => {
      const cases: [string, string, string][] = [
        ["password", server.url({ password: "wr0ng-s3cret" }), "the password is wrong (28P01)"],
        ["database", server.url().replace(/\/postgres$/, "/nowhere"), "no such database (3D000)"],
        ["port", server.url({ port: 1 }), "nothing listens there (ECONNREFUSED)"],
        ["a slash in it", server.url({ password: "x" }).replace(":x@", ":wr0ng/s3cret@"), ""],
      ];
      for (const [what, connectionString, words] of cases) {
        const { store, lines } = made({ connectionString });
        const error = await failureOf(store.start());
        expect([what, error]).toEqual([what, expect.any(ConfigurationError)]);
        expect(error.message).toContain(words);
        for (const text of [inspect(error, { depth: 20, showHidden: true }), lines.join()])
          for (const secret of [server.password, "wr0ng", "s3cret"])
            expect(text).not.toContain(secret);
      }
    });

    it("keeps its password to itself when it runs and when it fails", async () => {
      const { store, table, lines } = await started({ claimTimeoutMs: 250 });
      const printed = [inspect(store, { depth: 20, showHidden: true }), JSON.stringify(store)];
      server.pause();
      const hung = await failureOf(store.claim(newKey(), later()));
      server.resume();
      await recovered(store);
      await admin.query(`ALTER TABLE ${table} RENAME COLUMN key TO other`);
      const spoiled = await failureOf(store.claim(newKey(), later()));
      for (const error of [hung, spoiled])
        printed.push(inspect(error, { depth: 20, showHidden: true }));
      for (const text of [...printed, ...lines]) expect(text).not.toContain(server.password);
    });
  });
});
