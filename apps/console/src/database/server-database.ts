import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client, Pool, type ClientConfig } from "pg";
import { PostgresNonceStore } from "@lacre/stores/postgres";
import { isDatabaseAway } from "../problems/database-away.js";
import type { Database, OpenDatabase } from "./database.js";
import { isConsole, migrateWith } from "./migrations.js";
import { noConsole } from "./no-console.js";
import { openingFault } from "./opening-fault.js";
import { ServerListener } from "./server-listener.js";
import * as tables from "./tables.js";

const CONNECT_MS = 10_000;
/** A server that hangs is away: it would keep every connection for ever. */
const STATEMENT_MS = 30_000;
/** Services call seldom. */
const NONCE_CONNECTIONS = 3;
/** Whoever holds this lock makes the tables: several consoles may start at once. */
const MIGRATING = "lacre console migrations";

/**
 * PostgreSQL on a server.
 * @param mayMake whether an empty database becomes a console's
 * @throws ConfigurationError where it cannot be used; the password is not in it
 */
export async function openServer(url: string, mayMake = true): Promise<OpenDatabase> {
  const config: ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    application_name: "lacre-console",
  };
  try {
    await migrateAlone(config, mayMake);
  } catch (error) {
    throw openingFault(error, url);
  }
  const pool = new Pool({ ...config, max: 10, query_timeout: STATEMENT_MS });
  pool.on("error", () => undefined); // of an idle connection: the next statement opens another one
  // Of one in use: its statement fails, which is told where it was asked. Unheard, it would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const listener = new ServerListener(config);
  return {
    db: withOwnTransactions(drizzle({ client: pool, schema: tables }), pool),
    place: placeOf(url),
    listen: (channel, heard, missed) => listener.listen(channel, heard, missed),
    nonces: new PostgresNonceStore({ connectionString: url, poolSize: NONCE_CONNECTIONS }),
    close: async () => {
      await listener.close();
      await pool.end();
    },
  };
}

/**
 * Gives each connection back whatever happens to it. Drizzle keeps one for ever whose first statement fails, as all do
 * that were idle while the server went away: after ten of them nothing would be answered any more.
 */
function withOwnTransactions(db: Database, pool: Pool): Database {
  const transaction: Database["transaction"] = async (work, config) => {
    const client = await pool.connect();
    let isBroken = true;
    try {
      const result = await (drizzle({ client }) as unknown as Database).transaction(work, config);
      isBroken = false;
      return result;
    } catch (error) {
      isBroken = isDatabaseAway(error);
      throw error;
    } finally {
      client.release(isBroken);
    }
  };
  return Object.assign(db, { transaction });
}

/** On a connection of its own, which may wait: another console may be making the tables. */
async function migrateAlone(config: ClientConfig, mayMake: boolean): Promise<void> {
  const client = new Client(config);
  client.on("error", () => undefined); // its statement fails too
  try {
    await client.connect();
    await client.query("select pg_advisory_lock(hashtext($1))", [MIGRATING]);
    const db = drizzle({ client, schema: tables });
    if (!mayMake && !(await isConsole(db)))
      throw noConsole("DATABASE_URL", "names a database that holds no console.");
    await migrateWith(db, (migrationsFolder) => migrate(db, { migrationsFolder }));
  } finally {
    await client.end(); // which gives the lock back, whatever happened
  }
}

function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
