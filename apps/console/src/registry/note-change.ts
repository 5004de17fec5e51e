import { sql } from "drizzle-orm";
import type { Transaction } from "../database/database.js";
import { takeTurn } from "../database/take-turn.js";
import { registryChanges } from "../database/tables.js";

/** Where it is said that an app was changed; the payload is its id. */
export const CHANGES_CHANNEL = "lacre_console";

/** Notes, in the transaction of the change itself, that services must read an app again, and tells those who listen. */
export async function noteChange(tx: Transaction, appId: string): Promise<void> {
  await takeTurn(tx); // else a reader could see the higher number first, and never ask for the lower one
  await tx.insert(registryChanges).values({ appId });
  await tx.execute(sql`select pg_notify(${CHANGES_CHANNEL}, ${appId})`);
}

/** How long it takes at most until every service knows of a change, while it reaches the console. Seconds. */
export const REACHES_WITHIN_SECONDS = 5;
