import { sql } from "drizzle-orm";
import type { Database } from "../../../apps/console/src/database/database.js";
import { verdictHours, verdictMinutes } from "../../../apps/console/src/database/tables.js";

export type MinuteRow = typeof verdictMinutes.$inferInsert;

/** Puts minutes into the database, with the hours that they are in. */
export async function addVerdicts(db: Database, rows: MinuteRow[]): Promise<void> {
  await db.insert(verdictMinutes).values(rows);
  await addHours(db);
}

/** The hours of all minutes that are there. */
export async function addHours(db: Database): Promise<void> {
  await db.delete(verdictHours);
  await db.execute(sql`
    insert into verdict_hours (hour, app_id, key_id, scheme, code, service, count)
    select date_trunc('hour', minute, 'UTC'), app_id, key_id, scheme, code, service, sum(count)
    from verdict_minutes group by 1, 2, 3, 4, 5, 6`);
}
