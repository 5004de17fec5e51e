/** Where it is said that there are new refusals: the payload is the number (`seq`) of the first one and that of the last. */
export const REFUSALS_CHANNEL = "lacre_verdicts";
