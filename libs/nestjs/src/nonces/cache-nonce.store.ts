import type { Cache } from "cache-manager";
import type { Keyv } from "keyv";
import { ConfigurationError, type NonceStore } from "@lacre/core";

const CURE =
  "Use CacheModule.register({ stores: [nonceKeyv()] }), leave nonces out, or give a store of your own with an atomic claim().";

/**
 * Claims nonces through a cache-manager cache. Its `get` and `set` are two steps, and answer "not there" when the
 * store is down; so the claim goes to the one store behind the cache, which must be able to make it in one step.
 */
export class CacheNonceStore implements NonceStore {
  readonly #store: NonceStore;

  /** @throws ConfigurationError for a cache whose store is not known to claim atomically */
  constructor(cache: Cache | Keyv) {
    this.#store = claimingStoreOf(cache);
  }

  claim(key: string, expiresAtMs: number): "fresh" | "seen" | Promise<"fresh" | "seen"> {
    return this.#store.claim(key, expiresAtMs);
  }

  get completeSinceMs(): number | undefined {
    return this.#store.completeSinceMs;
  }
}

/**
 * Reads the option `nonces`.
 * @throws ConfigurationError
 */
export function nonceStoreFrom(nonces: NonceStore | Cache | Keyv): NonceStore {
  if (typeof nonces !== "object" || nonces === null)
    throw new ConfigurationError("nonces", "is no nonce store.", CURE);
  if ("claim" in nonces && typeof nonces.claim === "function") return nonces;
  return new CacheNonceStore(nonces as Cache | Keyv);
}

function claimingStoreOf(cache: Cache | Keyv): NonceStore {
  const keyvs = "stores" in cache && Array.isArray(cache.stores) ? cache.stores : [cache as Keyv];
  if (keyvs.length !== 1)
    throw new ConfigurationError(
      "nonces",
      `the cache has ${keyvs.length} stores, and a claim needs one.`,
      CURE,
    );
  const adapter: unknown = (keyvs[0] as Keyv).store;
  if (isClaiming(adapter)) return adapter;
  const name = adapter instanceof Map ? "a plain Map" : (adapter?.constructor?.name ?? "nothing");
  throw new ConfigurationError(
    "nonces",
    `the cache's store (${name}) is not known to claim atomically.`,
    CURE,
  );
}

function isClaiming(adapter: unknown): adapter is NonceStore {
  return (
    typeof adapter === "object" &&
    adapter !== null &&
    typeof (adapter as NonceStore).claim === "function"
  );
}
