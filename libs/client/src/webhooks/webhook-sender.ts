import { randomUUID } from "node:crypto";
import {
  bytes,
  ConfigurationError,
  port,
  readOptions,
  reasonOf,
  SafeLogger,
  seconds,
  type OptionsOf,
  type OptionSpecs,
  type SettingsOf,
} from "@lacre/core";
import {
  checkId,
  LIST_OPTIONS,
  REPLAY_OPTIONS,
  SEND_OPTIONS,
  type SendTerms,
} from "./call-options.js";
import { CLIENT_OPTIONS, type WebhookClientOptions } from "./client-options.js";
import { contentOf } from "./content-of.js";
import { MemoryWebhookQueue } from "./memory-webhook-queue.js";
import { WebhookTargetError } from "./target-rule.js";
import { WebhookClient } from "./webhook-client.js";
import type { WebhookEndpoint } from "./webhook-endpoint.js";
import type {
  DeliveryQuery,
  EndpointState,
  FailedSince,
  WebhookDelivery,
  WebhookQueue,
} from "./webhook-queue.js";
import { WebhookWorker } from "./webhook-worker.js";
import { WORKER_OPTIONS, type WebhookWorkerOptions } from "./worker-options.js";

const SWEEP_MS = 3_600_000;
const SWEPT_AT_ONCE = 1000;

const OWN = {
  /** Where deliveries wait; in the memory of this process unless given, where they are lost when it ends. */
  queue: port<WebhookQueue>(["add", "take", "settle"], { says: "a MemoryWebhookQueue" }),
  /** How long deliveries that have ended are kept for the log and for replays, in seconds; 30 days unless given. */
  keepFor: seconds({ from: 60, to: 315_360_000, default: 2_592_000 }),
  /** How long a message may be, in bytes, 1 to 16 MiB; 1 MiB unless given, which is what most receivers take. */
  maxContentBytes: bytes({ from: 1, to: 16_777_216, default: 1_048_576 }),
};

/** All of them, as data. */
export const SENDER_OPTIONS = { ...CLIENT_OPTIONS, ...WORKER_OPTIONS, ...OWN };

/** What a sender is made with: `scheme` and `endpoints`, and whatever else is wanted. */
export interface WebhookSenderOptions
  extends WebhookClientOptions, WebhookWorkerOptions, OptionsOf<typeof OWN> {}

/** Sends webhooks: signs, delivers at least once, tries again, and keeps a log. In no promised order. */
export class WebhookSender {
  readonly #settings: SettingsOf<typeof SENDER_OPTIONS>;
  readonly #queue: WebhookQueue;
  readonly #client: WebhookClient;
  readonly #worker: WebhookWorker;
  readonly #log: SafeLogger;
  #sweeping: NodeJS.Timeout | undefined;

  /** @throws ConfigurationError, for endpoints of a record too */
  constructor(options: WebhookSenderOptions) {
    this.#settings = readOptions(SENDER_OPTIONS, options, "WebhookSender", "");
    const { queue, timeoutMs, leaseMs, clock, logger } = this.#settings;
    if (leaseMs < 2 * timeoutMs)
      throw new ConfigurationError(
        "leaseMs",
        "must be at least twice timeoutMs, or what is being sent is sent by another process too.",
        `Give ${2 * timeoutMs} or more.`,
      );
    this.#queue = queue ?? new MemoryWebhookQueue({ clock });
    this.#client = new WebhookClient(those(options, CLIENT_OPTIONS) as WebhookClientOptions);
    const work = those(options, WORKER_OPTIONS) as WebhookWorkerOptions;
    this.#worker = new WebhookWorker({ queue: this.#queue, client: this.#client }, work);
    this.#log = new SafeLogger(logger);
    for (const [id, endpoint] of this.#settings.endpoints.known) this.#checkKnown(id, endpoint);
  }

  /**
   * Begins to deliver, and keeps the process running until `stop`. A process that only sends need not start; of those
   * that do there may be several.
   * @throws Error where the queue cannot be opened
   */
  async start(): Promise<void> {
    await this.#queue.start?.();
    this.#worker.start();
    this.#sweeping ??= setInterval(() => void this.#sweep(), SWEEP_MS).unref();
    void this.#sweep();
  }

  /** Waits for what is on its way, as long as an attempt may take, and delivers nothing more. */
  async stop(): Promise<void> {
    clearInterval(this.#sweeping);
    await this.#worker.stop();
    const lost = this.#queue.volatileCount ?? 0;
    if (lost > 0)
      this.#log.warn(
        `${lost} ${lost === 1 ? "webhook waits" : "webhooks wait"} in memory alone: lost when this process ends.`,
      );
  }

  /**
   * Has a message delivered to an endpoint. Resolves once the queue has it, not once it is delivered.
   * @param event what is sent: text and bytes as they stand, all else as JSON
   * @throws RangeError for an id or content that cannot be sent, TypeError for an event that JSON does not have;
   *   ConfigurationError for terms that are none; WebhookQueueFullError; whatever the queue fails with
   */
  async send(
    endpointId: string,
    event: object | string,
    terms: SendTerms = {},
  ): Promise<WebhookDelivery> {
    const { known } = this.#settings.endpoints;
    checkId(endpointId, "endpoint");
    const read = readOptions(SEND_OPTIONS, terms, "send", "");
    const { id = `msg_${randomUUID()}`, contentType, transaction } = read;
    const endpoint = known.find(([name]) => name === endpointId)?.[1];
    if (known.length > 0 && endpoint === undefined)
      throw new RangeError(`there is no endpoint ${JSON.stringify(endpointId)}`);
    const content = contentOf(event, this.#settings.maxContentBytes);
    this.#client.checkMessage({ id, content, contentType }, endpoint);
    const delivery = { id: `whd_${randomUUID()}`, endpointId, messageId: id, content, contentType };
    const added = await this.#queue.add(delivery, transaction);
    this.#hurry();
    return added;
  }

  /** Checks an endpoint before it is stored. @throws WebhookTargetError, ConfigurationError */
  checkEndpoint(endpoint: WebhookEndpoint): void {
    this.#client.checkEndpoint(endpoint);
  }

  find(deliveryId: string): Promise<WebhookDelivery | undefined> {
    return this.#queue.find(deliveryId);
  }

  /**
   * Deliveries with their attempts, the newest first. 100 unless said otherwise, at most 1000.
   * @throws ConfigurationError for what is no such query
   */
  async list(query: Partial<DeliveryQuery> = {}): Promise<readonly WebhookDelivery[]> {
    const { endpointId, state, limit, after } = readOptions(LIST_OPTIONS, query, "list", "");
    return this.#queue.list({
      limit,
      ...(endpointId !== undefined && { endpointId }),
      ...(state !== undefined && { state }),
      ...(after !== undefined && { after }),
    });
  }

  /** Sends a delivery that has ended again, with the same id. @returns false where there is none that has ended */
  async replay(deliveryId: string): Promise<boolean> {
    const isAgain = await this.#queue.replay(deliveryId);
    this.#hurry();
    return isAgain;
  }

  /**
   * Sends all that failed since again, with the same ids.
   * @returns how many
   * @throws ConfigurationError for what is not a time
   */
  async replayFailed(which: FailedSince): Promise<number> {
    readOptions(REPLAY_OPTIONS, which, "replayFailed", "");
    const count = await this.#queue.replayFailed(which);
    this.#hurry();
    return count;
  }

  /** Whether an endpoint fails or is paused, since when, and why. */
  endpoint(endpointId: string): Promise<EndpointState> {
    return this.#queue.endpoint(endpointId);
  }

  /** Sends an endpoint nothing until it is resumed; its messages wait. @returns whether it was not paused before */
  pause(endpointId: string, reason: string): Promise<boolean> {
    return this.#queue.pause(endpointId, reason);
  }

  /** Goes on with a paused endpoint, and with what waits for it. @returns whether it was paused */
  async resume(endpointId: string): Promise<boolean> {
    const wasPaused = await this.#queue.resume(endpointId);
    this.#hurry();
    return wasPaused;
  }

  /** Until nothing is due and nothing is on its way: for tests. */
  idle(): Promise<void> {
    return this.#worker.idle();
  }

  /** What was added here need not wait for the next poll. */
  #hurry(): void {
    if (this.#sweeping !== undefined) void this.#worker.look();
  }

  #checkKnown(id: string, endpoint: WebhookEndpoint): void {
    try {
      checkId(id, "endpoint");
      this.#client.checkEndpoint(endpoint);
    } catch (error) {
      const { message } = error as Error;
      const isTarget = error instanceof WebhookTargetError;
      const hint = isTarget && error.detail !== undefined ? `: ${error.detail}` : "";
      throw new ConfigurationError(
        `endpoints.${id}`,
        isTarget ? `url: ${message}` : message,
        `Mend it, or take it out${hint}.`,
      );
    }
  }

  async #sweep(): Promise<void> {
    try {
      const olderThanMs = this.#settings.keepFor * 1000;
      while ((await this.#queue.removeEnded(olderThanMs)) >= SWEPT_AT_ONCE);
    } catch (error) {
      this.#log.warn(`Old webhooks cannot be removed: ${reasonOf(error)}`);
    }
  }
}

const those = (options: object, specs: OptionSpecs): object =>
  Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(specs, name)));
