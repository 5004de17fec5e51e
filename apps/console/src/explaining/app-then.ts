import { and, asc, desc, eq, gt, lte, sql } from "drizzle-orm";
import type { Queries } from "../database/database.js";
import { apps, audit } from "../database/tables.js";

/** What a service may not have heard of yet. */
const UNHEARD_MS = 30_000;

/** What the console knows of an app that a service did not know. */
export type AppThen = "service" | "disabled" | "new" | "known";

/**
 * How an app stood at a time, as far as the audit log tells; undefined where there is none today.
 * `new`: it was made or enabled right before, or since.
 */
export async function appThen(
  queries: Queries,
  appId: string,
  at: Date,
): Promise<AppThen | undefined> {
  const [app] = await queries.select().from(apps).where(eq(apps.id, appId));
  if (app === undefined) return undefined;
  if (app.kind === "service") return "service";
  if (app.createdAt > at) return "new";
  if ((await stateAt(queries, app, at)) === "disabled") return "disabled";
  const before = new Date(at.getTime() - UNHEARD_MS);
  const isNew = app.createdAt > before || (await stateAt(queries, app, before)) === "disabled";
  return isNew ? "new" : "known";
}

/** What the last change before says; where there is none, what the first one after it says was before. */
async function stateAt(
  queries: Queries,
  { id, state }: { readonly id: string; readonly state: string },
  at: Date,
): Promise<string> {
  const changes = and(
    eq(audit.objectKind, "app"),
    eq(audit.objectId, id),
    eq(audit.act, "app.changed"),
    sql`${audit.after} -> 'state' is not null`,
  );
  const [last] = await queries
    .select({ state: sql<string>`${audit.after} ->> 'state'` })
    .from(audit)
    .where(and(changes, lte(audit.at, at)))
    .orderBy(desc(audit.seq))
    .limit(1);
  if (last !== undefined) return last.state;
  const [next] = await queries
    .select({ state: sql<string>`${audit.before} ->> 'state'` })
    .from(audit)
    .where(and(changes, gt(audit.at, at)))
    .orderBy(asc(audit.seq))
    .limit(1);
  return next?.state ?? state;
}
