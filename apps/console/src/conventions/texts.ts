import { z } from "zod";

/** Nothing that cannot be seen, or that turns the direction of what stands beside it, but the two joiners of some scripts. */
const SEEN = /^(?:[^\p{Cf}]|[\u200C\u200D])*$/u;
const UNSEEN = "has a character that cannot be seen";

/** Neither control characters nor halves of characters: PostgreSQL takes no NUL, and UTF-8 no lone surrogate. */
const PLAIN = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;

/** A text out of the database, as it comes back to be looked for. */
export const StoredText = z.string().regex(/^[^\0\p{Cs}]{0,1000}$/u);

/** One line of text, as people write it. */
export const PlainText = (most: number): z.ZodString =>
  z.string().min(1).max(most).regex(PLAIN, "must be one line of text");

/** What something is called. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(PLAIN, "must be one line of text")
  .regex(SEEN, UNSEEN)
  .regex(/[\p{L}\p{N}\p{P}\p{S}]/u, "has nothing that can be seen");

/** Several lines, such as a reason. */
export const Words = z
  .string()
  .trim()
  .min(1)
  .max(2000)
  .regex(/^(?:[^\p{Cc}\p{Cs}]|[\n\t])*$/u, "must be text")
  .regex(SEEN, UNSEEN);

const MOST_DEEP = 8;
const MOST_CHARACTERS = 8192;

/** An object of JSON that a database keeps as it is. */
export const Stored = z
  .record(z.string(), z.unknown())
  .refine((value) => isStorable(value, MOST_DEEP), "has text that cannot be stored, or is too deep")
  .refine(
    (value) => !isStorable(value, MOST_DEEP) || JSON.stringify(value).length <= MOST_CHARACTERS,
    `must have at most ${MOST_CHARACTERS} characters as JSON`,
  );

function isStorable(value: unknown, deep: number): boolean {
  if (typeof value === "string") return !/[\0\p{Cs}]/u.test(value);
  if (typeof value !== "object" || value === null) return true;
  return (
    deep > 0 &&
    Object.entries(value).every(
      ([name, inner]) => isStorable(name, 1) && isStorable(inner, deep - 1),
    )
  );
}
