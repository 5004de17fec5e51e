import { Inject, Injectable } from "@nestjs/common";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Queries } from "../database/database.js";
import { settings } from "../database/tables.js";
import { Problem } from "../problems/problem.js";

const days = (usual: number): z.ZodDefault<z.ZodNumber> =>
  z.number().int().min(1).max(3650).default(usual);

/** What people choose in the console, with what holds until they do. */
export const Choices = z.strictObject({
  /** For how long refusals are kept one by one. */
  refusalDays: days(30),
  /** For how long counts by the minute are kept. */
  minuteDays: days(400),
  alarms: z
    .strictObject({
      /** As many replays in a minute are a storm. */
      replayStormPerMinute: z.number().int().min(1).max(1_000_000).default(20),
      /** A key that ends within these days is told of. */
      keyExpiringDays: days(14),
    })
    .prefault({}),
});
export type Choices = z.output<typeof Choices>;

export const ChoicesChange = z
  .strictObject({
    refusalDays: z.number().int().min(1).max(3650),
    minuteDays: z.number().int().min(1).max(3650),
    alarms: z
      .strictObject({
        replayStormPerMinute: z.number().int().min(1).max(1_000_000),
        keyExpiringDays: z.number().int().min(1).max(3650),
      })
      .partial(),
  })
  .partial();

const ROW = "choices";
const Kept = z.object({ version: z.number(), choices: Choices });

/** The settings that people change in the console. */
@Injectable()
export class ChosenSettings {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** @param queries in whose transaction; of its own unless given */
  async read(queries: Queries = this.db): Promise<Choices & { readonly version: number }> {
    const [row] = await queries.select().from(settings).where(eq(settings.name, ROW));
    const { version, choices } = Kept.parse(row?.value ?? { version: 1, choices: {} });
    return { ...choices, version };
  }

  /** @throws Problem `changed-meanwhile` */
  async change(
    by: { readonly actor: string; readonly address: string | undefined },
    seen: number,
    change: z.output<typeof ChoicesChange>,
  ): Promise<void> {
    await this.db.transaction(async (tx) => {
      await tx
        .insert(settings)
        .values({ name: ROW, value: { version: 1, choices: {} } })
        .onConflictDoNothing();
      await tx.select().from(settings).where(eq(settings.name, ROW)).for("update");
      const { version, ...before } = await this.read(tx);
      if (version !== seen) throw new Problem("changed-meanwhile");
      const choices = Choices.parse({
        ...before,
        ...change,
        alarms: { ...before.alarms, ...change.alarms },
      });
      await tx
        .update(settings)
        .set({ value: { version: version + 1, choices } })
        .where(eq(settings.name, ROW));
      await recordAct(tx, {
        ...by,
        act: "settings.changed",
        object: { kind: "settings", id: ROW },
        before,
        after: choices,
      });
    });
  }
}
