import { createHash, randomUUID } from "node:crypto";
import {
  ConfigurationError,
  type NonceNeeds,
  type NonceStore,
  NonceStoreStartingError,
  type SharedHorizon,
  within,
} from "@lacre/core";
import { ClaimLanes } from "../shared/claim-lanes.js";
import { FIRST_START_IS_OVER } from "../shared/words.js";
import { Horizons } from "../shared/horizons.js";
import { PostgresDatabase } from "./postgres-database.js";
import {
  readPostgresOptions,
  type PostgresNonceStoreOptions,
  type PostgresSettings,
} from "./postgres-options.js";
import { codeOf, explain, openPool, type OwnPool, type PostgresResult } from "./postgres-pool.js";
import {
  checkServer,
  checkTables,
  findLineage,
  findTables,
  NOT_SYNCHRONOUS,
} from "./postgres-server-checks.js";
import { LINEAGE, REMOVED_AT_ONCE, statementsFor, type Statements } from "./postgres-sql.js";
import { StoreClock } from "../shared/store-clock.js";

/** What the database remembers, and since when. */
interface Epoch {
  readonly id: string;
  readonly sinceMs: number;
  readonly horizons: Horizons;
}

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 2_000;
/** How often other servers may change the horizons before this one has. */
const MOST_TRIES = 100;
const REMOVAL_INTERVAL_MS = 1_000;
/** On how many connections of somebody else's pool a claim is proved. */
const MOST_PROVED = 10;

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
 * **What it costs.** As many claims run at once as there are connections, and those that wait leave in time, so that
 * an overload ends when the load does. The store's own pool keeps its connections open for the next burst.
 *
 * **Poolers.** PgBouncer will do, in transaction or session mode. What it does not know, the store does without, and
 * says so in a warning: prepared statements, and the settings `lock_timeout` and `statement_timeout`.
 */
export class PostgresNonceStore implements NonceStore {
  readonly isShared = true;
  readonly #settings: PostgresSettings;
  readonly #lanes: ClaimLanes;
  readonly #clock: StoreClock;
  #horizonsNeeded: NonceNeeds["horizons"] = new Map();
  readonly #connectionTimeoutMs: number;
  #statements: Statements;
  #openDatabase: PostgresDatabase | undefined;
  #ownPool: OwnPool | undefined;
  #epoch: Epoch | undefined;
  #renewing: Promise<void> | undefined;
  #removing: Promise<void> | undefined;
  #removedMs = -Infinity;
  /** The kinds of background work that failed, and have not succeeded since. */
  readonly #failing = new Set<string>();

  /** @throws ConfigurationError */
  constructor(options: PostgresNonceStoreOptions) {
    this.#settings = readPostgresOptions(options);
    const { claimTimeoutMs, poolSize, clock, log } = this.#settings;
    this.#clock = new StoreClock(clock, (message) => log.warn(message));
    this.#lanes = new ClaimLanes({ lanes: poolSize, timeoutMs: claimTimeoutMs });
    // A connection that is this late is given up with its query, or a dead one would be tried for ever. Later than
    // a claim, or a database that is merely slow would lose its connections too.
    this.#connectionTimeoutMs = Math.max(4 * claimTimeoutMs, 2_000);
    this.#statements = this.#statementsWith(LINEAGE);
  }

  /** Since when the database remembers every claim; undefined before the start, when claims are refused. */
  get completeSinceMs(): number | undefined {
    return this.#epoch?.sinceMs;
  }

  horizonOf(scheme: string): SharedHorizon | undefined {
    return this.#epoch?.horizons.of(scheme);
  }

  get isClockOff(): boolean {
    return this.#clock.isOff;
  }

  /** @throws ConfigurationError when the database cannot be reached, or cannot be relied on */
  async start(needs?: NonceNeeds): Promise<void> {
    this.#settings.log.started(needs?.log);
    if (needs !== undefined) {
      this.#horizonsNeeded = needs.horizons;
      this.#clock.spreadSeconds = needs.clockSpreadSeconds;
    }
    const { poolSize, firstStart, door, pool: given, log } = this.#settings;
    if (given?.options !== undefined && !given.options.connectionTimeoutMillis)
      log.warn(ENDLESS_CONNECT);
    try {
      const pool = this.#settings.pool ?? (this.#ownPool ??= await this.#openPool());
      const answerTimeoutMs = this.#connectionTimeoutMs;
      this.#openDatabase = new PostgresDatabase({ ...this.#settings, pool, answerTimeoutMs });
      const connections = pool === this.#ownPool ? poolSize : Math.min(poolSize, MOST_PROVED);
      this.#epoch = await within(START_TIMEOUT_MS, this.#open(firstStart, connections));
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
    this.#epoch = undefined;
    this.#openDatabase = undefined;
    this.#ownPool = undefined;
    const done = Promise.allSettled([this.#renewing, this.#removing]).then(() => pool?.end());
    await within(STOP_TIMEOUT_MS, done).catch(() => undefined);
  }

  async claim(key: string, expiresAtMs: number, scheme?: string): Promise<"fresh" | "seen"> {
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
      const found = epochOf(row);
      // Whoever began it may remember for less than this server needs.
      if (found.horizons.grown(this.#horizonsNeeded, Number(row.now_ms)) !== undefined)
        this.#renew();
      else this.#adopt(found);
      throw new NonceStoreStartingError("the database's memory of nonces began anew");
    }
    if (row.inserted !== true) return "seen";
    if (row.horizons !== known.horizons.text) {
      // Another server, which needs nonces for longer, has come while this claim was on its way.
      const found = epochOf(row);
      if (this.#epoch === known) this.#epoch = found;
      const laterMs = 1000 * found.horizons.laterBy(scheme, known.horizons);
      if (laterMs > 0) await this.#extend(hash, Math.ceil(expiresAtMs) + laterMs);
    }
    return "fresh";
  }

  /** @throws NonceStoreClockError when the database's clock is another than this process's */
  async #answer(hash: Buffer, expiresAtMs: number, known: Epoch): Promise<ClaimRow | undefined> {
    let askedMs = 0;
    const { rows } = await this.#lane(async () => {
      askedMs = this.#clock.nowMs();
      return this.#database.ask(this.#statements.claim, [hash, expiresAtMs, known.id]);
    });
    const row = rows[0] as ClaimRow | undefined;
    if (row !== undefined) this.#clock.heard(Number(row.now_ms), askedMs);
    return row;
  }

  async #extend(hash: Buffer, expiresAtMs: number): Promise<void> {
    const { extend } = this.#statements;
    const { rowCount } = await this.#lane(async () =>
      this.#database.ask(extend, [hash, expiresAtMs]),
    );
    if (rowCount !== 1) throw new NonceStoreStartingError("a nonce went while it was claimed");
  }

  /** Asks as soon as a connection is free. What is given up may still land, and then its nonce is seen. */
  async #lane(ask: () => Promise<PostgresResult>): Promise<PostgresResult> {
    try {
      return await this.#lanes.run(ask);
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
  async #open(firstStart: boolean, connections: number): Promise<Epoch> {
    const run = async (text: string) => this.#run(text);
    await checkServer(run, this.#settings);
    this.#statements = this.#statementsWith(await findLineage(run, this.#settings));
    await findTables(run, this.#statements, this.#settings);
    const id = randomUUID();
    await this.#run(this.#statements.renew, [id, firstStart]);
    await checkTables(run, this.#statements);
    await this.#prove(connections);
    const epoch = await this.#growHorizons();
    if (firstStart && epoch.id !== id) this.#settings.log.warn(FIRST_START_IS_OVER);
    return epoch;
  }

  /** What the database remembers, for as long as this server needs it. */
  async #growHorizons(): Promise<Epoch> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const row = await this.#askInVain();
      const { id, horizons } = row;
      const longer = epochOf(row).horizons.grown(this.#needed, Number(row.now_ms));
      if (longer === undefined) return epochOf(row);
      await this.#run(this.#statements.grow, [id, horizons, longer]); // unless another did
    }
    throw new Error("others keep changing how long nonces are remembered");
  }

  get #needed(): NonceNeeds["horizons"] {
    return this.#epoch?.horizons.asFarAhead(this.#horizonsNeeded) ?? this.#horizonsNeeded;
  }

  /** Claims with an epoch that nobody has, so that nothing is inserted. */
  async #askInVain(): Promise<ClaimRow> {
    const values = [Buffer.alloc(32), 0, randomUUID()];
    const askedMs = this.#clock.nowMs();
    const { rows } = await this.#database.ask(this.#statements.claim, values);
    const row = rows[0] as ClaimRow | undefined;
    if (row?.intact !== true) throw new Error("the epoch was lost while it was read");
    this.#clock.note(Number(row.now_ms), askedMs);
    return row;
  }

  /**
   * Proves the claim on so many connections at once, which are then open. Twice on each: the second time, the statement
   * should be prepared already.
   */
  async #prove(connections: number): Promise<void> {
    for (const _round of [1, 2])
      await Promise.all(Array.from({ length: connections }, async () => this.#askInVain()));
    // The role's other rights: no row has this key, and none is over at the beginning of 1970.
    await this.#database.ask(this.#statements.extend, [Buffer.alloc(32), 0]);
    await this.#database.ask(this.#statements.remove, [0, REMOVAL_MARGIN_MS]);
  }

  /** Begins a new epoch, not awaited by the claim that found the old one gone. */
  #renew(): void {
    this.#renewing ??= within(START_TIMEOUT_MS, this.#open(false, 1))
      .then(
        (epoch) => {
          // Not after a stop. The epoch is safe to adopt here: claims under way name the one that they know.
          if (this.#epoch !== undefined) this.#adopt(epoch);
          this.#failing.delete(RENEW);
        },
        (error: unknown) => this.#fail(RENEW, error),
      )
      .finally(() => (this.#renewing = undefined));
  }

  #adopt(epoch: Epoch): void {
    if (epoch.id !== this.#epoch?.id)
      this.#settings.log.warn(
        `the nonce database's memory began anew at ${new Date(epoch.sinceMs).toISOString()}. Requests of the time before are refused.`,
      );
    this.#epoch = epoch;
  }

  /** Removes what is over, in steps of which one at a time runs: each second, or at once while there is much. */
  #removeSometimes(): void {
    const nowMs = performance.now();
    if (
      this.#openDatabase === undefined ||
      this.#removing !== undefined ||
      nowMs - this.#removedMs < REMOVAL_INTERVAL_MS
    )
      return;
    this.#removedMs = nowMs;
    const values = [Math.floor(this.#settings.clock.nowMs()), REMOVAL_MARGIN_MS];
    this.#removing = this.#openDatabase
      .ask(this.#statements.remove, values)
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
    if (this.#openDatabase === undefined || this.#failing.has(work)) return;
    this.#failing.add(work);
    const reason = error instanceof ConfigurationError ? error.message : explain(error);
    this.#settings.log.error(`the nonce database could not ${work}: ${reason}`);
  }

  /** @throws NonceStoreStartingError before the start and after the end */
  get #database(): PostgresDatabase {
    if (this.#openDatabase === undefined)
      throw new NonceStoreStartingError("the store has been stopped");
    return this.#openDatabase;
  }

  async #run(text: string, values?: unknown[]): Promise<PostgresResult> {
    return this.#database.run(text, values, START_TIMEOUT_MS);
  }

  async #openPool(): Promise<OwnPool> {
    return openPool({ ...this.#settings, patienceMs: this.#connectionTimeoutMs });
  }

  #statementsWith(lineage: string): Statements {
    const { table, schema } = this.#settings;
    return statementsFor(table, schema, lineage);
  }
}

const ENDLESS_CONNECT =
  "the pool has no connectionTimeoutMillis: connections that are never answered would be waited for without end, and claims with them. Set it, to 2000 for example.";
const RENEW = "begin a new epoch";
const REMOVE = "remove nonces whose time is over";

/** What the claim statement answers. Bigints as text, whatever parsers the pool has. */
interface ClaimRow {
  readonly id: string;
  readonly since_ms: string;
  readonly intact: boolean;
  readonly inserted: boolean;
  readonly synchronous_commit: string;
  /** As they are written beside the nonces. */
  readonly horizons: string;
  /** The database's time in milliseconds since 1970. */
  readonly now_ms: string;
}

function epochOf(row: ClaimRow): Epoch {
  const sinceMs = Number(row.since_ms);
  if (!Number.isFinite(sinceMs)) throw new TypeError("since_ms is no moment");
  return { id: row.id, sinceMs, horizons: new Horizons(row.horizons) };
}
