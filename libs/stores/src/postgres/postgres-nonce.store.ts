import { createHash, randomUUID } from "node:crypto";
import {
  ConfigurationError,
  type Held,
  type NonceHold,
  type NonceNeeds,
  type NonceStore,
  NonceStoreStartingError,
  type SharedHorizon,
  within,
} from "@lacre/core";
import { ClaimLanes } from "../server/claim-lanes.js";
import { OutageLog } from "../server/outage-log.js";
import { StoreClock } from "../server/store-clock.js";
import { WRONG_EXPIRY } from "../server/words.js";
import { PostgresDatabase } from "./postgres-database.js";
import { epochOf, type ClaimRow, type Epoch } from "./postgres-epoch.js";
import { openMemory } from "./postgres-opening.js";
import {
  readPostgresOptions,
  type PostgresNonceStoreOptions,
  type PostgresSettings,
} from "./postgres-options.js";
import { codeOf, explain, openPool, type OwnPool, type PostgresResult } from "./postgres-pool.js";
import { PostgresRemoval } from "./postgres-removal.js";
import { checkServer, findLineage, NOT_SYNCHRONOUS } from "./postgres-server-checks.js";
import { DONE, LINEAGE, type Statement, statementsFor, type Statements } from "./postgres-sql.js";

const START_TIMEOUT_MS = 10_000;
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
 */
export class PostgresNonceStore implements NonceStore {
  readonly isShared = true;
  readonly #settings: PostgresSettings;
  readonly #lanes: ClaimLanes;
  readonly #clock: StoreClock;
  #horizonsNeeded: NonceNeeds["horizons"] = new Map();
  #holds = false;
  readonly #connectionTimeoutMs: number;
  #statements: Statements;
  #openDatabase: PostgresDatabase | undefined;
  #ownPool: OwnPool | undefined;
  #epoch: Epoch | undefined;
  #renewing: Promise<void> | undefined;
  readonly #removal: PostgresRemoval;
  /** Of the work behind the claims. */
  readonly #outage = new OutageLog();

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
    this.#removal = new PostgresRemoval(clock, {
      worked: () => this.#outage.over(REMOVE),
      failed: (error) => this.#fail(REMOVE, error),
    });
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
      this.#holds = needs.holds === true;
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
    const done = Promise.allSettled([this.#renewing, this.#removal.underWay]).then(() =>
      pool?.end(),
    );
    await within(STOP_TIMEOUT_MS, done).catch(() => undefined);
  }

  async claim(key: string, expiresAtMs: number, scheme?: string): Promise<"fresh" | "seen"> {
    // Read before anything is awaited: the fence that this request has passed was that of this epoch. A claim must
    // not be judged by another one, though it be adopted while the database answers.
    const known = this.#epoch;
    const untilMs = wholeMs(expiresAtMs);
    const hash = hashOf(key);
    const row = await this.#claim(this.#statements.claim, known, (id) => [hash, untilMs, id]);
    if (row.inserted !== true) return "seen";
    const laterMs = this.#laterMs(row, known as Epoch, scheme);
    if (laterMs > 0) await this.#extend(hash, untilMs + laterMs);
    return "fresh";
  }

  async hold(
    key: string,
    expiresAtMs: number,
    doneUntilMs: number,
    scheme?: string,
  ): Promise<NonceHold | Held> {
    const known = this.#epoch; // as for a claim
    const [untilMs, doneMs] = [wholeMs(expiresAtMs), wholeMs(doneUntilMs)];
    const hash = hashOf(key);
    const holder = randomUUID();
    const { hold, giveBack, markDone } = this.#statements;
    const trial: Trial = {};
    const ask = (id: string): unknown[] => [hash, untilMs, id, holder, doneMs];
    const row = await this.#claim(hold, known, ask, trial).catch((error: unknown) => {
      // One that was given up may land yet, and nobody would end it.
      void trial.asked?.then(() => this.#openDatabase?.ask(giveBack, [hash, holder])).catch(IGNORE);
      throw error;
    });
    const isDone = row.holder === DONE;
    if (!isDone && row.holder !== holder) return "under-way";
    const laterMs = this.#laterMs(row, known as Epoch, scheme);
    if (laterMs > 0) await this.#extend(hash, (isDone ? doneMs : untilMs) + laterMs);
    if (isDone) return "done";
    return {
      giveBack: () => this.#tell(giveBack, [hash, holder]),
      markDone: (moreMs) => this.#tell(markDone, [hash, holder, wholeMs(moreMs)]),
    };
  }

  /**
   * Asks for a claim of either kind.
   * @throws unless it was made on the epoch that was known
   */
  async #claim(
    statement: Statement,
    known: Epoch | undefined,
    values: (epoch: string) => unknown[],
    trial?: Trial,
  ): Promise<ClaimRow> {
    if (known === undefined) throw new NonceStoreStartingError("the store has not been started");
    const row = await this.#answer(statement, values(known.id), trial);
    const database = this.#openDatabase;
    if (database !== undefined)
      this.#removal.sometimes((removed) => database.ask(this.#statements.remove, removed));
    if (row?.intact !== true) {
      this.#renew();
      throw new NonceStoreStartingError("the database has lost its memory of nonces");
    }
    if (row.synchronous_commit === "off") throw new Error(`nonce database: ${NOT_SYNCHRONOUS}`);
    if (row.id === known.id) return row;
    const found = epochOf(row);
    // Whoever began it may remember for less than this server needs.
    if (found.horizons.grown(this.#horizonsNeeded, Number(row.now_ms)) !== undefined) this.#renew();
    else this.#adopt(found);
    throw new NonceStoreStartingError("the database's memory of nonces began anew");
  }

  /** By how much longer another server needs the nonce that came while this claim was on its way. */
  #laterMs(row: ClaimRow, known: Epoch, scheme: string | undefined): number {
    if (row.horizons === known.horizons.text) return 0;
    const found = epochOf(row);
    if (this.#epoch === known) this.#epoch = found;
    return 1000 * found.horizons.laterBy(scheme, known.horizons);
  }

  /** @throws NonceStoreClockError when the database's clock is another than this process's */
  async #answer(
    statement: Statement,
    values: unknown[],
    trial: Trial = {},
  ): Promise<ClaimRow | undefined> {
    let askedMs = 0;
    const { rows } = await this.#lane(async () => {
      askedMs = this.#clock.nowMs();
      return (trial.asked = this.#database.ask(statement, values));
    });
    const row = rows[0] as ClaimRow | undefined;
    if (row !== undefined) this.#clock.heard(Number(row.now_ms), askedMs);
    return row;
  }

  /** Says what became of a claim. Where its row is gone, or another's, nothing happens. */
  async #tell(statement: Statement, values: unknown[]): Promise<void> {
    await this.#lane(async () => this.#database.ask(statement, values));
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

  /** Everything but claims. Checks the server, then opens its memory. */
  async #open(isFirstStart: boolean, connections: number): Promise<Epoch> {
    const run = async (text: string, values?: unknown[]) =>
      this.#database.run(text, values, START_TIMEOUT_MS);
    await checkServer(run, this.#settings);
    this.#statements = this.#statementsWith(await findLineage(run, this.#settings));
    return openMemory({
      settings: this.#settings,
      statements: this.#statements,
      ask: async (statement, values) => this.#database.ask(statement, values),
      run,
      clock: this.#clock,
      isFirstStart,
      connections,
      holds: this.#holds,
      needed: () => this.#epoch?.horizons.asFarAhead(this.#horizonsNeeded) ?? this.#horizonsNeeded,
    });
  }

  /** Begins a new epoch, not awaited by the claim that found the old one gone. */
  #renew(): void {
    this.#renewing ??= within(START_TIMEOUT_MS, this.#open(false, 1))
      .then(
        (epoch) => {
          // Not after a stop. The epoch is safe to adopt here: claims under way name the one that they know.
          if (this.#epoch !== undefined) this.#adopt(epoch);
          this.#outage.over(RENEW);
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

  /** Once for each outage. */
  #fail(work: string, error: unknown): void {
    if (this.#openDatabase === undefined) return;
    const reason = error instanceof ConfigurationError ? error.message : explain(error);
    this.#outage.once(work, () =>
      this.#settings.log.error(`the nonce database could not ${work}: ${reason}`),
    );
  }

  /** @throws NonceStoreStartingError before the start and after the end */
  get #database(): PostgresDatabase {
    if (this.#openDatabase === undefined)
      throw new NonceStoreStartingError("the store has been stopped");
    return this.#openDatabase;
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

/** A claim, and what comes of it though nobody waits for that any more. */
interface Trial {
  asked?: Promise<PostgresResult>;
}

const IGNORE = (): undefined => undefined;

const hashOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** @throws RangeError for what is no moment that a database can keep */
function wholeMs(expiresAtMs: number): number {
  if (!Number.isFinite(expiresAtMs) || Math.abs(expiresAtMs) > Number.MAX_SAFE_INTEGER)
    throw new RangeError(WRONG_EXPIRY);
  return Math.ceil(expiresAtMs);
}
