import { Inject, Injectable } from "@nestjs/common";
import { and, eq, isNotNull, max, ne, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { apps, verdictMinutes } from "../database/tables.js";
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
    }),
  ),
});

/** The key of requests that nobody is proven to have made. They count against no app's limit. */
const NOBODY = "";

/** Apps that come near their limits. */
@Injectable()
export class NearLimits {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The nearest first. */
  async list(person: Person, period: Period): Promise<z.output<typeof NearLimitList>> {
    const worst = new Map<string, number>();
    for (const unit of UNITS)
      for (const { appId, most } of await this.#worst(person, period, unit))
        worst.set(`${unit} ${appId}`, most ?? 0);
    const limited = await this.db
      .select({ appId: apps.id, limits: apps.limits })
      .from(apps)
      .where(isNotNull(apps.limits));
    const items = limited
      .flatMap(({ appId, limits }) =>
        Object.entries(limits ?? {}).flatMap(([name, allowed]) => {
          if (!(name in LIMITS)) return [];
          const { unit, parts } = LIMITS[name as LimitName];
          const most = (worst.get(`${unit} ${appId}`) ?? 0) / parts;
          return { appId, limit: name as LimitName, allowed, most, share: most / allowed };
        }),
      )
      .filter(({ share }) => share >= NEAR)
      .sort((a, b) => b.share - a.share);
    return { items };
  }

  /** Of each app that has limits, the most requests that there were in one such unit. */
  #worst(person: Person, period: Period, unit: (typeof UNITS)[number]) {
    const { appId, keyId, minute, count } = verdictMinutes;
    const inUnit = this.db.$with("in_unit").as(
      this.db
        .select({ appId, count: sql`sum(${count})`.mapWith(Number).as("count") })
        .from(verdictMinutes)
        .innerJoin(apps, and(eq(apps.id, appId), isNotNull(apps.limits)))
        .where(and(minutesWhere(person, period, {}), ne(keyId, NOBODY)))
        .groupBy(appId, sql`date_trunc(${sql.raw(`'${unit}'`)}, ${minute}, 'UTC')`),
    );
    return this.db
      .with(inUnit)
      .select({ appId: inUnit.appId, most: max(inUnit.count).mapWith(Number) })
      .from(inUnit)
      .groupBy(inUnit.appId);
  }
}
