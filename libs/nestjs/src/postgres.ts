export {
  PostgresNonceStore,
  type PostgresNonceStoreOptions,
} from "./nonces/postgres-nonce.store.js";
export { NONCE_TABLE_SQL } from "./nonces/postgres-sql.js";
export type { PostgresPool, PostgresQuery, PostgresResult } from "./nonces/postgres-pool.js";
