import { ConfigurationError } from "./errors.js";

/** How long a request is good for. Whole seconds; both ends of the window are included. */
export interface Window {
  /** How old a request may be. */
  readonly maxAgeSeconds: number;
  /** How far ahead of the server's clock a request may be. Small: it lengthens the fence after a restart. */
  readonly futureSkewSeconds: number;
  /** The largest difference between the clocks of any two verifiers and the store, and forward step of one. */
  readonly clockSpreadSeconds: number;
}

const DAY_SECONDS = 86_400;

/**
 * Checks the seconds of a window: a text would be put behind a timestamp in place of being added to it.
 * @throws ConfigurationError
 */
export function checkSeconds(seconds: unknown, option: string): void {
  if (!Number.isSafeInteger(seconds) || (seconds as number) < 0)
    throw new ConfigurationError(
      option,
      `is ${JSON.stringify(seconds)}, and must be a whole number of seconds, 0 or more.`,
      "Write a number, such as 300.",
    );
}

/** @throws ConfigurationError */
export function checkWindowOf(window: Window, option: string): void {
  for (const name of ["maxAgeSeconds", "futureSkewSeconds", "clockSpreadSeconds"] as const)
    checkSeconds(window[name], `${option}.${name}`);
}

/** How long the requests of one scheme are good, where that is its own custom. */
export interface SchemeWindow {
  /** How old a request may be, in seconds; as the scheme's own service has it unless said otherwise. */
  readonly maxAgeSeconds?: number;
  /** How far ahead of the server's clock it may be, in seconds; as the server says unless said otherwise. */
  readonly futureSkewSeconds?: number;
}

/**
 * Reads them from a scheme's options. `at` is the scheme's name there.
 * @throws ConfigurationError
 */
export function readSchemeWindow(
  options: SchemeWindow,
  customSeconds: number,
  at: string,
): SchemeWindow {
  const { maxAgeSeconds = customSeconds, futureSkewSeconds } = options;
  const read = (name: keyof SchemeWindow, seconds: number, least: number): number => {
    if (!Number.isSafeInteger(seconds) || seconds < least || seconds > DAY_SECONDS)
      throw new ConfigurationError(
        `${at}.${name}`,
        "will not do.",
        `Give whole seconds from ${least} to ${DAY_SECONDS}.`,
      );
    return seconds;
  };
  return {
    maxAgeSeconds: read("maxAgeSeconds", maxAgeSeconds, 1),
    ...(futureSkewSeconds !== undefined && {
      futureSkewSeconds: read("futureSkewSeconds", futureSkewSeconds, 0),
    }),
  };
}
