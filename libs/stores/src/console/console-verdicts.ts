import {
  type Clock,
  count,
  type LogSink,
  type Observer,
  type OptionsOf,
  port,
  readOptions,
  reasonOf,
  seconds,
  systemClock,
  type Verdict,
  within,
} from "@lacre/core";
import { StoreLog } from "../server/store-log.js";
import { CALLER_OPTIONS, callerOf, type CallerOptions } from "./caller-options.js";
import { RefusalBuffer } from "./refusal-buffer.js";
import { SignedCalls } from "./signed-calls.js";
import {
  MOST_COUNTS_TOLD,
  MOST_REFUSAL_BYTES,
  MOST_REFUSALS_TOLD,
  verdictBatch,
  type VerdictBatch,
} from "./verdict-batch.js";
import { VerdictCounts } from "./verdict-counts.js";

const OWN = {
  /** How often verdicts are told, in seconds; 2 unless said otherwise. Sooner where 500 refusals wait. */
  intervalSeconds: seconds({ from: 1, to: 60, default: 2 }),
  /** How many refusals wait at most; 10,000 unless said otherwise. Then the oldest go: they are counted all the same. */
  capacity: count({ from: 1, default: 10_000 }),
  /** For how many seconds `close` goes on telling what is left; 2 unless said otherwise. */
  flushSeconds: seconds({ from: 0, to: 60, default: 2 }),
  /** Told when the console cannot be told, and when it can again; the console of Node unless given. */
  logger: port<LogSink>([], { says: "the console of Node" }),
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
};

/** Options of ConsoleVerdicts. */
export interface ConsoleVerdictsOptions extends CallerOptions, OptionsOf<typeof OWN> {}

const ANSWER_TIMEOUT_MS = 5_000;
/** Batches follow each other no faster. */
const LEAST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** Whoever has nothing to tell says so after this time: without it, no traffic looks like no service. */
const ALIVE_MS = 60_000;
/** What sending again would not change. */
const LASTING = new Set([400, 404, 405, 413, 415, 422]);

/**
 * Tells the console what was accepted and refused: an observer. Accepted requests are counted by minute, app, key, scheme
 * and address; refusals are counted and, as far as there is room, told one by one. A batch is sent until the console has
 * it, and counts once. Where there is nothing to tell, an empty batch each minute says that the service is there. No
 * request waits for any of it.
 *
 * As a provider of Nest it tells what is left at shutdown; elsewhere call `close`.
 *
 * @example
 * HmacModule.forRoot({ apps, origins, observer: new ConsoleVerdicts({ url, appId: "orders-service", apiKey }) })
 */
export class ConsoleVerdicts implements Observer {
  readonly #calls: SignedCalls;
  readonly #clock: Clock;
  readonly #log: StoreLog;
  readonly #intervalMs: number;
  readonly #flushMs: number;
  readonly #counts = new VerdictCounts();
  readonly #refusals: RefusalBuffer;
  #lost = 0;
  #unsent: VerdictBatch | undefined;
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether the timer is but for the word that the service is there. */
  #isResting = false;
  #dueMs = Infinity;
  #sentMs = -Infinity;
  #failures = 0;
  #closing: Promise<void> | undefined;

  /** @throws ConfigurationError */
  constructor(options: ConsoleVerdictsOptions) {
    const specs = { ...CALLER_OPTIONS, ...OWN };
    const values = readOptions(specs, options, "ConsoleVerdicts", "");
    this.#calls = new SignedCalls(callerOf(values));
    this.#clock = values.clock;
    this.#log = new StoreLog(values.logger);
    this.#intervalMs = values.intervalSeconds * 1_000;
    this.#flushMs = values.flushSeconds * 1_000;
    this.#refusals = new RefusalBuffer(values.capacity);
    this.#rest();
  }

  /** At once: it notes the verdict and nothing more. */
  observe(verdict: Verdict): void {
    const nowMs = this.#clock.nowMs();
    if (!this.#counts.add(verdict, nowMs)) this.#lost += 1;
    if (verdict.outcome === "refused" && verdict.status >= 400) {
      this.#lost += this.#refusals.add(verdict, nowMs);
      if (this.#refusals.size === MOST_REFUSALS_TOLD) this.#schedule(LEAST_PAUSE_MS);
    }
    if (this.#isResting) this.#schedule(this.#intervalMs);
  }

  /** Tells what is left, within `flushSeconds`, and nothing after that. Never rejects. */
  close(): Promise<void> {
    return (this.#closing ??= this.#flush());
  }

  /** Nest calls it, where this is a provider. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isResting = false;
    await within(this.#flushMs, this.#tellAll()).catch(() => undefined);
    this.#calls.close();
  }

  async #tellAll(): Promise<void> {
    await this.#sending;
    this.#failures = 0;
    while (this.#hasMore() && this.#failures === 0) await this.#send(false);
  }

  #hasMore(): boolean {
    const waiting = this.#counts.size + this.#refusals.size + this.#lost;
    return this.#unsent !== undefined || waiting > 0;
  }

  /** One timer: sooner if it is asked for sooner, never while the console fails, and never for the process's sake. */
  #schedule(afterMs: number): void {
    if (this.#closing !== undefined || (this.#failures > 0 && this.#timer !== undefined)) return;
    const nowMs = performance.now();
    const dueMs = Math.max(nowMs + afterMs, this.#sentMs + LEAST_PAUSE_MS);
    if (this.#timer !== undefined && dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#isResting = false;
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#isResting = false;
      this.#sending ??= this.#send(true).finally(() => this.#goOn());
    }, dueMs - nowMs);
    this.#timer.unref();
  }

  #rest(): void {
    if (this.#closing !== undefined) return;
    this.#schedule(ALIVE_MS);
    this.#isResting = true;
  }

  #goOn(): void {
    this.#sending = undefined;
    this.#timer = undefined;
    if (!this.#hasMore()) return this.#rest();
    const isCrowded = this.#refusals.size >= MOST_REFUSALS_TOLD;
    const backOffMs = Math.min(2 ** this.#failures * 500, LONGEST_PAUSE_MS);
    if (this.#failures > 0) this.#schedule(backOffMs);
    else this.#schedule(isCrowded ? LEAST_PAUSE_MS : this.#intervalMs);
  }

  async #send(isIdle: boolean): Promise<void> {
    this.#sentMs = performance.now();
    const batch = (this.#unsent ??= this.#take());
    const { bytes: json, worth } = batch;
    try {
      const { status } = await this.#calls.send({
        method: "POST",
        path: "/v1/ingest",
        json,
        timeoutMs: ANSWER_TIMEOUT_MS,
        isIdle,
      });
      if (LASTING.has(status)) {
        this.#lost += worth;
        this.#log.error(`the console takes no verdicts like these (${status}): ${worth} are lost`);
      } else if (status !== 200) throw new Error(`the console answers ${status}`);
      this.#unsent = undefined;
      if (this.#failures > 0) this.#log.log("the console takes verdicts again");
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      if (this.#failures === 1)
        this.#log.warn(`the console cannot be told of verdicts (${reasonOf(error)}); they wait`);
    }
  }

  #take(): VerdictBatch {
    const lost = this.#lost;
    this.#lost = 0;
    const counts = this.#counts.take(MOST_COUNTS_TOLD);
    const refusals = this.#refusals.take(MOST_REFUSALS_TOLD, MOST_REFUSAL_BYTES);
    return verdictBatch(counts, refusals, lost);
  }
}
