import {
  ConfigurationError,
  count,
  custom,
  flag,
  readOptions,
  text,
  type OptionsOf,
} from "@lacre/core";
import {
  STORE_OPTIONS,
  withLog,
  type CheckedSettings,
  type StoreSettings,
} from "../server/store-settings.js";
import { readPool, type PostgresPool } from "./postgres-pool.js";
import { TABLE_OPTIONS } from "./postgres-sql.js";

/** Apart from the others: a spread would lose their JSDoc in declarations. */
const OWN = {
  /**
   * A `pg.Pool` of yours. It stays open when the server stops, and wants a listener for its `error` event, or a
   * restart of the database ends the process. Not a client: a claim must be a transaction of its own. As many claims
   * run at once as its `options.max` says, 10 where it does not tell.
   */
  pool: custom((pool: PostgresPool, at) => readPool(pool, at), {
    example: "new pg.Pool({ max: 10 })",
  }),
  /** Opens a pool of the store's own, which needs the package `pg`; closed when the server stops. */
  connectionString: text({
    pattern: /^postgres(?:ql)?:\/\//, // and what it is instead is not shown: it may hold a password
    as: "the URL of a PostgreSQL server",
    example: "postgres://user:password@host:5432/database",
  }),
  /**
   * How many connections the store's own pool opens at the start and keeps open, 1 to 1000, and so how many claims run
   * at once; 10 unless said otherwise.
   */
  poolSize: count({ from: 1, to: 1000, says: "10" }),
  /**
   * Whether claims are prepared statements; true unless said otherwise. False for a pooler that lends a connection for
   * one transaction and does not know them, such as PgBouncer before 1.21. The store finds that out by itself too, and
   * goes on without them.
   */
  preparedStatements: flag({ default: true }),
  /** Whether missing tables are created; true unless said otherwise. See `NONCE_TABLE_SQL`. */
  createTable: flag({ default: true }),
};

const OPTIONS = { ...STORE_OPTIONS, ...TABLE_OPTIONS, ...OWN };

/** Settings of a PostgreSQL store: either `pool` or `connectionString`, and whatever else is wanted. */
export interface PostgresNonceStoreOptions
  extends StoreSettings, OptionsOf<typeof TABLE_OPTIONS>, OptionsOf<typeof OWN> {}

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

const POOL_SIZE = 10;

/** @throws ConfigurationError */
export function readPostgresOptions(options: PostgresNonceStoreOptions): PostgresSettings {
  const values = readOptions(OPTIONS, options, "PostgresNonceStore", "");
  const { pool, connectionString = "" } = values;
  if ((pool === undefined) === (connectionString === ""))
    throw new ConfigurationError(
      "pool",
      "or connectionString must be given, and not both.",
      'Write new PostgresNonceStore({ connectionString: "postgres://…" }) or new PostgresNonceStore({ pool }).',
    );
  return {
    ...withLog(values),
    connectionString,
    door: pool === undefined ? "connectionString" : "pool",
    poolSize: readPoolSize(pool, values.poolSize),
  };
}

function readPoolSize(pool: PostgresPool | undefined, poolSize: number | undefined): number {
  if (pool === undefined) return poolSize ?? POOL_SIZE;
  if (poolSize !== undefined)
    throw new ConfigurationError(
      "poolSize",
      "is for the store's own pool.",
      "Leave it out, and set max of the pg.Pool.",
    );
  const max = pool.options?.max;
  return Number.isSafeInteger(max) && (max as number) >= 1 ? (max as number) : POOL_SIZE;
}
