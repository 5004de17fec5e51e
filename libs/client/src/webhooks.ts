export { WebhookSender, type WebhookSenderOptions } from "./webhooks/webhook-sender.js";
export type { SendTerms } from "./webhooks/call-options.js";
export type {
  WebhookEndpoint,
  WebhookEndpoints,
  WebhookMessage,
} from "./webhooks/webhook-endpoint.js";
export type { AttemptResult, WebhookAttempt } from "./webhooks/webhook-attempt.js";
export {
  exponentialPlan,
  nextWaitMs,
  STANDARD_RETRY_PLAN,
  type RetryPlan,
} from "./webhooks/retry-plan.js";
export { WebhookTargetError } from "./webhooks/target-rule.js";
export { isPublicAddress } from "./webhooks/public-address.js";

export { WebhookClient } from "./webhooks/webhook-client.js";
export type { WebhookClientOptions } from "./webhooks/client-options.js";
export { WebhookWorker, type WorkerParts, type WorkQueue } from "./webhooks/webhook-worker.js";
export type {
  EndedAttempt,
  WebhookObserver,
  WebhookWorkerOptions,
} from "./webhooks/worker-options.js";

export {
  MemoryWebhookQueue,
  type MemoryWebhookQueueOptions,
} from "./webhooks/memory-webhook-queue.js";
export {
  MOST_KEPT_ATTEMPTS,
  WebhookQueueFullError,
  type DeliveryQuery,
  type DeliveryState,
  type EndpointState,
  type FailedSince,
  type NewDelivery,
  type Settled,
  type SettledAttempt,
  type TakenDelivery,
  type TakeTerms,
  type WebhookDelivery,
  type WebhookQueue,
} from "./webhooks/webhook-queue.js";
