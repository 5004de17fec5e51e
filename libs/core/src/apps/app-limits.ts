import { count } from "../option-kinds.js";
import { readOptions, type OptionsOf } from "../options.js";
import { ConfigurationError } from "../errors.js";

/** How many requests an app may send. All that are given hold at once. */
const APP_LIMITS = {
  perSecond: count({ from: 1 }),
  perMinute: count({ from: 1 }),
  perHour: count({ from: 1 }),
  perDay: count({ from: 1 }),
};

/** How many requests an app may send, to all routes together. All that are given hold at once. */
export interface AppLimits extends OptionsOf<typeof APP_LIMITS> {}

/** The names of the limits, from the shortest time to the longest. */
export const LIMIT_NAMES = Object.keys(APP_LIMITS) as readonly (keyof AppLimits)[];

/**
 * Reads the limits of an app.
 * @throws ConfigurationError for an unknown name, a value that is no whole number of at least 1, or none at all
 */
export function readLimits(limits: AppLimits, at: string): AppLimits {
  const read = readOptions(APP_LIMITS, limits, at);
  const given = Object.entries(read).filter(([, value]) => value !== undefined);
  if (given.length === 0)
    throw new ConfigurationError(
      at,
      "is empty.",
      "Write limits: { perMinute: 600 }, or leave it out.",
    );
  return Object.freeze(Object.fromEntries(given));
}
