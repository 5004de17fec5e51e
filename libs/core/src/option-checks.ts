import { ConfigurationError } from "./errors.js";

/**
 * Refuses a name that is not among the options: a misspelt one would go unnoticed.
 * @throws ConfigurationError
 */
export function refuseUnknownOption(options: object, known: readonly string[], of: string): void {
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      stranger,
      `is not an option of ${of}.`,
      `Options: ${known.join(", ")}.`,
    );
}

/**
 * Refuses what is not a whole number from 1 to `most`.
 * @param of what is counted, such as "milliseconds"
 * @throws ConfigurationError
 */
export function checkWholeOption(option: string, value: unknown, most: number, of: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > most)
    throw new ConfigurationError(
      option,
      `is ${String(value)}, and must be a whole number of ${of}.`,
      `Give 1 to ${most.toLocaleString("en")}.`,
    );
}

/** @throws ConfigurationError for what is given, and is neither true nor false */
export function checkFlagOption(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean")
    throw new ConfigurationError(option, "must be true or false.", "Give one.");
}
