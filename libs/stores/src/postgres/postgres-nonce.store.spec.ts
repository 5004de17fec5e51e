import { inspect } from "node:util";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { ConfigurationError, NonceStoreStartingError } from "@lacre/core";
import { PostgresNonceStore } from "./postgres-nonce.store.js";
import type { PostgresNonceStoreOptions } from "./postgres-options.js";
import type { PostgresPool, PostgresQuery } from "./postgres-pool.js";
import { NONCE_TABLE_SQL } from "./postgres-sql.js";

// With a real server: test/contract/postgres.systems.ts
const SINCE_MS = 1_790_000_000_000;
const never = new Promise<never>(() => undefined);
const silent = { warn: () => undefined, error: () => undefined };

/** A pool that answers as a good server does, but for claims once `onClaim` says otherwise. */
function poolOf(onClaim: { answer?: (query: PostgresQuery) => unknown } = {}): PostgresPool {
  const told = { horizons: "{}", now_ms: String(SINCE_MS), synchronous_commit: "on" };
  const epoch = { id: "e1", since_ms: String(SINCE_MS), intact: true, ...told };
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

/** Answers claims as a pool does: so many at once, those that come later in their order. */
function queueing({ connections, answerMs }: { connections: number; answerMs: number }) {
  const queue: (() => void)[] = [];
  const state = { busy: 0, longest: 0 };
  const answer = async (): Promise<unknown> => {
    if (state.busy >= connections) {
      const turn = new Promise<void>((resolve) => queue.push(resolve));
      state.longest = Math.max(state.longest, queue.length);
      await turn;
    } else state.busy += 1;
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    const next = queue.shift();
    if (next === undefined) state.busy -= 1;
    else next();
    return { inserted: true };
  };
  return {
    answer,
    /** How many have waited at once. */
    get longest() {
      return state.longest;
    },
  };
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

  it("is itself again after an overload: what was given up is not asked for later", async () => {
    jest.useFakeTimers();
    const pool = queueing({ connections: 10, answerMs: 20 }); // 500 claims a second
    const store = await startedOn({ answer: pool.answer });
    let keys = 0;
    const offered = async (perMs: number, ms: number): Promise<number> => {
      const all: Promise<unknown>[] = [];
      let due = 0;
      for (let i = 0; i < ms; i++) {
        for (due += perMs; due >= 1; due--)
          all.push(store.claim(`a\n${++keys}`, SINCE_MS).catch(() => "refused"));
        await jest.advanceTimersByTimeAsync(1);
      }
      await jest.advanceTimersByTimeAsync(250);
      const fresh = (await Promise.all(all)).filter((verdict) => verdict === "fresh").length;
      return fresh / all.length;
    };
    expect(await offered(0.4, 500)).toBe(1);
    expect(await offered(1.5, 2000)).toBeGreaterThan(0.3); // of the third that can be served
    expect(await offered(0.4, 500)).toBe(1);
    expect(pool.longest).toBe(0);
  });

  it.each<[string, Pick<PostgresPool, "options">, number]>([
    ["10 where it does not tell", {}, 10],
    ["10 where it tells no number", { options: { max: Number.NaN } }, 10],
    ["3 where it has 3", { options: { max: 3 } }, 3],
    ["25 where it has 25", { options: { max: 25 } }, 25],
  ])("asks a pool that answers nothing for no more than: %s", async (_what, has, most) => {
    jest.useFakeTimers();
    let asked = 0;
    const door = poolOf({
      answer: ({ values = [] }) => {
        if (values[1] === 0) return { inserted: false }; // the trials at the start
        asked += 1;
        return never;
      },
    });
    const store = new PostgresNonceStore({
      pool: { ...door, ...has },
      logger: silent,
      claimTimeoutMs: 1,
    });
    await store.start();
    for (let round = 0; round < 3; round++) {
      const claims = Array.from({ length: 100 }, (_, i) =>
        store.claim(`a\n${round} ${i}`, SINCE_MS).catch((error: unknown) => String(error)),
      );
      await jest.advanceTimersByTimeAsync(1);
      expect(new Set(await Promise.all(claims))).toEqual(
        new Set(["Error: nonce database: no answer within 1 ms"]),
      );
    }
    expect(asked).toBe(most);
  });

  it.each(["42P05", "26000"])("asks again without a name, and for good, on %s", async (code) => {
    const warn = jest.fn();
    const asked: (string | undefined)[] = [];
    const failed = Object.assign(new Error('prepared statement "x"'), { code });
    const answer = ({ name }: PostgresQuery): unknown => {
      asked.push(name);
      return name === undefined ? { inserted: true } : Promise.reject(failed);
    };
    const store = await startedOn({ answer }, { logger: { warn, error: warn } });
    const both = await Promise.all([store.claim("a\nb", SINCE_MS), store.claim("a\nc", SINCE_MS)]);
    expect(both).toEqual(["fresh", "fresh"]);
    expect(await store.claim("a\nd", SINCE_MS)).toBe("fresh");
    const name: unknown = expect.stringMatching(/^lacre_/);
    expect(asked).toEqual([name, name, undefined, undefined, undefined]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(
      new RegExp(`pooler.*\\(${code}\\)\\. .*preparedStatements: false.*max_prepared_statements`),
    );
  });

  it("asks again once, and within the same deadline", async () => {
    jest.useFakeTimers();
    const failed = Object.assign(new Error("taken"), { code: "42P05" });
    const always = await startedOn({ answer: throwing(failed) });
    await expect(always.claim("a\nb", SINCE_MS)).rejects.toThrow("(42P05)");

    const answer = async ({ name }: PostgresQuery): Promise<unknown> => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (name !== undefined) throw failed;
      return { inserted: true };
    };
    const slow = await startedOn({ answer }, { claimTimeoutMs: 40 });
    const claim = slow.claim("a\nb", SINCE_MS).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(40);
    expect(await claim).toEqual(new Error("nonce database: no answer within 40 ms"));
    await jest.advanceTimersByTimeAsync(20);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("names no statement where it is told not to", async () => {
    const asked: (string | undefined)[] = [];
    const pool = poolOf();
    const store = new PostgresNonceStore({
      pool: {
        query: async (query) => {
          asked.push(query.name);
          return pool.query(query);
        },
      },
      preparedStatements: false,
      logger: silent,
    });
    await store.start();
    expect(await store.claim("a\nb", SINCE_MS)).toBe("fresh");
    expect(new Set(asked)).toEqual(new Set([undefined]));
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
    ["poolSize", { pool: poolOf(), poolSize: 10 }],
    ["poolSize", { connectionString: "postgres://h", poolSize: 0 }],
    ["poolSize", { connectionString: "postgres://h", poolSize: 1001 }],
    ["poolSize", { connectionString: "postgres://h", poolSize: 2.5 }],
    ["poolSize", { connectionString: "postgres://h", poolSize: "10" }],
    ["poolSize", { connectionString: "postgres://h", poolSize: null }],
    ["firstStart", { pool: poolOf(), firstStart: "false" }],
    ["createTable", { pool: poolOf(), createTable: 0 }],
    ["preparedStatements", { pool: poolOf(), preparedStatements: "false" }],
    ["tabel", { pool: poolOf(), tabel: "nonces" }],
  ])("names the option that cannot be used: %s %#", (option, options) => {
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
