export { RedisNonceStore } from "./nonces/redis-nonce.store.js";
export type {
  RedisNonceLogger,
  RedisNonceStoreOptions,
  RedisNonceStoreSettings,
} from "./nonces/redis-options.js";
export type { IoredisClient, NodeRedisClient, RedisClient } from "./nonces/redis-clients.js";
