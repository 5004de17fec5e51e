import { z } from "zod";
import { Problem } from "../problems/problem.js";

const DAY_MS = 86_400_000;
const LONGEST_MS = 1100 * DAY_MS;

/** From when on, and before when: a day until now unless given. */
export const PERIOD_QUERY = {
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
};

/** A time that begins with `from` and ends before `to`. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** @throws Problem `invalid-input` where it ends before it begins, or is longer than three years */
export function periodOf({ from, to }: { from?: string; to?: string }): Period {
  const end = to === undefined ? new Date() : new Date(to);
  const begin = from === undefined ? new Date(end.getTime() - DAY_MS) : new Date(from);
  const length = end.getTime() - begin.getTime();
  if (!(length > 0 && length <= LONGEST_MS))
    throw new Problem("invalid-input", {
      faults: [{ at: "query.to", problem: "must be after `from`, by three years at most" }],
    });
  return { from: begin, to: end };
}

/** As long, right before it. */
export const periodBefore = ({ from, to }: Period): Period => ({
  from: new Date(2 * from.getTime() - to.getTime()),
  to: from,
});
