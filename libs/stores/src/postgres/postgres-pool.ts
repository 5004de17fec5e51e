import { ConfigurationError } from "@lacre/core";
import type { PoolConfig } from "pg";
import type { StoreLog } from "../server/store-log.js";

/** What this store asks of a pool: `pg.Pool` has it. */
export interface PostgresPool {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** How many connections it has at most, and how long one may take to be made, in milliseconds. */
  readonly options?: {
    readonly max?: number | undefined;
    readonly connectionTimeoutMillis?: number | undefined;
  };
}

export interface PostgresQuery {
  readonly text: string;
  readonly name?: string;
  // Not readonly: pg's own type is not.
  values?: unknown[];
  /** Milliseconds after which pg gives the connection up. */
  readonly query_timeout?: number;
}

export interface PostgresResult {
  readonly rows: unknown[];
  readonly rowCount: number | null;
}

/** A pool that the store opened itself. */
export interface OwnPool extends PostgresPool {
  end(): Promise<void>;
}

/**
 * Checks the option `pool`.
 * @throws ConfigurationError for a client, and for what has no query()
 */
export function readPool(pool: PostgresPool, at: string): PostgresPool {
  const { query, release } = ((pool as unknown) ?? {}) as Record<string, unknown>;
  if (typeof query === "function" && typeof release !== "function") return pool;
  throw new ConfigurationError(
    at,
    typeof query === "function" ? "is a client that was taken from a pool." : "has no query().",
    "Give a pg.Pool: a claim must be a transaction of its own.",
  );
}

export interface OwnPoolSettings {
  readonly connectionString: string;
  readonly poolSize: number;
  /** How long the server lets a statement wait for a lock, in milliseconds. */
  readonly patienceMs: number;
  readonly log: Pick<StoreLog, "warn">;
}

/**
 * Opens a pool, and its first connection.
 * @throws ConfigurationError when pg is not installed
 * @throws Error when the server cannot be reached
 */
export async function openPool(settings: OwnPoolSettings): Promise<OwnPool> {
  const { patienceMs, log } = settings;
  const { Pool } = (await importPg("connectionString")) as typeof import("pg");
  const open = async (limits: PoolConfig): Promise<OwnPool> => {
    const pool = new Pool({ ...ownPoolConfig(settings), ...limits });
    // A connection that breaks while idle is replaced; without a listener it would end the process.
    pool.on("error", () => undefined);
    try {
      await pool.query({ text: "SELECT 1", query_timeout: CONNECT_TIMEOUT_MS } as PostgresQuery);
      return pool;
    } catch (error) {
      void pool.end();
      throw error;
    }
  };
  try {
    // A claim that nobody waits for any more must not go on waiting on the server.
    return await open({ lock_timeout: patienceMs, statement_timeout: 10_000 });
  } catch (error) {
    if (codeOf(error) !== UNKNOWN_SETTING) throw error;
    const pool = await open({});
    log.warn(
      "the nonce database, or a pooler before it, refuses lock_timeout and statement_timeout: a claim that was given " +
        "up may go on waiting there. Set them for the role: ALTER ROLE … SET lock_timeout = '2s'; and let PgBouncer " +
        "ignore them: ignore_startup_parameters = lock_timeout, statement_timeout",
    );
    return pool;
  }
}

/** Claims give up sooner; a connection that takes longer than they wait is there for those that follow. */
const CONNECT_TIMEOUT_MS = 5_000;

/** PgBouncer's code for whatever it does not like. */
const UNKNOWN_SETTING = "08P01";

function ownPoolConfig({ connectionString, poolSize }: OwnPoolSettings): PoolConfig {
  return {
    connectionString,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // Kept open: a burst has no time for new connections. The probes keep them known to what stands between.
    idleTimeoutMillis: 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    allowExitOnIdle: true,
    application_name: "lacre",
  };
}

/**
 * In a try of its own: a bundler takes pg in where it is installed, and lets it be missing where it is not.
 * @param option what asks for it
 * @throws ConfigurationError where it is missing
 */
export async function importPg(option: string): Promise<unknown> {
  try {
    const { default: pg } = await import("pg");
    return pg;
  } catch {
    throw new ConfigurationError(
      option,
      "needs the package pg, which is not there.",
      "Install it: npm install pg",
    );
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  "08P01": "the server, or a pooler before it, refuses the connection: its log says why",
  "26000": "a pooler has exchanged the connection, and the new one lacks a prepared statement",
  "28P01": "the password is wrong",
  "28000": "the server does not admit this role, host or database (pg_hba.conf)",
  "3D000": "there is no such database",
  "3F000": "there is no such schema",
  "42P01": "a table is missing",
  "42P05":
    "a pooler has exchanged the connection, and the new one has a prepared statement already",
  "42P10": "the table has no unique index on key",
  "42703": "a table is an older version's and lacks a column: the changelog has the SQL",
  "42804": "a column has another type",
  "42501": "the role lacks a privilege",
  "25006": "the server is read-only",
  "40001": "the transaction could not be serialised",
  "53100": "the disk is full",
  "53300": "there are too many connections: lower poolSize, or raise max_connections",
  "55P03": "the table is locked",
  "57014": "the statement took too long",
  "57P01": "the server is shutting down",
  "57P02": "the server has crashed",
  "57P03": "the server is not ready",
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  ERR_INVALID_URL: "the URL cannot be read",
};

/** Messages of pg itself, and of the server on rights, which quote nothing but names. */
const PLAIN_MESSAGE =
  /^(?:permission denied for (?:table|schema|function|sequence|database) [\w".]+$|Connection terminated|Connection ended|Query read timeout|timeout e|Cannot use a pool|no answer within|\d+ claims are waiting|Client was closed|The server does not support SSL|SASL: )/;

/**
 * What went wrong, in words that hold no secret. An error's own message is told only where it is known to quote
 * nothing: others may repeat a connection string, or what a password function had to say.
 */
export function explain(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined) {
    const meaning = withDetail(MEANINGS[code], error);
    return meaning === undefined ? code : `${meaning} (${code})`;
  }
  if (!(error instanceof Error)) return "an unknown failure";
  return PLAIN_MESSAGE.test(error.message) ? error.message : error.name;
}

/** Of a missing right, on what. */
function withDetail(meaning: string | undefined, error: unknown): string | undefined {
  const { code, message = "" } = error as { code?: unknown; message?: string };
  return code === "42501" && PLAIN_MESSAGE.test(message) ? `${meaning}: ${message}` : meaning;
}

/** A code of PostgreSQL, Node or pg. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}
