import { sql } from "drizzle-orm";
import type { Transaction } from "./database.js";

/**
 * One administrative change after the other, until the transaction ends: what is numbered in it is seen in the order of
 * its numbers. Lock the rows that you change before.
 */
export async function takeTurn(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('lacre console acts'))`);
}
