import {
  checkFlagOption,
  checkWholeOption,
  ConfigurationError,
  refuseUnknownOption,
} from "@lacre/core";
import {
  readStoreSettings,
  type CheckedSettings,
  type StoreSettings,
} from "../shared/store-settings.js";
import { checkDoor, type PostgresPool } from "./postgres-pool.js";

/** Settings of a PostgreSQL store: either `pool` or `connectionString`, and whatever else is wanted. */
export interface PostgresNonceStoreOptions extends StoreSettings {
  /**
   * A `pg.Pool` of yours. It stays open when the server stops, and wants a listener for its `error` event, or a
   * restart of the database ends the process. Not a client: a claim must be a transaction of its own. As many claims
   * run at once as its `options.max` says, 10 where it does not tell.
   */
  readonly pool?: PostgresPool;
  /** Opens a pool of the store's own, which needs the package `pg`; closed when the server stops. */
  readonly connectionString?: string;
  /**
   * How many connections the store's own pool opens at the start and keeps open, 1 to 1000, and so how many claims run
   * at once; 10 unless said otherwise.
   */
  readonly poolSize?: number;
  /**
   * Whether claims are prepared statements; true unless said otherwise. False for a pooler that lends a connection for
   * one transaction and does not know them, such as PgBouncer before 1.21. The store finds that out by itself too, and
   * goes on without them.
   */
  readonly preparedStatements?: boolean;
  /** `lacre_nonces` unless said otherwise. `<table>_epoch` and the index `<table>_expiry` go with it. */
  readonly table?: string;
  /** Where the tables are; where the connection's search path says, unless said otherwise. */
  readonly schema?: string;
  /** Whether missing tables are created; true unless said otherwise. See `NONCE_TABLE_SQL`. */
  readonly createTable?: boolean;
}

/** The options, checked, with what they are unless said otherwise. */
export interface PostgresSettings extends CheckedSettings {
  readonly pool: PostgresPool | undefined;
  readonly connectionString: string;
  readonly poolSize: number;
  readonly preparedStatements: boolean;
  readonly table: string;
  readonly schema: string | undefined;
  readonly createTable: boolean;
  /** The option that names the database. */
  readonly door: "pool" | "connectionString";
}

const OPTIONS = [
  "pool",
  "connectionString",
  "poolSize",
  "preparedStatements",
  "table",
  "schema",
  "createTable",
  "claimTimeoutMs",
  "firstStart",
  "clock",
  "logger",
] as const satisfies readonly (keyof PostgresNonceStoreOptions)[];

const POOL_SIZE = 10;

/** @throws ConfigurationError */
export function readPostgresOptions(options: PostgresNonceStoreOptions): PostgresSettings {
  if (typeof options !== "object" || options === null)
    throw new ConfigurationError("PostgresNonceStore", "has no options.", "Give at least a pool.");
  refuseUnknownOption(options, OPTIONS, "PostgresNonceStore");
  const { pool, connectionString = "", schema } = options;
  checkDoor(pool, options.connectionString);
  for (const name of ["preparedStatements", "createTable"] as const)
    checkFlagOption(name, options[name]);
  return {
    ...readStoreSettings(options),
    pool,
    connectionString,
    door: pool === undefined ? "connectionString" : "pool",
    poolSize: readPoolSize(options),
    preparedStatements: options.preparedStatements ?? true,
    table: options.table ?? "lacre_nonces",
    schema,
    createTable: options.createTable ?? true,
  };
}

function readPoolSize({ pool, poolSize }: PostgresNonceStoreOptions): number {
  if (pool === undefined) {
    if (poolSize !== undefined) checkWholeOption("poolSize", poolSize, 1000, "connections");
    return poolSize ?? POOL_SIZE;
  }
  if (poolSize !== undefined)
    throw new ConfigurationError(
      "poolSize",
      "is for the store's own pool.",
      "Leave it out, and set max of the pg.Pool.",
    );
  const max = pool.options?.max;
  return Number.isSafeInteger(max) && (max as number) >= 1 ? (max as number) : POOL_SIZE;
}
