import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { Client } from "pg";
import { MIGRATIONS } from "../../../apps/console/src/database/migrations.js";
import { openEmbedded } from "../../../apps/console/src/database/embedded-database.js";
import { openServer } from "../../../apps/console/src/database/server-database.js";
import type { OpenDatabase } from "../../../apps/console/src/database/database.js";
import { PostgresServer } from "../../support/postgres-server.js";

/** Where the console's tests keep their data: an empty database for each call. */
export interface Databases {
  open(): Promise<OpenDatabase>;
  close(): void;
}

/** PGlite, in memory. */
export const embedded = (): Databases => ({
  open: async () => openEmbedded({ snapshot: await emptySnapshot() }),
  close: () => undefined,
});

/** PGlite, in a folder, as the console keeps it. */
export const embeddedIn = (folder: string): Databases => ({
  open: async () => openEmbedded({ folder, snapshot: await emptySnapshot() }),
  close: () => undefined,
});

/** An empty database, ready to be loaded: a start from it takes a third of the time. Made once for each version of it. */
async function emptySnapshot(): Promise<Blob> {
  const version = createHash("sha256");
  for (const name of readdirSync(MIGRATIONS, { recursive: true, encoding: "utf8" }))
    if (/\.sql$|_journal\.json$/.test(name)) version.update(readFileSync(join(MIGRATIONS, name)));
  version.update(readFileSync("node_modules/@electric-sql/pglite/package.json"));
  const file = join(tmpdir(), `lacre-console-${version.digest("hex").slice(0, 16)}.tar`);
  if (!existsSync(file)) {
    const client = await PGlite.create();
    const db = drizzle({ client });
    await migrate(db, { migrationsFolder: MIGRATIONS });
    const dump = await client.dumpDataDir("none");
    await client.close();
    const mine = `${file}.${process.pid}`;
    writeFileSync(mine, Buffer.from(await dump.arrayBuffer()));
    renameSync(mine, file); // another test may be making the same
  }
  return new Blob([readFileSync(file)]);
}

/** A real PostgreSQL. */
export async function postgres(): Promise<Databases> {
  const server = await PostgresServer.start();
  let made = 0;
  return {
    open: async () => {
      const name = `console_${(made += 1)}`;
      const client = new Client({ connectionString: server.url() });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return openServer(server.url().replace(/\/postgres$/, `/${name}`));
    },
    close: () => server.destroy(),
  };
}
