import { join } from "node:path";
import { ConfigurationError } from "@lacre/core";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { Database } from "./database.js";

/** The statements that make the database, by version. Beside the sources and beside what is built of them. */
export const MIGRATIONS = join(import.meta.dirname, "..", "..", "migrations");

/**
 * Brings the database to this version. Nobody else may do it meanwhile.
 * @param migrate drizzle's own, of the driver
 * @throws ConfigurationError for one that another version made
 */
export async function migrateWith(
  db: Database,
  migrate: (folder: string) => Promise<void>,
): Promise<void> {
  await refuseStrangers(db);
  await migrate(MIGRATIONS);
}

async function refuseStrangers(db: Database): Promise<void> {
  const own = readMigrationFiles({ migrationsFolder: MIGRATIONS });
  const hashes = new Map(own.map(({ folderMillis, hash }) => [folderMillis, hash]));
  const newest = Math.max(...hashes.keys());
  for (const { at, hash } of await migrationsIn(db)) {
    if (hashes.get(at) === hash) continue;
    throw at > newest
      ? new ConfigurationError(
          "the database",
          "was written by a newer version of the console.",
          "Start that version, or restore a backup that was made before the upgrade.",
        )
      : new ConfigurationError(
          "the database",
          "was made by a version that was never released.",
          "Start with an empty one.",
        );
  }
}

/** Whether a console has ever been started on it. */
export const isConsole = async (db: Database): Promise<boolean> =>
  (await migrationsIn(db)).length > 0;

async function migrationsIn(db: Database): Promise<{ at: number; hash: string }[]> {
  const table = sql`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if ((await rowsOf(db, table))[0]?.name === null) return [];
  const rows = await rowsOf(db, sql`select created_at, hash from drizzle.__drizzle_migrations`);
  return rows.map(({ created_at, hash }) => ({ at: Number(created_at), hash: String(hash) }));
}

/** Of either driver. */
async function rowsOf(
  db: Database,
  statement: ReturnType<typeof sql>,
): Promise<Record<string, unknown>[]> {
  return ((await db.execute(statement)) as unknown as { rows: Record<string, unknown>[] }).rows;
}
