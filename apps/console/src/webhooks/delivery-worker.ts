import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from "@nestjs/common";
import { and, eq, gt } from "drizzle-orm";
import { WebhookWorker, type WebhookEndpoint } from "@lacre/client/webhooks";
import type { Clock } from "@lacre/core";
import { OPEN_DATABASE } from "../database/database.module.js";
import type { OpenDatabase } from "../database/database.js";
import { webhookEndpoints, webhookOldSecrets } from "../database/tables.js";
import { DELIVERIES_CHANNEL } from "../events/tell-event.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { DeliveryQueue } from "./delivery-queue.js";
import { webhookClient } from "./webhook-client.js";
import { WebhookSecrets } from "./webhook-secrets.js";

const LOOK_MS = 5_000;
/** How long to wait after each try that failed, in seconds: about three days in all. */
const RETRY_PLAN = [5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** Delivers what is due: at least once, whatever happens to a console. */
@StartupTask({ name: "deliver webhooks" })
@Injectable()
export class DeliveryWorker implements RunsAtStart, BeforeApplicationShutdown {
  readonly #worker: WebhookWorker;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
    @Inject(SETTINGS) settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    queue: DeliveryQueue,
    private readonly secrets: WebhookSecrets,
  ) {
    // Made for each attempt: where a message may go is judged whenever it is sent.
    const client: Pick<ReturnType<typeof webhookClient>, "attempt"> = {
      attempt: (...message) => webhookClient(settings, clock).attempt(...message),
    };
    this.#worker = new WebhookWorker(
      { queue, client },
      {
        endpoints: (id) => this.#endpoint(id),
        retryPlan: RETRY_PLAN,
        pollMs: LOOK_MS,
        pauseAfter: 0,
        logger: new Logger("Webhooks"),
      },
    );
  }

  async run(): Promise<void> {
    this.#unlisten = await this.database.listen(DELIVERIES_CHANNEL, () => void this.#worker.look());
    this.#worker.start();
  }

  /** Until nothing is due, and nothing is on its way. */
  settle(): Promise<void> {
    return this.#worker.idle();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#unlisten?.();
    await this.#worker.stop();
  }

  /** Undefined: it is no longer there. @throws Problem where a secret cannot be opened */
  async #endpoint(id: string): Promise<WebhookEndpoint | undefined> {
    const [found] = await this.database.db
      .select({ endpoint: webhookEndpoints, old: webhookOldSecrets })
      .from(webhookEndpoints)
      .leftJoin(
        webhookOldSecrets,
        and(
          eq(webhookOldSecrets.endpointId, id),
          gt(webhookOldSecrets.expiresAt, new Date(this.clock.nowMs())),
        ),
      )
      .where(eq(webhookEndpoints.id, id));
    if (found === undefined) return undefined;
    const { endpoint, old } = found;
    const sealed = old === null ? [endpoint] : [endpoint, old];
    return {
      url: endpoint.url,
      secrets: await Promise.all(sealed.map((each) => this.secrets.open(id, each))),
    };
  }
}
