import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gt, gte, lte, max, ne, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Clock } from "@lacre/core";
import { DAY_MS } from "../conventions/durations.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { keys, keyUses } from "../database/tables.js";
import { ChosenSettings, type Choices } from "../settings/chosen-settings.js";
import { CLOCK } from "../start/settings.js";
import { tellEvent } from "./tell-event.js";
import { tellStorms } from "./storms.js";

/** Before its end a key is told of this many days ahead, as far as the settings want to know so early. */
const LAST_DAYS = [7, 1];
/** How far back something is found that happened while no console ran, or was told late. */
const LOOK_BACK_MS = DAY_MS;

/** Finds what people should know of, and tells it once. */
@Injectable()
export class Alarms {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly settings: ChosenSettings,
  ) {}

  /** One console at a time; the others have nothing to do meanwhile. */
  look(): Promise<void> {
    return this.db.transaction(async (tx) => {
      const lock = sql<boolean>`pg_try_advisory_xact_lock(hashtext('lacre console alarms'))`;
      const [got] = await tx.select({ isMine: lock }).from(sql`(select 1) as one`);
      if (got?.isMine !== true) return;
      const now = new Date(this.clock.nowMs());
      const { alarms } = await this.settings.read(tx);
      await tellEnding(tx, now, alarms);
      await tellEnded(tx, now);
      await tellOldUsed(tx, now);
      await tellStorms(tx, now, alarms.replayStormPerMinute);
    });
  }
}

async function tellEnding(tx: Transaction, now: Date, alarms: Choices["alarms"]): Promise<void> {
  const { keyExpiringDays } = alarms;
  const stages = [keyExpiringDays, ...LAST_DAYS.filter((days) => days < keyExpiringDays)];
  const last = new Date(now.getTime() + keyExpiringDays * DAY_MS);
  const ending = await tx
    .select()
    .from(keys)
    .where(and(ne(keys.state, "revoked"), gt(keys.expiresAt, now), lte(keys.expiresAt, last)));
  for (const { id: keyId, appId, scheme, expiresAt } of ending) {
    if (expiresAt === null) continue;
    const left = expiresAt.getTime() - now.getTime();
    // The nearest stage alone: whoever starts late is not told all of them at once.
    const days = Math.min(...stages.filter((stage) => left <= stage * DAY_MS));
    await tellEvent(tx, now, {
      type: "key.expiring",
      once: `key.expiring ${keyId} ${expiresAt.toISOString()} ${days}`,
      payload: { appId, keyId, scheme, expiresAt: expiresAt.toISOString(), days },
    });
  }
}

async function tellEnded(tx: Transaction, now: Date): Promise<void> {
  const since = new Date(now.getTime() - LOOK_BACK_MS);
  const { id, appId, scheme, expiresAt, state } = keys;
  const ended = await tx
    .select({
      ...{ keyId: id, appId, scheme, expiresAt },
      lastUsedAt: max(keyUses.lastMinute),
    })
    .from(keys)
    .leftJoin(keyUses, eq(keyUses.keyId, id))
    .where(and(ne(state, "revoked"), gt(expiresAt, since), lte(expiresAt, now)))
    .groupBy(id);
  for (const { lastUsedAt, ...key } of ended)
    await tellEvent(tx, now, {
      type: "key.expired",
      once: `key.expired ${key.keyId} ${isoOf(key.expiresAt)}`,
      payload: { ...key, expiresAt: isoOf(key.expiresAt), lastUsedAt: isoOf(lastUsedAt) },
    });
}

/** Of keys that were replaced: used in the second half of the overlap, or at all where no end was set. */
async function tellOldUsed(tx: Transaction, now: Date): Promise<void> {
  const successor = alias(keys, "successor");
  const { id, appId, expiresAt } = keys;
  const { lastMinute } = keyUses;
  const overlap = sql`greatest(${expiresAt} - ${successor.notBefore}, interval '0')`;
  const used = await tx
    .select({
      ...{ keyId: id, appId, replacedBy: successor.id, expiresAt },
      at: sql`max(${lastMinute})`.mapWith(lastMinute),
    })
    .from(keys)
    .innerJoin(successor, eq(successor.replaces, id))
    .innerJoin(keyUses, eq(keyUses.keyId, id))
    .where(
      and(
        gte(lastMinute, new Date(now.getTime() - LOOK_BACK_MS)),
        sql`${lastMinute} >= ${successor.notBefore} + coalesce(${overlap} / 2, interval '0')`,
      ),
    )
    .groupBy(id, successor.id);
  for (const { at, expiresAt: end, ...key } of used)
    await tellEvent(tx, now, {
      type: "key.old-used",
      once: `key.old-used ${key.keyId} ${at.toISOString().slice(0, 10)}`,
      payload: { ...key, expiresAt: isoOf(end), lastUsedAt: at.toISOString() },
    });
}

const isoOf = (date: Date | null): string | null => date?.toISOString() ?? null;
