import { Inject, Injectable } from "@nestjs/common";
import { and, lt, ne, or, sql, type SQL } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { DAY_MS, HOUR_MS } from "../conventions/durations.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { removeRows } from "../database/remove-rows.js";
import {
  deliveries,
  events,
  idempotency,
  keyUses,
  refusals,
  registryChanges,
  verdictBatches,
  verdictHours,
  verdictMinutes,
  webhookOldSecrets,
} from "../database/tables.js";
import { ChosenSettings } from "../settings/chosen-settings.js";
import { CLOCK } from "../start/settings.js";

/** A service that was away for longer reads everything anew. */
const CHANGES_DAYS = 7;
/** What is asked again after a day is another request: see `RepeatedRequests`. */
const REPEATS_DAYS = 1;

/** Deletes what is older than the settings want it to be kept, and what counts no more. Of sign-ins, `Tidying` does. */
@Injectable()
export class OldRows {
  #isOver = false;

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly settings: ChosenSettings,
  ) {}

  async remove(): Promise<void> {
    const { minuteDays, refusalDays, alarms } = await this.settings.read();
    const now = this.clock.nowMs();
    const before = (days: number): Date => new Date(now - days * DAY_MS);
    // Whole hours: minutes and hours go together.
    const counted = new Date(Math.floor(now / HOUR_MS) * HOUR_MS - minuteDays * DAY_MS);
    await this.#remove(verdictMinutes, lt(verdictMinutes.minute, counted));
    await this.#remove(verdictHours, lt(verdictHours.hour, counted));
    await this.#remove(refusals, lt(refusals.at, before(refusalDays)));
    await this.#remove(verdictBatches, lt(verdictBatches.at, before(refusalDays)));
    // Where an endpoint is switched off, what waits for it may wait for ever.
    const isOff = sql`exists (select 1 from webhook_endpoints e where e.id = deliveries.endpoint_id and not e.active)`;
    const isOver = or(ne(deliveries.state, "waiting"), isOff);
    // An event that is gone would be told again: it is there for as long as its key is about to end.
    const told = before(Math.max(minuteDays, alarms.keyExpiringDays + 1));
    await this.#remove(deliveries, and(isOver, lt(deliveries.createdAt, told)));
    const isFree = sql`not exists (select 1 from deliveries d where d.event_id = events.id)`;
    await this.#remove(events, and(isFree, lt(events.at, told)));
    // The last one stays: it tells those who follow that there was none after it.
    const isNotLast = sql`${registryChanges.seq} < (select max(seq) from registry_changes)`;
    const ofChanges = lt(registryChanges.at, before(CHANGES_DAYS));
    await this.#remove(registryChanges, and(isNotLast, ofChanges));
    await this.#remove(idempotency, lt(idempotency.at, before(REPEATS_DAYS)));
    await this.#remove(webhookOldSecrets, lt(webhookOldSecrets.expiresAt, before(0)));
    // The embedded database does not do so by itself, and cannot plan well without.
    for (const table of [verdictMinutes, verdictHours, verdictBatches, keyUses, refusals])
      if (!this.#isOver) await this.db.execute(sql`vacuum (analyze, skip_locked) ${table}`);
  }

  /** Ends a removal that runs, behind its batch. */
  stop(): void {
    this.#isOver = true;
  }

  #remove(table: Parameters<Database["delete"]>[0], old: SQL | undefined): Promise<void> {
    return removeRows(this.db, table, old, () => this.#isOver);
  }
}
