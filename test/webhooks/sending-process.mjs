// A process that delivers webhooks from PostgreSQL until it is told to end: one of several that share a queue.
import { WebhookSender } from "@lacre/client/webhooks";
import { PostgresWebhookQueue } from "@lacre/client/webhooks/postgres";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import pg from "pg";

const { DATABASE_URL, TABLE, RECEIVER_URL, SECRET } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL });
pool.on("error", () => undefined);
const hooks = new WebhookSender({
  scheme: standardWebhooks({ appId: "us" }),
  endpoints: () => ({ url: RECEIVER_URL, secrets: [SECRET] }),
  queue: new PostgresWebhookQueue({ pool, table: TABLE }),
  allowHttp: true,
  allowedNetworks: ["127.0.0.1"],
  timeoutMs: 1000,
  leaseMs: 2000,
  pollMs: 50,
  concurrencyPerEndpoint: 10,
  retryPlan: [0, 0, 0, 0, 0],
});
process.once("SIGTERM", () => void hooks.stop().then(() => pool.end()));
await hooks.start();
console.log("delivering");
