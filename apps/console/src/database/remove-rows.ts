import { sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.js";

/** Few enough that nobody who waits for them notices. */
const AT_ONCE = 2_000;

/**
 * Deletes rows in small batches, each in a transaction of its own. Several consoles may do it at once.
 * @param isOver asked between two batches: true ends it
 */
export async function removeRows(
  db: Database,
  table: Parameters<Database["delete"]>[0],
  which: SQL | undefined,
  isOver: () => boolean = () => false,
): Promise<void> {
  if (which === undefined) return; // else it would be all of them
  for (let removed = AT_ONCE; removed >= AT_ONCE && !isOver();) {
    // What another console is removing is left to it.
    const batch = sql`${sql.identifier("ctid")} in (
      select ctid from ${table} where ${which} limit ${AT_ONCE} for update skip locked)`;
    const rows = await db
      .delete(table)
      .where(batch)
      .returning({ one: sql`1` });
    removed = rows.length;
    await new Promise(setImmediate);
  }
}
