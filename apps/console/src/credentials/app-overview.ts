import { eq, sql, type SQL } from "drizzle-orm";
import { HOUR_MS } from "../conventions/durations.js";
import type { Queries } from "../database/database.js";
import { apps, keys, teams } from "../database/tables.js";
import { liveKeys } from "./life.js";

const DAY = 24 * HOUR_MS;
/** Used within this time: used lately. */
const LATELY_MS = 30 * DAY;
/** Two live keys of one scheme for longer than this: somebody has forgotten to end one. */
const LONG_MS = 31 * DAY;
/** Refusals of the last hour are above usual from this count on, if they are as many times the average of a week. */
const MANY_REFUSALS = 10;
const TIMES_USUAL = 3;

export interface OverviewTerms {
  readonly now: Date;
  /** A key that ends within these days is worth a word. */
  readonly keyExpiringDays: number;
}

/**
 * Every app with its team, and what its keys and its verdicts say of it: a query that conditions and orders are put on.
 * All of it is computed by the database, so that lists can be sorted and cut by it.
 */
export function appOverview(db: Queries, { now, keyExpiringDays }: OverviewTerms) {
  const before = (ms: number): Date => new Date(now.getTime() - ms);
  const live = liveKeys(now);
  const lastUse = sql`(select max(u.last_minute) from key_uses u where u.key_id = ${keys.id})`;
  /** A successor that is there to take over. */
  const successor = (condition: SQL): SQL =>
    sql`exists (select 1 from keys s where s.replaces = ${keys.id} and s.state <> 'revoked' and ${condition})`;
  const ends = sql`${keys.expiresAt} <= ${new Date(now.getTime() + keyExpiringDays * DAY).toISOString()}`;
  const anyOf = (condition: SQL): SQL<boolean> =>
    sql<boolean>`coalesce(bool_or(${live} and ${condition}), false)`;
  const rings = db
    .select({
      appId: keys.appId,
      live: sql<number>`count(*) filter (where ${live})`.mapWith(Number).as("live"),
      ending: sql<number>`count(*) filter (where ${live} and ${ends})`.mapWith(Number).as("ending"),
      lastUse: sql<Date | null>`max(${lastUse})`.mapWith(keys.createdAt).as("last_use"),
      oldUsed: anyOf(
        sql`${successor(sql`s.created_at < ${lastUse}`)} and ${lastUse} > ${before(DAY).toISOString()}`,
      ).as("old_used"),
      endsSoon: anyOf(sql`${ends} and not ${successor(sql`true`)}`).as("ends_soon"),
      neverUsed: anyOf(sql`${lastUse} is null`).as("never_used"),
      usedLately: anyOf(sql`${lastUse} > ${before(LATELY_MS).toISOString()}`).as("used_lately"),
      twoForLong: anyOf(
        sql`${keys.createdAt} < ${before(LONG_MS).toISOString()} and exists (
          select 1 from keys s
          where s.app_id = ${keys.appId} and s.scheme = ${keys.scheme} and s.id <> ${keys.id}
            and s.state <> 'revoked' and s.created_at < ${before(LONG_MS).toISOString()}
            and (s.expires_at is null or s.expires_at > ${now.toISOString()}))`,
      ).as("two_for_long"),
    })
    .from(keys)
    .groupBy(keys.appId)
    .as("rings");
  const refused = (
    isProven: boolean,
    table: "verdict_minutes" | "verdict_hours",
    at: "minute" | "hour",
    ms: number,
  ) =>
    sql`(select coalesce(sum(v.count), 0) from ${sql.identifier(table)} v
      where v.app_id = ${apps.id} and v.code <> 'accepted'
        and v.key_id ${sql.raw(isProven ? "<>" : "=")} ''
        and v.${sql.identifier(at)} >= ${before(ms).toISOString()})`;
  /** Many of those whose sender is proven, or of those that anybody may have sent who knows the AppId. */
  const refusals = (isProven: boolean) =>
    sql<boolean>`(${refused(isProven, "verdict_minutes", "minute", HOUR_MS)}
    >= greatest(${MANY_REFUSALS}, ${TIMES_USUAL} * ${refused(isProven, "verdict_hours", "hour", 7 * DAY)} / (7 * 24)))`;
  return db
    .select({
      ...columnsOf(),
      teamName: sql<string>`${teams.name}`.as("team_name"),
      live: sql<number>`coalesce(${rings.live}, 0)`.mapWith(Number).as("live_keys"),
      ending: sql<number>`coalesce(${rings.ending}, 0)`.mapWith(Number).as("ending_keys"),
      lastUse: rings.lastUse,
      oldUsed: rings.oldUsed,
      endsSoon: rings.endsSoon,
      neverUsed: rings.neverUsed,
      usedLately: rings.usedLately,
      twoForLong: rings.twoForLong,
      refusing: refusals(true).as("refusing"),
      refusedUnproven: refusals(false).as("refused_unproven"),
      health: sql<string>`case
        when ${apps.state} <> 'active' or coalesce(${rings.live}, 0) = 0 then 'none'
        when ${refusals(true)} then 'red'
        when ${rings.oldUsed} or ${rings.endsSoon} or ${rings.neverUsed} or ${rings.twoForLong}
          or not ${rings.usedLately} then 'amber'
        else 'green' end`.as("health"),
    })
    .from(apps)
    .innerJoin(teams, eq(teams.id, apps.teamId))
    .leftJoin(rings, eq(rings.appId, apps.id))
    .as("overview");
}

const columnsOf = () => ({
  id: apps.id,
  name: apps.name,
  kind: apps.kind,
  teamId: apps.teamId,
  scopes: apps.scopes,
  schemes: apps.schemes,
  networks: apps.networks,
  limits: apps.limits,
  attributes: apps.attributes,
  state: apps.state,
  createdAt: apps.createdAt,
  version: apps.version,
});

/** Why an app's health is what it is: stable words. */
export function reasonsOf(row: {
  readonly state: string;
  readonly live: number;
  readonly refusing: boolean;
  readonly refusedUnproven: boolean;
  readonly oldUsed: boolean | null;
  readonly endsSoon: boolean | null;
  readonly neverUsed: boolean | null;
  readonly twoForLong: boolean | null;
  readonly usedLately: boolean | null;
}): string[] {
  if (row.state !== "active") return ["disabled"];
  if (row.live === 0) return ["no-live-key"];
  const reasons: readonly [unknown, string][] = [
    [row.refusing, "refusals-above-usual"],
    [row.oldUsed, "old-key-in-use"],
    [row.endsSoon, "key-ends-soon"],
    [row.neverUsed, "key-never-used"],
    [row.twoForLong, "two-keys-for-long"],
    [!row.usedLately && !row.neverUsed, "not-used-lately"],
    // Said, and no colour changes: whoever knows an AppId can bring it about.
    [row.refusedUnproven, "unproven-refusals"],
  ];
  return reasons.flatMap(([holds, word]) => (holds ? [word] : []));
}
