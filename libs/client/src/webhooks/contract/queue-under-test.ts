import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import type { WebhookAttempt } from "../webhook-attempt.js";
import type { NewDelivery, TakenDelivery, WebhookQueue } from "../webhook-queue.js";

/** A queue as the contract handles it: empty at first. */
export interface QueueUnderTest {
  readonly queue: WebhookQueue;
  /** Makes so much time pass for the queue: moves its clock, or all times that it has kept. */
  readonly letPass: (ms: number) => Promise<void>;
  /** Another queue on the same deliveries, as another process would have; undefined where nobody else can. */
  readonly another?: () => Promise<WebhookQueue>;
  /** Closes what was opened for the test. */
  close(): Promise<void>;
}

/** What a queue is made with. */
export interface QueueSettings {
  /** For queues with a bound. */
  readonly capacity?: number;
}

export type MakeQueue = (settings: QueueSettings) => Promise<QueueUnderTest>;

/** One thing that a queue must do. */
export interface QueueCase {
  readonly name: string;
  /** Makes its own queue, and closes it. Rejects where the queue does something else. */
  readonly run: () => Promise<void>;
}

/** A case that begins with a queue of its own. */
export function queueCase(
  make: MakeQueue,
  name: string,
  test: (under: QueueUnderTest) => Promise<void>,
  settings: QueueSettings = {},
): QueueCase {
  return {
    name,
    run: async () => {
      const under = await make(settings);
      try {
        await under.queue.start?.();
        await test(under);
      } finally {
        await under.close();
      }
    },
  };
}

export const LEASE_MS = 60_000;

/** A delivery that nobody has added yet. */
export const newDelivery = (over: Partial<NewDelivery> = {}): NewDelivery => ({
  id: `whd_${randomUUID()}`,
  endpointId: "acme",
  messageId: `msg_${randomUUID()}`,
  content: Buffer.from('{"a":1}'),
  contentType: "application/json",
  ...over,
});

export const ATTEMPT: WebhookAttempt = {
  atMs: 1_700_000_000_000,
  status: 500,
  problem: null,
  durationMs: 12,
  answer: 'no "more" — 🦭',
};

export const takeAll = (queue: WebhookQueue, count = 100, perEndpoint = 100) =>
  queue.take({ count, perEndpoint, leaseMs: LEASE_MS });

/** Takes the one delivery that is due. */
export async function takeOne(queue: WebhookQueue): Promise<TakenDelivery> {
  const taken = await takeAll(queue);
  assert.equal(taken.length, 1);
  return taken[0] as TakenDelivery;
}

export const idsOf = (deliveries: readonly { readonly id: string }[]): string[] =>
  deliveries.map(({ id }) => id).toSorted();

/** Takes what is due and ends it. */
export async function endAll(queue: WebhookQueue, state: "delivered" | "failed"): Promise<void> {
  for (const taken of await takeAll(queue)) await queue.settle(taken, { attempt: ATTEMPT, state });
}
