import { Inject, Injectable } from "@nestjs/common";
import { inArray } from "drizzle-orm";
import { z } from "zod";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { staysAsItIs } from "../conventions/version.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Queries, Transaction } from "../database/database.js";
import { takeTurn } from "../database/take-turn.js";
import { settings } from "../database/tables.js";
import { Problem } from "../problems/problem.js";

const Days = z.number().int().min(1).max(3650);
const Alarms = z.strictObject({
  /** As many replays in a minute are a storm. */
  replayStormPerMinute: z.number().int().min(1).max(1_000_000),
  /** A key that ends within these days is told of. */
  keyExpiringDays: Days,
});

/** What people choose in the console. */
export const Choices = z.strictObject({
  /** For how long refusals are kept one by one. */
  refusalDays: Days,
  /** For how long counts are kept, by the minute and by the hour. */
  minuteDays: Days,
  alarms: Alarms,
});
export type Choices = z.output<typeof Choices>;
export const ChoicesChange = Choices.extend({ alarms: Alarms.partial() }).partial();
export type ChoicesChange = z.output<typeof ChoicesChange>;

/** What holds until they do. */
const USUAL: Choices = {
  refusalDays: 30,
  minuteDays: 400,
  alarms: { replayStormPerMinute: 20, keyExpiringDays: 14 },
};
const NAMES = Object.keys(USUAL) as (keyof Choices)[];
/** The row with the version of all of them. */
const VERSION = "version";

/** The settings that people change in the console: a row for each that was changed. */
@Injectable()
export class ChosenSettings {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** @param queries in whose transaction; of its own unless given */
  async read(queries: Queries = this.db): Promise<Choices & { readonly version: number }> {
    const rows = await queries
      .select()
      .from(settings)
      .where(inArray(settings.name, [...NAMES, VERSION]));
    const kept = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    const { version = 1, ...choices } = kept as { version?: number };
    return { ...Choices.parse({ ...USUAL, ...choices }), version };
  }

  /** @throws Problem `changed-meanwhile` */
  change(by: Actor, seen: number, change: ChoicesChange): Promise<void> {
    return this.db.transaction(async (tx) => {
      await takeTurn(tx);
      const { version, ...before } = await this.read(tx);
      if (version !== seen) throw new Problem("changed-meanwhile");
      const after = { ...before, ...change, alarms: { ...before.alarms, ...change.alarms } };
      if (staysAsItIs(before, after)) return;
      for (const name of NAMES) if (change[name] !== undefined) await keep(tx, name, after[name]);
      await keep(tx, VERSION, version + 1);
      const object = { kind: "settings", id: "console" };
      await recordAct(tx, { by, act: "settings.changed", object, before, after });
    });
  }
}

async function keep(tx: Transaction, name: string, value: unknown): Promise<void> {
  await tx
    .insert(settings)
    .values({ name, value })
    .onConflictDoUpdate({ target: settings.name, set: { value } });
}
