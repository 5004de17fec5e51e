import type { WebhookAttempt } from "./webhook-attempt.js";

/**
 * Where deliveries wait: a port, of which `MemoryWebhookQueue` and `PostgresWebhookQueue` are two. What a queue must do
 * stands in `@lacre/client/webhooks/contract` as cases for any test framework.
 *
 * All times are lengths, in milliseconds: a queue that several processes share goes by one clock of its own. Every method
 * is one step that happens whole or not at all, and rejects where the queue cannot say what came of it.
 */
export interface WebhookQueue {
  /** Called once before all others: makes tables, for example. */
  start?(): Promise<void>;
  /** Of deliveries that would be lost if the process ended now; 0 where the queue outlives it. */
  readonly volatileCount?: number;
  /**
   * Adds a delivery, due at once. A message that is there already for the same endpoint is not added again.
   * @param transaction what the caller hands on, where the queue can add in a transaction of the caller's
   * @returns the delivery that there is now
   * @throws WebhookQueueFullError
   */
  add(delivery: NewDelivery, transaction?: unknown): Promise<WebhookDelivery>;
  /**
   * Takes what is due, the longest due first, and holds it: nobody else is given it until the lease ends. From then on
   * it is due again, as what a process held that was killed. Each taking counts as an attempt. Nothing is taken of an
   * endpoint that is paused.
   */
  take(terms: TakeTerms): Promise<readonly TakenDelivery[]>;
  /** Notes what came of an attempt, and lets go. Does nothing where the delivery was taken by another since. */
  settle(taken: TakenDelivery, result: SettledAttempt): Promise<Settled>;
  /** Takes nothing more of an endpoint. @returns whether it was not paused before */
  pause(endpointId: string, reason: string): Promise<boolean>;
  /** Goes on with an endpoint, as one that never failed. @returns whether it was paused */
  resume(endpointId: string): Promise<boolean>;
  /** How an endpoint stands. One that was never heard of stands well. */
  endpoint(endpointId: string): Promise<EndpointState>;
  find(id: string): Promise<WebhookDelivery | undefined>;
  /** The newest first. */
  list(query: DeliveryQuery): Promise<readonly WebhookDelivery[]>;
  /** Has a delivery that has ended sent again, at once. @returns false where there is none that has ended */
  replay(id: string): Promise<boolean>;
  /** The same for all that failed since. @returns how many */
  replayFailed(which: FailedSince): Promise<number>;
  /** Removes what ended longer ago. @returns how many it removed: at most a thousand, so ask again */
  removeEnded(olderThanMs: number): Promise<number>;
}

export interface NewDelivery {
  readonly id: string;
  readonly endpointId: string;
  /** The same for all endpoints, and however often it is sent. */
  readonly messageId: string;
  readonly content: Uint8Array;
  readonly contentType: string;
}

/** `waiting` for its first or next attempt, or on its way; the others have ended. */
export type DeliveryState = "waiting" | "delivered" | "failed";

/** One message to one endpoint, as a log shows it. */
export interface WebhookDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly messageId: string;
  readonly state: DeliveryState;
  /** Since it was added, or sent again. One whose process was killed is counted, and not in the log. */
  readonly attempts: number;
  /** The last 30 that have ended, the oldest first, those from before it was sent again among them. */
  readonly log: readonly WebhookAttempt[];
  /** In milliseconds since 1970, by the queue's clock; null where it has ended. */
  readonly dueAtMs: number | null;
  readonly createdAtMs: number;
  /** Null where it has not ended. */
  readonly endedAtMs: number | null;
}

export interface TakeTerms {
  /** At most so many. */
  readonly count: number;
  /** At most about so many of one endpoint that are held at once, by whomever. */
  readonly perEndpoint: number;
  readonly leaseMs: number;
}

/** A delivery that is held. */
export interface TakenDelivery extends NewDelivery {
  /** The number of the attempt, from 1 on. */
  readonly attempt: number;
  /** What tells this taking from all others. */
  readonly lease: string;
}

/** What came of an attempt, and what becomes of the delivery. */
export interface SettledAttempt {
  readonly attempt: WebhookAttempt;
  readonly state: DeliveryState;
  /** Where it waits: for how long. */
  readonly retryInMs?: number;
  /** Nothing was sent, by no fault of the endpoint's: how that one stands stays as it is. */
  readonly isUnsent?: true;
}

export interface Settled {
  /** False where another has taken the delivery since, or it is gone. */
  readonly isKept: boolean;
  /** Since when all attempts at the endpoint have failed, up to this one; 0 where it was delivered, or nothing was sent. */
  readonly failingForMs: number;
}

export interface EndpointState {
  /** In milliseconds since 1970; null where its last attempt was delivered. */
  readonly failingSinceMs: number | null;
  readonly pausedAtMs: number | null;
  readonly reason: string | null;
}

export interface DeliveryQuery {
  readonly endpointId?: string;
  readonly state?: DeliveryState;
  /** 1 to 1000. */
  readonly limit: number;
  /** Where the page before this one ended: its last delivery. */
  readonly after?: Pick<WebhookDelivery, "createdAtMs" | "id">;
}

export interface FailedSince {
  /** Of all endpoints unless given. */
  readonly endpointId?: string;
  /** Those whose last attempt ended at this time or later, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** How many attempts of a delivery are kept. */
export const MOST_KEPT_ATTEMPTS = 30;

/** The queue takes no more; it forgets nothing to make room. */
export class WebhookQueueFullError extends Error {
  override readonly name = "WebhookQueueFullError";
}
