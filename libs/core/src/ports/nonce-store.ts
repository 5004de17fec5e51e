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
}

/** Thrown by a store that has no room for one more live nonce. */
export class NonceStoreFullError extends Error {
  override readonly name = "NonceStoreFullError";
}
