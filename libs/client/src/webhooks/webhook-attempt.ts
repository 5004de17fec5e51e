/**
 * An attempt to deliver that has ended, as a log keeps it. It holds no secret, no signature, and no value of a header of
 * the endpoint's own.
 */
export interface WebhookAttempt {
  /** When it began, in milliseconds since 1970. */
  readonly atMs: number;
  /** What was answered; null where nothing was. */
  readonly status: number | null;
  /** What went wrong, in words that may be shown to whoever owns the endpoint; null where the status says it. */
  readonly problem: string | null;
  /** How long it took; null where nothing was connected to: a look-up's time would tell whether there is such a name. */
  readonly durationMs: number | null;
  /** The first bytes of the answer as text; null where none were kept. */
  readonly answer: string | null;
}

/** What came of an attempt. */
export interface AttemptResult extends WebhookAttempt {
  /** 2xx. */
  readonly isDelivered: boolean;
  /** The answer's `Retry-After`, as it was written. */
  readonly retryAfter?: string;
  /** Nothing was sent, by no fault of the receiver's. */
  readonly isUnsent?: true;
  /** No further attempt can help: there is no such endpoint, or this message cannot be signed. */
  readonly isFinal?: true;
  /** What is for the log alone: it may tell of names and addresses in one's own network. */
  readonly detail?: string;
}
