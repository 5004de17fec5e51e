import { Inject, Injectable } from "@nestjs/common";
import { and, arrayContains, asc, desc, eq, ilike, or, sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { z } from "zod";
import { inReach } from "../access/reach.js";
import type { Person } from "../access/person.js";
import { Cursors } from "../conventions/cursors.js";
import { behind, PageQuery, type Page } from "../conventions/page.js";
import { StoredText } from "../conventions/texts.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { Problem } from "../problems/problem.js";
import { ChosenSettings } from "../settings/chosen-settings.js";
import { CLOCK } from "../start/settings.js";
import { appOverview, reasonsOf } from "./app-overview.js";
import { HEALTHS, type AppView } from "./shapes.js";

const SORTS = ["id", "name", "team", "createdAt", "lastUsedAt", "health"] as const;
const sortWords = SORTS.flatMap((sort) => [sort, `-${sort}` as const]);
const Text = z
  .string()
  .max(200)
  .regex(/^[^\0\p{Cs}]*$/u)
  .optional();

export const AppsQuery = PageQuery.extend({
  /** A part of the id or of the name. */
  search: Text,
  team: Text,
  scope: Text,
  state: z.enum(["active", "disabled"]).optional(),
  kind: z.enum(["app", "service"]).optional(),
  health: z.enum(HEALTHS).optional(),
  /** A leading - turns the order around. */
  sort: z.enum(sortWords).default("id"),
});
type AppsQuery = z.output<typeof AppsQuery>;

type Overview = ReturnType<typeof appOverview>;
interface OverviewRow extends Omit<
  AppView,
  "team" | "keys" | "lastUsedAt" | "createdAt" | "healthReasons" | "health" | "kind" | "state"
> {
  readonly kind: string;
  readonly state: string;
  readonly teamId: string;
  readonly teamName: string;
  readonly live: number;
  readonly ending: number;
  readonly lastUse: Date | null;
  readonly createdAt: Date;
  readonly health: string;
  readonly refusing: boolean;
  readonly refusedUnproven: boolean;
  readonly oldUsed: boolean | null;
  readonly endsSoon: boolean | null;
  readonly neverUsed: boolean | null;
  readonly twoForLong: boolean | null;
  readonly usedLately: boolean | null;
}

/** Apps as people see them. */
@Injectable()
export class AppViews {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly chosen: ChosenSettings,
  ) {}

  /** @throws Problem `not-found` where there is none, or it is out of reach */
  async one(person: Person, appId: string): Promise<AppView> {
    const overview = await this.#overview();
    const [row] = await this.db
      .select()
      .from(overview)
      .where(and(eq(overview.id, appId), inReach(person, overview.teamId)));
    if (row === undefined) throw new Problem("not-found");
    return viewOf(row);
  }

  async list(person: Person, query: AppsQuery): Promise<Page<AppView>> {
    const overview = await this.#overview();
    const { search, team, scope, state, kind, health, limit } = query;
    const direction = query.sort.startsWith("-") ? "desc" : "asc";
    const sort = query.sort.replace("-", "") as (typeof SORTS)[number];
    const column = orderOf(overview, sort);
    const columns = sort === "id" ? [overview.id] : [column, overview.id];
    const position = z.array(StoredText).length(columns.length);
    const cursors = new Cursors(`apps by ${query.sort}`, position);
    const like = `%${(search ?? "").replaceAll(/[\\%_]/g, "\\$&")}%`;
    const turn = direction === "asc" ? asc : desc;
    const rows = await this.db
      .select({ ...overview._.selectedFields, place: sql<string>`${column}::text`.as("place") })
      .from(overview)
      .where(
        and(
          inReach(person, overview.teamId),
          search ? or(ilike(overview.id, like), ilike(overview.name, like)) : undefined,
          team === undefined ? undefined : eq(overview.teamId, team),
          scope === undefined ? undefined : arrayContains(overview.scopes, [scope]),
          state === undefined ? undefined : eq(overview.state, state),
          kind === undefined ? undefined : eq(overview.kind, kind),
          health === undefined ? undefined : eq(overview.health, health),
          behind(columns, cursors.read(query.cursor), direction),
        ),
      )
      .orderBy(...columns.map((each) => turn(each)))
      .limit(limit + 1);
    return cursors.cut(
      rows,
      limit,
      ({ id, place }) => (sort === "id" ? [id] : [place, id]),
      viewOf,
    );
  }

  async #overview(): Promise<Overview> {
    const { alarms } = await this.chosen.read();
    const now = new Date(this.clock.nowMs());
    return appOverview(this.db, { now, keyExpiringDays: alarms.keyExpiringDays });
  }
}

/** What the list is sorted by, as text that sorts alike, and is never null: it stands in cursors. */
function orderOf(overview: Overview, sort: (typeof SORTS)[number]) {
  switch (sort) {
    case "id":
      return sql`${overview.id}`;
    case "name":
      return sql`lower(${overview.name})`;
    case "team":
      return sql`lower(${overview.teamName})`;
    case "createdAt":
      return inUtc(sql`${overview.createdAt}`);
    case "lastUsedAt":
      return inUtc(sql`${overview.lastUse}`);
    case "health":
      return sql`case ${overview.health} when 'red' then '0' when 'amber' then '1' when 'green' then '2' else '3' end`;
  }
}

const inUtc = (moment: ReturnType<typeof sql>) =>
  sql`coalesce(to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'), '')`;

function viewOf(row: OverviewRow): AppView {
  const { id, name, scopes, schemes, networks, limits, attributes, version } = row;
  return {
    ...{ id, name, scopes, schemes, networks, limits, attributes, version },
    kind: row.kind as AppView["kind"],
    team: { id: row.teamId, name: row.teamName },
    state: row.state as AppView["state"],
    health: row.health as AppView["health"],
    healthReasons: reasonsOf(row),
    keys: { live: row.live, endingSoon: row.ending },
    lastUsedAt: row.lastUse?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
