// The shared nonce stores of the race and fault runs, by name.
import { createKeyv } from "@keyv/redis";
import { createCache } from "cache-manager";
import { PostgresNonceStore } from "@lacre/nestjs/postgres";
import { RedisNonceStore } from "@lacre/nestjs/redis";

/** What `HmacModule.forRoot({ nonces })` is given for a store of this name. */
export async function openNonces({ store, url, claimTimeoutMs }, clock) {
  if (store === "redis") return new RedisNonceStore({ url, clock, claimTimeoutMs });
  if (store === "cache-manager") return createCache({ stores: [createKeyv(url)] });
  if (store === "postgres")
    return new PostgresNonceStore({ connectionString: url, clock, claimTimeoutMs });
  throw new Error(`no such store: ${store}`);
}
