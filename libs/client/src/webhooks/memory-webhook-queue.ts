import { randomUUID } from "node:crypto";
import { count, port, readOptions, systemClock, type Clock, type OptionsOf } from "@lacre/core";
import type { WebhookAttempt } from "./webhook-attempt.js";
import {
  MOST_KEPT_ATTEMPTS,
  WebhookQueueFullError,
  type DeliveryQuery,
  type EndpointState,
  type FailedSince,
  type NewDelivery,
  type Settled,
  type SettledAttempt,
  type TakenDelivery,
  type TakeTerms,
  type WebhookDelivery,
  type WebhookQueue,
} from "./webhook-queue.js";

const OPTIONS = {
  /** How many deliveries it holds, 1 to 1,000,000: 10,000 unless given. What has ended makes room, the oldest first. */
  capacity: count({ from: 1, to: 1_000_000, default: 10_000 }),
  /** The system's unless given. */
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
};

export interface MemoryWebhookQueueOptions extends OptionsOf<typeof OPTIONS> {}

interface Row extends NewDelivery {
  state: WebhookDelivery["state"];
  attempts: number;
  log: readonly WebhookAttempt[];
  dueAtMs: number;
  heldUntilMs: number;
  lease: string | undefined;
  readonly createdAtMs: number;
  endedAtMs: number | null;
}

interface Standing {
  failingSinceMs: number | null;
  pausedAtMs: number | null;
  reason: string | null;
}

/**
 * A queue in the memory of one process. What waits when the process ends is lost, and no other process sees it: for tests,
 * and for messages that may be lost. It is bounded: full of what waits, it refuses what is new.
 */
export class MemoryWebhookQueue implements WebhookQueue {
  readonly #capacity: number;
  readonly #clock: Clock;
  /** In the order in which they were added. */
  readonly #rows = new Map<string, Row>();
  readonly #byMessage = new Map<string, Row>();
  readonly #endpoints = new Map<string, Standing>();

  /** @throws ConfigurationError */
  constructor(options: MemoryWebhookQueueOptions = {}) {
    ({ capacity: this.#capacity, clock: this.#clock } = readOptions(
      OPTIONS,
      options,
      "MemoryWebhookQueue",
      "",
    ));
  }

  get volatileCount(): number {
    return this.#all().filter(({ state }) => state === "waiting").length;
  }

  async add(delivery: NewDelivery): Promise<WebhookDelivery> {
    const key = messageKey(delivery);
    const there = this.#byMessage.get(key);
    if (there !== undefined) return viewOf(there);
    this.#makeRoom();
    const nowMs = this.#clock.nowMs();
    const row: Row = {
      ...delivery,
      content: Uint8Array.from(delivery.content),
      ...{ state: "waiting", attempts: 0, log: [], heldUntilMs: 0, lease: undefined },
      ...{ dueAtMs: nowMs, createdAtMs: nowMs, endedAtMs: null },
    };
    this.#rows.set(row.id, row);
    this.#byMessage.set(key, row);
    return viewOf(row);
  }

  async take({ count: most, perEndpoint, leaseMs }: TakeTerms): Promise<readonly TakenDelivery[]> {
    const nowMs = this.#clock.nowMs();
    const held = new Map<string, number>();
    const due: Row[] = [];
    for (const row of this.#rows.values()) {
      if (row.state !== "waiting") continue;
      if (row.heldUntilMs > nowMs) add(held, row.endpointId);
      else if (row.dueAtMs <= nowMs && !this.#isPaused(row.endpointId)) due.push(row);
    }
    const taken: Row[] = [];
    for (const row of due.toSorted((a, b) => a.dueAtMs - b.dueAtMs)) {
      if (taken.length >= most) break;
      if ((held.get(row.endpointId) ?? 0) >= perEndpoint) continue;
      add(held, row.endpointId);
      row.attempts += 1;
      row.heldUntilMs = nowMs + leaseMs;
      row.lease = randomUUID();
      taken.push(row);
    }
    return taken.map(takenOf);
  }

  async settle({ id, lease, endpointId }: TakenDelivery, result: SettledAttempt): Promise<Settled> {
    const row = this.#rows.get(id);
    if (row?.lease !== lease) return { isKept: false, failingForMs: 0 };
    const nowMs = this.#clock.nowMs();
    const { state, attempt, retryInMs = 0 } = result;
    row.state = state;
    row.lease = undefined;
    row.heldUntilMs = 0;
    row.log = [...row.log, attempt].slice(-MOST_KEPT_ATTEMPTS);
    if (state === "waiting") row.dueAtMs = nowMs + retryInMs;
    else row.endedAtMs = nowMs;
    if (result.isUnsent === true) return { isKept: true, failingForMs: 0 };
    const standing = this.#standing(endpointId);
    standing.failingSinceMs = state === "delivered" ? null : (standing.failingSinceMs ?? nowMs);
    return { isKept: true, failingForMs: nowMs - (standing.failingSinceMs ?? nowMs) };
  }

  async pause(endpointId: string, reason: string): Promise<boolean> {
    const standing = this.#standing(endpointId);
    if (standing.pausedAtMs !== null) return false;
    Object.assign(standing, { pausedAtMs: this.#clock.nowMs(), reason });
    return true;
  }

  async resume(endpointId: string): Promise<boolean> {
    const wasPaused = this.#isPaused(endpointId);
    this.#endpoints.delete(endpointId);
    return wasPaused;
  }

  async endpoint(endpointId: string): Promise<EndpointState> {
    return { ...(this.#endpoints.get(endpointId) ?? WELL) };
  }

  async find(id: string): Promise<WebhookDelivery | undefined> {
    const row = this.#rows.get(id);
    return row && viewOf(row);
  }

  async list({
    endpointId,
    state,
    limit,
    after,
  }: DeliveryQuery): Promise<readonly WebhookDelivery[]> {
    return this.#all()
      .filter((row) => endpointId === undefined || row.endpointId === endpointId)
      .filter((row) => state === undefined || row.state === state)
      .toSorted(newestFirst)
      .filter((row) => after === undefined || newestFirst(after, row) < 0)
      .slice(0, limit)
      .map(viewOf);
  }

  async replay(id: string): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row === undefined || row.state === "waiting") return false;
    this.#again(row);
    return true;
  }

  async replayFailed({ endpointId, sinceMs }: FailedSince): Promise<number> {
    const failed = this.#all().filter(
      (row) =>
        row.state === "failed" &&
        (row.endedAtMs ?? 0) >= sinceMs &&
        (endpointId === undefined || row.endpointId === endpointId),
    );
    for (const row of failed) this.#again(row);
    return failed.length;
  }

  async removeEnded(olderThanMs: number): Promise<number> {
    const beforeMs = this.#clock.nowMs() - olderThanMs;
    const old = this.#all().filter(({ endedAtMs }) => endedAtMs !== null && endedAtMs < beforeMs);
    for (const row of old) this.#forget(row);
    return old.length;
  }

  #again(row: Row): void {
    row.state = "waiting";
    row.attempts = 0;
    row.dueAtMs = this.#clock.nowMs();
    row.endedAtMs = null;
  }

  #makeRoom(): void {
    if (this.#rows.size < this.#capacity) return;
    const ended = this.#all().find(({ state }) => state !== "waiting");
    if (ended === undefined)
      throw new WebhookQueueFullError(`${this.#capacity} deliveries wait already`);
    this.#forget(ended);
  }

  #forget(row: Row): void {
    this.#rows.delete(row.id);
    this.#byMessage.delete(messageKey(row));
  }

  #isPaused(endpointId: string): boolean {
    return (this.#endpoints.get(endpointId)?.pausedAtMs ?? null) !== null;
  }

  #standing(endpointId: string): Standing {
    const standing = this.#endpoints.get(endpointId) ?? { ...WELL };
    this.#endpoints.set(endpointId, standing);
    return standing;
  }

  #all(): Row[] {
    return [...this.#rows.values()];
  }
}

const WELL: EndpointState = { failingSinceMs: null, pausedAtMs: null, reason: null };

const messageKey = ({ endpointId, messageId }: NewDelivery): string =>
  JSON.stringify([endpointId, messageId]);

type Place = Pick<WebhookDelivery, "createdAtMs" | "id">;

/** By time, and by id where that is the same. */
const newestFirst = (a: Place, b: Place): number =>
  b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

const add = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);

function viewOf(row: Row): WebhookDelivery {
  const { id, endpointId, messageId, state, attempts, log, createdAtMs, endedAtMs } = row;
  const dueAtMs = state === "waiting" ? row.dueAtMs : null;
  return { id, endpointId, messageId, state, attempts, log, dueAtMs, createdAtMs, endedAtMs };
}

function takenOf(row: Row): TakenDelivery {
  const { id, endpointId, messageId, content, contentType, attempts, lease = "" } = row;
  return { id, endpointId, messageId, content, contentType, attempt: attempts, lease };
}
