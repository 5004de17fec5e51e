import { ConfigurationError } from "@lacre/core";
import { codeOf, explain, type PostgresResult } from "./postgres-pool.js";
import { LINEAGE, UNKNOWN_LINEAGE, type Statements } from "./postgres-sql.js";
import type { StoreLog } from "../server/store-log.js";

/** What the checks need to know of a store. */
export interface Checked {
  /** The option that names the database. */
  readonly door: string;
  readonly createTable: boolean;
  readonly log: Pick<StoreLog, "warn">;
}

type Run = (text: string) => Promise<PostgresResult>;

export const NOT_SYNCHRONOUS =
  "synchronous_commit is off, so that a crash makes the database forget what it has answered";
const CURE_SYNCHRONOUS = "Set it for this role: ALTER ROLE … SET synchronous_commit = on.";

/** @throws ConfigurationError for a server that forgets, or that only reads */
export async function checkServer(run: Run, { door, log }: Checked): Promise<void> {
  const { rows } = await run(
    `SELECT pg_is_in_recovery() AS recovering, current_setting('transaction_read_only') AS read_only,
      current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync`,
  );
  const server = rows[0] as Record<string, unknown>;
  if (server["recovering"] !== false || server["read_only"] !== "off")
    throw new ConfigurationError(
      door,
      "leads to a server that only reads: a standby, or a read-only session.",
      "Give the primary, and a role that may write.",
    );
  if (server["synchronous_commit"] === "off")
    throw new ConfigurationError(door, `${NOT_SYNCHRONOUS}.`, CURE_SYNCHRONOUS);
  if (server["fsync"] === "off")
    log.warn("the nonce database runs with fsync=off: a crash makes it forget nonces");
}

/** The SQL of the cluster's lineage, as far as the server tells it. */
export async function findLineage(run: Run, { log }: Checked): Promise<string> {
  try {
    await run(`SELECT ${LINEAGE}`);
    return LINEAGE;
  } catch (error) {
    // No privilege, no such function, or not in this kind of server.
    if (!["42501", "42883", "0A000"].includes(codeOf(error) ?? "")) throw error;
    log.warn(
      `the nonce database does not tell its identifier and timeline (${explain(error)}): ` +
        "the promotion of a standby goes unnoticed",
    );
    return UNKNOWN_LINEAGE;
  }
}

/** @throws ConfigurationError where the tables are missing and may not be created */
export async function findTables(
  run: Run,
  statements: Statements,
  { createTable }: Checked,
): Promise<void> {
  const { rows } = await run(statements.find);
  if ((rows[0] as { found?: unknown }).found === true) return;
  if (!createTable)
    throw new ConfigurationError(
      "createTable",
      "is false, and the tables are not there.",
      "Run the SQL of NONCE_TABLE_SQL() in your migrations.",
    );
  await run(statements.create);
}

/** @throws ConfigurationError for tables that a crash empties */
export async function checkTables(run: Run, statements: Statements): Promise<void> {
  const { rows } = await run(statements.inspect);
  for (const { relname, kind, persistence } of rows as Record<string, string>[])
    if (kind !== "r" || persistence !== "p")
      throw new ConfigurationError(
        "table",
        `${relname} is no plain table${persistence === "u" ? ": unlogged, a crash empties it" : ""}.`,
        "Use the SQL of NONCE_TABLE_SQL(), or ALTER TABLE … SET LOGGED.",
      );
}
