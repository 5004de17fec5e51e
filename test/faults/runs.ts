import type { Worker } from "../cluster/cluster.mjs";

/** Counts how often the handlers of all processes ran for each request. */
export class Runs {
  readonly #times = new Map<string, number>();
  readonly #lastMs = new Map<string, number>();

  constructor(workers: readonly Worker[] = []) {
    for (const worker of workers) this.listenTo(worker);
  }

  listenTo(worker: Worker): void {
    worker.onRan = (id) => {
      this.#times.set(id, (this.#times.get(id) ?? 0) + 1);
      this.#lastMs.set(id, Date.now());
    };
  }

  get twice(): number {
    return [...this.#times.values()].filter((times) => times > 1).length;
  }

  has(id: string): boolean {
    return this.#times.has(id);
  }

  /** When the last handler ran for it, by the clock of this process. */
  lastMs(id: string): number | undefined {
    return this.#lastMs.get(id);
  }
}
