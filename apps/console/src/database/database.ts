import type { ExtractTablesWithRelations } from "drizzle-orm";
import type { PgDatabase, PgQueryResultHKT, PgTransaction } from "drizzle-orm/pg-core";
import type { NonceStore } from "@lacre/core";
import * as tables from "./tables.js";

type Tables = typeof tables;

/** The console's database: PostgreSQL on a server, or embedded. The same statements run on both. */
export type Database = PgDatabase<PgQueryResultHKT, Tables>;

/** What stands in one transaction. */
export type Transaction = PgTransaction<
  PgQueryResultHKT,
  Tables,
  ExtractTablesWithRelations<Tables>
>;

/** Either: what only reads takes both. */
export type Queries = Database | Transaction;

/** A database that is open. */
export interface OpenDatabase {
  readonly db: Database;
  /** Where it is, for people: without a password. */
  readonly place: string;
  /**
   * Tells of what another process, or this one, said on a channel. PostgreSQL's LISTEN.
   * @param missed told when something may have been said that was not heard: look at everything again
   */
  listen(
    channel: string,
    heard: (payload: string) => void,
    missed?: () => void,
  ): Promise<() => Promise<void>>;
  /** Where all consoles that share this database claim the nonces of services; undefined where one alone can have it. */
  readonly nonces?: NonceStore;
  close(): Promise<void>;
}
