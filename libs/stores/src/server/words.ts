/* What every store says in the same words. */

/** `firstStart` is still set, or another process of the first start was quicker. */
export const FIRST_START_IS_OVER =
  "firstStart is set, and there is a memory of nonces already: take it out. With it, a memory that was lost while no server ran is taken for a first one.";

export const HORIZONS_KEEP_CHANGING = "others keep changing how long nonces are remembered";

/** How often others may do so. It grows in two steps: each try loses to one that has won. */
export const MOST_GROWTHS = 100;

/** Of an expiry that is not a time: no nonce can be kept until then. */
export const WRONG_EXPIRY = "expiresAtMs must be milliseconds since 1970, at most 2^53 - 1";
