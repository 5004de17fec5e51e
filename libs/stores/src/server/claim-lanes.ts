/** Nothing is known of the nonce: the claim never began, or it may still land. */
export class ClaimOverdueError extends Error {
  override readonly name = "ClaimOverdueError";
}

/** The claim never began: too many are waiting before it. */
export class ClaimsOverloadedError extends Error {
  override readonly name = "ClaimsOverloadedError";
}

export interface ClaimLanesOptions {
  /** How many claims the store works on at once, 1 or more. */
  readonly lanes: number;
  /** How long a claim waits for its turn and its answer together, in milliseconds, 1 or more. */
  readonly timeoutMs: number;
  /**
   * Whether the store answers in the order in which it is asked, as over one connection. While one is overdue, all behind
   * it would be, so none begins; and as many lanes are used as are answered in time, as TCP finds out (RFC 5681). False
   * unless said otherwise.
   */
  readonly inOrder?: boolean;
}

interface Claim {
  readonly work: () => Promise<unknown>;
  readonly deadlineMs: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Bounds how many claims a store works on at once, first come first served. A client's own queue would keep what was
 * given up and work on it before anything new: one that is as long as a claim waits never ends, since each claim is
 * given up by the time that it begins. Here nothing begins that is not likely to be answered in time, and while the
 * queue is longer than what the store has done in that time, whoever comes is turned away at once.
 *
 * A claim that was given up keeps its lane until the store is done with it: the store is still at work.
 */
export class ClaimLanes {
  readonly #lanes: number;
  readonly #timeoutMs: number;
  /** In the order of their arrival, and so of their deadlines: one timer does for all. */
  readonly #unanswered = new Set<Claim>();
  /** Those of them that have not begun; none while a lane is free. */
  readonly #waiting = new Set<Claim>();
  /** Given up, and the store is still at work. */
  readonly #overdue = new Set<Claim>();
  readonly #inOrder: boolean;
  readonly #pace: Pace;
  #busy = 0;
  /** How many lanes are used. */
  #width: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClaimLanesOptions) {
    this.#lanes = options.lanes;
    this.#timeoutMs = options.timeoutMs;
    this.#width = options.lanes;
    this.#inOrder = options.inOrder === true;
    this.#pace = new Pace(options);
  }

  /**
   * Runs `work` as soon as a lane is free: at once, if one is.
   * @throws ClaimsOverloadedError when no lane would be free in time
   * @throws ClaimOverdueError when there was no answer within `timeoutMs`; the work may still be done
   * @throws whatever `work` threw
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  run(work: () => Promise<unknown>): Promise<unknown> {
    if (this.#isStuck)
      return Promise.reject(new ClaimsOverloadedError("earlier claims are not answered yet"));
    const nowMs = performance.now();
    const mustWait = this.#busy >= this.#width;
    if (this.#busy === 0) this.#pace.rested(nowMs);
    else if (mustWait && this.#waiting.size === 0) this.#pace.queueBegins(nowMs);
    else if (mustWait && this.#waiting.size >= Math.max(this.#lanes, this.#pace.room(nowMs)))
      return Promise.reject(
        new ClaimsOverloadedError(`${this.#waiting.size} claims are waiting for a connection`),
      );
    return new Promise((resolve, reject) => {
      const claim: Claim = { work, deadlineMs: nowMs + this.#timeoutMs, resolve, reject };
      this.#unanswered.add(claim);
      this.#timer ??= setTimeout(this.#giveUp, this.#timeoutMs);
      if (mustWait) this.#waiting.add(claim);
      else void this.#begin(claim, nowMs);
    });
  }

  get #isStuck(): boolean {
    return this.#inOrder && this.#overdue.size > 0;
  }

  async #begin(claim: Claim, begunMs: number): Promise<void> {
    this.#busy += 1;
    try {
      claim.resolve(await claim.work());
    } catch (error) {
      claim.reject(error);
    }
    this.#busy -= 1;
    if (!this.#overdue.delete(claim) && this.#width < this.#lanes) this.#width += 1 / this.#width;
    const nowMs = performance.now();
    this.#pace.ended(nowMs, nowMs - begunMs);
    this.#leave(claim);
    this.#beginWaiting(nowMs);
  }

  #beginWaiting(nowMs: number): void {
    for (const claim of this.#waiting) {
      if (this.#busy >= this.#width || this.#isStuck) return;
      this.#waiting.delete(claim);
      if (claim.deadlineMs - nowMs < this.#pace.neededMs) this.#refuse(claim);
      else void this.#begin(claim, nowMs);
    }
  }

  readonly #giveUp = (): void => {
    this.#timer = undefined;
    const nowMs = performance.now();
    for (const claim of this.#unanswered) {
      const leftMs = Math.ceil(claim.deadlineMs - nowMs);
      if (leftMs > 0) {
        this.#timer = setTimeout(this.#giveUp, leftMs);
        return;
      }
      if (!this.#waiting.delete(claim)) this.#isOverdue(claim);
      this.#refuse(claim);
    }
  };

  #isOverdue(claim: Claim): void {
    if (this.#inOrder && this.#overdue.size === 0) this.#width = Math.max(1, this.#busy / 2);
    this.#overdue.add(claim);
  }

  #refuse(claim: Claim): void {
    claim.reject(new ClaimOverdueError(`no answer within ${this.#timeoutMs} ms`));
    this.#leave(claim);
  }

  #leave(claim: Claim): void {
    this.#unanswered.delete(claim);
    if (this.#unanswered.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * How long claims take, and how many end while others wait. Both are wrong for a moment when this process itself
 * stands still, so that a burst must not depend on them: what is needed doubles at most by one answer in each lane,
 * however late they are, and room is counted only once a queue is as old as a claim may get.
 */
class Pace {
  readonly #timeoutMs: number;
  readonly #leastMs: number;
  readonly #slower: number;
  readonly #quicker: number;
  #neededMs: number;
  #endedMs = 0;
  /** Since when this is counted, and what was counted before; all of it while there is a queue. */
  #sinceMs = 0;
  #ended = 0;
  #endedBefore = Infinity;

  constructor({ lanes, timeoutMs }: ClaimLanesOptions) {
    this.#timeoutMs = timeoutMs;
    this.#leastMs = timeoutMs / 10;
    this.#neededMs = this.#leastMs;
    // One that takes longer weighs as much as nine that do not: of ten claims, nine need no more.
    this.#slower = 2 ** (1 / lanes);
    this.#quicker = 2 ** (-1 / (9 * lanes));
  }

  /** How much time a claim must have left when it begins. */
  get neededMs(): number {
    return this.#neededMs;
  }

  ended(nowMs: number, tookMs: number): void {
    this.#ended += 1;
    this.#endedMs = nowMs;
    // What takes longer is in vain whenever it begins, and says nothing of when that is too late.
    if (tookMs >= this.#timeoutMs) return;
    this.#neededMs *= tookMs > this.#neededMs ? this.#slower : this.#quicker;
    this.#neededMs = Math.max(this.#neededMs, this.#leastMs);
  }

  /** What was slow before a rest says nothing of now. */
  rested(nowMs: number): void {
    if (nowMs - this.#endedMs > this.#timeoutMs) this.#neededMs = this.#leastMs;
  }

  queueBegins(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#ended = 0;
    this.#endedBefore = Infinity;
  }

  /** How many may wait and all begin in time. */
  room(nowMs: number): number {
    if (nowMs - this.#sinceMs >= this.#timeoutMs) {
      this.#endedBefore = this.#ended;
      this.#ended = 0;
      this.#sinceMs = nowMs;
    }
    return this.#endedBefore * (1 - this.#neededMs / this.#timeoutMs);
  }
}
