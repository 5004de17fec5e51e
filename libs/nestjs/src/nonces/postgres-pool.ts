import { ConfigurationError } from "@lacre/core";

/** What this store asks of a pool: `pg.Pool` has it. */
export interface PostgresPool {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** `max`: how many connections it has at most. */
  readonly options?: { readonly max?: number };
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

/** Reads the options `pool` and `connectionString`: one of the two. */
export function checkDoor(pool: unknown, connectionString: unknown): void {
  if ((pool === undefined) === (connectionString === undefined))
    throw new ConfigurationError("pool", "or connectionString is wanted.", "Give one of the two.");
  if (pool === undefined) {
    if (typeof connectionString !== "string" || !/^postgres(?:ql)?:\/\//.test(connectionString))
      throw new ConfigurationError(
        "connectionString",
        "is no URL of a PostgreSQL server.", // and what it is instead may hold a password
        'Write "postgres://user:password@host:5432/database".',
      );
    return;
  }
  const { query, release } = (pool ?? {}) as Record<string, unknown>;
  if (typeof query !== "function" || typeof release === "function")
    throw new ConfigurationError(
      "pool",
      typeof query === "function" ? "is a client that was taken from a pool." : "has no query().",
      "Give a pg.Pool: a claim must be a transaction of its own.",
    );
}

export interface OwnPoolSettings {
  readonly connectionString: string;
  readonly poolSize: number;
  /** How long the server lets a statement wait for a lock, in milliseconds. */
  readonly patienceMs: number;
}

/** @throws ConfigurationError when pg is not installed */
export async function openPool(settings: OwnPoolSettings): Promise<OwnPool> {
  const { connectionString, poolSize, patienceMs } = settings;
  const { Pool } = await importPg();
  const pool = new Pool({
    connectionString,
    max: poolSize,
    // Claims give up sooner; a connection that takes longer than they wait is there for those that follow.
    connectionTimeoutMillis: 5_000,
    // A claim that nobody waits for any more must not go on waiting on the server.
    lock_timeout: patienceMs,
    statement_timeout: 10_000,
    // Kept open: a burst has no time for new connections. The probes keep them known to what stands between.
    idleTimeoutMillis: 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    allowExitOnIdle: true,
    application_name: "lacre",
  });
  // A connection that breaks while idle is replaced; without a listener it would end the process.
  pool.on("error", () => undefined);
  return pool;
}

async function importPg() {
  try {
    const { default: pg } = await import("pg");
    return pg;
  } catch {
    throw new ConfigurationError(
      "connectionString",
      "needs the package pg, which is not there.",
      "Install it: npm install pg",
    );
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  "08P01": "the server, or a pooler before it, refuses the connection's settings: give a pool",
  "28P01": "the password is wrong",
  "28000": "the server does not admit this role, host or database (pg_hba.conf)",
  "3D000": "there is no such database",
  "3F000": "there is no such schema",
  "42P01": "a table is missing",
  "42P10": "the table has no unique index on key",
  "42703": "the table lacks a column",
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

/** Messages of pg itself, which quote nothing. */
const PLAIN_MESSAGE =
  /^(?:Connection terminated|Connection ended|Query read timeout|timeout e|Cannot use a pool|no answer within|\d+ claims are waiting|Client was closed|The server does not support SSL|SASL: )/;

/**
 * What went wrong, in words that hold no secret. An error's own message is told only where it is known to quote
 * nothing: others may repeat a connection string, or what a password function had to say.
 */
export function explain(error: unknown): string {
  const code = codeOf(error);
  if (code !== undefined) {
    const meaning = MEANINGS[code];
    return meaning === undefined ? code : `${meaning} (${code})`;
  }
  if (!(error instanceof Error)) return "an unknown failure";
  return PLAIN_MESSAGE.test(error.message) ? error.message : error.name;
}

/** A code of PostgreSQL, Node or pg. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}
