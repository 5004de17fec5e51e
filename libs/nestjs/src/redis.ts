export {
  RedisNonceStore,
  type RedisNonceLogger,
  type RedisNonceStoreOptions,
  type RedisNonceStoreSettings,
} from "./nonces/redis-nonce.store.js";
export type { IoredisClient, NodeRedisClient, RedisClient } from "./nonces/redis-clients.js";
