import type { Clock } from "@lacre/core";
import { DAY_MS } from "../conventions/durations.js";
import { GivenMoment } from "../conventions/moment.js";
import { Problem } from "../problems/problem.js";

const LONGEST_DAYS = 1100;
/** Of what is read by the minute, however long it is. */
export const LONGEST_BY_MINUTE_DAYS = 31;

/** From when on, and before when: a day until now unless given. */
export const PERIOD_QUERY = {
  from: GivenMoment.optional(),
  to: GivenMoment.optional(),
};

/** A time that begins with `from` and ends before `to`. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** @throws Problem `invalid-input` where it ends before it begins, or is too long */
export function periodOf(
  { from, to }: Partial<Period>,
  clock: Clock,
  longestDays = LONGEST_DAYS,
): Period {
  const end = to ?? new Date(clock.nowMs());
  const begin = from ?? new Date(end.getTime() - DAY_MS);
  const length = end.getTime() - begin.getTime();
  if (!(length > 0 && length <= longestDays * DAY_MS))
    throw new Problem("invalid-input", {
      faults: [
        { at: "query.to", problem: `must be after \`from\`, by ${longestDays} days at most` },
      ],
    });
  return { from: begin, to: end };
}

/** As long, right before it. */
export const periodBefore = ({ from, to }: Period): Period => ({
  from: new Date(2 * from.getTime() - to.getTime()),
  to: from,
});
