export {
  PostgresWebhookQueue,
  type PostgresWebhookQueueOptions,
  type SqlClient,
} from "./postgres/postgres-webhook-queue.js";
export { WEBHOOK_TABLE_SQL } from "./postgres/queue-sql.js";
