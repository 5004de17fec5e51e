import { and, eq, gte, lte, ne, sql } from "drizzle-orm";
import { MINUTE_MS } from "../conventions/durations.js";
import type { Transaction } from "../database/database.js";
import { events, verdictMinutes } from "../database/tables.js";
import { REPLAYED } from "../happened/replays.js";
import { tellEvent } from "./tell-event.js";

/** So long without a minute of it, and a storm is over. */
const CALM_MS = 10 * MINUTE_MS;
/** How far back one is looked for: services tell late where they could not reach the console. */
const LOOK_BACK_MS = 60 * MINUTE_MS;
/** A storm that lasts for longer is told of again. */
const LONGEST_MS = 24 * 60 * MINUTE_MS;

interface Storm {
  readonly appId: string;
  readonly from: Date;
  to: Date;
  /** In its first minute. */
  readonly count: number;
}

/** Tells of each storm of refused replays once. @param allowed as many in a minute are a storm */
export async function tellStorms(tx: Transaction, now: Date, allowed: number): Promise<void> {
  for (const storm of await stormsSince(tx, now, allowed)) {
    if (await wasTold(tx, storm, now)) continue;
    const minute = storm.from.toISOString();
    await tellEvent(tx, now, {
      type: "app.replay-storm",
      once: `app.replay-storm ${storm.appId} ${minute}`,
      payload: { appId: storm.appId, minute, count: storm.count, allowed },
    });
  }
}

async function stormsSince(tx: Transaction, now: Date, allowed: number): Promise<Storm[]> {
  const { appId, minute, code } = verdictMinutes;
  const count = sql`sum(${verdictMinutes.count})`.mapWith(Number);
  const since = new Date(now.getTime() - LOOK_BACK_MS);
  const minutes = await tx
    .select({ appId, minute, count })
    .from(verdictMinutes)
    .where(and(gte(minute, since), lte(minute, now), eq(code, REPLAYED), ne(appId, "")))
    .groupBy(appId, minute)
    .having(sql`sum(${verdictMinutes.count}) >= ${allowed}`)
    .orderBy(appId, minute);
  const storms: Storm[] = [];
  for (const each of minutes) {
    const last = storms.at(-1);
    const isSame =
      last?.appId === each.appId && each.minute.getTime() - last.to.getTime() <= CALM_MS;
    if (isSame) last.to = each.minute;
    else storms.push({ appId: each.appId, from: each.minute, to: each.minute, count: each.count });
  }
  return storms;
}

/**
 * Whether any part of it was told: services tell at different times, so that a storm may begin earlier than it seemed.
 * One that is there from the first minute on that is looked at was told when it began.
 */
async function wasTold(tx: Transaction, { appId, from, to }: Storm, now: Date): Promise<boolean> {
  const isOngoing = from.getTime() <= now.getTime() - LOOK_BACK_MS + CALM_MS;
  const begin = new Date(from.getTime() - (isOngoing ? LONGEST_MS : CALM_MS));
  const minute = sql`(${events.payload} ->> 'minute')::timestamptz`;
  const told = await tx
    .select({ id: events.id })
    .from(events)
    .where(
      and(
        eq(events.type, "app.replay-storm"),
        sql`${events.payload} ->> 'appId' = ${appId}`,
        sql`${minute} between ${begin.toISOString()}::timestamptz and ${to.toISOString()}::timestamptz`,
      ),
    )
    .limit(1);
  return told.length > 0;
}
