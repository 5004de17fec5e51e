import { Inject, Injectable } from "@nestjs/common";
import { sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { Problem } from "../problems/problem.js";
import { CLOCK } from "../start/settings.js";
import { hashOf } from "./hash-of.js";
import type { Source } from "./source.js";

interface Bound {
  readonly atOnce: number;
  readonly perHour: number;
}
/** All logins from one network. */
const OF_NETWORK: Bound = { atOnce: 60, perHour: 120 };
/** One login from one network, or from one known browser. */
const OF_LOGIN: Bound = { atOnce: 10, perHour: 12 };

/** What was counted for a try, to be given back where it was good. */
export interface CountedTry {
  readonly subjects: readonly string[];
}

/**
 * Slows down whoever tries passwords, by place alone: nobody is slowed by what others do elsewhere. Counts every
 * failure alike, so that being slowed says nothing of what was wrong.
 */
@Injectable()
export class Failures {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Counts a try before it is judged.
   * @param browser the known browser that it comes from: it is not counted with its network
   * @throws Problem `slow-down`
   */
  async count(login: string, source: Source, browser: string | undefined): Promise<CountedTry> {
    const ofNetwork = hashOf(source.network);
    const ofLogin = hashOf(`${browser ?? source.network} ${login}`);
    const bounds: [string, Bound][] =
      browser === undefined
        ? [
            [ofNetwork, OF_NETWORK],
            [ofLogin, OF_LOGIN],
          ]
        : [[ofLogin, OF_LOGIN]];
    await this.db.transaction(async (tx) => {
      for (const [subject, bound] of bounds)
        if (!(await this.#spend(tx, subject, bound)))
          throw new Problem("slow-down", { retryAfterSeconds: Math.ceil(3600 / bound.perHour) });
    });
    return { subjects: bounds.map(([subject]) => subject) };
  }

  /** Ends a try: gives back what was counted for one that was good. Writes in either case, which takes the same time. */
  async settle(tx: Transaction, { subjects }: CountedTry, wasGood: boolean): Promise<void> {
    for (const subject of subjects)
      await tx.execute(
        sql`update failures set spent = greatest(0, spent - ${wasGood ? 1 : 0}) where subject = ${subject}`,
      );
  }

  async #spend(tx: Transaction, subject: string, { atOnce, perHour }: Bound): Promise<boolean> {
    const now = new Date(this.clock.nowMs()).toISOString();
    const left = sql`greatest(0, failures.spent - ${perHour / 3600}::float8
      * greatest(0, extract(epoch from ${now}::timestamptz - failures.spent_at)::float8))`;
    const { rows } = (await tx.execute(sql`
      insert into failures (subject, spent, spent_at) values (${subject}, 1, ${now}::timestamptz)
      on conflict (subject) do update
        set spent = ${left} + 1, spent_at = greatest(failures.spent_at, ${now}::timestamptz)
        where ${left} + 1 <= ${atOnce}
      returning subject`)) as { rows: unknown[] };
    return rows.length === 1;
  }
}
