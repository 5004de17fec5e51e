import { Inject, Injectable } from "@nestjs/common";
import { desc, max, min, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { verdictMinutes } from "../database/tables.js";
import { ChosenSettings } from "../settings/chosen-settings.js";
import type { Period } from "./period.js";
import { minutesWhere, type VerdictFilter } from "./verdict-filter.js";

/** What a replay is refused with. Its signature was right, so the app is who it says. */
export const REPLAYED = "nonce-seen";
const MOST_APPS = 200;

export const ReplayList = z.object({
  items: z.array(
    z.object({
      appId: z.string(),
      count: z.number(),
      /** In the worst minute. */
      perMinute: z.number(),
      firstAt: z.iso.datetime(),
      lastAt: z.iso.datetime(),
      /** Whether the worst minute had as many as the settings call a storm. */
      storm: z.boolean(),
    }),
  ),
});

/** Refused replays, by app. */
@Injectable()
export class Replays {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly settings: ChosenSettings,
  ) {}

  /** The worst first. */
  async list(
    person: Person,
    period: Period,
    filter: VerdictFilter,
  ): Promise<z.output<typeof ReplayList>> {
    const { alarms } = await this.settings.read();
    const { appId, minute, count } = verdictMinutes;
    const inMinute = this.db.$with("in_minute").as(
      this.db
        .select({ appId, minute, count: sql`sum(${count})`.mapWith(Number).as("count") })
        .from(verdictMinutes)
        .where(minutesWhere(person, period, { ...filter, code: REPLAYED }))
        .groupBy(appId, minute),
    );
    const worst = max(inMinute.count).mapWith(Number);
    const rows = await this.db
      .with(inMinute)
      .select({
        appId: inMinute.appId,
        count: sql`sum(${inMinute.count})`.mapWith(Number),
        perMinute: worst,
        firstAt: min(inMinute.minute),
        lastAt: max(inMinute.minute),
      })
      .from(inMinute)
      .groupBy(inMinute.appId)
      .orderBy(desc(worst))
      .limit(MOST_APPS);
    return {
      items: rows.map(({ firstAt, lastAt, ...row }) => ({
        ...row,
        perMinute: row.perMinute ?? 0,
        firstAt: (firstAt ?? period.from).toISOString(),
        lastAt: (lastAt ?? period.from).toISOString(),
        storm: (row.perMinute ?? 0) >= alarms.replayStormPerMinute,
      })),
    };
  }
}
