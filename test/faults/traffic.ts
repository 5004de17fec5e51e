import { setTimeout as wait } from "node:timers/promises";
import type { Sign, SignedRun, Worker } from "../cluster/cluster.mjs";
import { Runs } from "./runs.js";

/** What goes where, by the clock. The lists may change while it runs. */
export interface TrafficPlan {
  /** Whom new requests are sent to, one after the other. */
  readonly fresh: () => readonly Worker[];
  /** Whom copies are sent to, all of them at once. */
  readonly copies: () => readonly Worker[];
  /** How old a copy may be, in seconds: every age up to this is as likely as another. */
  readonly oldestSeconds: number;
  /** Whether requests are sent as well that were signed long before: for the copies' places. */
  readonly withLate?: boolean;
}

const TICK_MS = 40;
/** Of a copy: what it is a copy of should have been answered. */
const YOUNGEST_MS = 1000;
const LATE_SECONDS = [6, 20] as const;

/**
 * New requests, each to one process, and with each a copy of one that was sent at some time before, to many: whoever
 * has heard a request tries it at every age and everywhere.
 */
export class Traffic {
  readonly runs: Runs;
  /** How often each status answered a new request. */
  readonly fresh = new Map<number, number>();
  readonly #sign: Sign;
  readonly #plan: TrafficPlan;
  /** By when they were sent, which is what their copies are chosen by. */
  readonly #history: { readonly request: SignedRun; readonly sentMs: number }[] = [];
  readonly #late: SignedRun[] = [];
  readonly #pending = new Set<Promise<unknown>>();
  readonly #loop: Promise<void>;
  #copies = 0;
  #isRunning = true;

  constructor(workers: readonly Worker[], sign: Sign, plan: TrafficPlan) {
    this.runs = new Runs(workers);
    this.#sign = sign;
    this.#plan = plan;
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#loop;
    await Promise.all(this.#pending);
  }

  /** How many copies were sent. */
  get copies(): number {
    return this.#copies;
  }

  /** How many requests ran that were late when they were sent. */
  get lateRuns(): number {
    return this.#late.filter(({ id }) => this.runs.has(id)).length;
  }

  /** Sends a request, and copies of it from now on. */
  async send(request: SignedRun, worker: Worker | undefined): Promise<number> {
    this.#history.push({ request, sentMs: performance.now() });
    return (await worker?.send(request))?.status ?? 0;
  }

  async #run(): Promise<void> {
    let tick = 0;
    while (this.#isRunning) {
      tick++;
      const targets = this.#plan.fresh();
      this.#track(this.#fresh(targets[tick % targets.length]));
      if (this.#plan.withLate === true && tick % 5 === 0) this.#sendLate(tick);
      const old = this.#old();
      if (old !== undefined) this.#sendCopies(old);
      await wait(TICK_MS);
    }
  }

  async #fresh(worker: Worker | undefined): Promise<void> {
    const status = await this.send(this.#sign(), worker);
    this.fresh.set(status, (this.fresh.get(status) ?? 0) + 1);
  }

  #sendLate(tick: number): void {
    const [least, most] = LATE_SECONDS;
    const request = this.#sign(Date.now() - 1000 * (least + Math.random() * (most - least)));
    const targets = this.#plan.copies();
    this.#late.push(request);
    this.#track(this.send(request, targets[tick % targets.length]));
  }

  #sendCopies(request: SignedRun): void {
    for (const worker of this.#plan.copies()) {
      this.#copies++;
      this.#track(worker.send(request));
    }
  }

  /** Of an age that is as likely as any other. */
  #old(): SignedRun | undefined {
    const ageMs = YOUNGEST_MS + 1000 * this.#plan.oldestSeconds * Math.random();
    const untilMs = performance.now() - ageMs;
    return this.#history.findLast(({ sentMs }) => sentMs <= untilMs)?.request;
  }

  #track(work: Promise<unknown>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }
}
