import {
  ConfigurationError,
  count,
  custom,
  milliseconds,
  port,
  seconds,
  type LogSink,
  type OptionsOf,
  type SettingsOf,
} from "@lacre/core";
import { readRetryPlan, STANDARD_RETRY_PLAN, type RetryPlan } from "./retry-plan.js";
import type { WebhookAttempt } from "./webhook-attempt.js";
import type { WebhookEndpoint, WebhookEndpoints } from "./webhook-endpoint.js";
import type { DeliveryState, TakenDelivery } from "./webhook-queue.js";

/** Told what happens. What it throws changes nothing. */
export interface WebhookObserver {
  /** An attempt has ended. `state` is what became of the delivery; `waiting`: it is tried again after `retryInMs`. */
  attempted?(ended: EndedAttempt): unknown;
  /** An endpoint is sent nothing more until it is resumed: tell its owner. */
  paused?(endpointId: string, reason: string): unknown;
}

/** One attempt, and what became of its delivery. */
export interface EndedAttempt {
  readonly delivery: Pick<TakenDelivery, "id" | "endpointId" | "messageId" | "attempt">;
  readonly attempt: WebhookAttempt;
  readonly state: DeliveryState;
  readonly retryInMs?: number;
  /** Nothing was sent, by no fault of the endpoint's. */
  readonly isUnsent?: true;
}

/** How deliveries are taken from a queue and made. */
export const WORKER_OPTIONS = {
  /** Where messages go: a record by id, or a function that finds one. It is asked before each attempt. */
  endpoints: custom(readEndpoints, {
    required: true,
    example: "{ acme: { url, secrets: [secret] } }",
  }),
  /**
   * How long to wait after each attempt that failed, in seconds, each a fifth more or less; the plan of Standard Webhooks
   * unless given, about three days. A `Retry-After` makes a wait longer, up to a day.
   */
  retryPlan: custom((plan: RetryPlan, at) => readRetryPlan(plan, at), {
    default: STANDARD_RETRY_PLAN,
    example: "[5, 300, 1800]",
    says: "that of Standard Webhooks",
  }),
  /** How many attempts of this process run at once, 1 to 1000; 20 unless given. */
  concurrency: count({ from: 1, to: 1000, default: 20 }),
  /** How many of those at once go to one endpoint, so that a slow one holds up no other; 3 unless given. */
  concurrencyPerEndpoint: count({ from: 1, to: 1000, default: 3 }),
  /** How often the queue is looked at, in milliseconds, 10 to 600,000; 1000 unless given. */
  pollMs: milliseconds({ from: 10, to: 600_000, default: 1000 }),
  /**
   * For how long a process keeps others from what it is sending: after that it is taken over, as from one that was killed.
   * Longer than an attempt may take; 60,000 unless given.
   */
  leaseMs: milliseconds({ from: 100, to: 3_600_000, default: 60_000 }),
  /**
   * After how long without one success an endpoint is paused, in seconds; five days unless given, 0 for never. One that
   * answers 410 is paused at once.
   */
  pauseAfter: seconds({ from: 0, to: 31_536_000, default: 432_000 }),
  /** Told what happens. */
  observer: port<WebhookObserver>([], { says: "nobody" }),
  /** Told what an operator must know; the console unless given. */
  logger: port<LogSink>([], { default: console, says: "the console" }),
};

/** Where deliveries go, and how often they are tried. */
export interface WebhookWorkerOptions extends OptionsOf<typeof WORKER_OPTIONS> {}

/** The same, checked. */
export type WorkerSettings = SettingsOf<typeof WORKER_OPTIONS>;

type Known = readonly (readonly [id: string, endpoint: WebhookEndpoint])[];
type Find = Extract<WebhookEndpoints, (...given: never[]) => unknown>;

function readEndpoints(endpoints: WebhookEndpoints, at: string): { find: Find; known: Known } {
  if (typeof endpoints === "function") return { find: endpoints, known: [] };
  if (typeof endpoints !== "object" || endpoints === null || Array.isArray(endpoints))
    throw new ConfigurationError(
      at,
      "must be a record of endpoints, or a function that finds one.",
      "Give { acme: { url, secrets: [secret] } }, for example.",
    );
  const byId = new Map(Object.entries(endpoints));
  return { find: (id) => byId.get(id), known: [...byId] };
}
