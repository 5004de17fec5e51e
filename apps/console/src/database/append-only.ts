import { sql } from "drizzle-orm";
import type { Database, Queries } from "./database.js";

const TRIGGERS = ["audit_keeps_rows", "audit_keeps_table"];

/** Whether the database itself refuses to change or remove what stands in the audit log. */
export async function isAppendOnly(db: Queries): Promise<boolean> {
  // `A`: always, so that no setting of a session switches it off.
  const found = await db.execute(
    sql`select tgname from pg_trigger where tgrelid = 'audit'::regclass and tgenabled = 'A'`,
  );
  const names = (found as unknown as { rows: { tgname: string }[] }).rows.map((row) => row.tgname);
  return TRIGGERS.every((name) => names.includes(name));
}

/** Has the database refuse it. Made at each start where it is missing, apart from the migrations. */
export async function keepAppendOnly(db: Database): Promise<void> {
  if (await isAppendOnly(db)) return;
  for (const statement of STATEMENTS) await db.execute(sql.raw(statement));
}

const STATEMENTS = [
  `create or replace function audit_refuses() returns trigger language plpgsql as $$
   begin raise exception 'the audit log is append-only' using errcode = 'insufficient_privilege'; end $$`,
  `create or replace trigger audit_keeps_rows before update or delete on audit
   for each row execute function audit_refuses()`,
  `create or replace trigger audit_keeps_table before truncate on audit
   for each statement execute function audit_refuses()`,
  `alter table audit enable always trigger audit_keeps_rows`,
  `alter table audit enable always trigger audit_keeps_table`,
];
