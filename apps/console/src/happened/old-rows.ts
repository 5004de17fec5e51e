import { Inject, Injectable } from "@nestjs/common";
import { sql, type SQL } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import {
  deliveries,
  events,
  keyUses,
  refusals,
  verdictBatches,
  verdictHours,
  verdictMinutes,
} from "../database/tables.js";
import { ChosenSettings } from "../settings/chosen-settings.js";
import { CLOCK } from "../start/settings.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Few enough that nobody who waits for them notices. */
const AT_ONCE = 2_000;

/** Deletes what is older than the settings want it to be kept. */
@Injectable()
export class OldRows {
  #isOver = false;

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly settings: ChosenSettings,
  ) {}

  /** In small batches, each in a transaction of its own. Several consoles may do it at once. */
  async remove(): Promise<void> {
    const { minuteDays, refusalDays } = await this.settings.read();
    // Whole hours: minutes and hours go together.
    const before = (days: number): string =>
      new Date(Math.floor(this.clock.nowMs() / HOUR_MS) * HOUR_MS - days * DAY_MS).toISOString();
    const minutes = sql`${before(minuteDays)}::timestamptz`;
    const singles = sql`${before(refusalDays)}::timestamptz`;
    const waiting = sql`exists (select 1 from deliveries d where d.event_id = events.id)`;
    await this.#empty(verdictMinutes, sql`${verdictMinutes.minute} < ${minutes}`);
    await this.#empty(verdictHours, sql`${verdictHours.hour} < ${minutes}`);
    await this.#empty(refusals, sql`${refusals.at} < ${singles}`);
    await this.#empty(verdictBatches, sql`${verdictBatches.at} < ${singles}`);
    await this.#empty(
      deliveries,
      sql`${deliveries.state} <> 'waiting' and ${deliveries.createdAt} < ${minutes}`,
    );
    await this.#empty(events, sql`${events.at} < ${minutes} and not ${waiting}`);
    // The embedded database does not do so by itself, and cannot plan well without.
    for (const table of [verdictMinutes, verdictHours, keyUses, refusals])
      if (!this.#isOver) await this.db.execute(sql`vacuum (analyze, skip_locked) ${table}`);
  }

  /** Ends a removal that runs, behind its batch. */
  stop(): void {
    this.#isOver = true;
  }

  async #empty(table: Parameters<Database["delete"]>[0], old: SQL): Promise<void> {
    for (let removed = AT_ONCE; removed >= AT_ONCE && !this.#isOver;) {
      // What another console is removing is left to it.
      const batch = sql`${sql.identifier("ctid")} in (
        select ctid from ${table} where ${old} limit ${AT_ONCE} for update skip locked)`;
      const rows = await this.db
        .delete(table)
        .where(batch)
        .returning({ one: sql`1` });
      removed = rows.length;
      await new Promise(setImmediate);
    }
  }
}
