import { Inject, Injectable } from "@nestjs/common";
import { sql } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import type { Transaction } from "../database/database.js";
import { CLOCK } from "../start/settings.js";
import { stepAt, STEP_SECONDS } from "./totp.js";

/** In one step of 30 s. */
const MOST_IN_STEP = 5;
/** NIST SP 800-63B, section 3.2.2: no more than 100 without a success between them. */
export const MOST_IN_ROW = 100;
/** So many in a row are free; after each further one the wait doubles, from 30 s to an hour. */
const FREE_IN_ROW = 5;
const FIRST_WAIT_SECONDS = 30;
const MOST_DOUBLINGS = 7;
const LONGEST_WAIT_SECONDS = 3600;

interface Bound {
  readonly atOnce: number;
  readonly perHour: number;
  readonly waits: boolean;
}
/** Of one place. */
const OF_ONE: Bound = { atOnce: 20, perHour: 6, waits: true };
/** Of all unknown places together: what an attacker with the password and a thousand addresses has. */
const OF_UNKNOWN: Bound = { atOnce: 20, perHour: 2, waits: false };

/** All places together from which nobody has signed in completely. */
export const UNKNOWN = "unknown";
const NOBODY = "";

/** Where a guess comes from. */
export interface Place {
  /** `browser:…` or `network:…` */
  readonly origin: string;
  /** Whether the person has signed in completely from there. */
  readonly isKnown: boolean;
}

/**
 * Bounds guesses at a code by somebody who has the password. Each place has its own count, and all unknown places have
 * one together: an attacker uses up that one, and neither a known browser nor the usual network of a program feels it.
 */
@Injectable()
export class Guesses {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * Counts a guess before it is judged. False: too many, and it must not be judged.
   * @param personId undefined where the password was wrong: the same statements, which count nothing
   */
  async count(tx: Transaction, personId: string | undefined, place: Place): Promise<boolean> {
    const ofOne = await this.#spend(tx, personId ?? NOBODY, place.origin, OF_ONE);
    const together = ofOne && !place.isKnown ? personId : undefined;
    const ofUnknown = await this.#spend(tx, together ?? NOBODY, UNKNOWN, OF_UNKNOWN);
    return ofOne && (place.isKnown || ofUnknown);
  }

  /**
   * Takes back what `count` has just counted: the code was right, and used before. Where `count` said true nobody had to
   * wait, so there is no wait to come back to.
   * @param personId undefined: it was a guess; the same statement, which changes nothing
   */
  async giveBack(tx: Transaction, personId: string | undefined, place: Place): Promise<void> {
    const second = place.isKnown ? place.origin : UNKNOWN;
    await tx.execute(sql`
      update guesses set in_step = greatest(0, in_step - 1), in_row = greatest(0, in_row - 1),
        spent = greatest(0, spent - 1), wait_until = null
      where person_id = ${personId ?? NOBODY} and origin in (${place.origin}, ${second})`);
  }

  /**
   * How long somebody must wait who has had too many guesses, in seconds.
   * @param origin of a place that has a bound of its own
   */
  async secondsToWait(tx: Transaction, personId: string, origin: string): Promise<number> {
    const nowMs = this.clock.nowMs();
    const { perHour, atOnce } = OF_ONE;
    const { rows } = (await tx.execute(sql`
      select step, in_step, spent, extract(epoch from spent_at)::float8 as spent_at,
        extract(epoch from wait_until)::float8 as wait_until
      from guesses where person_id = ${personId} and origin = ${origin}`)) as {
      rows: {
        step: number;
        in_step: number;
        spent: number;
        spent_at: number;
        wait_until: number | null;
      }[];
    };
    const [row] = rows;
    if (row === undefined) return 0;
    const now = nowMs / 1000;
    const isFull = row.step === stepAt(nowMs) && row.in_step >= MOST_IN_STEP;
    const waits = [
      1,
      isFull ? STEP_SECONDS - (now % STEP_SECONDS) : 0,
      (row.wait_until ?? 0) - now,
      row.spent_at - now + ((row.spent + 1 - atOnce) * 3600) / perHour,
    ];
    return Math.ceil(Math.max(...waits));
  }

  /**
   * After a complete sign-in: the row of failures has ended.
   * @param counted whether it was counted as a guess; that one is given back, the others are not
   * @returns how many wrong codes there were before it, from here and from unknown places: somebody has the password
   */
  async succeed(
    tx: Transaction,
    personId: string,
    { origin, isKnown }: Place,
    counted: boolean,
  ): Promise<number> {
    const back = counted ? 1 : 0;
    const ended = sql`in_row = 0, wait_until = null`;
    const given = sql`spent = greatest(0, spent - ${back}), in_step = greatest(0, in_step - ${back})`;
    const { rows } = (await tx.execute(sql`
      select coalesce(sum(in_row), 0)::int as wrong from guesses
      where person_id = ${personId} and origin in (${UNKNOWN}, ${isKnown ? origin : UNKNOWN})`)) as {
      rows: { wrong: number }[];
    };
    const own = sql`person_id = ${personId} and origin = ${origin}`;
    const together = sql`person_id = ${personId} and origin = ${UNKNOWN}`;
    await tx.execute(sql`update guesses set ${ended}, ${given} where ${own}`);
    if (isKnown) await tx.execute(sql`update guesses set ${ended} where ${together}`);
    else await tx.execute(sql`update guesses set ${ended}, ${given} where ${together}`);
    return (rows[0]?.wrong ?? 0) - back;
  }

  /** Notes that the person has signed in completely from there. */
  async know(tx: Transaction, personId: string, origin: string): Promise<void> {
    const now = this.#now();
    await tx.execute(sql`
      insert into guesses (person_id, origin, known_at, spent_at)
      values (${personId}, ${origin}, ${now}::timestamptz, ${now}::timestamptz)
      on conflict (person_id, origin) do update set known_at = ${now}::timestamptz`);
  }

  /** A browser gets a new name at each sign-in: the old one counts no more. */
  async forget(tx: Transaction, personId: string, origin: string): Promise<void> {
    await tx.execute(sql`delete from guesses where person_id = ${personId} and origin = ${origin}`);
  }

  /** After a new enrolment no place is known. */
  async forgetPlaces(tx: Transaction, personId: string): Promise<void> {
    await tx.execute(
      sql`update guesses set known_at = null where person_id = ${personId} and origin <> ${UNKNOWN}`,
    );
  }

  async #spend(tx: Transaction, personId: string, origin: string, bound: Bound): Promise<boolean> {
    const step = stepAt(this.clock.nowMs());
    const now = sql`${this.#now()}::timestamptz`;
    const left = sql`greatest(0, guesses.spent - ${bound.perHour / 3600}::float8
      * greatest(0, extract(epoch from ${now} - guesses.spent_at)::float8))`;
    const doublings = sql`least(guesses.in_row + 1 - ${FREE_IN_ROW}::int, ${MOST_DOUBLINGS}::int)`;
    const seconds = sql`least(${FIRST_WAIT_SECONDS}::int * power(2, ${doublings}), ${LONGEST_WAIT_SECONDS}::int)`;
    const wait = bound.waits
      ? sql`case when guesses.in_row + 1 >= ${FREE_IN_ROW}::int
          then ${now} + make_interval(secs => ${seconds}) end`
      : sql`null::timestamptz`;
    const { rows } = (await tx.execute(sql`
      insert into guesses (person_id, origin, step, in_step, in_row, spent, spent_at)
      select id, ${origin}, ${step}::int, 1, 1, 1, ${now} from people where id = ${personId}
      on conflict (person_id, origin) do update set
        step = ${step}::int,
        in_step = case when guesses.step = ${step}::int then guesses.in_step + 1 else 1 end,
        in_row = guesses.in_row + 1,
        wait_until = ${wait},
        spent = ${left} + 1,
        spent_at = greatest(guesses.spent_at, ${now})
      where (guesses.step <> ${step}::int or guesses.in_step < ${MOST_IN_STEP}::int)
        and guesses.in_row < ${MOST_IN_ROW}::int
        and (guesses.wait_until is null or guesses.wait_until <= ${now})
        and ${left} + 1 <= ${bound.atOnce}::int
      returning origin`)) as { rows: unknown[] };
    return rows.length === 1;
  }

  #now(): string {
    return new Date(this.clock.nowMs()).toISOString();
  }
}
