export { PostgresNonceStore } from "./postgres/postgres-nonce.store.js";
export type { PostgresNonceStoreOptions } from "./postgres/postgres-options.js";
export { NONCE_TABLE_SQL } from "./postgres/postgres-sql.js";
export type { PostgresPool, PostgresQuery, PostgresResult } from "./postgres/postgres-pool.js";
