import type { App } from "../apps.js";
import { systemClock, type Clock } from "../ports/clock.js";
import type { KeyStore } from "../ports/key-store.js";
import { LookupQueue, LookupsOverloadedError } from "./lookup-queue.js";

/** How long answers are kept, and how many look-ups run. A revoked key goes on opening for at most `ttlMs`. */
export interface CachedKeyStoreOptions {
  /** How long an app is kept, in milliseconds; 30,000 unless said otherwise. */
  readonly ttlMs?: number;
  /** How long it is remembered that there is no such app; 5,000 unless said otherwise. */
  readonly negativeTtlMs?: number;
  /** How many apps are kept at most; 10,000 unless said otherwise. */
  readonly capacity?: number;
  /** How many unknown ids are remembered at most; 1,000 unless said otherwise. */
  readonly negativeCapacity?: number;
  /** How long one who asks waits for an answer, queue included; 2,000 unless said otherwise. Then it has failed. */
  readonly timeoutMs?: number;
  /**
   * How many look-ups run at once; 16 unless said otherwise. Ids that had an app when they were last looked up go
   * first, and all others hold at most half of these slots. With 1, both share the slot.
   */
  readonly concurrency?: number;
  /** How many look-ups of other ids may wait for a slot; 1,000 unless said otherwise. More fail at once. */
  readonly queueCapacity?: number;
  readonly clock?: Clock;
}

interface Entry {
  readonly app: App | undefined;
  readonly expiresAtMs: number;
}

/**
 * Keeps the answers of a slower key store for a stated time, and bounds how many look-ups it runs at once. Unknown ids
 * are kept in a small store of their own, so that a flood of them pushes out no known app; simultaneous look-ups of
 * one id are one. An outage is never covered up with an expired answer.
 */
export class CachedKeyStore implements KeyStore {
  readonly #load: (appId: string) => Promise<App | undefined>;
  /** An expired entry stays until its next look-up: it is not used, but its id goes before strangers. */
  readonly #known = new Map<string, Entry>();
  readonly #unknown = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<App | undefined>>();
  readonly #queue: LookupQueue;
  readonly #options: Required<Omit<CachedKeyStoreOptions, "concurrency" | "queueCapacity">>;
  #failedAtMs = -Infinity;

  constructor(
    load: (appId: string) => Promise<App | undefined>,
    options: CachedKeyStoreOptions = {},
  ) {
    this.#load = load;
    const {
      ttlMs = 30_000,
      negativeTtlMs = 5_000,
      capacity = 10_000,
      negativeCapacity = 1_000,
    } = options;
    const { timeoutMs = 2_000, clock = systemClock } = options;
    this.#options = { ttlMs, negativeTtlMs, capacity, negativeCapacity, timeoutMs, clock };
    const { concurrency = 16, queueCapacity = 1_000 } = options;
    this.#queue = new LookupQueue({
      concurrency,
      timeoutMs,
      capacity: { known: capacity, stranger: queueCapacity },
    });
  }

  /**
   * Stands until a look-up succeeds, but no longer than an answer from before the failure may live. From then on no
   * request is answered from the cache, so there is nothing to hide; and a process that is taken out of service while
   * it is failing, and so is asked nothing, comes back.
   */
  get failing(): boolean {
    const { ttlMs, negativeTtlMs, clock } = this.#options;
    return clock.nowMs() < this.#failedAtMs + Math.max(ttlMs, negativeTtlMs);
  }

  get overloaded(): boolean {
    return this.#queue.overloaded;
  }

  find(appId: string): App | undefined | Promise<App | undefined> {
    const nowMs = this.#options.clock.nowMs();
    const entry = this.#known.get(appId) ?? this.#unknown.get(appId);
    if (entry !== undefined && nowMs < entry.expiresAtMs) return entry.app;

    let loading = this.#loading.get(appId);
    if (loading === undefined) {
      loading = this.#lookUp(appId).finally(() => this.#loading.delete(appId));
      this.#loading.set(appId, loading);
    }
    return withDeadline(loading, this.#options.timeoutMs);
  }

  /** May take longer than one who asks waits: what comes too late for them is kept for the next. */
  async #lookUp(appId: string): Promise<App | undefined> {
    const { ttlMs, negativeTtlMs, capacity, negativeCapacity, clock } = this.#options;
    let readMs = 0;
    const load = async (): Promise<App | undefined> => {
      // Age counts from before the look-up: what it read may have changed while it ran.
      readMs = clock.nowMs();
      return this.#load(appId);
    };
    let app: App | undefined;
    try {
      app = await this.#queue.run(load, this.#known.has(appId) ? "known" : "stranger");
      this.#failedAtMs = -Infinity;
    } catch (error) {
      // A flood is no outage: of a look-up that never began, the source knows nothing.
      if (!(error instanceof LookupsOverloadedError)) this.#failedAtMs = clock.nowMs();
      throw error;
    }
    this.#known.delete(appId);
    this.#unknown.delete(appId);
    if (app === undefined)
      keep(this.#unknown, appId, { app, expiresAtMs: readMs + negativeTtlMs }, negativeCapacity);
    else keep(this.#known, appId, { app, expiresAtMs: readMs + ttlMs }, capacity);
    return app;
  }
}

function keep(entries: Map<string, Entry>, appId: string, entry: Entry, capacity: number): void {
  if (entries.size >= capacity) entries.delete(entries.keys().next().value as string);
  entries.set(appId, entry);
}

function withDeadline<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    promise.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
