import { createCache, type Cache } from "cache-manager";
import { Keyv, type KeyvStoreAdapter, type StoredData } from "keyv";
import {
  MemoryNonceStore,
  systemClock,
  type Clock,
  type Held,
  type MemoryNonceStoreOptions,
  type NonceHold,
  type NonceStore,
} from "@lacre/core";

/**
 * Nonces in memory behind Keyv's interface. The claim is the real door; the rest is what Keyv asks of a store, and
 * nothing of it makes the store forget a live nonce but `clear`, which raises the boot fence again.
 */
class NonceKeyvStore implements KeyvStoreAdapter, NonceStore {
  readonly opts = { dialect: "lacre-nonces" };
  readonly #nonces: MemoryNonceStore;
  readonly #clock: Clock;

  constructor(options: MemoryNonceStoreOptions = {}) {
    this.#nonces = new MemoryNonceStore(options);
    this.#clock = options.clock ?? systemClock;
  }

  claim(key: string, expiresAtMs: number): "fresh" | "seen" {
    return this.#nonces.claim(key, expiresAtMs);
  }

  hold(key: string, expiresAtMs: number, doneUntilMs: number): NonceHold | Held {
    return this.#nonces.hold(key, expiresAtMs, doneUntilMs);
  }

  get completeSinceMs(): number | undefined {
    return this.#nonces.completeSinceMs;
  }

  start(): Promise<void> {
    return this.#nonces.start();
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    return this.#nonces.has(key) ? { value: true as Value } : undefined;
  }

  async set(key: string, _value: unknown, ttlMs?: number): Promise<void> {
    if (ttlMs === undefined || !(ttlMs > 0)) throw new RangeError("a nonce needs a time to live");
    this.#nonces.claim(key, this.#clock.nowMs() + ttlMs);
  }

  async delete(): Promise<boolean> {
    return false;
  }

  async clear(): Promise<void> {
    this.#nonces.clear();
  }

  on(): this {
    return this; // it reports by throwing, and has no events
  }
}

/** A Keyv for nonces: synchronous claims, swept by time, never evicting a live nonce. For `CacheModule.register`. */
export function nonceKeyv(options?: MemoryNonceStoreOptions): Keyv {
  return new Keyv({ store: new NonceKeyvStore(options), useKeyPrefix: false });
}

/** A cache-manager cache for nonces. */
export function createNonceCache(options?: MemoryNonceStoreOptions): Cache {
  return createCache({ stores: [nonceKeyv(options)] });
}
