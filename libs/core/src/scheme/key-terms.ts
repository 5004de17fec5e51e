import type { KeyLength } from "../crypto/key-bytes.js";
import { ConfigurationError } from "../errors.js";
import { count, flag } from "../option-kinds.js";
import type { SettingsOf } from "../options.js";

const USUAL_BYTES = 32;
const LEAST_BYTES = 16;
const WEAK_BYTES = 8;
const MOST_BYTES = 128;

/** The options of a scheme whose keys are written by people: which it takes. */
export const KEY_OPTIONS = {
  /** How many bytes a key must have, 16 to 128; 32 unless given. */
  minKeyBytes: count({ from: LEAST_BYTES, to: MOST_BYTES, says: String(USUAL_BYTES) }),
  /**
   * Takes keys from 8 bytes on, such as passwords. Whoever has one signed request can try passwords against it until
   * one fits, as fast as their machines can. False unless given.
   */
  weakKeys: flag({ default: false }),
};

/** What is said of a scheme that takes such keys. */
export const WEAK_KEYS =
  "Keys may be as short as 8 bytes: one signed request is enough to guess such a key.";

/**
 * How many bytes keys may have.
 * @param at what messages call the options
 * @throws ConfigurationError where both are given
 */
export function keyLengthOf(
  { minKeyBytes, weakKeys }: SettingsOf<typeof KEY_OPTIONS>,
  at: string,
): KeyLength {
  if (weakKeys && minKeyBytes !== undefined)
    throw new ConfigurationError(
      `${at}.minKeyBytes`,
      "must not stand beside weakKeys.",
      "Leave one of the two out.",
    );
  return {
    min: weakKeys ? WEAK_BYTES : (minKeyBytes ?? USUAL_BYTES),
    max: MOST_BYTES,
    cureShort: (bytes) => {
      if (bytes < WEAK_BYTES)
        return `Make a longer one: no scheme takes fewer than ${WEAK_BYTES} bytes.`;
      return bytes < LEAST_BYTES
        ? `Make a longer one; where that cannot be, say weakKeys: true in the options of ${at}, and read there what it costs.`
        : `Make a longer one; where that cannot be, say minKeyBytes: ${bytes} in the options of ${at}.`;
    },
  };
}
