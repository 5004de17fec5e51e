import { Module } from "@nestjs/common";
import { Deliveries } from "./deliveries.js";
import { DeliveriesController } from "./deliveries.controller.js";
import { DeliveryQueue } from "./delivery-queue.js";
import { DeliveryWorker } from "./delivery-worker.js";
import { WebhookEndpoints } from "./webhook-endpoints.js";
import { WebhookSecrets } from "./webhook-secrets.js";
import { WebhooksController } from "./webhooks.controller.js";

/** Tells others what happened. */
@Module({
  controllers: [WebhooksController, DeliveriesController],
  providers: [WebhookEndpoints, WebhookSecrets, Deliveries, DeliveryQueue, DeliveryWorker],
})
export class WebhooksModule {}
