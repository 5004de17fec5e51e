export { RedisNonceStore } from "./redis/redis-nonce.store.js";
export type { RedisNonceStoreOptions, RedisNonceStoreSettings } from "./redis/redis-options.js";
export type { IoredisClient } from "./redis/ioredis-link.js";
export type { NodeRedisClient } from "./redis/node-redis-link.js";
export type { RedisClient } from "./redis/redis-client.js";
