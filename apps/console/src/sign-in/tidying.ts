import { Inject, Injectable, type OnApplicationShutdown } from "@nestjs/common";
import { and, isNull, lt, ne } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { enrolments, failures, guesses, sessions } from "../database/tables.js";
import { CLOCK } from "../start/settings.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { UNKNOWN } from "./guesses.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Long enough to be shown and asked about. */
const SESSIONS_MS = 30 * DAY_MS;

/** Clears away, each hour, what no longer counts: failures that are forgiven, and sessions that are over. */
@StartupTask({ name: "clear away old sign-ins", order: 10 })
@Injectable()
export class Tidying implements RunsAtStart, OnApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async run(): Promise<void> {
    await this.tidy();
    // Once more in an hour, whatever is wrong now.
    this.#timer = setInterval(() => void this.tidy().catch(() => undefined), HOUR_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  async tidy(): Promise<void> {
    const now = this.clock.nowMs();
    const aDayAgo = new Date(now - DAY_MS);
    await this.db.delete(failures).where(lt(failures.spentAt, aDayAgo));
    await this.db.delete(sessions).where(lt(sessions.expiresAt, new Date(now - SESSIONS_MS)));
    await this.db.delete(enrolments).where(lt(enrolments.expiresAt, new Date(now)));
    // What all unknown places together have tried stays: a hundred in a row are a hundred.
    const forgiven = and(isNull(guesses.knownAt), ne(guesses.origin, UNKNOWN));
    await this.db.delete(guesses).where(and(forgiven, lt(guesses.spentAt, aDayAgo)));
  }
}
