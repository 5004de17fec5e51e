import { getTableName, is, sql } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { ConfigurationError } from "@lacre/core";
import type { Database, Queries, Transaction } from "./database.js";
import * as tables from "./tables.js";

/** So many rows are in memory at once. */
const BATCH = 500;

/**
 * Copies everything into an empty database of the same version, in one transaction: all of it is there afterwards, or
 * nothing. Rows travel as PostgreSQL writes them, so that no number and no time is read and written anew.
 * @returns how many rows there were
 * @throws ConfigurationError where the target is not empty
 */
export function copyDatabase(from: Database, to: Database): Promise<number> {
  return from.transaction(
    (source) =>
      to.transaction(async (target) => {
        const order = inOrder();
        // No console may begin to write there meanwhile.
        const all = sql.join(order.map(named), sql`, `);
        await target.execute(sql`lock table ${all} in exclusive mode`);
        await refuseFull(target, order);
        let rows = 0;
        for (const table of order) rows += await copyTable(source, target, table);
        await copySequences(source, target);
        return rows;
      }),
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

/** All tables, each after those that it refers to. */
function inOrder(): PgTable[] {
  const placed = new Set<PgTable>();
  const place = (table: PgTable): void => {
    if (placed.has(table)) return;
    for (const { reference } of getTableConfig(table).foreignKeys) place(reference().foreignTable);
    placed.add(table);
  };
  for (const table of Object.values(tables)) if (is(table, PgTable)) place(table);
  return [...placed];
}

const named = (table: PgTable) => sql.identifier(getTableName(table));

async function refuseFull(target: Transaction, order: readonly PgTable[]): Promise<void> {
  for (const table of order) {
    const found = await rowsOf(target, sql`select 1 from ${named(table)} limit 1`);
    if (found.length > 0)
      throw new ConfigurationError(
        "--to",
        "names a database that is not empty: a console has been started on it.",
        "Create another one, and start no console on it before.",
      );
  }
}

async function copyTable(
  source: Transaction,
  target: Transaction,
  table: PgTable,
): Promise<number> {
  const name = named(table);
  let count = 0;
  await source.execute(
    sql`declare copied no scroll cursor for select row_to_json(t)::text as row from ${name} t`,
  );
  for (;;) {
    const rows = await rowsOf(source, sql.raw(`fetch ${BATCH} from copied`));
    if (rows.length === 0) break;
    const json = `[${rows.map(({ row }) => String(row)).join(",")}]`;
    await target.execute(
      sql`insert into ${name} select * from json_populate_recordset(null::${name}, ${json}::json)`,
    );
    count += rows.length;
  }
  await source.execute(sql`close copied`);
  return count;
}

/** A number that was given out is never given out again, whether its row is still there or not. */
async function copySequences(source: Transaction, target: Transaction): Promise<void> {
  const used = await rowsOf(
    source,
    sql`select quote_ident(sequencename) as name, last_value::text as last from pg_sequences
        where schemaname = 'public' and last_value is not null`,
  );
  for (const { name, last } of used)
    await target.execute(sql`select setval(${name}::text::regclass, ${last}::bigint)`);
}

/** Of either driver. */
async function rowsOf(
  queries: Queries,
  statement: ReturnType<typeof sql>,
): Promise<Record<string, unknown>[]> {
  return ((await queries.execute(statement)) as unknown as { rows: Record<string, unknown>[] })
    .rows;
}
