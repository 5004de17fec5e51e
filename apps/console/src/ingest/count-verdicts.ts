import { sql } from "drizzle-orm";
import { HOUR_MS } from "../conventions/durations.js";
import type { Transaction } from "../database/database.js";
import { verdictHours, verdictMinutes } from "../database/tables.js";
import type { ToldCount } from "./batch.js";
import type { KnownNames } from "./known-names.js";
import { grouped, inPieces } from "./grouped.js";

/** How late a minute may be told. What is older, or ahead, counts for the nearest that may. */
const LATEST_MINUTES = 24 * 60;

/** When a minute is: never ahead of the console, and not so long ago that rows could be made without end. */
export const momentOf = (minute: number, nowMs: number): Date => {
  const now = Math.floor(nowMs / 60_000);
  return new Date(Math.min(now, Math.max(minute, now - LATEST_MINUTES)) * 60_000);
};

type MinuteRow = typeof verdictMinutes.$inferInsert;
type HourRow = typeof verdictHours.$inferInsert;

/** Adds the counts of a batch to the minutes and hours of a service: both, so that they say the same at any time. */
export async function countVerdicts(
  tx: Transaction,
  service: string,
  counts: readonly ToldCount[],
  known: KnownNames,
  nowMs: number,
): Promise<void> {
  const rows = grouped(
    counts.map((told) => ({
      minute: momentOf(told.minute, nowMs),
      ...known.read(told),
      scheme: told.scheme,
      code: told.code,
      service,
      count: told.count,
      driftSum: told.driftSum,
      driftCount: told.driftCount,
      driftMax: told.driftMost,
    })),
    ({ minute, ...row }) => `${minute.getTime()}\n${kindOf(row)}`,
    (a, b) => ({
      ...a,
      count: a.count + b.count,
      driftSum: a.driftSum + b.driftSum,
      driftCount: a.driftCount + b.driftCount,
      driftMax: Math.max(a.driftMax, b.driftMax),
    }),
  );
  await addMinutes(tx, rows);
  await addHours(tx, hoursOf(rows));
}

/** The sums of minutes, by the hour. */
const hoursOf = (minutes: readonly MinuteRow[]): HourRow[] =>
  grouped(
    minutes.map(({ minute, appId, keyId, scheme, code, service, count }) => {
      const hour = new Date(Math.floor(minute.getTime() / HOUR_MS) * HOUR_MS);
      return { hour, appId, keyId, scheme, code, service, count };
    }),
    ({ hour, ...row }) => `${hour.getTime()}\n${kindOf(row)}`,
    (a, b) => ({ ...a, count: a.count + b.count }),
  );

const kindOf = (row: Pick<MinuteRow, "appId" | "keyId" | "scheme" | "code">): string =>
  `${row.appId}\n${row.keyId}\n${row.scheme}\n${row.code}`;

async function addMinutes(tx: Transaction, rows: readonly MinuteRow[]): Promise<void> {
  const table = verdictMinutes;
  for (const some of inPieces(rows))
    await tx
      .insert(table)
      .values(some)
      .onConflictDoUpdate({
        target: [table.minute, table.appId, table.keyId, table.scheme, table.code, table.service],
        set: {
          count: sql`${table.count} + excluded.count`,
          driftSum: sql`${table.driftSum} + excluded.drift_sum`,
          driftCount: sql`${table.driftCount} + excluded.drift_count`,
          driftMax: sql`greatest(${table.driftMax}, excluded.drift_max)`,
        },
      });
}

async function addHours(tx: Transaction, rows: readonly HourRow[]): Promise<void> {
  const table = verdictHours;
  for (const some of inPieces(rows))
    await tx
      .insert(table)
      .values(some)
      .onConflictDoUpdate({
        target: [table.hour, table.appId, table.keyId, table.scheme, table.code, table.service],
        set: { count: sql`${table.count} + excluded.count` },
      });
}
