/** What a store says when `firstStart` is still set, or another process of the first start was quicker. */
export const FIRST_START_IS_OVER =
  "firstStart is set, and there is a memory of nonces already: take it out. With it, a memory that was lost while no server ran is taken for a first one.";
