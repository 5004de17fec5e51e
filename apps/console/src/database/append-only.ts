import { sql } from "drizzle-orm";
import type { Database, Queries } from "./database.js";
import { takeTurn } from "./take-turn.js";

const BODY = `
begin raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege'; end `;

/** `pg_trigger.tgtype`: each row, before update and delete; each statement, before truncate. */
const ROWS = 1 + 2 + 8 + 16;
const TABLE = 2 + 32;
const TRIGGERS: Readonly<Record<string, number>> = {
  audit_keeps_rows: ROWS,
  audit_keeps_table: TABLE,
};

/**
 * Whether the database itself refuses to change or remove what stands in the audit log: the triggers are there, for every
 * session and without a condition, and what they call is what was written here and belongs to whom the log belongs to.
 */
export async function isAppendOnly(db: Queries): Promise<boolean> {
  const found = (await db.execute(sql`
    select t.tgname, t.tgtype::int as type
    from pg_trigger t
      join pg_class c on c.oid = t.tgrelid
      join pg_proc p on p.oid = t.tgfoid
      join pg_language l on l.oid = p.prolang
    where c.oid = 'audit'::regclass and t.tgenabled = 'A' and t.tgqual is null and t.tgattr = ''
      and p.prosrc = ${BODY} and l.lanname = 'plpgsql' and p.proconfig is null
      and p.proowner = c.relowner`)) as unknown as { rows: { tgname: string; type: number }[] };
  return Object.entries(TRIGGERS).every(([name, type]) =>
    found.rows.some((row) => row.tgname === name && row.type === type),
  );
}

/**
 * Has the database refuse it. Made at each start where it is missing or changed, apart from the migrations.
 * @returns whether it was missing or changed although there was something to keep
 */
export async function keepAppendOnly(db: Database): Promise<boolean> {
  if (await isAppendOnly(db)) return false;
  return db.transaction(async (tx) => {
    await takeTurn(tx);
    if (await isAppendOnly(tx)) return false; // another console has made them meanwhile
    for (const statement of STATEMENTS) await tx.execute(sql.raw(statement));
    const kept = (await tx.execute(sql`select 1 from audit limit 1`)) as unknown as {
      rows: unknown[];
    };
    return kept.rows.length > 0;
  });
}

const STATEMENTS = [
  // With its triggers, whoever owns it: to replace it alone would leave it to them.
  `drop function if exists audit_refuses() cascade`,
  `drop trigger if exists audit_keeps_rows on audit`,
  `drop trigger if exists audit_keeps_table on audit`,
  `create function audit_refuses() returns trigger language plpgsql as $$${BODY}$$`,
  `create trigger audit_keeps_rows before update or delete on audit
   for each row execute function audit_refuses()`,
  `create trigger audit_keeps_table before truncate on audit
   for each statement execute function audit_refuses()`,
  `alter table audit enable always trigger audit_keeps_rows`,
  `alter table audit enable always trigger audit_keeps_table`,
];
