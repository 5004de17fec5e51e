import { ConfigurationError } from "@lacre/core";
import { MOST_KEPT_ATTEMPTS } from "../webhook-queue.js";

/** The quoted names of a queue's tables. */
interface TableNames {
  readonly deliveries: string;
  readonly endpoints: string;
  /** Of an index, which is in the schema of its table. */
  readonly index: (of: string) => string;
}

/** A name that needs no thought about case or quotes. 48, since PostgreSQL cuts at 63 and we add to it. */
const PLAIN_NAME = /^[a-z_][a-z0-9_]{0,47}$/;

/** Names go into SQL as they are. @throws ConfigurationError for one that is not plain */
function tableNames(table: string, schema: string | undefined): TableNames {
  for (const [name, at] of [[table, "table"] as const, [schema ?? "a", "schema"] as const])
    if (typeof name !== "string" || !PLAIN_NAME.test(name))
      throw new ConfigurationError(
        at,
        "must be 1 to 48 lower-case letters, digits and underscores, a letter or underscore first.",
        'Give "lacre_webhooks", for example.',
      );
  const prefix = schema === undefined ? "" : `"${schema}".`;
  return {
    deliveries: `${prefix}"${table}"`,
    endpoints: `${prefix}"${table}_endpoints"`,
    index: (of) => `"${table}_${of}"`,
  };
}

/**
 * The SQL that creates a queue's tables, for those who run their migrations themselves. The role that the processes run
 * as then needs SELECT, INSERT, UPDATE and DELETE on the table, the first three on `<table>_endpoints`, and USAGE on their
 * schema.
 */
export function WEBHOOK_TABLE_SQL(table = "lacre_webhooks", schema?: string): string {
  const { deliveries, endpoints, index } = tableNames(table, schema);
  return `CREATE TABLE IF NOT EXISTS ${deliveries} (
  id text PRIMARY KEY,
  endpoint_id text NOT NULL,
  message_id text NOT NULL,
  content bytea NOT NULL,
  content_type text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  log jsonb NOT NULL DEFAULT '[]',
  due_at_ms bigint NOT NULL,
  held_until_ms bigint,
  lease text,
  created_at_ms bigint NOT NULL,
  ended_at_ms bigint,
  UNIQUE (endpoint_id, message_id)
);
CREATE INDEX IF NOT EXISTS ${index("due")} ON ${deliveries} (endpoint_id, due_at_ms, id) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS ${index("held")} ON ${deliveries} (endpoint_id) WHERE held_until_ms IS NOT NULL;
CREATE INDEX IF NOT EXISTS ${index("ended")} ON ${deliveries} (ended_at_ms) WHERE ended_at_ms IS NOT NULL;
CREATE INDEX IF NOT EXISTS ${index("newest")} ON ${deliveries} (created_at_ms, id);
CREATE INDEX IF NOT EXISTS ${index("newest_of")} ON ${deliveries} (endpoint_id, created_at_ms, id);
CREATE TABLE IF NOT EXISTS ${endpoints} (
  endpoint_id text PRIMARY KEY,
  failing_since_ms bigint,
  paused_at_ms bigint,
  reason text
);
`;
}

/** One moment for all of a statement, by the database's clock, which all processes share. */
const CLOCK =
  "clock AS MATERIALIZED (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms)";
const NOW = "(SELECT now_ms FROM clock)";

/** What a delivery is told as. Lengths and times as doubles, and JSON as text, whatever parsers a driver has. */
const VIEW = `id, endpoint_id AS "endpointId", message_id AS "messageId", state, attempts, log::text AS log,
  (CASE WHEN state = 'waiting' THEN due_at_ms END)::float8 AS "dueAtMs",
  created_at_ms::float8 AS "createdAtMs", ended_at_ms::float8 AS "endedAtMs"`;

const AGAIN = `SET state = 'waiting', attempts = 0, due_at_ms = ${NOW}, ended_at_ms = NULL`;

/** Everything that a queue says to its server. User text is in parameters only. */
export function statementsFor(table: string, schema: string | undefined) {
  const { deliveries, endpoints } = tableNames(table, schema);
  const free = `state = 'waiting' AND (held_until_ms IS NULL OR held_until_ms <= ${NOW})`;
  return {
    find: `SELECT to_regclass('${deliveries}') IS NOT NULL AND to_regclass('${endpoints}') IS NOT NULL AS found`,
    // The lock, since two processes that start at once may both find nothing.
    create: `DO $lacre$ BEGIN
PERFORM pg_advisory_xact_lock(hashtextextended('lacre ${deliveries}', 0));
${WEBHOOK_TABLE_SQL(table, schema)}END $lacre$`,
    /** $1 id, $2 endpoint, $3 message, $4 content, $5 its type. Nothing where another added it at this moment. */
    add: `WITH ${CLOCK}, known AS (
  INSERT INTO ${endpoints} (endpoint_id) VALUES ($2) ON CONFLICT DO NOTHING
), added AS (
  INSERT INTO ${deliveries} (id, endpoint_id, message_id, content, content_type, due_at_ms, created_at_ms)
  VALUES ($1, $2, $3, $4::bytea, $5, ${NOW}, ${NOW})
  ON CONFLICT (endpoint_id, message_id) DO NOTHING RETURNING *
)
SELECT ${VIEW} FROM added
UNION ALL SELECT ${VIEW} FROM ${deliveries} WHERE endpoint_id = $2 AND message_id = $3`,
    /** $1 endpoint, $2 message. */
    ofMessage: `SELECT ${VIEW} FROM ${deliveries} WHERE endpoint_id = $1 AND message_id = $2`,
    /** $1 how many, $2 how many of one endpoint, $3 the lease. Each endpoint has its turn, however much waits for another. */
    take: `WITH ${CLOCK}, due AS (
  SELECT d.id, d.due_at_ms FROM ${endpoints} e CROSS JOIN LATERAL (
    SELECT id, due_at_ms FROM ${deliveries}
    WHERE endpoint_id = e.endpoint_id AND due_at_ms <= ${NOW} AND ${free}
    ORDER BY due_at_ms, id
    LIMIT greatest(0, $2::int - (SELECT count(*) FROM ${deliveries} h
      WHERE h.endpoint_id = e.endpoint_id AND h.held_until_ms > ${NOW}))
    FOR UPDATE SKIP LOCKED
  ) d
  WHERE e.paused_at_ms IS NULL
  ORDER BY d.due_at_ms, d.id LIMIT $1::int
)
UPDATE ${deliveries} d
SET attempts = d.attempts + 1, held_until_ms = ${NOW} + $3::bigint, lease = gen_random_uuid()::text
FROM due WHERE d.id = due.id
RETURNING d.id, d.endpoint_id AS "endpointId", d.message_id AS "messageId", d.content,
  d.content_type AS "contentType", d.attempts AS attempt, d.lease, d.due_at_ms::float8 AS "dueAtMs"`,
    /** $1 id, $2 its lease, $3 the state, $4 the attempt, $5 when it is due again, $6 whether nothing was sent. */
    settle: `WITH ${CLOCK}, settled AS (
  UPDATE ${deliveries} SET state = $3, lease = NULL, held_until_ms = NULL,
    log = (CASE WHEN jsonb_array_length(log) < ${MOST_KEPT_ATTEMPTS} THEN log ELSE log - 0 END) || $4::jsonb,
    due_at_ms = CASE WHEN $3 = 'waiting' THEN ${NOW} + $5::bigint ELSE due_at_ms END,
    ended_at_ms = CASE WHEN $3 = 'waiting' THEN NULL ELSE ${NOW} END
  WHERE id = $1 AND lease = $2 AND state = 'waiting' RETURNING endpoint_id
), changed AS (
  UPDATE ${endpoints} e SET failing_since_ms = CASE WHEN $3 = 'delivered' THEN NULL ELSE ${NOW} END
  FROM settled WHERE e.endpoint_id = settled.endpoint_id
    AND (e.failing_since_ms IS NULL) = ($3 <> 'delivered') AND NOT $6
)
SELECT (CASE WHEN $3 = 'delivered' OR $6 THEN 0 ELSE ${NOW} - coalesce(e.failing_since_ms, ${NOW}) END)::float8 AS "failingForMs"
FROM settled LEFT JOIN ${endpoints} e ON e.endpoint_id = settled.endpoint_id`,
    /** $1 endpoint, $2 the reason. */
    pause: `WITH ${CLOCK}
INSERT INTO ${endpoints} AS e (endpoint_id, paused_at_ms, reason) VALUES ($1, ${NOW}, $2)
ON CONFLICT (endpoint_id) DO UPDATE SET paused_at_ms = excluded.paused_at_ms, reason = excluded.reason
WHERE e.paused_at_ms IS NULL RETURNING e.endpoint_id`,
    /** $1 endpoint. */
    resume: `WITH before AS (
  SELECT endpoint_id, paused_at_ms IS NOT NULL AS was FROM ${endpoints} WHERE endpoint_id = $1 FOR UPDATE
)
UPDATE ${endpoints} e SET paused_at_ms = NULL, reason = NULL, failing_since_ms = NULL
FROM before WHERE e.endpoint_id = before.endpoint_id RETURNING before.was AS "wasPaused"`,
    /** $1 endpoint. */
    endpoint: `SELECT failing_since_ms::float8 AS "failingSinceMs", paused_at_ms::float8 AS "pausedAtMs", reason
FROM ${endpoints} WHERE endpoint_id = $1`,
    /** $1 id. */
    one: `SELECT ${VIEW} FROM ${deliveries} WHERE id = $1`,
    /** $1 endpoint or null, $2 state or null, $3 and $4 where the page before ended or null, $5 how many. */
    list: `SELECT ${VIEW} FROM ${deliveries}
WHERE ($1::text IS NULL OR endpoint_id = $1) AND ($2::text IS NULL OR state = $2)
  AND ($3::bigint IS NULL OR (created_at_ms, id) < ($3::bigint, $4::text))
ORDER BY created_at_ms DESC, id DESC LIMIT $5::int`,
    /** $1 id. */
    replay: `WITH ${CLOCK} UPDATE ${deliveries} ${AGAIN} WHERE id = $1 AND state <> 'waiting' RETURNING id`,
    /** $1 since when, $2 endpoint or null. */
    replayFailed: `WITH ${CLOCK} UPDATE ${deliveries} ${AGAIN}
WHERE state = 'failed' AND ended_at_ms >= $1::bigint AND ($2::text IS NULL OR endpoint_id = $2) RETURNING id`,
    /** $1 how long ago. */
    removeEnded: `WITH ${CLOCK} DELETE FROM ${deliveries} WHERE id IN (
  SELECT id FROM ${deliveries} WHERE ended_at_ms < ${NOW} - $1::bigint
  ORDER BY ended_at_ms LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING id`,
  };
}
