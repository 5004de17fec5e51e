import { callObserver, readOptions, reasonOf, SafeLogger, within } from "@lacre/core";
import { nextWaitMs } from "./retry-plan.js";
import type { AttemptResult, WebhookAttempt } from "./webhook-attempt.js";
import type { WebhookClient } from "./webhook-client.js";
import type { WebhookEndpoint } from "./webhook-endpoint.js";
import type { SettledAttempt, TakenDelivery, WebhookQueue } from "./webhook-queue.js";
import {
  WORKER_OPTIONS,
  type WebhookWorkerOptions,
  type WorkerSettings,
} from "./worker-options.js";

const GONE = 410;
const NO_ENDPOINT = "There is no such endpoint.";

/** What a worker needs of a queue. */
export type WorkQueue = Pick<WebhookQueue, "take" | "settle" | "pause">;

/** What a worker works with. */
export interface WorkerParts {
  readonly queue: WorkQueue;
  readonly client: Pick<WebhookClient, "attempt">;
}

/** Delivers what is due in a queue, at least once, whatever happens to a process. `WebhookSender` has one of its own. */
export class WebhookWorker {
  readonly #parts: WorkerParts;
  readonly #settings: WorkerSettings;
  readonly #log: SafeLogger;
  readonly #onTheirWay = new Set<Promise<void>>();
  #looking: Promise<void> = Promise.resolve();
  /** The look that comes after that one, where somebody has asked for it. */
  #asked: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isAway = false;

  /** @throws ConfigurationError */
  constructor(parts: WorkerParts, options: WebhookWorkerOptions) {
    this.#parts = parts;
    this.#settings = readOptions(WORKER_OPTIONS, options, "WebhookWorker", "");
    this.#log = new SafeLogger(this.#settings.logger);
  }

  /** Looks at the queue from now on, and keeps the process running, until it is stopped: for good. */
  start(): void {
    if (this.#isStopped) return;
    this.#timer ??= setInterval(() => void this.look(), this.#settings.pollMs);
    void this.look();
  }

  /** Takes what is due, and begins to send it. For whoever knows that something is due, before the next poll. */
  look(): Promise<void> {
    // However many ask while one look is under way, one more is enough.
    this.#asked ??= this.#looking.then(() => {
      this.#asked = undefined;
      return this.#look().then(
        () => this.#isBack(),
        (error: unknown) => this.#isGone(error),
      );
    });
    this.#looking = this.#asked;
    return this.#asked;
  }

  /** Until nothing is due, and nothing is on its way. What waits for a later attempt may be there. */
  async idle(): Promise<void> {
    let last: Promise<void>;
    do {
      await Promise.all(this.#onTheirWay);
      last = this.look();
      await last;
    } while (this.#onTheirWay.size > 0 || this.#looking !== last);
  }

  /** Takes nothing more, and waits for what is on its way: as long as an attempt may take. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#looking;
    await Promise.all(this.#onTheirWay);
  }

  async #look(): Promise<void> {
    const { concurrency, concurrencyPerEndpoint: perEndpoint, leaseMs } = this.#settings;
    const count = concurrency - this.#onTheirWay.size;
    if (this.#isStopped || count <= 0) return;
    for (const taken of await this.#parts.queue.take({ count, perEndpoint, leaseMs })) {
      const sent = this.#deliver(taken)
        .catch((error: unknown) =>
          this.#log.warn(
            `The delivery ${taken.id} is left until its lease ends: ${reasonOf(error)}`,
          ),
        )
        .finally(() => {
          this.#onTheirWay.delete(sent);
          void this.look();
        });
      this.#onTheirWay.add(sent);
    }
  }

  async #deliver(taken: TakenDelivery): Promise<void> {
    const result = await this.#attempt(taken);
    if (result.detail !== undefined)
      this.#log.warn(`The delivery ${taken.id} goes nowhere: ${result.detail}`);
    const settling = this.#settlingOf(taken, result);
    const { isKept, failingForMs } = await this.#parts.queue.settle(taken, settling);
    if (!isKept) return;
    const { id, endpointId, messageId, attempt } = taken;
    this.#tell((to) =>
      to.attempted?.({ delivery: { id, endpointId, messageId, attempt }, ...settling }),
    );
    const { pauseAfter } = this.#settings;
    if (result.status === GONE)
      await this.#pause(endpointId, "It answered 410: it wants no more messages.");
    else if (pauseAfter > 0 && failingForMs >= pauseAfter * 1000)
      await this.#pause(endpointId, `No attempt has succeeded for ${daysOf(failingForMs)}.`);
  }

  async #attempt(taken: TakenDelivery): Promise<AttemptResult> {
    const { messageId: id, content, contentType, attempt, endpointId } = taken;
    try {
      const endpoint = await within(this.#settings.leaseMs / 4, this.#find(endpointId));
      if (endpoint === undefined) return { ...notSent(NO_ENDPOINT), isFinal: true };
      return await this.#parts.client.attempt(endpoint, { id, content, contentType }, attempt);
    } catch (error) {
      this.#log.warn(`The endpoint of the delivery ${taken.id} cannot be read: ${reasonOf(error)}`);
      return notSent("The endpoint cannot be read.");
    }
  }

  async #find(endpointId: string): Promise<WebhookEndpoint | undefined> {
    return (await this.#settings.endpoints.find(endpointId)) ?? undefined;
  }

  #settlingOf({ attempt: number }: TakenDelivery, result: AttemptResult): SettledAttempt {
    const { atMs, status, problem, durationMs, answer, isDelivered, retryAfter, isUnsent } = result;
    const attempt: WebhookAttempt = { atMs, status, problem, durationMs, answer };
    if (isDelivered) return { attempt, state: "delivered" };
    const ended = { attempt, ...(isUnsent === true && { isUnsent }) };
    if (status === GONE || result.isFinal === true) return { ...ended, state: "failed" };
    const retryInMs = nextWaitMs(this.#settings.retryPlan(number), retryAfter, atMs);
    return retryInMs === undefined
      ? { ...ended, state: "failed" }
      : { ...ended, state: "waiting", retryInMs };
  }

  async #pause(endpointId: string, reason: string): Promise<void> {
    if (!(await this.#parts.queue.pause(endpointId, reason))) return;
    this.#log.warn(`The endpoint ${JSON.stringify(endpointId)} is paused: ${reason}`);
    this.#tell((to) => to.paused?.(endpointId, reason));
  }

  #tell(what: (observer: NonNullable<WorkerSettings["observer"]>) => unknown): void {
    const { observer } = this.#settings;
    if (observer === undefined) return;
    callObserver(
      () => what(observer),
      (error) => this.#log.warn(`The observer of webhooks failed: ${reasonOf(error)}`),
    );
  }

  #isBack(): void {
    if (this.#isAway) this.#log.log("The queue of webhooks can be read again.");
    this.#isAway = false;
  }

  /** Once for each outage. */
  #isGone(error: unknown): void {
    if (!this.#isAway && !this.#isStopped)
      this.#log.warn(`The queue of webhooks cannot be read: ${reasonOf(error)}`);
    this.#isAway = true;
  }
}

const notSent = (problem: string): AttemptResult => ({
  ...{ isDelivered: false, atMs: Date.now(), status: null, durationMs: null, answer: null },
  problem,
  isUnsent: true,
});

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;

function daysOf(ms: number): string {
  const days = ms / 86_400_000;
  return days >= 1 ? counted(Math.floor(days), "day") : counted(Math.ceil(ms / 60_000), "minute");
}
