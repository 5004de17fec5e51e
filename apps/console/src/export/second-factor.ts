/** The `SecondFactor`. */
export const SECOND_FACTOR = Symbol("console:second-factor");

/** Has somebody who is signed in prove once more that it is they. */
export interface SecondFactor {
  /**
   * Uses up a code of their authenticator app.
   * @throws Problem `sign-in-failed` for a code that does not count, `slow-down` after too many of them
   */
  confirmSecondFactor(personId: string, totp: string): Promise<void>;
}
