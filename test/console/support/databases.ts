import { Client } from "pg";
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
export const embedded = (): Databases => ({ open: () => openEmbedded({}), close: () => undefined });

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
