import type { Clock } from "@lacre/core";
import type { PostgresResult } from "./postgres-pool.js";
import { REMOVED_AT_ONCE } from "./postgres-sql.js";

const INTERVAL_MS = 1_000;

/**
 * How long a row outlives its time. Its time is the last moment at which any verifier could accept the request, and
 * the spread of clocks is in it. Both the database's clock and this server's must say that the moment is past: one
 * that runs ahead, whichever it is, removes nothing that lives. This minute is for two that run ahead together.
 */
export const REMOVAL_MARGIN_MS = 60_000;

/** What a removal is told of. */
export interface RemovalEvents {
  readonly worked: () => void;
  readonly failed: (error: unknown) => void;
}

/** Removes what is over, in steps of which one at a time runs: each second, or at once while there is much. */
export class PostgresRemoval {
  readonly #clock: Clock;
  readonly #events: RemovalEvents;
  #removing: Promise<void> | undefined;
  #removedMs = -Infinity;

  constructor(clock: Clock, events: RemovalEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** The step that is under way. */
  get underWay(): Promise<void> | undefined {
    return this.#removing;
  }

  /** Takes a step if it is time for one; `remove` asks the database. */
  sometimes(remove: (values: unknown[]) => Promise<PostgresResult>): void {
    const nowMs = performance.now();
    if (this.#removing !== undefined || nowMs - this.#removedMs < INTERVAL_MS) return;
    this.#removedMs = nowMs;
    const { worked, failed } = this.#events;
    this.#removing = remove([Math.floor(this.#clock.nowMs()), REMOVAL_MARGIN_MS])
      .then(({ rowCount }) => {
        worked();
        // Otherwise more than 500 claims a second would fill the disk.
        if (rowCount === REMOVED_AT_ONCE) this.#removedMs = -Infinity;
      }, failed)
      .finally(() => (this.#removing = undefined));
  }
}
