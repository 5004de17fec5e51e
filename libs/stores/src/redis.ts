export { RedisNonceStore } from "./redis/redis-nonce.store.js";
export type { RedisNonceStoreOptions, RedisNonceStoreSettings } from "./redis/redis-options.js";
export type { IoredisClient, NodeRedisClient, RedisClient } from "./redis/redis-clients.js";
