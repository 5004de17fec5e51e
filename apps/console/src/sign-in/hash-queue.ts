import { Problem } from "../problems/problem.js";

interface Waiting {
  readonly run: () => void;
  readonly giveUp: (problem: Problem) => void;
}

/**
 * Runs few things at once, and lets few wait. Those who wait are served by turns, lane by lane: a flood from one place
 * waits for itself. Over the bound the last one of the longest lane is sent away.
 */
export class HashQueue {
  readonly #lanes = new Map<string, Waiting[]>();
  #running = 0;
  #waiting = 0;

  constructor(
    private readonly atOnce: number,
    private readonly mayWait: number,
  ) {}

  /** @throws Problem `unavailable` where too many wait */
  async run<Result>(lane: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.atOnce) this.#running += 1;
    else await this.#turn(lane);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #turn(lane: string): Promise<void> {
    return new Promise((run, giveUp) => {
      const waiting = this.#lanes.get(lane);
      if (waiting === undefined) this.#lanes.set(lane, [{ run, giveUp }]);
      else waiting.push({ run, giveUp });
      this.#waiting += 1;
      if (this.#waiting > this.mayWait) this.#sendAway();
    });
  }

  /** Whoever waits next takes the place of who has ended. */
  #next(): void {
    const [entry] = this.#lanes;
    if (entry === undefined) {
      this.#running -= 1;
      return;
    }
    const [lane, waiting] = entry;
    const next = waiting.shift();
    this.#lanes.delete(lane);
    if (waiting.length > 0) this.#lanes.set(lane, waiting);
    this.#waiting -= 1;
    next?.run();
  }

  #sendAway(): void {
    let longest: [string, Waiting[]] | undefined;
    for (const entry of this.#lanes)
      if (longest === undefined || entry[1].length > longest[1].length) longest = entry;
    if (longest === undefined) return;
    const last = longest[1].pop();
    if (longest[1].length === 0) this.#lanes.delete(longest[0]);
    this.#waiting -= 1;
    last?.giveUp(new Problem("unavailable", { retryAfterSeconds: 2 }));
  }
}
