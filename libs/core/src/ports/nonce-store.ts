import type { LogSink } from "../log/safe-logger.js";

/** Remembers which nonces were used. One verb, and it must be atomic. */
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
