import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from "@nestjs/common";
import type { Clock } from "@lacre/core";
import { OPEN_DATABASE } from "../database/database.module.js";
import type { OpenDatabase } from "../database/database.js";
import { DELIVERIES_CHANNEL } from "../events/tell-event.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { StartupTask, type RunsAtStart } from "../start/startup-task.js";
import { DeliveryQueue, type TryResult } from "./delivery-queue.js";
import { nextWaitMs } from "./sending/retry-plan.js";
import { tryMessage, type Try } from "./sending/try-message.js";

const MOST_AT_ONCE = 20;
const LOOK_MS = 5_000;
const GONE = 410;

type Delivery = Awaited<ReturnType<DeliveryQueue["take"]>>[number];

/** Delivers what is due: at least once, whatever happens to a console. */
@StartupTask({ name: "deliver webhooks" })
@Injectable()
export class DeliveryWorker implements RunsAtStart, BeforeApplicationShutdown {
  readonly #log = new Logger("Webhooks");
  readonly #onTheirWay = new Set<Promise<void>>();
  #looking: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => Promise<void>) | undefined;
  #isClosed = false;

  constructor(
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly queue: DeliveryQueue,
  ) {}

  async run(): Promise<void> {
    const look = (): void => void this.look();
    this.#unlisten = await this.database.listen(DELIVERIES_CHANNEL, look);
    this.#timer = setInterval(look, LOOK_MS).unref();
  }

  /** Takes what is due, and begins to send it. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() =>
      this.#look().catch((error: unknown) => {
        if (!this.#isClosed) this.#log.warn(`Deliveries cannot be read: ${String(error)}`);
      }),
    );
    return this.#looking;
  }

  /** Until nothing is due, and nothing is on its way. */
  async settle(): Promise<void> {
    do {
      await Promise.all(this.#onTheirWay);
      await this.look();
    } while (this.#onTheirWay.size > 0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#unlisten?.();
    await this.#looking;
    await Promise.all(this.#onTheirWay);
  }

  async #look(): Promise<void> {
    const room = MOST_AT_ONCE - this.#onTheirWay.size;
    if (this.#isClosed || room <= 0) return;
    for (const delivery of await this.queue.take(room, this.#now())) {
      const sent = this.#deliver(delivery)
        .catch((error: unknown) => this.#log.warn(`A delivery is left: ${String(error)}`))
        .finally(() => {
          this.#onTheirWay.delete(sent);
          void this.look();
        });
      this.#onTheirWay.add(sent);
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const beganMs = performance.now();
    const outcome = await this.#try(delivery);
    if (outcome === undefined) return;
    const tookMs = Math.round(performance.now() - beganMs);
    const detail = outcome.outcome === "failed" ? outcome.detail : undefined;
    if (detail !== undefined) this.#log.warn(`The delivery ${delivery.id} goes nowhere: ${detail}`);
    // How long a look-up took would tell whether there is such a name.
    const ms = detail === undefined ? tookMs : null;
    const now = this.#now();
    await this.queue.note(delivery, { ...resultOf(outcome, delivery.tries, now), ms }, now);
  }

  /** Undefined: its endpoint is no longer there. */
  async #try(delivery: Delivery): Promise<Try | undefined> {
    const held = await this.queue.prepare(delivery, this.#now()).catch(() => null);
    if (held === null) return { outcome: "failed", problem: "The secret cannot be opened." };
    return (
      held &&
      tryMessage(held.message, {
        url: held.url,
        secrets: held.secrets,
        nowMs: this.clock.nowMs(),
        allowPrivate: this.settings.privateWebhooks === true,
      })
    );
  }

  #now(): Date {
    return new Date(this.clock.nowMs());
  }
}

function resultOf(outcome: Try, tries: number, now: Date): Omit<TryResult, "ms"> {
  const nowMs = now.getTime();
  const status = outcome.outcome === "answered" ? outcome.status : undefined;
  if (status !== undefined && status >= 200 && status < 300) return { state: "delivered", status };
  const problem = outcome.outcome === "failed" ? outcome.problem : undefined;
  if (status === GONE)
    return { state: "failed", status, offReason: "It answered 410: it wants no more messages." };
  const retryAfter = outcome.outcome === "answered" ? outcome.retryAfter : undefined;
  const wait = nextWaitMs(tries, retryAfter, nowMs);
  return wait === undefined
    ? { state: "failed", status, problem }
    : { state: "waiting", status, problem, nextAt: new Date(nowMs + wait) };
}
