import {
  ConfigurationError,
  type Held,
  type NonceHold,
  type NonceNeeds,
  type NonceStore,
  type SharedHorizon,
  within,
} from "@lacre/core";
import { StoreClock } from "../server/store-clock.js";
import { PostgresClaims } from "./postgres-claims.js";
import { PostgresMemory } from "./postgres-memory.js";
import {
  readPostgresOptions,
  type PostgresNonceStoreOptions,
  type PostgresSettings,
} from "./postgres-options.js";
import { explain, openPool, type OwnPool } from "./postgres-pool.js";

const STOP_TIMEOUT_MS = 2_000;
/** On how many connections of somebody else's pool a claim is proved. */
const MOST_PROVED = 10;

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
 * **What it costs.** As many claims run at once as there are connections, and those that wait leave in time, so that
 * an overload ends when the load does. The store's own pool keeps its connections open for the next burst.
 *
 * **Poolers.** PgBouncer will do, in transaction or session mode. What it does not know, the store does without, and
 * says so in a warning: prepared statements, and the settings `lock_timeout` and `statement_timeout`.
 *
 * `PostgresClaims` claims, and `PostgresMemory` says on what.
 */
export class PostgresNonceStore implements NonceStore {
  readonly isShared = true;
  readonly #settings: PostgresSettings;
  readonly #clock: StoreClock;
  readonly #memory: PostgresMemory;
  readonly #claims: PostgresClaims;
  readonly #connectionTimeoutMs: number;
  #ownPool: OwnPool | undefined;

  /** @throws ConfigurationError */
  constructor(options: PostgresNonceStoreOptions) {
    const settings = readPostgresOptions(options);
    const { claimTimeoutMs, clock, log } = settings;
    this.#settings = settings;
    this.#clock = new StoreClock(clock, (message) => log.warn(message));
    this.#memory = new PostgresMemory(settings, this.#clock);
    this.#claims = new PostgresClaims(settings, this.#clock, this.#memory);
    // A connection that is this late is given up with its query, or a dead one would be tried for ever. Later than
    // a claim, or a database that is merely slow would lose its connections too.
    this.#connectionTimeoutMs = Math.max(4 * claimTimeoutMs, 2_000);
  }

  /** Since when the database remembers every claim; undefined before the start, when claims are refused. */
  get completeSinceMs(): number | undefined {
    return this.#memory.epoch?.sinceMs;
  }

  horizonOf(scheme: string): SharedHorizon | undefined {
    return this.#memory.horizonOf(scheme);
  }

  get isClockOff(): boolean {
    return this.#clock.isOff;
  }

  /** @throws ConfigurationError when the database cannot be reached, or cannot be relied on */
  async start(needs?: NonceNeeds): Promise<void> {
    const { poolSize, door, pool: given, log } = this.#settings;
    log.started(needs?.log);
    if (needs !== undefined) this.#memory.needs(needs);
    if (given?.options !== undefined && !given.options.connectionTimeoutMillis)
      log.warn(ENDLESS_CONNECT);
    try {
      const pool = given ?? (this.#ownPool ??= await this.#openPool());
      const connections = pool === this.#ownPool ? poolSize : Math.min(poolSize, MOST_PROVED);
      await this.#memory.open(pool, this.#connectionTimeoutMs, connections);
    } catch (error) {
      await this.stop();
      if (error instanceof ConfigurationError) throw error;
      throw new ConfigurationError(
        door,
        `the nonce database cannot be used: ${explain(error)}.`,
        "See that the server runs, and that this role may use the database and its tables.",
      );
    }
  }

  /** Closes the pool that the store opened itself. */
  async stop(): Promise<void> {
    const pool = this.#ownPool;
    this.#ownPool = undefined;
    const done = this.#memory.close().then(() => pool?.end());
    await within(STOP_TIMEOUT_MS, done).catch(() => undefined);
  }

  claim(key: string, expiresAtMs: number, scheme?: string): Promise<"fresh" | "seen"> {
    return this.#claims.claim(key, expiresAtMs, scheme);
  }

  hold(
    key: string,
    expiresAtMs: number,
    doneUntilMs: number,
    scheme?: string,
  ): Promise<NonceHold | Held> {
    return this.#claims.hold(key, expiresAtMs, doneUntilMs, scheme);
  }

  async #openPool(): Promise<OwnPool> {
    return openPool({ ...this.#settings, patienceMs: this.#connectionTimeoutMs });
  }
}

const ENDLESS_CONNECT =
  "the pool has no connectionTimeoutMillis: connections that are never answered would be waited for without end, and claims with them. Set it, to 2000 for example.";
