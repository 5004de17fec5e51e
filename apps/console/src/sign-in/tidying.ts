import { Inject, Injectable, type OnApplicationShutdown } from "@nestjs/common";
import { and, isNull, lt, ne, or, sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { DAY_MS, HOUR_MS } from "../conventions/durations.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { removeRows } from "../database/remove-rows.js";
import {
  enrolments,
  failures,
  guesses,
  invitations,
  sessions,
  usedChallenges,
} from "../database/tables.js";
import { CLOCK } from "../start/settings.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { UNKNOWN } from "./guesses.js";

/** Long enough to be shown and asked about. */
const SHOWN_DAYS = 30;
/** A place from which nobody has signed in for so long is an unknown one. */
const KNOWN_DAYS = 400;

/** Clears away, each hour, what no longer counts: failures that are forgiven, sessions and links that are over. */
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
    const before = (days: number): Date => new Date(now - days * DAY_MS);
    await removeRows(this.db, failures, lt(failures.spentAt, before(1)));
    await removeRows(this.db, sessions, lt(sessions.expiresAt, before(SHOWN_DAYS)));
    await removeRows(this.db, enrolments, lt(enrolments.expiresAt, before(0)));
    const isFree = sql`not exists (select 1 from enrolments e where e.invitation_id = invitations.id)`;
    await removeRows(
      this.db,
      invitations,
      and(isFree, lt(invitations.expiresAt, before(SHOWN_DAYS))),
    );
    await removeRows(this.db, usedChallenges, lt(usedChallenges.expiresAt, before(0)));
    // What all unknown places together have tried stays: a hundred in a row are a hundred.
    const isForgiven = and(ne(guesses.origin, UNKNOWN), lt(guesses.spentAt, before(1)));
    const isUnknown = or(isNull(guesses.knownAt), lt(guesses.knownAt, before(KNOWN_DAYS)));
    await removeRows(this.db, guesses, and(isForgiven, isUnknown));
  }
}
