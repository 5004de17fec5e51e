import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { OpenDatabase } from "./database.js";
import { MIGRATIONS } from "./migrations.js";
import * as tables from "./tables.js";

export interface EmbeddedOptions {
  /** Where the data is kept; in memory where there is none, for tests. */
  readonly folder?: string;
  /** A database as `dumpDataDir` gave it, to begin with. */
  readonly snapshot?: Blob;
}

/** PostgreSQL inside this process. One connection: statements wait for each other. */
export async function openEmbedded({ folder, snapshot }: EmbeddedOptions): Promise<OpenDatabase> {
  const dataDir = folder && join(folder, "database");
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const client = await PGlite.create({ dataDir, loadDataDir: snapshot });
  const db = drizzle({ client, schema: tables });
  await migrate(db, { migrationsFolder: MIGRATIONS });
  return {
    db,
    place: dataDir ?? "memory",
    listen: (channel, heard) => client.listen(channel, heard),
    close: () => client.close(),
  };
}
