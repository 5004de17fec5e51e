export { PostgresNonceStore } from "./nonces/postgres-nonce.store.js";
export type { PostgresNonceStoreOptions } from "./nonces/postgres-options.js";
export { NONCE_TABLE_SQL } from "./nonces/postgres-sql.js";
export type { PostgresPool, PostgresQuery, PostgresResult } from "./nonces/postgres-pool.js";
