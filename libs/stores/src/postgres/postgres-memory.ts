import {
  ConfigurationError,
  type NonceNeeds,
  NonceStoreStartingError,
  type SharedHorizon,
  within,
} from "@lacre/core";
import { OutageLog } from "../server/outage-log.js";
import type { StoreClock } from "../server/store-clock.js";
import { PostgresDatabase } from "./postgres-database.js";
import type { Epoch } from "./postgres-epoch.js";
import { openMemory } from "./postgres-opening.js";
import type { PostgresSettings } from "./postgres-options.js";
import { explain, type PostgresPool } from "./postgres-pool.js";
import { PostgresRemoval } from "./postgres-removal.js";
import { checkServer, findLineage } from "./postgres-server-checks.js";
import { LINEAGE, statementsFor, type Statements } from "./postgres-sql.js";

const START_TIMEOUT_MS = 10_000;
const RENEW = "begin a new epoch";
const REMOVE = "remove nonces whose time is over";

/** What the database remembers, as this process knows it: since when, and what is done where that is gone. */
export class PostgresMemory {
  readonly #settings: PostgresSettings;
  readonly #clock: StoreClock;
  #horizonsNeeded: NonceNeeds["horizons"] = new Map();
  #holds = false;
  #statements: Statements;
  #openDatabase: PostgresDatabase | undefined;
  #epoch: Epoch | undefined;
  #renewing: Promise<void> | undefined;
  readonly #removal: PostgresRemoval;
  /** Of the work behind the claims. */
  readonly #outage = new OutageLog();

  constructor(settings: PostgresSettings, clock: StoreClock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#statements = this.#statementsWith(LINEAGE);
    this.#removal = new PostgresRemoval(settings.clock, {
      worked: () => this.#outage.over(REMOVE),
      failed: (error) => this.#fail(REMOVE, error),
    });
  }

  needs({ horizons, holds, clockSpreadSeconds }: NonceNeeds): void {
    this.#horizonsNeeded = horizons;
    this.#holds = holds === true;
    this.#clock.spreadSeconds = clockSpreadSeconds;
  }

  /** The newest epoch that is known; undefined before the start, and after the end. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  get statements(): Statements {
    return this.#statements;
  }

  horizonOf(scheme: string): SharedHorizon | undefined {
    return this.#epoch?.horizons.of(scheme);
  }

  /** @throws NonceStoreStartingError before the start and after the end */
  get database(): PostgresDatabase {
    if (this.#openDatabase === undefined)
      throw new NonceStoreStartingError("the store has been stopped");
    return this.#openDatabase;
  }

  /** @param connections on how many the rights of a claim are proved */
  async open(pool: PostgresPool, answerTimeoutMs: number, connections: number): Promise<void> {
    this.#openDatabase = new PostgresDatabase({ ...this.#settings, pool, answerTimeoutMs });
    const { firstStart } = this.#settings;
    this.#epoch = await within(START_TIMEOUT_MS, this.#open(firstStart, connections));
  }

  /** Nothing is claimed any more. Resolves once nothing is under way. */
  async close(): Promise<void> {
    this.#epoch = undefined;
    this.#openDatabase = undefined;
    await Promise.allSettled([this.#renewing, this.#removal.underWay]);
  }

  /** Removes what is over, if it is time for that. */
  removeSometimes(): void {
    const database = this.#openDatabase;
    if (database !== undefined)
      this.#removal.sometimes((removed) => database.ask(this.#statements.remove, removed));
  }

  /** Begins a new epoch, not awaited by the claim that found the old one gone. */
  renew(): void {
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

  /** Goes on with an epoch that another began. Whoever began it may remember for less than this server needs. */
  adoptOrRenew(found: Epoch, nowMs: number): void {
    if (found.horizons.grown(this.#horizonsNeeded, nowMs) !== undefined) this.renew();
    else this.#adopt(found);
  }

  /** Takes note of longer horizons of the same epoch. */
  note(found: Epoch, known: Epoch): void {
    if (this.#epoch === known) this.#epoch = found;
  }

  #adopt(epoch: Epoch): void {
    if (epoch.id !== this.#epoch?.id)
      this.#settings.log.warn(
        `the nonce database's memory began anew at ${new Date(epoch.sinceMs).toISOString()}. Requests of the time before are refused.`,
      );
    this.#epoch = epoch;
  }

  /** Checks the server, then opens its memory. */
  async #open(isFirstStart: boolean, connections: number): Promise<Epoch> {
    const run = async (text: string, values?: unknown[]) =>
      this.database.run(text, values, START_TIMEOUT_MS);
    await checkServer(run, this.#settings);
    this.#statements = this.#statementsWith(await findLineage(run, this.#settings));
    return openMemory({
      settings: this.#settings,
      statements: this.#statements,
      ask: async (statement, values) => this.database.ask(statement, values),
      run,
      clock: this.#clock,
      isFirstStart,
      connections,
      holds: this.#holds,
      needed: () => this.#epoch?.horizons.asFarAhead(this.#horizonsNeeded) ?? this.#horizonsNeeded,
    });
  }

  /** Once for each outage. */
  #fail(work: string, error: unknown): void {
    if (this.#openDatabase === undefined) return;
    const reason = error instanceof ConfigurationError ? error.message : explain(error);
    this.#outage.once(work, () =>
      this.#settings.log.error(`the nonce database could not ${work}: ${reason}`),
    );
  }

  #statementsWith(lineage: string): Statements {
    const { table, schema } = this.#settings;
    return statementsFor(table, schema, lineage);
  }
}
