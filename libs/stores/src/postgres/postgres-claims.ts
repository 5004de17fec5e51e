import { createHash, randomUUID } from "node:crypto";
import { type Held, type NonceHold, NonceStoreStartingError } from "@lacre/core";
import { ClaimLanes } from "../server/claim-lanes.js";
import type { StoreClock } from "../server/store-clock.js";
import { WRONG_EXPIRY } from "../server/words.js";
import { epochOf, type ClaimRow, type Epoch } from "./postgres-epoch.js";
import type { PostgresMemory } from "./postgres-memory.js";
import type { PostgresSettings } from "./postgres-options.js";
import { codeOf, explain, type PostgresResult } from "./postgres-pool.js";
import { NOT_SYNCHRONOUS } from "./postgres-server-checks.js";
import { DONE, type Statement } from "./postgres-sql.js";

/** A claim, and what comes of it though nobody waits for that any more. */
interface Trial {
  asked?: Promise<PostgresResult>;
}

/** Claims nonces on the epoch that is known: as many at once as there are connections. */
export class PostgresClaims {
  readonly #memory: PostgresMemory;
  readonly #clock: StoreClock;
  readonly #lanes: ClaimLanes;

  constructor(
    { poolSize, claimTimeoutMs }: PostgresSettings,
    clock: StoreClock,
    memory: PostgresMemory,
  ) {
    this.#memory = memory;
    this.#clock = clock;
    this.#lanes = new ClaimLanes({ lanes: poolSize, timeoutMs: claimTimeoutMs });
  }

  /** As `claim` of a `NonceStore`. */
  async claim(key: string, expiresAtMs: number, scheme?: string): Promise<"fresh" | "seen"> {
    // Read before anything is awaited: the fence that this request has passed was that of this epoch. A claim must
    // not be judged by another one, though it be adopted while the database answers.
    const known = this.#memory.epoch;
    const untilMs = wholeMs(expiresAtMs);
    const hash = hashOf(key);
    const row = await this.#claim(this.#memory.statements.claim, known, (id) => [
      hash,
      untilMs,
      id,
    ]);
    if (row.inserted !== true) return "seen";
    const laterMs = this.#laterMs(row, known as Epoch, scheme);
    if (laterMs > 0) await this.#extend(hash, untilMs + laterMs);
    return "fresh";
  }

  /** As `hold` of a `NonceStore`. */
  async hold(
    key: string,
    expiresAtMs: number,
    doneUntilMs: number,
    scheme?: string,
  ): Promise<NonceHold | Held> {
    const known = this.#memory.epoch; // as for a claim
    const [untilMs, doneMs] = [wholeMs(expiresAtMs), wholeMs(doneUntilMs)];
    const hash = hashOf(key);
    const holder = randomUUID();
    const { hold, giveBack, markDone } = this.#memory.statements;
    const trial: Trial = {};
    const ask = (id: string): unknown[] => [hash, untilMs, id, holder, doneMs];
    const row = await this.#claim(hold, known, ask, trial).catch((error: unknown) => {
      // One that was given up may land yet, and nobody would end it.
      void trial.asked
        ?.then(async () => this.#memory.database.ask(giveBack, [hash, holder]))
        .catch(IGNORE);
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
    this.#memory.removeSometimes();
    if (row?.intact !== true) {
      this.#memory.renew();
      throw new NonceStoreStartingError("the database has lost its memory of nonces");
    }
    if (row.synchronous_commit === "off") throw new Error(`nonce database: ${NOT_SYNCHRONOUS}`);
    if (row.id === known.id) return row;
    this.#memory.adoptOrRenew(epochOf(row), Number(row.now_ms));
    throw new NonceStoreStartingError("the database's memory of nonces began anew");
  }

  /** By how much longer another server needs the nonce that came while this claim was on its way. */
  #laterMs(row: ClaimRow, known: Epoch, scheme: string | undefined): number {
    if (row.horizons === known.horizons.text) return 0;
    const found = epochOf(row);
    this.#memory.note(found, known);
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
      return (trial.asked = this.#memory.database.ask(statement, values));
    });
    const row = rows[0] as ClaimRow | undefined;
    if (row !== undefined) this.#clock.heard(Number(row.now_ms), askedMs);
    return row;
  }

  /** Says what became of a claim. Where its row is gone, or another's, nothing happens. */
  async #tell(statement: Statement, values: unknown[]): Promise<void> {
    await this.#lane(async () => this.#memory.database.ask(statement, values));
  }

  async #extend(hash: Buffer, expiresAtMs: number): Promise<void> {
    const { extend } = this.#memory.statements;
    const { rowCount } = await this.#lane(async () =>
      this.#memory.database.ask(extend, [hash, expiresAtMs]),
    );
    if (rowCount !== 1) throw new NonceStoreStartingError("a nonce went while it was claimed");
  }

  /** Asks as soon as a connection is free. What is given up may still land, and then its nonce is seen. */
  async #lane(ask: () => Promise<PostgresResult>): Promise<PostgresResult> {
    try {
      return await this.#lanes.run(ask);
    } catch (error) {
      if (codeOf(error) === "42P01" || codeOf(error) === "3F000") {
        this.#memory.renew();
        throw new NonceStoreStartingError("the database has lost its table of nonces");
      }
      // Without its cause, which may hold a connection and with it a password.
      throw new Error(`nonce database: ${explain(error)}`);
    }
  }
}

const IGNORE = (): undefined => undefined;

const hashOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** @throws RangeError for what is no moment that a database can keep */
function wholeMs(expiresAtMs: number): number {
  if (!Number.isFinite(expiresAtMs) || Math.abs(expiresAtMs) > Number.MAX_SAFE_INTEGER)
    throw new RangeError(WRONG_EXPIRY);
  return Math.ceil(expiresAtMs);
}
