import type { LogSink } from "../log/safe-logger.js";

/** Remembers which nonces were used. Its verbs must be atomic. */
export interface NonceStore {
  /**
   * Records `key` until `expiresAtMs` and says whether it was there already. Of any number of simultaneous
   * claims of one key, in all processes that share the store, exactly one is `fresh`.
   *
   * Whatever leaves that in doubt (an outage, a timeout, a full store) must throw: the request is then refused
   * with 503. A store must never forget a key before `expiresAtMs`.
   *
   * @param scheme the scheme of the request, by which a store that keeps horizons finds out while a claim is on its way
   * that another verifier needs it for longer
   */
  claim(
    key: string,
    expiresAtMs: number,
    scheme?: string,
  ): "fresh" | "seen" | Promise<"fresh" | "seen">;
  /**
   * The same for a message that may come again: a claim that can be given back. Of any number of simultaneous claims of
   * one key, of either kind, exactly one gets it; whoever else asks is told how the key stands. Only formats with a
   * `redelivery` ask for it.
   *
   * It throws when `claim` does. A key that is under way and that nobody holds any more, as after a crash, stays so until
   * it expires.
   *
   * @param expiresAtMs until when it is remembered while it is under way
   * @param doneUntilMs until when, at least, a key that was found done is remembered from now on
   */
  hold?(
    key: string,
    expiresAtMs: number,
    doneUntilMs: number,
    scheme?: string,
  ): NonceHold | Held | Promise<NonceHold | Held>;
  /**
   * Since when the store remembers every claim, in milliseconds since 1970; undefined when it always did.
   * A store that starts empty cannot know what was claimed before: such requests are refused with 503.
   */
  readonly completeSinceMs?: number | undefined;
  /** Whether other processes claim from the same memory. Their clocks differ, and the fence reckons with it. */
  readonly isShared?: boolean;
  /**
   * For how long all who share the memory remember the nonces of a scheme, whatever their own windows are. Without it,
   * their windows must be the same, and a change of one wants all of them stopped.
   */
  horizonOf?(scheme: string): SharedHorizon | undefined;
  /**
   * Whether this process's clock and the store's are too far apart to judge any time. While they are, whatever is
   * refused once its key was looked up is 503.
   */
  readonly isClockOff?: boolean;
  /**
   * Called once before the first claim, with what the verifier needs. Throws for a store that cannot be used as it is
   * set up: the server then does not start.
   */
  start?(needs?: NonceNeeds): Promise<void>;
  /** Called when the server stops. Closes what the store opened itself. */
  stop?(): Promise<void>;
}

/** How a key stands that is there already: somebody has it, or had it and its work is done. */
export type Held = "under-way" | "done";

/**
 * A claim that can be given back, by whoever made it and by nobody else: it does nothing to a later claim of its key,
 * though this one has expired or was given back before. What throws has happened, or has not.
 */
export interface NonceHold {
  /** The next claim of the key gets it. */
  giveBack(): void | Promise<void>;
  /** From now on the key is done. It is remembered until `untilMs`, or for as long as it was where that is longer. */
  markDone(untilMs: number): void | Promise<void>;
}

/** For how long nonces of one scheme matter, in seconds from the timestamp of their request. */
export interface NonceHorizon {
  /** How long after its timestamp a request may still be accepted by some verifier's clock, and so its nonce matters. */
  readonly seconds: number;
  /** How long before its timestamp a request may be accepted, by any verifier's clock. */
  readonly aheadSeconds: number;
}

/** The horizon that all who share a store remember for, and what they did before. */
export interface SharedHorizon extends NonceHorizon {
  /** When it became as long as it is, by the store's clock, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** For how long claims from before that are remembered, in seconds; Infinity where there are none. */
  readonly beforeSeconds: number;
}

/** What a verifier needs of a store that it may share. */
export interface NonceNeeds {
  /** By the name of the scheme. */
  readonly horizons: ReadonlyMap<string, NonceHorizon>;
  /** The largest difference between the clocks of any two verifiers and the store, in seconds. */
  readonly clockSpreadSeconds: number;
  /** Whether `hold` is asked for. */
  readonly holds?: boolean;
  /** Where a store that was given no logger tells what an operator must know: an outage, and its end. */
  readonly log?: LogSink;
}

/** Thrown by a store that has found out that it does not remember every claim: after a restart, say, or a flush. */
export class NonceStoreStartingError extends Error {
  override readonly name = "NonceStoreStartingError";
}

/** Thrown by a store that has no room for one more live nonce. */
export class NonceStoreFullError extends Error {
  override readonly name = "NonceStoreFullError";
}

/** Thrown by a store whose clock and this process's are further apart than `clockSpread`: one of them is wrong. */
export class NonceStoreClockError extends Error {
  override readonly name = "NonceStoreClockError";
}
