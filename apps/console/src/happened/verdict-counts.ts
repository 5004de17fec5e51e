import { sql, type SQL } from "drizzle-orm";
import { HOUR_MS } from "../conventions/durations.js";
import type { Person } from "../access/person.js";
import type { Queries } from "../database/database.js";
import { verdictHours, verdictMinutes } from "../database/tables.js";
import type { Period } from "./period.js";
import { hoursWhere, minutesWhere, type VerdictFilter } from "./verdict-filter.js";

/** What the rows of `verdictCounts` hold. */
export const COUNTED = {
  at: sql`counted.at`,
  appId: sql<string>`counted.app_id`,
  code: sql<string>`counted.code`,
  count: sql`counted.count`,
};

/**
 * Counts of verdicts within a time, to select from. Where it may be told by the hour, whole hours are read from
 * `verdict_hours`, and what is left before and behind them from `verdict_minutes`: the sums are the same.
 */
export function verdictCounts(
  db: Queries,
  person: Person,
  periods: readonly Period[],
  filter: VerdictFilter,
  unit: "hour" | "minute",
): SQL {
  const parts = periods.flatMap((period) => {
    const { hours, rest } = unit === "hour" ? wholeHours(period) : { hours: [], rest: [period] };
    const { minute, ...ofMinute } = verdictMinutes;
    const { hour, ...ofHour } = verdictHours;
    return [
      ...hours.map((each) =>
        db
          .select({ at: hour, appId: ofHour.appId, code: ofHour.code, count: ofHour.count })
          .from(verdictHours)
          .where(hoursWhere(person, each, filter)),
      ),
      ...rest.map((each) =>
        db
          .select({ at: minute, appId: ofMinute.appId, code: ofMinute.code, count: ofMinute.count })
          .from(verdictMinutes)
          .where(minutesWhere(person, each, filter)),
      ),
    ];
  });
  return sql`(${sql.join(parts, sql` union all `)}) as counted (at, app_id, code, count)`;
}

/** The hours of a time that are in it as a whole, if any, and what is left of it. */
function wholeHours(period: Period): { hours: Period[]; rest: Period[] } {
  const from = new Date(Math.ceil(period.from.getTime() / HOUR_MS) * HOUR_MS);
  const to = new Date(Math.floor(period.to.getTime() / HOUR_MS) * HOUR_MS);
  if (from >= to) return { hours: [], rest: [period] };
  const ends = [
    { from: period.from, to: from },
    { from: to, to: period.to },
  ];
  return { hours: [{ from, to }], rest: ends.filter((end) => end.from < end.to) };
}
