import { Inject, Injectable } from "@nestjs/common";
import { desc, ne, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Queries } from "../database/database.js";
import { verdictMinutes } from "../database/tables.js";
import { periodBefore, type Period } from "./period.js";
import { STEP_ORIGIN, stepSecondsOf, stepsOf } from "./steps.js";
import { COUNTED, verdictCounts } from "./verdict-counts.js";
import type { VerdictFilter } from "./verdict-filter.js";

/** What a verdict is called that let a request in. */
export const ACCEPTED = "accepted";

const MOST_ROWS = 1000;
const HOUR_SECONDS = 3_600;

export const Series = z.object({
  stepSeconds: z.number(),
  codes: z.array(z.string()),
  points: z.array(
    z.object({
      at: z.iso.datetime(),
      accepted: z.number(),
      refused: z.record(z.string(), z.number()),
    }),
  ),
});

export const VerdictTable = z.object({
  items: z.array(
    z.object({
      appId: z.string().nullable(),
      code: z.string(),
      count: z.number(),
      before: z.number(),
    }),
  ),
});

/** How much was let in and refused, over time and by app. */
@Injectable()
export class VerdictCharts {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** A point for each step, those without verdicts too. */
  async series(
    person: Person,
    period: Period,
    filter: VerdictFilter,
    points: number,
  ): Promise<z.output<typeof Series>> {
    const stepSeconds = stepSecondsOf(period, points);
    const rows = await seriesQuery(this.db, person, period, filter, stepSeconds);
    const codes = new Set<string>();
    const byStep = new Map(
      stepsOf(period, stepSeconds).map((at) => [
        at.getTime(),
        { at: at.toISOString(), accepted: 0, refused: {} as Record<string, number> },
      ]),
    );
    for (const { at, code, count } of rows) {
      const point = byStep.get(at.getTime());
      if (point === undefined) continue;
      if (code === ACCEPTED) point.accepted = count;
      else {
        codes.add(code);
        point.refused[code] = count;
      }
    }
    return { stepSeconds, codes: [...codes].sort(), points: [...byStep.values()] };
  }

  /** What was refused, by app and code, beside the same length of time before; the most first. */
  async table(
    person: Person,
    period: Period,
    filter: VerdictFilter,
  ): Promise<z.output<typeof VerdictTable>> {
    const rows = await tableQuery(this.db, person, period, filter);
    return { items: rows.map((row) => ({ ...row, appId: row.appId || null })) };
  }
}

/** What the chart reads. Steps of whole hours are read by the hour, shorter ones by the minute. */
export function seriesQuery(
  db: Queries,
  person: Person,
  period: Period,
  filter: VerdictFilter,
  stepSeconds: number,
) {
  const { at, code, count } = COUNTED;
  const unit = stepSeconds % HOUR_SECONDS === 0 ? "hour" : "minute";
  const step = sql`date_bin(make_interval(secs => ${stepSeconds}), ${at}, ${STEP_ORIGIN.toISOString()}::timestamptz)`;
  return db
    .select({
      at: step.mapWith(verdictMinutes.minute),
      code,
      count: sql`sum(${count})`.mapWith(Number),
    })
    .from(verdictCounts(db, person, [period], filter, unit))
    .groupBy(sql`1`, code);
}

/** What the table reads. */
export function tableQuery(db: Queries, person: Person, period: Period, filter: VerdictFilter) {
  const { at, appId, code, count } = COUNTED;
  const isNow = sql`${at} >= ${period.from.toISOString()}::timestamptz`;
  const now = sql`coalesce(sum(${count}) filter (where ${isNow}), 0)`.mapWith(Number);
  const before = sql`coalesce(sum(${count}) filter (where not ${isNow}), 0)`.mapWith(Number);
  return db
    .select({ appId, code, count: now.as("now"), before: before.as("before") })
    .from(verdictCounts(db, person, [periodBefore(period), period], filter, "hour"))
    .where(ne(code, ACCEPTED))
    .groupBy(appId, code)
    .orderBy(desc(sql`"now"`), desc(sql`"before"`), appId, code)
    .limit(MOST_ROWS);
}
