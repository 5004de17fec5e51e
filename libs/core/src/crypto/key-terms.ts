import { ConfigurationError } from "../errors.js";
import type { KeyLength } from "./key-bytes.js";

/** Which keys a scheme takes whose keys are written by people. */
export interface KeyTerms {
  /** How many bytes a key must have: 32 unless said otherwise, and never less than 16. */
  readonly minKeyBytes?: number;
  /**
   * Takes keys from 8 bytes on, such as passwords. Whoever has one signed request can try passwords against it until
   * one fits, as fast as their machines can.
   */
  readonly weakKeys?: boolean;
}

const USUAL_BYTES = 32;
const LEAST_BYTES = 16;
const WEAK_BYTES = 8;
const MOST_BYTES = 128;

/** What is said of a scheme that takes such keys. */
export const WEAK_KEYS =
  "Keys may be as short as 8 bytes: one signed request is enough to guess such a key.";

/**
 * How many bytes keys may have.
 * @throws ConfigurationError
 */
export function readKeyTerms({ minKeyBytes, weakKeys = false }: KeyTerms, at: string): KeyLength {
  if (typeof weakKeys !== "boolean")
    throw new ConfigurationError(`${at}.weakKeys`, "is not true or false.", "Give one.");
  if (weakKeys && minKeyBytes !== undefined)
    throw new ConfigurationError(`${at}.minKeyBytes`, "stands beside weakKeys.", "Give one.");
  const min = weakKeys ? WEAK_BYTES : (minKeyBytes ?? USUAL_BYTES);
  if (!weakKeys && !(Number.isSafeInteger(min) && min >= LEAST_BYTES && min <= MOST_BYTES))
    throw new ConfigurationError(
      `${at}.minKeyBytes`,
      `${String(min)} will not do.`,
      `Give a whole number, ${LEAST_BYTES} to ${MOST_BYTES}; for shorter keys say weakKeys: true.`,
    );
  return { min, max: MOST_BYTES };
}
