import { createHash, randomUUID } from "node:crypto";
import { Logger, type LoggerService } from "@nestjs/common";
import {
  ConfigurationError,
  NonceStoreStartingError,
  systemClock,
  type Clock,
  type NonceStore,
} from "@lacre/core";
import {
  checkDoor,
  codeOf,
  explain,
  openPool,
  type OwnPool,
  type PostgresPool,
  type PostgresResult,
} from "./postgres-pool.js";
import {
  LINEAGE,
  REMOVED_AT_ONCE,
  statementsFor,
  UNKNOWN_LINEAGE,
  type Statement,
  type Statements,
} from "./postgres-sql.js";

/** Settings of a PostgreSQL store: either `pool` or `connectionString`, and whatever else is wanted. */
export interface PostgresNonceStoreOptions {
  /**
   * A `pg.Pool` of yours. It stays open when the server stops, and wants a listener for its `error` event, or a
   * restart of the database ends the process. Not a client: a claim must be a transaction of its own.
   */
  readonly pool?: PostgresPool;
  /** Opens a pool of the store's own, which needs the package `pg`; closed when the server stops. */
  readonly connectionString?: string;
  /** `lacre_nonces` unless said otherwise. `<table>_epoch` and the index `<table>_expiry` go with it. */
  readonly table?: string;
  /** Where the tables are; where the connection's search path says, unless said otherwise. */
  readonly schema?: string;
  /** Whether missing tables are created; true unless said otherwise. See `NONCE_TABLE_SQL`. */
  readonly createTable?: boolean;
  /** How long a claim waits before the request is refused with 503; 250 ms unless said otherwise. */
  readonly claimTimeoutMs?: number;
  /**
   * Says that no server has accepted a request yet, so that a memory that `start` finds new needs no fence. Take it
   * out after the first start: with it, a memory that was lost while no server ran is taken for a first one.
   */
  readonly firstStart?: boolean;
  readonly clock?: Clock;
  readonly logger?: Pick<LoggerService, "warn" | "error">;
}

/** What the database remembers, and since when. */
interface Epoch {
  readonly id: string;
  readonly sinceMs: number;
}

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 2_000;
/** Claims that the database has not answered, given up or not. A pool without a bound would hold them all. */
const MOST_UNANSWERED = 10_000;
const REMOVAL_INTERVAL_MS = 1_000;

/**
 * How long a row outlives its time. Its time is the last moment at which any verifier could accept the request, and
 * the spread of clocks is in it. Both the database's clock and this server's must say that the moment is past: one
 * that runs ahead, whichever it is, removes nothing that lives. This minute is for two that run ahead together.
 */
const REMOVAL_MARGIN_MS = 60_000;

/**
 * Nonces in PostgreSQL: the strict store for many servers. A claim is one statement in one round trip, and a
 * transaction that was written to disk before the answer; of any number of claims one inserts its row. A row whose
 * time is over but which is still there is seen: its request could not be accepted any more.
 *
 * **What it notices.** Beside the nonces stands one row that says since when they are complete, for which table, and
 * for which copy of the cluster. Every claim reads it. Where it is missing or does not fit, because a table was
 * dropped, truncated or restored from a dump, or because a standby was promoted or an archive recovered, the memory
 * counts as lost: a new epoch begins, and requests from before it are refused with 503. `VACUUM FULL`, `CLUSTER` and
 * `pg_upgrade` look the same, and cost the same `futureSkew` + `clockSpread`. So does the promotion of a synchronous standby, though
 * it lost nothing.
 *
 * **What it cannot notice.** Rows that were deleted by hand. A snapshot of the disk that was put back and started as
 * it was, without archive recovery: begin a new epoch then, with `DELETE FROM lacre_nonces_epoch`. An old primary
 * that goes on beside a promoted standby accepts what the other one has seen: fence it off. Where a server does not
 * tell its system identifier or timeline, a promotion goes unnoticed, and a warning says so at the start: only
 * synchronous replication loses no claim then.
 *
 * A pooler in transaction mode must know prepared statements (PgBouncer 1.21 and later). Behind one, give `pool`: the
 * store's own asks for `lock_timeout` and `statement_timeout` as it connects, which poolers may refuse.
 */
export class PostgresNonceStore implements NonceStore {
  readonly isShared = true;
  readonly #options: PostgresNonceStoreOptions;
  readonly #claimTimeoutMs: number;
  readonly #connectionTimeoutMs: number;
  readonly #clock: Clock;
  readonly #logger: Pick<LoggerService, "warn" | "error">;
  #statements: Statements;
  #pool: PostgresPool | undefined;
  #ownPool: OwnPool | undefined;
  #epoch: Epoch | undefined;
  #unanswered = 0;
  #renewing: Promise<void> | undefined;
  #removing: Promise<void> | undefined;
  #removedMs = -Infinity;
  /** The kinds of background work that failed, and have not succeeded since. */
  readonly #failing = new Set<string>();

  /** @throws ConfigurationError */
  constructor(options: PostgresNonceStoreOptions) {
    checkOptions(options);
    this.#options = { ...options };
    this.#claimTimeoutMs = options.claimTimeoutMs ?? 250;
    // A connection that is this late is given up with its query, or a dead one would be tried for ever. Later than
    // a claim, or a database that is merely slow would lose its connections too.
    this.#connectionTimeoutMs = Math.max(4 * this.#claimTimeoutMs, 2_000);
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? new Logger("PostgresNonceStore");
    this.#statements = this.#statementsWith(LINEAGE);
  }

  /** Since when the database remembers every claim; undefined before the start, when claims are refused. */
  get completeSinceMs(): number | undefined {
    return this.#epoch?.sinceMs;
  }

  /** @throws ConfigurationError when the database cannot be reached, or cannot be relied on */
  async start(): Promise<void> {
    const { pool, connectionString = "" } = this.#options;
    try {
      if (pool === undefined && this.#ownPool === undefined)
        this.#ownPool = await openPool(connectionString, this.#connectionTimeoutMs);
      this.#pool = pool ?? this.#ownPool;
      this.#epoch = await within(START_TIMEOUT_MS, this.#open());
    } catch (error) {
      await this.stop();
      if (error instanceof ConfigurationError) throw error;
      throw new ConfigurationError(
        this.#door,
        `the nonce database cannot be used: ${explain(error)}.`,
        "See that the server runs, and that this role may use the database and its tables.",
      );
    }
  }

  /** Closes the pool that the store opened itself. */
  async stop(): Promise<void> {
    const pool = this.#ownPool;
    this.#epoch = undefined;
    this.#pool = undefined;
    this.#ownPool = undefined;
    const done = Promise.allSettled([this.#renewing, this.#removing]).then(() => pool?.end());
    await within(STOP_TIMEOUT_MS, done).catch(() => undefined);
  }

  async claim(key: string, expiresAtMs: number): Promise<"fresh" | "seen"> {
    // Read before anything is awaited: the fence that this request has passed was that of this epoch. A claim must
    // not be judged by another one, though it be adopted while the database answers.
    const known = this.#epoch;
    if (!Number.isFinite(expiresAtMs) || Math.abs(expiresAtMs) > Number.MAX_SAFE_INTEGER)
      throw new RangeError("expiresAtMs is no moment");
    if (known === undefined) throw new NonceStoreStartingError("the store has not been started");

    const hash = createHash("sha256").update(key).digest();
    const row = await this.#answer(hash, Math.ceil(expiresAtMs), known);
    this.#removeSometimes();
    if (row?.intact !== true) {
      this.#renew();
      throw new NonceStoreStartingError("the database has lost its memory of nonces");
    }
    if (row.synchronous_commit === "off") throw new Error(`nonce database: ${NOT_SYNCHRONOUS}`);
    if (row.id !== known.id) {
      this.#epoch = epochOf(row);
      throw new NonceStoreStartingError("the database's memory of nonces began anew");
    }
    return row.inserted === true ? "fresh" : "seen";
  }

  async #answer(hash: Buffer, expiresAtMs: number, known: Epoch): Promise<ClaimRow | undefined> {
    if (this.#unanswered >= MOST_UNANSWERED)
      throw new Error(`nonce database: ${MOST_UNANSWERED} claims are unanswered`);
    this.#unanswered += 1;
    // However long it takes: a claim that was given up may still land, and then its nonce is seen.
    const asked = this.#ask(this.#statements.claim, [hash, expiresAtMs, known.id]).finally(() => {
      this.#unanswered -= 1;
    });
    try {
      const { rows } = await within(this.#claimTimeoutMs, asked);
      return rows[0] as ClaimRow | undefined;
    } catch (error) {
      if (codeOf(error) === "42P01" || codeOf(error) === "3F000") {
        this.#renew();
        throw new NonceStoreStartingError("the database has lost its table of nonces");
      }
      // Without its cause, which may hold a connection and with it a password.
      throw new Error(`nonce database: ${explain(error)}`);
    }
  }

  /** Everything but claims. Checks the server, then finds or makes the tables and the epoch. */
  async #open(firstStart = this.#options.firstStart === true): Promise<Epoch> {
    await this.#checkServer();
    await this.#findTables();
    await this.#run(this.#statements.renew, [randomUUID(), firstStart]);
    await this.#checkTables();
    // An epoch that nobody has: nothing is inserted, yet the statement is proved.
    const { rows } = await this.#ask(this.#statements.claim, [Buffer.alloc(32), 0, randomUUID()]);
    const row = rows[0] as ClaimRow | undefined;
    if (row?.intact !== true) throw new Error("the epoch was lost while it was read");
    return epochOf(row);
  }

  async #checkServer(): Promise<void> {
    const { rows } = await this.#run(
      `SELECT pg_is_in_recovery() AS recovering, current_setting('transaction_read_only') AS read_only,
        current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync`,
    );
    const server = rows[0] as Record<string, unknown>;
    if (server["recovering"] !== false || server["read_only"] !== "off")
      throw new ConfigurationError(
        this.#door,
        "leads to a server that only reads: a standby, or a read-only session.",
        "Give the primary, and a role that may write.",
      );
    if (server["synchronous_commit"] === "off")
      throw new ConfigurationError(this.#door, `${NOT_SYNCHRONOUS}.`, CURE_SYNCHRONOUS);
    if (server["fsync"] === "off")
      this.#logger.warn("the nonce database runs with fsync=off: a crash makes it forget nonces");
    this.#statements = this.#statementsWith(await this.#findLineage());
  }

  async #findLineage(): Promise<string> {
    try {
      await this.#run(`SELECT ${LINEAGE}`);
      return LINEAGE;
    } catch (error) {
      // No privilege, no such function, or not in this kind of server.
      if (!["42501", "42883", "0A000"].includes(codeOf(error) ?? "")) throw error;
      this.#logger.warn(
        `the nonce database does not tell its identifier and timeline (${explain(error)}): ` +
          "the promotion of a standby goes unnoticed",
      );
      return UNKNOWN_LINEAGE;
    }
  }

  async #findTables(): Promise<void> {
    const { rows } = await this.#run(this.#statements.find);
    if ((rows[0] as { found?: unknown }).found === true) return;
    if (this.#options.createTable === false)
      throw new ConfigurationError(
        "createTable",
        "is false, and the tables are not there.",
        "Run the SQL of NONCE_TABLE_SQL() in your migrations.",
      );
    await this.#run(this.#statements.create);
  }

  async #checkTables(): Promise<void> {
    const { rows } = await this.#run(this.#statements.inspect);
    for (const { relname, kind, persistence } of rows as Record<string, string>[])
      if (kind !== "r" || persistence !== "p")
        throw new ConfigurationError(
          "table",
          `${relname} is no plain table${persistence === "u" ? ": unlogged, a crash empties it" : ""}.`,
          "Use the SQL of NONCE_TABLE_SQL(), or ALTER TABLE … SET LOGGED.",
        );
  }

  /** Begins a new epoch, not awaited by the claim that found the old one gone. */
  #renew(): void {
    this.#renewing ??= within(START_TIMEOUT_MS, this.#open(false))
      .then(
        (epoch) => {
          // Not after a stop. The epoch is safe to adopt here: claims under way name the one that they know.
          if (this.#epoch !== undefined) this.#epoch = epoch;
          this.#failing.delete(RENEW);
        },
        (error: unknown) => this.#fail(RENEW, error),
      )
      .finally(() => (this.#renewing = undefined));
  }

  /** Removes what is over, in steps of which one at a time runs: each second, or at once while there is much. */
  #removeSometimes(): void {
    const nowMs = performance.now();
    if (this.#removing !== undefined || nowMs - this.#removedMs < REMOVAL_INTERVAL_MS) return;
    this.#removedMs = nowMs;
    const values = [Math.floor(this.#clock.nowMs()), REMOVAL_MARGIN_MS];
    this.#removing = this.#ask(this.#statements.remove, values)
      .then(
        ({ rowCount }) => {
          this.#failing.delete(REMOVE);
          // Otherwise more than 500 claims a second would fill the disk.
          if (rowCount === REMOVED_AT_ONCE) this.#removedMs = -Infinity;
        },
        (error: unknown) => this.#fail(REMOVE, error),
      )
      .finally(() => (this.#removing = undefined));
  }

  /** Once for each outage. */
  #fail(work: string, error: unknown): void {
    if (this.#pool === undefined || this.#failing.has(work)) return;
    this.#failing.add(work);
    const reason = error instanceof ConfigurationError ? error.message : explain(error);
    this.#logger.error(`the nonce database could not ${work}: ${reason}`);
  }

  async #ask(statement: Statement, values: unknown[]): Promise<PostgresResult> {
    return this.#query({ ...statement, values, query_timeout: this.#connectionTimeoutMs });
  }

  async #run(text: string, values?: unknown[]): Promise<PostgresResult> {
    return this.#query({ text, values, query_timeout: START_TIMEOUT_MS });
  }

  async #query(query: Parameters<PostgresPool["query"]>[0]): Promise<PostgresResult> {
    if (this.#pool === undefined) throw new NonceStoreStartingError("the store has been stopped");
    return this.#pool.query(query);
  }

  #statementsWith(lineage: string): Statements {
    const { table = "lacre_nonces", schema } = this.#options;
    return statementsFor(table, schema, lineage);
  }

  get #door(): string {
    return this.#options.pool === undefined ? "connectionString" : "pool";
  }
}

const RENEW = "begin a new epoch";
const REMOVE = "remove nonces whose time is over";
const NOT_SYNCHRONOUS =
  "synchronous_commit is off, so that a crash makes the database forget what it has answered";
const CURE_SYNCHRONOUS = "Set it for this role: ALTER ROLE … SET synchronous_commit = on.";

/** What the claim statement answers. Bigints as text, whatever parsers the pool has. */
interface ClaimRow {
  readonly id: string;
  readonly since_ms: string;
  readonly intact: boolean;
  readonly inserted: boolean;
  readonly synchronous_commit: string;
}

function epochOf(row: ClaimRow): Epoch {
  const sinceMs = Number(row.since_ms);
  if (!Number.isFinite(sinceMs)) throw new TypeError("since_ms is no moment");
  return { id: row.id, sinceMs };
}

const OPTIONS = [
  "pool",
  "connectionString",
  "table",
  "schema",
  "createTable",
  "claimTimeoutMs",
  "firstStart",
  "clock",
  "logger",
] as const satisfies readonly (keyof PostgresNonceStoreOptions)[];

function checkOptions(options: PostgresNonceStoreOptions): void {
  if (typeof options !== "object" || options === null)
    throw new ConfigurationError("PostgresNonceStore", "has no options.", "Give at least a pool.");
  const stranger = Object.keys(options).find(
    (name) => !(OPTIONS as readonly string[]).includes(name),
  );
  if (stranger !== undefined)
    throw new ConfigurationError(
      stranger,
      "is no option of PostgresNonceStore.",
      `Options: ${OPTIONS.join(", ")}.`,
    );
  checkDoor(options.pool, options.connectionString);
  const { claimTimeoutMs = 250 } = options;
  if (!Number.isSafeInteger(claimTimeoutMs) || claimTimeoutMs < 1 || claimTimeoutMs > 60_000)
    throw new ConfigurationError(
      "claimTimeoutMs",
      `${String(claimTimeoutMs)} will not do.`,
      "Give a whole number of milliseconds, 1 to 60,000.",
    );
  for (const name of ["createTable", "firstStart"] as const)
    if (options[name] !== undefined && typeof options[name] !== "boolean")
      throw new ConfigurationError(name, "is neither true nor false.", "Give one.");
}

/** The promise, or a rejection when it takes longer. */
async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
