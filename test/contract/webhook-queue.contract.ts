import { describe, it } from "@jest/globals";
import {
  webhookQueueCases,
  type MakeQueue,
  type QueueContractOptions,
} from "@lacre/client/webhooks/contract";
import { PostgresWebhookQueue, type SqlClient } from "@lacre/client/webhooks/postgres";

/** The published contract of webhook queues, for jest. */
export function webhookQueueContract(
  name: string,
  make: MakeQueue,
  options: QueueContractOptions = {},
): void {
  describe(`${name}, a queue of webhooks`, () => {
    for (const { name: what, run } of webhookQueueCases(make, options)) it(what, run);
  });
}

let tables = 0;

/** A queue in PostgreSQL, with a table of its own. */
export const postgresQueue =
  (pool: () => SqlClient): MakeQueue =>
  async () => {
    const table = `queue_${++tables}`;
    const make = () => new PostgresWebhookQueue({ pool: pool(), table });
    const older =
      (of: string, ...columns: string[]) =>
      (ms: number) =>
        pool().query(`UPDATE ${of} SET ${columns.map((c) => `${c} = ${c} - ${ms}`).join()}`);
    const times = ["due_at_ms", "held_until_ms", "created_at_ms", "ended_at_ms"];
    const ageDeliveries = older(table, ...times);
    const ageEndpoints = older(`${table}_endpoints`, "failing_since_ms", "paused_at_ms");
    return {
      queue: make(),
      another: async () => make(),
      letPass: async (ms) => {
        await ageDeliveries(ms);
        await ageEndpoints(ms);
      },
      close: async () => void (await pool().query(`DROP TABLE ${table}, ${table}_endpoints`)),
    };
  };
