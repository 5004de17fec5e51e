// The shared nonce stores of the race and fault runs, by name.
import { createKeyv } from "@keyv/redis";
import { createCache } from "cache-manager";
import { CacheNonceStore } from "@lacre/stores/cache";
import { PostgresNonceStore } from "@lacre/stores/postgres";
import { RedisNonceStore } from "@lacre/stores/redis";

/**
 * What `HmacModule.forRoot({ nonces })` is given for a store of this name. Each of these has just been made, unless
 * `firstStart` says otherwise.
 */
export async function openNonces({ store, url, claimTimeoutMs, firstStart = true }, clock) {
  const settings = { clock, claimTimeoutMs, firstStart };
  if (store === "redis") return new RedisNonceStore({ url, ...settings });
  if (store === "cache-manager")
    return new CacheNonceStore(createCache({ stores: [createKeyv(url)] }), settings);
  if (store === "postgres") return new PostgresNonceStore({ connectionString: url, ...settings });
  throw new Error(`no such store: ${store}`);
}
