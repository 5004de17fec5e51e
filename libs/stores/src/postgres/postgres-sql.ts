import { createHash } from "node:crypto";
import { text } from "@lacre/core";
import { NOW } from "../server/horizons.js";

/** A name that needs no thought about case or quotes. 48, since PostgreSQL cuts at 63 and we add to it. */
const PLAIN_NAME = {
  pattern: /^[a-z_][a-z0-9_]{0,47}$/,
  as: "1 to 48 lower-case letters, digits and underscores, a letter or underscore first",
  example: "lacre_nonces",
  shown: true,
} as const;

/** The options that name the tables: names go into SQL as they are. */
export const TABLE_OPTIONS = {
  /** `lacre_nonces` unless said otherwise. `<table>_epoch` and the index `<table>_expiry` go with it. */
  table: text({ ...PLAIN_NAME, default: "lacre_nonces" }),
  /** Where the tables are; where the connection's search path says, unless said otherwise. */
  schema: text({ ...PLAIN_NAME, says: "the search path's" }),
};

/** The holder of what is done. */
export const DONE = "done";

/** How many expired rows one step removes at most. */
export const REMOVED_AT_ONCE = 500;

/** Milliseconds since 1970 by the database's clock, which moves within a statement. */
const NOW_MS = "extract(epoch FROM clock_timestamp()) * 1000";

/**
 * Which copy of the cluster this is: an identity for each `initdb`, and a timeline that every promotion and every
 * recovery to a point in time begins anew.
 */
export const LINEAGE =
  "(SELECT system_identifier FROM pg_control_system()) || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)";
/** Where the server does not let us know. */
export const UNKNOWN_LINEAGE = "NULL::text";

/** The quoted names of a store's tables. */
interface TableNames {
  readonly nonces: string;
  readonly epoch: string;
  readonly index: string;
}

/** @throws ConfigurationError for a name that is not plain */
function tableNames(table: string, schema?: string): TableNames {
  TABLE_OPTIONS.table.read(table, "table");
  if (schema !== undefined) TABLE_OPTIONS.schema.read(schema, "schema");
  const prefix = schema === undefined ? "" : `"${schema}".`;
  return {
    nonces: `${prefix}"${table}"`,
    epoch: `${prefix}"${table}_epoch"`,
    index: `"${table}_expiry"`,
  };
}

/**
 * The SQL that creates a store's tables, for those who run their migrations themselves: one text of three statements.
 * The role that the server runs as then needs SELECT, INSERT, UPDATE and DELETE on the nonces, and the first three on
 * the epoch, and USAGE on their schema.
 *
 * A key is a hash: of one length whatever was signed, and compared byte by byte, so that no change of a collation
 * can spoil the index that makes it unique. `holder` is of claims that can be given back: whose it is, or that it is done.
 */
export function NONCE_TABLE_SQL(table = "lacre_nonces", schema?: string): string {
  const { nonces, epoch, index } = tableNames(table, schema);
  return `CREATE TABLE IF NOT EXISTS ${nonces} (
  key bytea PRIMARY KEY,
  expires_at_ms bigint NOT NULL,
  holder text
);
CREATE INDEX IF NOT EXISTS ${index} ON ${nonces} (expires_at_ms);
CREATE TABLE IF NOT EXISTS ${epoch} (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL,
  since_ms bigint NOT NULL,
  relation bigint NOT NULL,
  lineage text,
  horizons text NOT NULL DEFAULT '{}'
);
`;
}

/** A statement with the name under which a connection keeps it prepared. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Everything that a store says to its server. User text is in parameters only. */
export interface Statements {
  /**
   * $1 key, $2 expiry, $3 the epoch that the claimer knows. Answers with the epoch that there is, none when it is
   * missing; the nonce is kept only if it is the same, and describes this very table in this very cluster.
   */
  readonly claim: Statement;
  /**
   * The same for a claim that can be given back: $4 who holds it, $5 until when it is remembered at least where it is done.
   * Answers with whoever holds it then.
   */
  readonly hold: Statement;
  /** $1 key, $2 who holds it. */
  readonly giveBack: Statement;
  /** $1 key, $2 who holds it, $3 until when it is remembered at least. */
  readonly markDone: Statement;
  /** $1 key, $2 a later expiry. */
  readonly extend: Statement;
  /** $1 the time by the claimer's clock, $2 how much later than its time a row goes. */
  readonly remove: Statement;
  /** $1 a new id, $2 whether a first epoch reaches back to 1970. Leaves an epoch that still holds as it is. */
  readonly renew: string;
  /** $1 the epoch, $2 its horizons as they were read, $3 what is to stand in their place, with `NOW` in it. */
  readonly grow: string;
  /** Whether the tables are there. */
  readonly find: string;
  /** What kind of tables they are. */
  readonly inspect: string;
  readonly create: string;
}

export function statementsFor(table: string, schema: string | undefined, lineage: string) {
  const names = tableNames(table, schema);
  const { nonces, epoch } = names;
  // Another file of rows means another memory: dropped and created again, truncated, or rewritten by VACUUM FULL.
  const relation = `pg_relation_filenode('${nonces}'::regclass)::bigint`;
  const known = `epoch AS MATERIALIZED (
  SELECT id, since_ms, horizons, relation = ${relation} AND (lineage = ${lineage}) IS NOT FALSE AS intact
  FROM ${epoch}
)`;
  const found = `id::text AS id, since_ms::text AS since_ms, intact,
  current_setting('synchronous_commit') AS synchronous_commit,
  horizons, floor(${NOW_MS})::bigint::text AS now_ms`;
  return {
    claim: named(`WITH ${known}, claimed AS (
  INSERT INTO ${nonces} (key, expires_at_ms)
  SELECT $1::bytea, $2::bigint FROM epoch WHERE intact AND id = $3::uuid
  ON CONFLICT (key) DO NOTHING
  RETURNING true
)
SELECT ${found}, EXISTS (SELECT FROM claimed) AS inserted FROM epoch`),
    hold: named(`WITH ${known}, held AS (
  INSERT INTO ${nonces} AS kept (key, expires_at_ms, holder)
  SELECT $1::bytea, $2::bigint, $4::text FROM epoch WHERE intact AND id = $3::uuid
  ON CONFLICT (key) DO UPDATE SET expires_at_ms = CASE
    WHEN kept.holder = '${DONE}' THEN greatest(kept.expires_at_ms, $5::bigint)
    ELSE kept.expires_at_ms END
  RETURNING holder
)
SELECT ${found}, (SELECT holder FROM held) AS holder FROM epoch`),
    giveBack: named(`DELETE FROM ${nonces} WHERE key = $1::bytea AND holder = $2::text`),
    markDone: named(`UPDATE ${nonces}
SET holder = '${DONE}', expires_at_ms = greatest(expires_at_ms, $3::bigint)
WHERE key = $1::bytea AND holder = $2::text`),
    extend: named(`UPDATE ${nonces} SET expires_at_ms = greatest(expires_at_ms, $2::bigint)
WHERE key = $1::bytea`),
    remove: named(`DELETE FROM ${nonces} WHERE key IN (
  SELECT key FROM ${nonces}
  WHERE expires_at_ms < least($1::bigint, floor(${NOW_MS})::bigint) - $2::bigint
  ORDER BY expires_at_ms LIMIT ${REMOVED_AT_ONCE} FOR UPDATE SKIP LOCKED
)`),
    renew: `INSERT INTO ${epoch} AS kept (only_row, id, since_ms, relation, lineage)
VALUES (true, $1::uuid, CASE WHEN $2::boolean THEN 0 ELSE ceil(${NOW_MS})::bigint END, ${relation}, ${lineage})
ON CONFLICT (only_row) DO UPDATE
SET id = excluded.id, since_ms = ceil(${NOW_MS})::bigint, horizons = '{}',
  relation = excluded.relation, lineage = excluded.lineage
WHERE kept.relation <> excluded.relation OR kept.lineage <> excluded.lineage`,
    grow: `UPDATE ${epoch} SET horizons = replace($3::text, '${NOW}', ceil(${NOW_MS})::bigint::text)
WHERE id = $1::uuid AND horizons = $2::text`,
    find: `SELECT to_regclass('${nonces}') IS NOT NULL AND to_regclass('${epoch}') IS NOT NULL AS found`,
    inspect: `SELECT relname, relkind::text AS kind, relpersistence::text AS persistence
FROM pg_class WHERE oid IN ('${nonces}'::regclass, '${epoch}'::regclass)`,
    // One implicit transaction. The lock, since two servers that start at once may both find nothing.
    create: `SELECT pg_advisory_xact_lock(hashtextextended('lacre ${nonces}', 0));\n${NONCE_TABLE_SQL(table, schema)}`,
  } satisfies Statements;
}

/** The same text has the same name, and no other: one pool may serve several stores. */
function named(text: string): Statement {
  const digest = createHash("sha256").update(text).digest("hex");
  return { name: `lacre_${digest.slice(0, 32)}`, text };
}
