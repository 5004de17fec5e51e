import type { App } from "../apps/apps.js";
import { count, milliseconds } from "../option-kinds.js";
import { readOptions, type OptionsOf, type SettingsOf } from "../options.js";
import { systemClock, type Clock } from "../ports/clock.js";
import { UnreadableAppError, type KeyStore } from "../ports/key-store.js";
import { KeptApps } from "./kept-apps.js";
import { LookupLateError, LookupQueue, LookupsOverloadedError } from "./lookup-queue.js";
import { Outage } from "./outage.js";
import { within } from "./within.js";

/** A timer of more than this rings at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long answers are kept, and how many look-ups run. A revoked key goes on opening for at most `ttlMs`. */
export const KEY_CACHE = {
  /** How long an app is kept, in milliseconds; 30,000 unless said otherwise. */
  ttlMs: milliseconds({ from: 1, default: 30_000 }),
  /** How long it is remembered that there is no such app, or that it cannot be read; 5,000 unless said otherwise. */
  negativeTtlMs: milliseconds({ from: 1, default: 5_000 }),
  /** How many apps are kept at most; 10,000 unless said otherwise. */
  capacity: count({ from: 1, default: 10_000 }),
  /** How many unknown ids are remembered at most, and how many that cannot be read; 1,000 unless said otherwise. */
  negativeCapacity: count({ from: 1, default: 1_000 }),
  /** How long one who asks waits for an answer, queue included; 2,000 unless said otherwise. Then it has failed. */
  timeoutMs: milliseconds({ from: 1, to: LONGEST_TIMER_MS, default: 2_000 }),
  /**
   * How many look-ups run at once; 16 unless said otherwise. Ids that had an app when they were last looked up go
   * first, and all others hold at most half of these slots. With 1, both share the slot.
   */
  concurrency: count({ from: 1, default: 16 }),
  /** How many look-ups of other ids may wait for a slot; 1,000 unless said otherwise. More fail at once. */
  queueCapacity: count({ from: 1, default: 1_000 }),
};

/** How long answers are kept, how many look-ups run, and who is told of what cannot be read. */
export interface CachedKeyStoreOptions extends OptionsOf<typeof KEY_CACHE> {
  /**
   * Told of an app that cannot be read: once, until it can be read again or `negativeCapacity` others cannot. What it
   * throws changes nothing.
   */
  readonly onUnreadable?: (appId: string, error: UnreadableAppError) => void;
  readonly clock?: Clock;
}

/** A look-up that whoever asks now may wait for. */
interface Lookup {
  answer: Promise<App | undefined>;
  /** When the source was asked; undefined while it waits for a slot. */
  readMs: number | undefined;
  /** Whether the source has changed since it was asked: what it answers is for those alone who have waited before. */
  isStale: boolean;
}

/**
 * Keeps the answers of a slower key store for a stated time, and bounds how many look-ups it runs at once. Unknown ids
 * are kept in a small store of their own, so that a flood of them pushes out no known app; simultaneous look-ups of
 * one id are one. An outage is never covered up with an expired answer, and one record that cannot be read is none.
 */
export class CachedKeyStore implements KeyStore {
  readonly #load: (appId: string) => Promise<App | undefined>;
  readonly #kept: KeptApps;
  readonly #loading = new Map<string, Lookup>();
  readonly #queue: LookupQueue;
  readonly #outage: Outage;
  readonly #options: SettingsOf<typeof KEY_CACHE>;
  readonly #onUnreadable: NonNullable<CachedKeyStoreOptions["onUnreadable"]>;
  readonly #clock: Clock;

  /** @throws ConfigurationError */
  constructor(
    load: (appId: string) => Promise<App | undefined>,
    { onUnreadable = () => undefined, clock = systemClock, ...options }: CachedKeyStoreOptions = {},
  ) {
    this.#load = load;
    this.#onUnreadable = onUnreadable;
    this.#clock = clock;
    this.#options = readOptions(KEY_CACHE, options, "CachedKeyStore", "");
    const { ttlMs, negativeTtlMs, capacity, timeoutMs } = this.#options;
    const { concurrency, queueCapacity } = this.#options;
    this.#kept = new KeptApps(this.#options);
    this.#queue = new LookupQueue({
      concurrency,
      timeoutMs,
      capacity: { known: capacity, stranger: queueCapacity },
    });
    this.#outage = new Outage({
      standsMs: Math.max(ttlMs, negativeTtlMs),
      clock,
      lookUp: (appId) => this.#lookUpOnce(appId).then(() => true, isAnswer),
      witnessFor: (failedId) => this.#kept.witnessFor(failedId),
    });
  }

  get failing(): boolean {
    return this.#outage.stands;
  }

  get overloaded(): boolean {
    return this.#queue.overloaded;
  }

  async recheck(): Promise<void> {
    await this.#inTime(this.#outage.recheck()).catch(() => undefined); // `failing` says
  }

  find(appId: string): App | undefined | Promise<App | undefined> {
    const answer = this.#kept.answerOf(appId, this.#clock.nowMs());
    if (answer !== undefined) return answer.app;
    return this.#inTime(this.#lookUpOnce(appId));
  }

  /** Whoever asks waits no longer. What they asked for goes on: its answer is for whoever asks next. */
  #inTime<Value>(answer: Promise<Value>): Promise<Value> {
    return within(this.#options.timeoutMs, answer);
  }

  /**
   * The source has changed: what it said before is used no more, and whoever asks from now on waits for no look-up that
   * runs already.
   * @param appId the only app that has changed, come or gone; all may have unless given
   */
  changed(appId?: string): void {
    this.#kept.expire(appId);
    for (const [id, lookup] of this.#loading) {
      if (appId !== undefined && id !== appId) continue;
      if (lookup.readMs === undefined) continue; // it has yet to ask the source
      lookup.isStale = true;
      this.#loading.delete(id);
    }
  }

  /** Simultaneous look-ups of one id are one. */
  #lookUpOnce(appId: string): Promise<App | undefined> {
    const running = this.#loading.get(appId);
    if (running !== undefined) return running.answer;
    const lookup = { readMs: undefined, isStale: false } as Lookup;
    this.#loading.set(appId, lookup);
    lookup.answer = this.#lookUp(appId, lookup).finally(() => {
      if (this.#loading.get(appId) === lookup) this.#loading.delete(appId);
    });
    return lookup.answer;
  }

  async #lookUp(appId: string, lookup: Lookup): Promise<App | undefined> {
    const load = async (): Promise<App | undefined> => {
      // Age counts from before the look-up: what it read may have changed while it ran.
      lookup.readMs = this.#clock.nowMs();
      return this.#load(appId);
    };
    try {
      const app = await this.#queue.run(appId, load, this.#kept.rankOf(appId));
      this.#outage.answered();
      if (!lookup.isStale) this.#kept.keep(appId, app, lookup.readMs ?? 0);
      return app;
    } catch (error) {
      if (error instanceof UnreadableAppError) {
        this.#outage.answered();
        if (!lookup.isStale) this.#keepUnreadable(appId, error, lookup.readMs ?? 0);
      } else if (!(error instanceof LookupsOverloadedError)) {
        // A flood is no outage: of a look-up that never began, the source knows nothing.
        this.#kept.standBack(appId, error instanceof LookupLateError);
        this.#outage.failed(appId);
      }
      throw error;
    }
  }

  #keepUnreadable(appId: string, error: UnreadableAppError, readMs: number): void {
    const isNews = this.#kept.keepUnreadable(appId, error, readMs);
    if (!isNews) return;
    try {
      this.#onUnreadable(appId, error);
    } catch {
      // A log that fails changes no verdict.
    }
  }
}

/** A record that cannot be read is an answer: the source could be asked. */
function isAnswer(error: unknown): boolean {
  return error instanceof UnreadableAppError;
}
