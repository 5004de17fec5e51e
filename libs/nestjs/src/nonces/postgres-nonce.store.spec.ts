import { inspect } from "node:util";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { ConfigurationError, NonceStoreStartingError } from "@lacre/core";
import { PostgresNonceStore, type PostgresNonceStoreOptions } from "./postgres-nonce.store.js";
import type { PostgresPool, PostgresQuery } from "./postgres-pool.js";
import { NONCE_TABLE_SQL } from "./postgres-sql.js";

// With a real server: test/contract/postgres.systems.ts
const SINCE_MS = 1_790_000_000_000;
const never = new Promise<never>(() => undefined);
const silent = { warn: () => undefined, error: () => undefined };

/** A pool that answers as a good server does, but for claims once `onClaim` says otherwise. */
function poolOf(onClaim: { answer?: (query: PostgresQuery) => unknown } = {}): PostgresPool {
  const epoch = { id: "e1", since_ms: String(SINCE_MS), intact: true, synchronous_commit: "on" };
  return {
    async query(query) {
      const { text } = query;
      const rowsOf = (): unknown[] => {
        if (text.includes("pg_is_in_recovery"))
          return [{ recovering: false, read_only: "off", synchronous_commit: "on", fsync: "on" }];
        if (text.includes("to_regclass")) return [{ found: true }];
        return text.startsWith("WITH epoch") ? [{ ...epoch, inserted: true }] : [];
      };
      if (text.startsWith("WITH epoch") && onClaim.answer !== undefined) {
        const row = await onClaim.answer(query);
        return { rows: row === undefined ? [] : [{ ...epoch, ...(row as object) }], rowCount: 1 };
      }
      return { rows: rowsOf(), rowCount: 0 };
    },
  };
}

async function startedOn(
  onClaim: Parameters<typeof poolOf>[0],
  options: Partial<PostgresNonceStoreOptions> = {},
) {
  const { answer } = onClaim ?? {};
  const door: { answer?: (query: PostgresQuery) => unknown } = {};
  const store = new PostgresNonceStore({ pool: poolOf(door), logger: silent, ...options });
  await store.start();
  door.answer = answer;
  return store;
}

const throwing = (error: unknown) => (): never => {
  throw error;
};

const thrownBy = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not throw");
};

afterEach(() => {
  jest.useRealTimers();
});

describe("PostgresNonceStore", () => {
  it.each<[string, unknown]>([
    ["inserted", { inserted: true }],
    ["not inserted", { inserted: false }],
    ["something else", { inserted: "t" }],
  ])("answers fresh for one row alone: %s", async (what, row) => {
    const store = await startedOn({ answer: () => row });
    expect(await store.claim("a\nb", SINCE_MS)).toBe(what === "inserted" ? "fresh" : "seen");
    expect(store.completeSinceMs).toBe(SINCE_MS);
  });

  it.each<[string, unknown]>([
    ["no epoch", undefined],
    ["another epoch", { inserted: true, id: "e2" }],
    ["an epoch of another table", { inserted: true, intact: false }],
    ["an epoch of which nothing is known", { inserted: true, intact: null }],
  ])("starts anew with %s", async (_what, row) => {
    const store = await startedOn({ answer: () => row });
    await expect(store.claim("a\nb", SINCE_MS)).rejects.toThrow(NonceStoreStartingError);
  });

  it("gives up in time, clears its timer, and is deaf to what comes late", async () => {
    jest.useFakeTimers();
    let arrive: (row: unknown) => void = () => undefined;
    const late = new Promise((resolve) => (arrive = resolve));
    const store = await startedOn({ answer: () => late }, { claimTimeoutMs: 40 });
    const claim = store.claim("a\nb", SINCE_MS).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(39);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(await claim).toEqual(new Error("nonce database: no answer within 40 ms"));
    arrive({ inserted: true });
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("leaves no timer behind an answer", async () => {
    jest.useFakeTimers();
    const store = await startedOn({ answer: () => ({ inserted: true }) });
    expect(await store.claim("a\nb", SINCE_MS)).toBe("fresh");
    expect(jest.getTimerCount()).toBe(0);
  });

  it("stops asking a pool that answers nothing", async () => {
    jest.useFakeTimers();
    let asked = 0;
    const answer = () => {
      asked += 1;
      return never;
    };
    const store = await startedOn({ answer }, { claimTimeoutMs: 1 });
    const claims = Array.from({ length: 10_001 }, (_, i) =>
      store.claim(`a\n${i}`, SINCE_MS).catch((error: unknown) => String(error)),
    );
    await jest.advanceTimersByTimeAsync(1);
    expect((await Promise.all(claims)).at(-1)).toContain("10000 claims are unanswered");
    expect(asked).toBe(10_000);
  });

  it("repeats nothing of an error that it does not know", async () => {
    const secret = "hunter2";
    for (const error of [
      Object.assign(new Error(`cannot connect to postgres://u:${secret}@h`), { client: secret }),
      Object.assign(new TypeError(secret), { code: "ERR_INVALID_URL", input: secret }),
      Object.assign(new Error(secret), { code: secret }),
      secret,
    ]) {
      const store = await startedOn({ answer: throwing(error) });
      const told = await store.claim("a\nb", SINCE_MS).catch((reason: unknown) => reason);
      expect(told).toBeInstanceOf(Error);
      expect(inspect(told, { depth: 9, showHidden: true })).not.toContain(secret);
    }
  });

  it.each<[string, unknown]>([
    ["PostgresNonceStore", null],
    ["pool", {}],
    ["pool", { pool: poolOf(), connectionString: "postgres://h" }],
    ["pool", { pool: {} }],
    ["pool", { pool: null }],
    ["pool", { pool: { query: () => never, release: () => undefined } }],
    ["connectionString", { connectionString: "host=h password=hunter2" }],
    ["connectionString", { connectionString: "" }],
    ["table", { pool: poolOf(), table: 'nonces"; DROP TABLE users; --' }],
    ["table", { pool: poolOf(), table: "Nonces" }],
    ["table", { pool: poolOf(), table: "n".repeat(49) }],
    ["table", { pool: poolOf(), table: "" }],
    ["table", { pool: poolOf(), table: "nonces\n" }],
    ["schema", { pool: poolOf(), schema: "a.b" }],
    ["claimTimeoutMs", { pool: poolOf(), claimTimeoutMs: 0 }],
    ["claimTimeoutMs", { pool: poolOf(), claimTimeoutMs: "250" }],
    ["claimTimeoutMs", { pool: poolOf(), claimTimeoutMs: Infinity }],
    ["firstStart", { pool: poolOf(), firstStart: "false" }],
    ["createTable", { pool: poolOf(), createTable: 0 }],
    ["tabel", { pool: poolOf(), tabel: "nonces" }],
  ])("names the option that will not do: %s %#", (option, options) => {
    const error = thrownBy(() => new PostgresNonceStore(options as PostgresNonceStoreOptions));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).option).toBe(option);
    expect(inspect(error)).not.toContain("hunter2");
  });

  it("says what to install when pg is missing", async () => {
    jest.unstable_mockModule("pg", () => {
      throw Object.assign(new Error("Cannot find package 'pg'"), { code: "ERR_MODULE_NOT_FOUND" });
    });
    const store = new PostgresNonceStore({ connectionString: "postgres://u:hunter2@127.0.0.1/d" });
    const error = await store.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain("npm install pg");
    expect(inspect([error, store], { depth: 9, showHidden: true })).not.toContain("hunter2");
  });
});

describe("NONCE_TABLE_SQL", () => {
  it("creates the table, its index and its epoch, under quoted names", () => {
    const sql = NONCE_TABLE_SQL("seen", "auth");
    expect(sql.match(/CREATE (?:TABLE|INDEX) IF NOT EXISTS \S+/g)).toEqual([
      'CREATE TABLE IF NOT EXISTS "auth"."seen"',
      'CREATE INDEX IF NOT EXISTS "seen_expiry"',
      'CREATE TABLE IF NOT EXISTS "auth"."seen_epoch"',
    ]);
    expect(NONCE_TABLE_SQL()).toContain('"lacre_nonces"');
  });

  it("takes no name that is not plain", () => {
    expect(() => NONCE_TABLE_SQL('a"b')).toThrow(ConfigurationError);
    expect(() => NONCE_TABLE_SQL("a", "b;c")).toThrow(ConfigurationError);
  });
});
