/** `known`: an id that had an app when it was last looked up. `stranger`: any other. */
export type Rank = "known" | "stranger";

/** Settings of a queue. */
export interface LookupQueueOptions {
  /** How many look-ups run at once, 1 or more. */
  readonly concurrency: number;
  /** How long a look-up may wait, and then how long it may run, in milliseconds. */
  readonly timeoutMs: number;
  /** How many may wait, 1 or more of each rank. */
  readonly capacity: Readonly<Record<Rank, number>>;
}

/** The look-up never began: nothing is known of the source behind it. */
export class LookupsOverloadedError extends Error {
  override readonly name = "LookupsOverloadedError";
}

/** A look-up of this id was not answered in time. */
export class LookupLateError extends Error {
  override readonly name = "LookupLateError";
}

interface Lookup {
  readonly id: string;
  rank: Rank;
  readonly begin: () => void;
  /** When whoever asked leaves; undefined for one that began at once. */
  deadline?: ReturnType<typeof setTimeout>;
}

/**
 * After how many times `timeoutMs` a look-up that was never answered gives its slot back. Whoever asked has long left,
 * but the source may be working on it still: given back at `timeoutMs`, slots would bound nothing in an outage. Kept
 * for ever, a source that loses promises would end all look-ups. So the bound is true of every look-up that ends
 * within this time, and a source that never answers is asked at most `concurrency` times in it.
 */
const LOST_AFTER_TIMEOUTS = 5;

/** How many late look-ups of one id hold slots: a second one, since the first may have been lost on its way. */
const MOST_LATE = 2;

/**
 * Bounds how many look-ups run at once. The known go first, and strangers hold at most half of the slots, so a flood
 * of unknown ids keeps no known app waiting. With one slot both share it: the known still go first, but wait for
 * the look-up that runs.
 */
export class LookupQueue {
  readonly #options: LookupQueueOptions;
  readonly #slots: Readonly<Record<Rank, number>>;
  readonly #waiting = { known: new Set<Lookup>(), stranger: new Set<Lookup>() };
  readonly #running = { known: new Set<Lookup>(), stranger: new Set<Lookup>() };
  /** Late, and in their slots still. */
  readonly #late = new Set<Lookup>();
  #turnedAway = false;

  constructor(options: LookupQueueOptions) {
    this.#options = options;
    const { concurrency } = options;
    this.#slots = { known: concurrency, stranger: Math.max(1, Math.floor(concurrency / 2)) };
  }

  /** Whether somebody was turned away since the queue was last empty. Ends by itself: nothing waits for long. */
  get overloaded(): boolean {
    return this.#turnedAway;
  }

  /**
   * Runs `load` as soon as there is a slot: at once, if one is free.
   * @throws LookupsOverloadedError when the queue is full, or no slot came free within `timeoutMs`
   * @throws LookupLateError when `load` took longer than `timeoutMs`, or two others of this id do still
   * @throws Error when no slot came free because all that hold one are late, which is for no number of theirs
   * @throws whatever `load` threw
   */
  run<T>(id: string, load: () => Promise<T>, rank: Rank): Promise<T> {
    if (this.#lateOf(id) >= MOST_LATE)
      return Promise.reject(new LookupLateError("earlier look-ups of it are not answered yet"));
    return new Promise<T>((resolve, reject) => {
      const lookup: Lookup = {
        id,
        rank,
        begin: () => void this.#hold(lookup, load).then(resolve, reject),
      };
      if (this.#hasSlot(rank)) return this.#begin(lookup);
      const waiting = this.#waiting[rank];
      if (waiting.size >= this.#options.capacity[rank])
        return reject(this.#turnAway(`${waiting.size} look-ups are waiting`));
      const { timeoutMs } = this.#options;
      lookup.deadline = setTimeout(() => {
        const reason = this.#turnAway(`no look-up could begin within ${timeoutMs} ms`);
        // One that began late goes on, and its answer is good, but whoever asked for it has left.
        if (waiting.has(lookup)) reject(reason);
        this.#leave(lookup);
      }, timeoutMs);
      waiting.add(lookup);
    });
  }

  /** From now on it holds a slot of strangers: those that are answered go before it. */
  #demote(lookup: Lookup): void {
    if (!this.#running[lookup.rank].delete(lookup)) return;
    lookup.rank = "stranger";
    this.#running.stranger.add(lookup);
  }

  #lateOf(id: string): number {
    let count = 0;
    for (const lookup of this.#late) if (lookup.id === id) count += 1;
    return count;
  }

  #turnAway(reason: string): Error {
    if (this.#late.size >= this.#slots.known)
      return new Error("no look-up that holds a slot is answered");
    this.#turnedAway = true;
    return new LookupsOverloadedError(reason);
  }

  #hasSlot(rank: Rank): boolean {
    const { known, stranger } = this.#running;
    if (known.size + stranger.size >= this.#slots.known) return false;
    return rank === "known" || stranger.size < this.#slots.stranger;
  }

  #beginNext(): void {
    for (const rank of ["known", "stranger"] as const) {
      while (this.#hasSlot(rank)) {
        const [next] = this.#waiting[rank];
        if (next === undefined) break;
        this.#leave(next);
        this.#begin(next);
      }
    }
  }

  #leave(lookup: Lookup): void {
    const { known, stranger } = this.#waiting;
    this.#waiting[lookup.rank].delete(lookup);
    if (known.size + stranger.size === 0) this.#turnedAway = false;
  }

  #begin(lookup: Lookup): void {
    this.#running[lookup.rank].add(lookup);
    lookup.begin();
  }

  /** Holds the slot until the look-up ends or is given up for lost; rejects at `timeoutMs` already. */
  #hold<T>(lookup: Lookup, load: () => Promise<T>): Promise<T> {
    const { timeoutMs } = this.#options;
    return new Promise<T>((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout>;
      const release = (): void => {
        clearTimeout(timer);
        clearTimeout(lookup.deadline);
        this.#late.delete(lookup);
        if (this.#running[lookup.rank].delete(lookup)) this.#beginNext();
      };
      timer = setTimeout(() => {
        this.#late.add(lookup);
        this.#demote(lookup);
        reject(new LookupLateError(`no answer within ${timeoutMs} ms`));
        timer = setTimeout(release, (LOST_AFTER_TIMEOUTS - 1) * timeoutMs);
        timer.unref(); // nobody waits for it: a process may end before
      }, timeoutMs);
      const answer = new Promise<T>((settle) => settle(load())); // what load throws, it rejects with
      answer.finally(release).then(resolve, reject);
    });
  }
}
