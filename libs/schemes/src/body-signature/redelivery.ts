import {
  ConfigurationError,
  flag,
  oneOf,
  type Redelivery,
  seconds,
  type SettingsOf,
} from "@lacre/core/scheme";

/** For no longer is a message good, or remembered. */
export const YEAR_SECONDS = 31_536_000;
/** A day is the longest pause in the plan of Standard Webhooks; an hour more, since pauses vary. */
const PLAN_SECONDS = 90_000;

/** How messages are treated that come again: the same for every sender. */
export const REDELIVERY_OPTIONS = {
  /**
   * What a repeat of a message is told whose work is done: `refuse`, 401, or `acknowledge`, 200 without running the handler
   * again. While the work is under way, and after a crash until the message is forgotten, it is 401, or 503, so that the
   * sender tries again later. `refuse` unless given.
   */
  duplicates: oneOf(["refuse", "acknowledge"], { default: "refuse" }),
  /**
   * Whether a message may come again whose handler failed: it threw, or was answered with 400 or above. True unless
   * given.
   */
  retryFailed: flag({ default: true }),
  /**
   * For how long a message that is done is remembered by its id, in seconds from its newest repeat on, where that is longer
   * than it is good: the longest pause of the sender's plan. Where repeats are acknowledged by an id, 90,000 unless given,
   * which is 25 hours; 0 elsewhere.
   */
  rememberFor: seconds({
    from: 0,
    to: YEAR_SECONDS,
    says: "25 hours where repeats are acknowledged by an id",
  }),
};

/**
 * The rule of a format; undefined where it is the usual one, which costs less: whatever comes again is refused.
 * @param isById whether the id alone makes a message good once, whatever its time
 * @param at what messages call the options
 * @throws ConfigurationError
 */
export function redeliveryOf(
  { duplicates, retryFailed, rememberFor }: SettingsOf<typeof REDELIVERY_OPTIONS>,
  isById: boolean,
  at: string,
): Redelivery | undefined {
  if (rememberFor !== undefined && !isById)
    throw new ConfigurationError(
      `${at}.rememberFor`,
      "needs an id that makes a message good once, whatever its time.",
      "Leave it out: the message is remembered for as long as it is good.",
    );
  const isPlanned = duplicates === "acknowledge" && isById;
  const rememberSeconds = rememberFor ?? (isPlanned ? PLAN_SECONDS : 0);
  if (duplicates === "refuse" && !retryFailed && rememberSeconds === 0) return undefined;
  return { duplicates, retryFailed, rememberSeconds };
}
