import { z } from "zod";

/** A time as the console tells it. */
export const Moment = z.iso.datetime({ precision: 3 });

/** What a database keeps, and what comes out of it in the same form. */
const isUsable = (date: Date): boolean => date.getTime() > 0 && date.getUTCFullYear() < 10_000;
const OUT_OF_RANGE = "must be after 1970, and before the year 10000 in UTC";

/** A time that somebody gives: with any offset, and any precision up to milliseconds. */
export const GivenMoment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine(isUsable, OUT_OF_RANGE);

/** A time that a program of ours gives, as text: as the console tells it. */
export const ToldMoment = Moment.refine((text) => isUsable(new Date(text)), OUT_OF_RANGE);
