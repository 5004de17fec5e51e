import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Pool } from "pg";
import type { OpenDatabase } from "./database.js";
import { MIGRATIONS } from "./migrations.js";
import * as tables from "./tables.js";

/** PostgreSQL on a server. */
export async function openServer(url: string): Promise<OpenDatabase> {
  const pool = new Pool({ connectionString: url, max: 10 });
  pool.on("error", () => undefined); // of an idle connection: the next statement opens another one
  const db = drizzle({ client: pool, schema: tables });
  try {
    await migrate(db, { migrationsFolder: MIGRATIONS });
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    db,
    place: placeOf(url),
    listen: async (channel, heard) => {
      const client = await pool.connect();
      client.on("notification", ({ payload = "" }) => heard(payload));
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
      return async () => client.release(true);
    },
    close: () => pool.end(),
  };
}

function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
