import type { Maybe, RoutePolicy } from "@lacre/core";
import type { Attempt } from "./attempt.js";

/** What a request must pass before its MAC is computed, its key looked up or its content parsed. */
export interface Turnstile {
  /**
   * Asked once, before a request is judged. It may have the request authenticated under these rules, one of which is the
   * request's.
   * @throws what the request is answered with, where it may not be judged now; its headers have been set
   */
  enter(attempt: Attempt, rules: readonly RoutePolicy[]): Maybe<void>;
  /** Told once of each request that is refused, and with which status. Never throws. */
  refused(attempt: Attempt, status: number): void;
}

/** Where a turnstile stands, if there is one. */
export class Entrance {
  #turnstile: Turnstile | undefined;

  /** Whether a turnstile has come. */
  get isAttended(): boolean {
    return this.#turnstile !== undefined;
  }

  /** The first turnstile that comes stays. */
  standBehind(turnstile: Turnstile): void {
    this.#turnstile ??= turnstile;
  }

  /**
   * Asks the turnstile, unless something has asked about the request before: then the work is done.
   * @throws what the turnstile answers with
   */
  enter(attempt: Attempt, rules: readonly RoutePolicy[]): Maybe<void> {
    if (this.#turnstile !== undefined && attempt.standing.kind === "unasked")
      return this.#turnstile.enter(attempt, rules);
  }

  /** The same under one rule. */
  enterUnder(attempt: Attempt, rule: RoutePolicy): Maybe<void> {
    if (this.#turnstile !== undefined) return this.enter(attempt, [rule]);
  }

  /** Tells the turnstile of a request that is refused, or turned away by something else before it was. */
  refused(attempt: Attempt, status: number): void {
    this.#turnstile?.refused(attempt, status);
  }
}
