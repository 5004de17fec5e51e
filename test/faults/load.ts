import { setTimeout as wait } from "node:timers/promises";
import type { Sign, SignedRun, Worker } from "../cluster/cluster.mjs";
import { Runs } from "./runs.js";

/** What a fault did to the service, as a row of the table. */
export interface Row {
  readonly fault: string;
  readonly sent: number;
  readonly accepted: number;
  readonly ranTwice: number;
  readonly inDoubt: number;
  /** The slowest answer among the refusals in doubt. */
  readonly slowestDoubtMs: number;
  readonly unanswered: number;
  /** From the end of the fault until new requests were let in again, and stayed in. */
  readonly secondsUntilGood: number;
}

const TICK_MS = 20;
/** What counts as good again: this many new requests in a row let in. */
const GOOD_IN_A_ROW = 10;

/**
 * A steady load: every few milliseconds a new request goes to two processes at once, and one that was sent before goes
 * to a third: whoever holds old requests tries them again and again.
 */
export class Load {
  /** Counts the handlers that run. */
  readonly runs: Runs;
  readonly #targets: () => readonly Worker[];
  readonly #sign: Sign;
  readonly #history: SignedRun[] = [];
  readonly #pending = new Set<Promise<void>>();
  #sent = 0;
  #accepted = 0;
  #inDoubt = 0;
  #slowestDoubtMs = 0;
  #unanswered = 0;
  #goodInARow = 0;
  #goodSinceMs = 0;
  #isRunning = false;
  #loop: Promise<void> | undefined;

  /** `targets` says to which of the workers it goes, each time anew: to all, unless a balancer says otherwise. */
  constructor(workers: readonly Worker[], sign: Sign, targets = () => workers) {
    this.#targets = targets;
    this.#sign = sign;
    this.runs = new Runs(workers);
  }

  start(): void {
    this.#isRunning = true;
    this.#loop = this.#run();
  }

  /** Sends nothing until it is started again; waits for the answers that are due. */
  pause(): Promise<void> {
    return this.stop();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#loop;
    await Promise.all(this.#pending);
  }

  /** Waits until new requests are let in again. */
  async good(timeoutMs: number): Promise<void> {
    this.#goodInARow = 0;
    const deadlineMs = performance.now() + timeoutMs;
    while (this.#goodInARow < GOOD_IN_A_ROW) {
      if (performance.now() > deadlineMs) throw new Error(`not good again within ${timeoutMs} ms`);
      await wait(TICK_MS);
    }
  }

  row(fault: string, faultEndedMs: number): Row {
    return {
      fault,
      sent: this.#sent,
      accepted: this.#accepted,
      ranTwice: this.runs.twice,
      inDoubt: this.#inDoubt,
      slowestDoubtMs: Math.round(this.#slowestDoubtMs),
      unanswered: this.#unanswered,
      secondsUntilGood: Math.max(0, Math.round((this.#goodSinceMs - faultEndedMs) / 100) / 10),
    };
  }

  async #run(): Promise<void> {
    let tick = 0;
    while (this.#isRunning) {
      tick++;
      const request = this.#sign();
      this.#history.push(request);
      const old = this.#history[Math.floor(Math.random() * this.#history.length)] as SignedRun;
      this.#track(this.#new(request, tick));
      this.#track(this.#send(old, tick + 2).then(() => undefined));
      await wait(TICK_MS);
    }
  }

  async #new(request: SignedRun, tick: number): Promise<void> {
    const statuses = await Promise.all([this.#send(request, tick), this.#send(request, tick + 1)]);
    if (statuses.includes(undefined)) return;
    if (!statuses.includes(200)) this.#goodInARow = 0;
    else if (this.#goodInARow++ === 0) this.#goodSinceMs = performance.now();
  }

  /** The status; undefined where there is nobody to send to. */
  async #send(request: SignedRun, at: number): Promise<number | undefined> {
    const targets = this.#targets();
    const worker = targets[at % targets.length];
    if (worker === undefined) return undefined;
    this.#sent++;
    const { status, ms } = await worker.send(request);
    if (status === 200) this.#accepted++;
    else if (status === 0) this.#unanswered++;
    else if (status === 503) {
      this.#inDoubt++;
      this.#slowestDoubtMs = Math.max(this.#slowestDoubtMs, ms);
    }
    return status;
  }

  #track(work: Promise<void>): void {
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }
}

/** The columns of a table, and its rows. */
export function tableOf(rows: readonly Row[]): [string[], (string | number)[][]] {
  return [
    [
      "fault",
      "sent",
      "2xx",
      "handlers run twice",
      "503",
      "slowest 503",
      "unanswered",
      "until good again",
    ],
    rows.map((row) => [
      ...[row.fault, row.sent, row.accepted, row.ranTwice, row.inDoubt],
      ...[`${row.slowestDoubtMs} ms`, row.unanswered, `${row.secondsUntilGood.toFixed(1)} s`],
    ]),
  ];
}
