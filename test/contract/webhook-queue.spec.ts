import { afterAll, beforeAll } from "@jest/globals";
import { PGlite } from "@electric-sql/pglite";
import { MemoryWebhookQueue } from "@lacre/client/webhooks";
import { postgresQueue, webhookQueueContract } from "./webhook-queue.contract.js";

webhookQueueContract(
  "MemoryWebhookQueue",
  async (settings) => {
    const time = { ms: Date.now() };
    const queue = new MemoryWebhookQueue({ ...settings, clock: { nowMs: () => time.ms } });
    return {
      queue,
      letPass: async (ms) => void (time.ms += ms),
      close: async () => undefined,
    };
  },
  { bounded: true },
);

let database: PGlite;
beforeAll(async () => {
  database = await PGlite.create();
});
afterAll(() => database.close());

webhookQueueContract(
  "PostgresWebhookQueue on PGlite",
  postgresQueue(() => database),
  { isShared: true },
);
