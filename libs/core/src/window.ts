import { ConfigurationError } from "./errors.js";

/** How long a request is good for. Whole seconds; both ends of the window are included. */
export interface Window {
  /** How old a request may be. */
  readonly maxAgeSeconds: number;
  /** How far ahead of the server's clock a request may be. Small: it lengthens the fence after a restart. */
  readonly futureSkewSeconds: number;
  /** The largest difference between the clocks of any two verifiers and the store, and forward step of one. */
  readonly clockSpreadSeconds: number;
  /** How many seconds behind its start a memory store refuses what was signed until then; `futureSkewSeconds` unless given. */
  readonly fenceSeconds?: number;
}

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
