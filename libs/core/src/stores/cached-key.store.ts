import type { App } from "../apps.js";
import { systemClock, type Clock } from "../ports/clock.js";
import type { KeyStore } from "../ports/key-store.js";

/** How long answers are kept. A revoked key goes on opening for at most `ttlMs`. */
export interface CachedKeyStoreOptions {
  /** How long an app is kept, in milliseconds; 30,000 unless said otherwise. */
  readonly ttlMs?: number;
  /** How long it is remembered that there is no such app; 5,000 unless said otherwise. */
  readonly negativeTtlMs?: number;
  /** How many apps are kept at most. */
  readonly capacity?: number;
  /** How many unknown ids are remembered at most. */
  readonly negativeCapacity?: number;
  /** How long a look-up may take before it counts as failed; 2,000 unless said otherwise. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

interface Entry {
  readonly app: App | undefined;
  readonly expiresAtMs: number;
}

/**
 * Keeps the answers of a slower key store for a stated time. Unknown ids are kept in a small store of their own,
 * so that a flood of them pushes out no known app; simultaneous look-ups of one id are one. An outage is never
 * covered up with an expired answer.
 */
export class CachedKeyStore implements KeyStore {
  readonly #load: (appId: string) => Promise<App | undefined>;
  readonly #known = new Map<string, Entry>();
  readonly #unknown = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<App | undefined>>();
  readonly #options: Required<CachedKeyStoreOptions>;
  #failing = false;

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
  }

  get failing(): boolean {
    return this.#failing;
  }

  find(appId: string): App | undefined | Promise<App | undefined> {
    const nowMs = this.#options.clock.nowMs();
    const entry = this.#known.get(appId) ?? this.#unknown.get(appId);
    if (entry !== undefined && nowMs < entry.expiresAtMs) return entry.app;

    let loading = this.#loading.get(appId);
    if (loading === undefined) {
      loading = this.#fetch(appId).finally(() => this.#loading.delete(appId));
      this.#loading.set(appId, loading);
    }
    return loading;
  }

  async #fetch(appId: string): Promise<App | undefined> {
    const { ttlMs, negativeTtlMs, capacity, negativeCapacity, timeoutMs, clock } = this.#options;
    // Age counts from before the look-up: what it read may have changed while it ran.
    const nowMs = clock.nowMs();
    this.#known.delete(appId);
    this.#unknown.delete(appId);
    let app: App | undefined;
    try {
      app = await withTimeout(this.#load(appId), timeoutMs);
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      throw error;
    }
    if (app === undefined)
      keep(this.#unknown, appId, { app, expiresAtMs: nowMs + negativeTtlMs }, negativeCapacity);
    else keep(this.#known, appId, { app, expiresAtMs: nowMs + ttlMs }, capacity);
    return app;
  }
}

function keep(entries: Map<string, Entry>, appId: string, entry: Entry, capacity: number): void {
  if (entries.size >= capacity) entries.delete(entries.keys().next().value as string);
  entries.set(appId, entry);
}

function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
