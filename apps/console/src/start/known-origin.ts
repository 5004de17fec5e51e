import { Inject, Injectable } from "@nestjs/common";
import { eq } from "drizzle-orm";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { settings } from "../database/tables.js";
import { SETTINGS, type ConsoleSettings } from "./settings.js";
import { StartupTask, type RunsAtStart } from "./startup-task.js";

/** The row of the settings. */
const NAME = "origin";

/** Notes by which address people come: a command knows what the console itself was told, and makes links that open. */
@StartupTask({ name: "note the origin" })
@Injectable()
export class NoteOrigin implements RunsAtStart {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly given: ConsoleSettings,
  ) {}

  async run(): Promise<void> {
    const value = this.given.origin;
    await this.db
      .insert(settings)
      .values({ name: NAME, value })
      .onConflictDoUpdate({ target: settings.name, set: { value } });
  }
}

/** That of the last start; undefined before the first. */
export async function knownOrigin(db: Database): Promise<string | undefined> {
  const [row] = await db.select().from(settings).where(eq(settings.name, NAME));
  return row === undefined ? undefined : String(row.value);
}
