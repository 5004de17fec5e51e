/** Remembers which nonces were used. One verb, and it must be atomic. */
export interface NonceStore {
  /**
   * Records `key` until `expiresAtMs` and says whether it was there already. Of any number of simultaneous
   * claims of one key, in all processes that share the store, exactly one is `fresh`.
   *
   * Whatever leaves that in doubt (an outage, a timeout, a full store) must throw: the request is then refused
   * with 503. A store must never forget a key before `expiresAtMs`.
   */
  claim(key: string, expiresAtMs: number): "fresh" | "seen" | Promise<"fresh" | "seen">;
  /**
   * Since when the store remembers every claim, in milliseconds since 1970; undefined when it always did.
   * A store that starts empty cannot know what was claimed before: such requests are refused with 503.
   */
  readonly completeSinceMs?: number;
  /** Whether other processes claim from the same memory. Their clocks differ, and the fence reckons with it. */
  readonly isShared?: boolean;
  /**
   * Called once before the first claim. Throws for a store that cannot be used as it is set up: the server then does
   * not start.
   */
  start?(): Promise<void>;
  /** Called when the server stops. Closes what the store opened itself. */
  stop?(): Promise<void>;
}

/** Thrown by a store that has found out that it does not remember every claim: after a restart, say, or a flush. */
export class NonceStoreStartingError extends Error {
  override readonly name = "NonceStoreStartingError";
}

/** Thrown by a store that has no room for one more live nonce. */
export class NonceStoreFullError extends Error {
  override readonly name = "NonceStoreFullError";
}
