import { Inject, Injectable } from "@nestjs/common";
import { ConfigurationError } from "@lacre/core";
import { and, count, eq, like, not, sql } from "drizzle-orm";
import { z } from "zod";
import { openSecret, sealSecret, type SealedSecret } from "@lacre/stores/console";
import { DATABASE } from "../database/database.module.js";
import type { Database, Queries, Transaction } from "../database/database.js";
import { takeTurn } from "../database/take-turn.js";
import { settings as settingsTable } from "../database/tables.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { SEALED_PLACES } from "./sealed-places.js";

/** Among the settings: one row for each master key that a console has started with, and that may be in use. */
const CHECK = "master-key-check:";
const KNOWN = "the master key of this name opens this";

const Base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, "base64")));
const Check = z.object({ sealed: Base64, wrappedKey: Base64 });

/**
 * Refuses to start with other master keys than those that the database is under. Such a console would seal new secrets
 * where nobody else opens them, and could not read those that there are.
 */
@StartupTask({ name: "look whether the master keys are those of the database", order: -100 })
@Injectable()
export class MasterKeyChecks implements RunsAtStart {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  /** @throws ConfigurationError that names the master keys that are missing */
  run(): Promise<void> {
    return this.db.transaction(async (tx) => {
      await takeTurn(tx); // of two that start at once with other keys, one is refused
      const missing: string[] = [];
      for (const [id, records] of await recordsByMasterKey(tx))
        if (!(await this.#opens(tx, id)))
          missing.push(`${id} (${records} ${records === 1 ? "record" : "records"})`);
      if (missing.length > 0) throw notGiven(missing);
      await this.#keep(tx);
    });
  }

  /** Once nothing is under the others any more, a start does not ask for them. */
  async forgetOthers(): Promise<void> {
    await this.db.transaction(async (tx) => {
      await takeTurn(tx);
      const inUse = (await sealedBy(tx)).filter(
        ({ id, used }) => used > 0 && id !== this.settings.wrapper.id,
      );
      if (inUse.length > 0) return;
      const own = eq(settingsTable.name, CHECK + this.settings.wrapper.id);
      await tx.delete(settingsTable).where(and(like(settingsTable.name, `${CHECK}%`), not(own)));
      await this.#keep(tx);
    });
  }

  async #opens(tx: Transaction, id: string): Promise<boolean> {
    for (const { secret, context } of await samplesOf(tx, id))
      if (await this.#canOpen(secret, context)) return true;
    return false;
  }

  async #canOpen(secret: SealedSecret, context: string): Promise<boolean> {
    try {
      await openSecret(secret, context, this.settings.wrapper);
      return true;
    } catch {
      return false;
    }
  }

  async #keep(tx: Transaction): Promise<void> {
    const { wrapper } = this.settings;
    const name = CHECK + wrapper.id;
    const { sealed, wrappedKey } = await sealSecret(Buffer.from(KNOWN), name, wrapper);
    const value = { sealed: textOf(sealed), wrappedKey: textOf(wrappedKey) };
    await tx.insert(settingsTable).values({ name, value }).onConflictDoNothing();
  }
}

/** How many records need each master key. One that a console has started with counts, though nothing is under it. */
async function recordsByMasterKey(db: Queries): Promise<Map<string, number>> {
  const checks = await db
    .select({ name: settingsTable.name })
    .from(settingsTable)
    .where(like(settingsTable.name, `${CHECK}%`));
  const needed = new Set(checks.map(({ name }) => name.slice(CHECK.length)));
  const sealed = await sealedBy(db);
  for (const { id, used } of sealed) if (used > 0) needed.add(id);
  const recordsOf = (id: string): number =>
    sealed.reduce((sum, each) => sum + (each.id === id ? each.records : 0), 0);
  return new Map([...needed].map((id) => [id, recordsOf(id)]));
}

interface SealedBy {
  readonly id: string;
  /** As many as a rewrap brings under another one. */
  readonly records: number;
  /** Those of them that are missed where they cannot be opened. */
  readonly used: number;
}

async function sealedBy(db: Queries): Promise<SealedBy[]> {
  const found: SealedBy[] = [];
  for (const { table, needed } of SEALED_PLACES)
    for (const { id, records, used } of await db
      .select({
        id: table.wrappedBy,
        records: count(),
        used: sql<number>`count(*) filter (where ${needed ?? sql`true`})`.mapWith(Number),
      })
      .from(table)
      .groupBy(table.wrappedBy))
      found.push({ id: String(id), records, used });
  return found;
}

/** The check of a master key; where there is none, a few of the records under it: one of them may be damaged. */
async function samplesOf(
  db: Queries,
  id: string,
): Promise<{ secret: SealedSecret; context: string }[]> {
  const name = CHECK + id;
  const [check] = await db.select().from(settingsTable).where(eq(settingsTable.name, name));
  if (check !== undefined)
    return [{ secret: { ...Check.parse(check.value), wrappedBy: id }, context: name }];
  const samples = [];
  for (const { table, owner, kind, needed } of SEALED_PLACES) {
    const { sealed, wrappedKey } = table;
    const rows = (await db
      .select({ sealed, wrappedKey, owner })
      .from(table)
      .where(and(eq(table.wrappedBy, id), needed))
      .limit(5)) as { sealed: Uint8Array; wrappedKey: Uint8Array; owner: string }[];
    for (const row of rows)
      samples.push({ secret: { ...row, wrappedBy: id }, context: `${kind}:${row.owner}` });
  }
  return samples;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const notGiven = (missing: readonly string[]): ConfigurationError =>
  new ConfigurationError(
    "CONSOLE_MASTER_KEY",
    `is not all that this database needs. Not given, and in use: ${missing.join(", ")}.`,
    "Give it as every other console of this database has it, or in CONSOLE_MASTER_KEY_BEFORE beside a new one.",
  );
