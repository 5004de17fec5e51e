import type { Cache } from "cache-manager";
import type { Keyv } from "keyv";
import { ConfigurationError, StoreAround, type NonceStore } from "@lacre/core";
import type { StoreSettings } from "../server/store-settings.js";
import { CacheOnRedis } from "./cache-on-redis.js";

const CURE =
  "Use CacheModule.register({ stores: [nonceKeyv()] }), a Keyv on @keyv/redis or @keyv/valkey alone, a RedisNonceStore from @lacre/stores/redis, or leave nonces out.";

/**
 * Claims nonces through a cache-manager cache. Its `get` and `set` are two steps, and answer "not there" when the
 * store is down; so the claim goes to the one store behind the cache, which must be able to make it in one step.
 */
export class CacheNonceStore extends StoreAround {
  /**
   * The settings are for a cache on Redis; the client is the cache's own, and the cache closes it. They and the client
   * are checked by `start`, which loads what speaks to Redis.
   * @throws ConfigurationError for a cache whose store is not known to claim atomically
   */
  constructor(cache: Cache | Keyv, settings?: StoreSettings) {
    super(claimingStoreOf(cache, settings));
  }
}

/**
 * Reads the option `nonces`.
 * @throws ConfigurationError
 */
export function nonceStoreFrom(
  nonces: NonceStore | Cache | Keyv,
  settings?: StoreSettings,
): NonceStore {
  if (typeof nonces !== "object" || nonces === null)
    throw new ConfigurationError("nonces", "is no nonce store.", CURE);
  if ("claim" in nonces && typeof nonces.claim === "function") return nonces;
  return new CacheNonceStore(nonces as Cache | Keyv, settings);
}

function claimingStoreOf(cache: Cache | Keyv, settings: StoreSettings = {}): NonceStore {
  const keyvs = "stores" in cache && Array.isArray(cache.stores) ? cache.stores : [cache as Keyv];
  if (keyvs.length !== 1)
    throw new ConfigurationError(
      "nonces",
      `the cache has ${keyvs.length} stores, and a claim needs one.`,
      CURE,
    );
  const keyv = keyvs[0] as Keyv;
  const adapter: unknown = keyv.store;
  if (isClaiming(adapter)) return adapter;
  const client = redisClientIn(adapter);
  if (client !== undefined) {
    const { namespace = "" } = keyv;
    const { keyPrefixSeparator: separator = "::" } = adapter as { keyPrefixSeparator?: string };
    // Neither the cache's clear() nor one of a cache without a namespace may match it: they delete piece by piece.
    return new CacheOnRedis(settings, client, `${separator}lacre:nonce:${namespace}:`);
  }
  throw new ConfigurationError(
    "nonces",
    `the cache's store (${nameOf(adapter)}) is not known to claim atomically.`,
    CURE,
  );
}

function nameOf(adapter: unknown): string {
  if (adapter instanceof Map) return "a plain Map";
  return (adapter as object | undefined)?.constructor?.name ?? "nothing";
}

/** The client inside an adapter of @keyv/redis or @keyv/valkey; known by name, since neither need be installed. */
function redisClientIn(adapter: unknown): unknown {
  if (typeof adapter !== "object" || adapter === null) return undefined;
  const name = nameOf(adapter);
  if (name === "KeyvRedis") return (adapter as { client?: unknown }).client;
  return name === "KeyvValkey" ? (adapter as { redis?: unknown }).redis : undefined;
}

function isClaiming(adapter: unknown): adapter is NonceStore {
  return (
    typeof adapter === "object" &&
    adapter !== null &&
    typeof (adapter as NonceStore).claim === "function"
  );
}
