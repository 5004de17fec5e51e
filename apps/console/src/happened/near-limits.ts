import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gte, isNotNull, isNull, max, or, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { apps, audit, verdictMinutes } from "../database/tables.js";
import type { Period } from "./period.js";
import { minutesWhere } from "./verdict-filter.js";

/** Limits of an app, and what is counted for each. Of seconds nothing is kept but how many there were in a minute. */
const LIMITS = {
  perSecond: { unit: "minute", parts: 60 },
  perMinute: { unit: "minute", parts: 1 },
  perHour: { unit: "hour", parts: 1 },
  perDay: { unit: "day", parts: 1 },
} as const;
type LimitName = keyof typeof LIMITS;
const UNITS = ["minute", "hour", "day"] as const;

/** From how much of a limit on an app is near it. */
const NEAR = 0.8;

export const NearLimitList = z.object({
  items: z.array(
    z.object({
      appId: z.string(),
      limit: z.enum(["perSecond", "perMinute", "perHour", "perDay"]),
      allowed: z.number(),
      /** The most that were counted in one minute, hour or day; of `perSecond`, the average of the worst minute. */
      most: z.number(),
      /** `most` by `allowed`: 1 and above is over the limit. */
      share: z.number(),
      /** When the limits of the app were changed last: what was before does not count. Null where nobody knows; then all counts. */
      since: z.iso.datetime().nullable(),
    }),
  ),
});

/** Apps that come near their limits. */
@Injectable()
export class NearLimits {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The nearest first. */
  async list(person: Person, period: Period): Promise<z.output<typeof NearLimitList>> {
    const worst = new Map<string, { most: number | null; since: Date | null }>();
    for (const unit of UNITS)
      for (const { appId, ...found } of await this.#worst(person, period, unit))
        worst.set(`${unit} ${appId}`, found);
    const limited = await this.db
      .select({ appId: apps.id, limits: apps.limits })
      .from(apps)
      .where(isNotNull(apps.limits));
    const items = limited
      .flatMap(({ appId, limits }) =>
        Object.entries(limits ?? {}).flatMap(([name, allowed]) => {
          if (!(name in LIMITS)) return [];
          const { unit, parts } = LIMITS[name as LimitName];
          const { most: counted, since = null } = worst.get(`${unit} ${appId}`) ?? {};
          const most = (counted ?? 0) / parts;
          const told = { most, share: most / allowed, since: since?.toISOString() ?? null };
          return { appId, limit: name as LimitName, allowed, ...told };
        }),
      )
      .filter(({ share }) => share >= NEAR)
      .sort((a, b) => b.share - a.share);
    return { items };
  }

  /**
   * Of each app that has limits, the most requests that were accepted in one such unit since its limits are what they are.
   * What was refused counts against no limit, or it is not told by whom it was.
   */
  #worst(person: Person, period: Period, unit: (typeof UNITS)[number]) {
    const { appId, code, minute, count } = verdictMinutes;
    const set = this.db
      .select({ appId: audit.objectId, at: max(audit.at).as("set_at") })
      .from(audit)
      .where(
        and(
          eq(audit.objectKind, "app"),
          sql`coalesce(${audit.before} -> 'limits', 'null') is distinct from coalesce(${audit.after} -> 'limits', 'null')`,
        ),
      )
      .groupBy(audit.objectId)
      .as("limits_set");
    const inUnit = this.db.$with("in_unit").as(
      this.db
        .select({
          appId,
          count: sql`sum(${count})`.mapWith(Number).as("count"),
          since: max(set.at).as("since"),
        })
        .from(verdictMinutes)
        .innerJoin(apps, and(eq(apps.id, appId), isNotNull(apps.limits)))
        .leftJoin(set, eq(set.appId, appId))
        .where(
          and(
            minutesWhere(person, period, {}),
            eq(code, "accepted"),
            or(isNull(set.at), gte(minute, set.at)),
          ),
        )
        .groupBy(appId, sql`date_trunc(${sql.raw(`'${unit}'`)}, ${minute}, 'UTC')`),
    );
    return this.db
      .with(inUnit)
      .select({
        appId: inUnit.appId,
        most: max(inUnit.count).mapWith(Number),
        since: max(inUnit.since).mapWith(audit.at),
      })
      .from(inUnit)
      .groupBy(inUnit.appId);
  }
}
