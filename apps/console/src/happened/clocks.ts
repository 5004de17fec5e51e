import { Inject, Injectable } from "@nestjs/common";
import { and, desc, gt, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { verdictMinutes } from "../database/tables.js";
import type { Period } from "./period.js";
import { minutesWhere, type VerdictFilter } from "./verdict-filter.js";

/** Where one bucket ends and the next begins, in seconds that the sender's clock is ahead. */
const EDGES = [-300, -60, -10, -5, -2, -1, 1, 2, 5, 10, 60, 300];
const MOST_APPS = 200;

export const ClockList = z.object({
  items: z.array(
    z.object({
      appId: z.string(),
      /** Requests with a right signature. */
      count: z.number(),
      /** Seconds that the sender's clock is ahead; below zero: behind. */
      average: z.number(),
      /** How far the one was off that was furthest off, either way. */
      most: z.number(),
      buckets: z.array(
        z.object({ from: z.number().nullable(), to: z.number().nullable(), count: z.number() }),
      ),
    }),
  ),
});

/** How far the clocks of apps are off, as far as proven requests tell. */
@Injectable()
export class Clocks {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The furthest off first. Requests of one minute, key, code and service stand in the bucket of their average. */
  async list(
    person: Person,
    period: Period,
    filter: VerdictFilter,
  ): Promise<z.output<typeof ClockList>> {
    const { appId, driftSum, driftCount, driftMax } = verdictMinutes;
    const bucket = sql<number>`width_bucket(${driftSum} / ${driftCount}, ${sql.raw(`array[${EDGES.join(",")}]::float8[]`)})`;
    const inBucket = this.db.$with("in_bucket").as(
      this.db
        .select({
          appId,
          bucket: bucket.mapWith(Number).as("bucket"),
          count: sql`sum(${driftCount})`.mapWith(Number).as("count"),
          sum: sql`sum(${driftSum})`.mapWith(Number).as("sum"),
          most: sql`max(${driftMax})`.mapWith(Number).as("most"),
        })
        .from(verdictMinutes)
        .where(and(minutesWhere(person, period, filter), gt(driftCount, 0)))
        .groupBy(appId, sql`2`),
    );
    const average = sql`sum(${inBucket.sum}) / sum(${inBucket.count})`.mapWith(Number);
    const rows = await this.db
      .with(inBucket)
      .select({
        appId: inBucket.appId,
        count: sql`sum(${inBucket.count})`.mapWith(Number),
        average,
        most: sql`max(${inBucket.most})`.mapWith(Number),
        counts: sql<Record<string, number>>`json_object_agg(${inBucket.bucket}, ${inBucket.count})`,
      })
      .from(inBucket)
      .groupBy(inBucket.appId)
      .orderBy(desc(sql`abs(${average})`))
      .limit(MOST_APPS);
    return {
      items: rows.map(({ counts, ...row }) => ({ ...row, buckets: bucketsOf(counts) })),
    };
  }
}

const bucketsOf = (counts: Record<string, number>) =>
  [...EDGES, null].map((to, i) => ({
    from: EDGES[i - 1] ?? null,
    to,
    count: Number(counts[i] ?? 0),
  }));
