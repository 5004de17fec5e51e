/** How a format treats a message that comes again. Without one, whatever comes again is refused, whatever became of it. */
export interface Redelivery {
  /**
   * What a repeat of a message is told whose work is done: `refuse`, the 401 of every repeat; `acknowledge`, 200, and the
   * handler does not run. One whose work is under way is never acknowledged: it may fail yet.
   */
  readonly duplicates: "refuse" | "acknowledge";
  /** Whether a message whose handler failed may come again. */
  readonly retryFailed: boolean;
  /**
   * For how long a message that is done is remembered, in seconds from its newest repeat on, where that is longer than the
   * window asks for: its sender may try again later, with a new time.
   */
  readonly rememberSeconds?: number;
}

/** What became of a message that was let in. */
export type Outcome = "done" | "failed";
