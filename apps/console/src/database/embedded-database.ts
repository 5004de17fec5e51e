import { existsSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { ConfigurationError } from "@lacre/core";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import type { OpenDatabase } from "./database.js";
import { lockFolder, type FolderLock } from "./folder-lock.js";
import { makeFolder } from "./make-folder.js";
import { migrateWith } from "./migrations.js";
import { noConsole } from "./no-console.js";
import { takeTurns } from "./take-turns.js";
import * as tables from "./tables.js";

export interface EmbeddedOptions {
  /** Where the data is kept; in memory where there is none, for tests. */
  readonly folder?: string;
  /** A database as `dumpDataDir` gave it, to begin with. */
  readonly snapshot?: Blob;
  /** Whether a folder without a database gets one. It does unless told otherwise. */
  readonly mayMake?: boolean;
  /** Told when another process has taken the folder. Ends this one unless told otherwise. */
  readonly onLost?: (error: Error) => void;
}

/**
 * PostgreSQL inside this process. One connection: statements wait for each other.
 * @throws ConfigurationError where another process has the folder, or another version has written it
 */
export async function openEmbedded({
  folder,
  snapshot,
  mayMake = true,
  onLost = endProcess,
}: EmbeddedOptions): Promise<OpenDatabase> {
  if (folder !== undefined && !mayMake && !existsSync(join(folder, "database", "PG_VERSION")))
    throw noConsole("CONSOLE_DATA", `${folder} holds no database.`);
  const lock = folder === undefined ? undefined : await lockFolder(folder, onLost);
  try {
    const dataDir = folder && join(folder, "database");
    if (dataDir !== undefined) makeFolder(dataDir);
    return await opened(dataDir, snapshot, lock);
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function opened(
  dataDir: string | undefined,
  snapshot: Blob | undefined,
  lock: FolderLock | undefined,
): Promise<OpenDatabase> {
  const client = await PGlite.create({ dataDir, loadDataDir: snapshot }).catch((error: unknown) => {
    throw new ConfigurationError(
      "CONSOLE_DATA",
      `the database in ${dataDir} cannot be opened (${String(error)}).`,
      "Restore it from a backup, or start with another folder.",
    );
  });
  const db = drizzle({ client: takeTurns(client), schema: tables });
  try {
    await migrateWith(db, (migrationsFolder) => migrate(db, { migrationsFolder }));
  } catch (error) {
    await client.close();
    throw error;
  }
  return {
    db,
    place: dataDir ?? "memory",
    listen: (channel, heard) => client.listen(channel, heard),
    close: async () => {
      await client.close();
      await lock?.release();
    },
  };
}

/** At once: whatever this process writes from now on destroys what the other one writes. */
function endProcess(error: Error): never {
  process.stderr.write(
    `The folder of the database was taken by another process: ${error.message}\n`,
  );
  process.exit(1);
}
