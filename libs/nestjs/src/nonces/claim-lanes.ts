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
 * given up by the time that it begins. Here nothing begins that could not be answered in time, going by how long the
 * claims before it took, and whoever could not begin in time is turned away at once.
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
  readonly #pace = new Pace();
  #busy = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ lanes, timeoutMs }: ClaimLanesOptions) {
    this.#lanes = lanes;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Runs `work` as soon as a lane is free: at once, if one is.
   * @throws ClaimsOverloadedError when no lane would be free in time
   * @throws ClaimOverdueError when there was no answer within `timeoutMs`; the work may still be done
   * @throws whatever `work` threw
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  run(work: () => Promise<unknown>): Promise<unknown> {
    const nowMs = performance.now();
    if (this.#busy === 0) this.#pace.forgetBefore(nowMs - this.#timeoutMs);
    const mustWait = this.#busy >= this.#lanes;
    if (mustWait && this.#pace.waitMs(this.#waiting.size + 1, this.#lanes) > this.#patienceMs)
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

  /** How long a claim may wait for a lane, and still be answered. */
  get #patienceMs(): number {
    return this.#timeoutMs - this.#pace.neededMs(this.#timeoutMs);
  }

  async #begin(claim: Claim, begunMs: number): Promise<void> {
    this.#busy += 1;
    try {
      claim.resolve(await claim.work());
    } catch (error) {
      claim.reject(error);
    }
    this.#busy -= 1;
    const nowMs = performance.now();
    // What takes longer is in vain whenever it begins, and says nothing of when that is too late.
    if (nowMs - begunMs < this.#timeoutMs) this.#pace.measure(nowMs - begunMs, nowMs);
    this.#leave(claim);
    this.#beginWaiting(nowMs);
  }

  #beginWaiting(nowMs: number): void {
    const patienceMs = this.#patienceMs;
    for (const claim of this.#waiting) {
      if (this.#busy >= this.#lanes) return;
      this.#waiting.delete(claim);
      if (nowMs - (claim.deadlineMs - this.#timeoutMs) > patienceMs) this.#refuse(claim);
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
      this.#waiting.delete(claim);
      this.#refuse(claim);
    }
  };

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

/** How long claims take, as TCP learns how long an answer does (RFC 6298). All zero until one has ended. */
class Pace {
  #meanMs = 0;
  #deviationMs = 0;
  #measuredMs = -Infinity;

  measure(tookMs: number, nowMs: number): void {
    const first = this.#measuredMs === -Infinity;
    const errorMs = tookMs - this.#meanMs;
    this.#deviationMs += first ? tookMs / 2 : (Math.abs(errorMs) - this.#deviationMs) / 4;
    this.#meanMs += first ? tookMs : errorMs / 8;
    this.#measuredMs = nowMs;
  }

  /** After a rest: what was slow then says nothing of now, and must not turn the next ones away. */
  forgetBefore(ms: number): void {
    if (this.#measuredMs >= ms) return;
    this.#meanMs = 0;
    this.#deviationMs = 0;
    this.#measuredMs = -Infinity;
  }

  /** How long the last of so many that wait has to. */
  waitMs(waiting: number, lanes: number): number {
    return (waiting * this.#meanMs) / lanes;
  }

  /** How much time a claim should have left when it begins. The margin is at most half of all the time there is. */
  neededMs(timeoutMs: number): number {
    const carefulMs = this.#meanMs + 4 * this.#deviationMs;
    return Math.max(this.#meanMs, Math.min(carefulMs, timeoutMs / 2));
  }
}
