import { Inject, Injectable } from "@nestjs/common";
import { inArray } from "drizzle-orm";
import { z } from "zod";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { settings } from "../database/tables.js";

const Kept = z.object({
  /** How long verdicts of each minute are kept. */
  minuteDays: z.number().int().min(1).catch(400),
  /** How long single refusals are kept. */
  refusalDays: z.number().int().min(1).catch(30),
  alarms: z
    .object({
      /** More refused replays of an app in a minute than this are a storm. */
      replayStormPerMinute: z.number().int().min(1).catch(20),
      /** How many days before its end a key is said to be expiring. */
      keyExpiringDays: z.array(z.number().int().min(0)).catch([30, 7, 1]),
    })
    .catch({ replayStormPerMinute: 20, keyExpiringDays: [30, 7, 1] }),
});

/** What people have set of what this room does, or what is usual. */
@Injectable()
export class HappenedSettings {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  async read(): Promise<z.output<typeof Kept>> {
    const names = Object.keys(Kept.shape);
    const rows = await this.db.select().from(settings).where(inArray(settings.name, names));
    return Kept.parse(Object.fromEntries(rows.map(({ name, value }) => [name, value])));
  }
}
