import type { Transaction } from "../database/database.js";
import type { Account } from "./accounts.js";

/** A second factor, as somebody brought it along. */
export interface Proof {
  readonly by: "totp" | "recovery-code" | "passkey";
  /** Whether somebody could hit upon it: then tries are counted, and bounded. */
  readonly isGuessable: boolean;
  /**
   * Reads it, with the same work whether there is such a person or not.
   * @returns what uses it up, once
   */
  read(account: Account | undefined): Promise<UseUp>;
}

/** `late`: it is right, and was used before. Whoever brings it has guessed nothing, and gets in by it no more. */
export type Use = "counted" | "late" | "wrong";

/** @param personId undefined: it may not count; the same statement, which changes nothing */
export type UseUp = (tx: Transaction, personId: string | undefined) => Promise<Use>;
