export { CacheNonceStore, nonceStoreFrom } from "./cache/cache-nonce.store.js";
export { createNonceCache, nonceKeyv } from "./cache/nonce-cache.js";
