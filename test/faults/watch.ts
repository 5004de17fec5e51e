import { setTimeout as wait } from "node:timers/promises";
import type { Worker } from "../cluster/cluster.mjs";

const INTERVAL_MS = 100;
/** What counts as up again: all of them, for so long. */
const STEADY_MS = 1000;

/** Asks every process for its health again and again, as a balancer does, which sends requests to those that are up. */
export class Watch {
  readonly #workers: readonly Worker[];
  readonly #latest: string[] = [];
  /** What each has said since the last `clear`. */
  readonly #said: Map<string, number>[];
  #isRunning = true;
  readonly #loops: readonly Promise<void>[];
  #steadySinceMs = Infinity;

  /** By place: another process may come to stand in the place of one that has ended. */
  constructor(workers: readonly Worker[]) {
    this.#workers = workers;
    this.#said = workers.map(() => new Map());
    this.#loops = workers.map((_worker, place) => this.#ask(place));
  }

  get up(): readonly Worker[] {
    return this.#workers.filter((_worker, place) => this.#latest[place] === "up");
  }

  /** What each process has said since the last `clear`. */
  get said(): readonly (readonly string[])[] {
    return this.#said.map((words) => [...words.keys()].toSorted());
  }

  /** How much of what a process has said since the last `clear` is none of these words: 0 to 1. */
  shareBesides(words: readonly string[], place: number): number {
    const counts = [...(this.#said[place] ?? [])];
    const sum = (among: typeof counts): number => among.reduce((all, [, count]) => all + count, 0);
    return sum(counts.filter(([word]) => !words.includes(word))) / sum(counts);
  }

  clear(): void {
    for (const words of this.#said) words.clear();
  }

  /** Waits until the processes at these places have said a word since the last `clear`, but no longer than that. */
  async heard(word: string, places: readonly number[], timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (performance.now() < deadlineMs) {
      if (places.every((place) => this.#said[place]?.has(word))) return;
      await wait(INTERVAL_MS);
    }
  }

  /** Waits until all are up for a while. Answers with when that began. */
  async allUp(timeoutMs: number): Promise<number> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!(performance.now() - this.#steadySinceMs > STEADY_MS)) {
      if (performance.now() > deadlineMs)
        throw new Error(`after ${timeoutMs} ms health says ${this.#latest.join(", ")}`);
      await wait(INTERVAL_MS);
    }
    return this.#steadySinceMs;
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#loops);
  }

  async #ask(place: number): Promise<void> {
    while (this.#isRunning) {
      const said = (await this.#workers[place]?.health()) ?? "unanswered";
      this.#latest[place] = said;
      this.#note(said, place);
      const isSteady = this.up.length === this.#workers.length;
      this.#steadySinceMs = isSteady ? Math.min(this.#steadySinceMs, performance.now()) : Infinity;
      await wait(INTERVAL_MS);
    }
  }

  #note(said: string, place: number): void {
    const words = this.#said[place];
    words?.set(said, (words.get(said) ?? 0) + 1);
  }
}
