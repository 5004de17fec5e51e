import pg from "pg";
import { LINEAGE, statementsFor } from "../../libs/stores/src/postgres/postgres-sql.js";
import type { SharedStore, StoreServer } from "./servers.js";

const INTERVAL_MS = 250;

/**
 * Lets PostgreSQL forget as soon as it may: with the store's own statement, but without the minute by which it is late.
 * Redis does so by itself.
 */
export async function withPromptForgetting(
  store: SharedStore,
  { url }: StoreServer,
  run: () => Promise<void>,
): Promise<void> {
  if (store === "redis") return run();
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const { remove } = statementsFor("lacre_nonces", undefined, LINEAGE);
  let failure: unknown;
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    pool
      .query(remove.text, [Date.now(), 0])
      .catch((error: unknown) => (failure = error))
      .finally(() => (isBusy = false));
  }, INTERVAL_MS);
  try {
    await run();
  } finally {
    clearInterval(timer);
    await pool.end();
  }
  if (failure !== undefined) throw failure; // nothing was forgotten, so nothing was proved
}
