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
import { CLIENT_OPTIONS, type WebhookClientOptions } from "./client-options.js";
import { MemoryWebhookQueue } from "./memory-webhook-queue.js";
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

/** What may be said of a message. */
export interface SendTerms {
  /**
   * The id of the message; drawn unless given. With the id of something of yours it is sent once to an endpoint, however
   * often you say so.
   */
  readonly id?: string;
  /** `application/json` unless given. */
  readonly contentType?: string;
  /** Handed on to the queue: with PostgreSQL the client whose transaction the message is to be part of. */
  readonly transaction?: unknown;
}

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
      this.#log.warn(`${lost} webhooks that wait in memory are lost when this process ends.`);
  }

  /**
   * Has a message delivered to an endpoint. Resolves once the queue has it, not once it is delivered.
   * @param event what is sent: text and bytes as they stand, all else as JSON
   * @throws RangeError for an id or content that cannot be sent; WebhookQueueFullError; whatever the queue fails with
   */
  async send(
    endpointId: string,
    event: object | string,
    { id = `msg_${randomUUID()}`, contentType = "application/json", transaction }: SendTerms = {},
  ): Promise<WebhookDelivery> {
    const { known } = this.#settings.endpoints;
    checkId(endpointId, "endpoint");
    checkId(id, "message");
    if (known.length > 0 && !known.some(([name]) => name === endpointId))
      throw new RangeError(`there is no endpoint ${JSON.stringify(endpointId)}`);
    const content = this.#contentOf(event);
    const endpoint = known.find(([name]) => name === endpointId)?.[1];
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

  /** Deliveries with their attempts, the newest first. 100 unless said otherwise, at most 1000. */
  list(query: Partial<DeliveryQuery> = {}): Promise<readonly WebhookDelivery[]> {
    const limit = Math.min(Math.max(1, query.limit ?? 100), 1000);
    return this.#queue.list({ ...query, limit });
  }

  /** Sends a delivery that has ended again, with the same id. @returns false where there is none that has ended */
  async replay(deliveryId: string): Promise<boolean> {
    const isAgain = await this.#queue.replay(deliveryId);
    this.#hurry();
    return isAgain;
  }

  /** Sends all that failed since again, with the same ids. @returns how many */
  async replayFailed(which: FailedSince): Promise<number> {
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

  #contentOf(event: object | string): Uint8Array {
    const content = ArrayBuffer.isView(event)
      ? new Uint8Array(event.buffer, event.byteOffset, event.byteLength)
      : Buffer.from(typeof event === "string" ? event : (JSON.stringify(event) ?? ""));
    const { maxContentBytes } = this.#settings;
    if (content.byteLength > maxContentBytes)
      throw new RangeError(`the message is longer than maxContentBytes, ${maxContentBytes}`);
    return content;
  }

  #checkKnown(id: string, endpoint: WebhookEndpoint): void {
    try {
      checkId(id, "endpoint");
      this.#client.checkEndpoint(endpoint);
    } catch (error) {
      const { option = "url", message } = error as Error & { option?: string };
      const problem = error instanceof ConfigurationError ? message : `${option}: ${message}`;
      throw new ConfigurationError(`endpoints.${id}`, problem, "Mend it, or take it out.");
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

function checkId(id: string, of: string): void {
  if (typeof id !== "string" || !/^[\x21-\x7e]{1,128}$/.test(id))
    throw new RangeError(
      `the id of the ${of} must be 1 to 128 printable characters without blanks`,
    );
}
