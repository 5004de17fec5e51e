import type { App } from "../apps/apps.js";
import type { UnreadableAppError } from "../ports/key-store.js";
import { keepLatest } from "./keep-latest.js";
import type { Rank } from "./lookup-queue.js";

/** For how long answers are kept, in milliseconds, and how many. */
interface KeptTerms {
  readonly ttlMs: number;
  readonly capacity: number;
  /** Of unknown ids, and of apps that cannot be read. */
  readonly negativeTtlMs: number;
  readonly negativeCapacity: number;
}

interface Entry {
  readonly app: App | undefined;
  readonly expiresAtMs: number;
  /** Whether a look-up since then was not answered in time. */
  readonly wasLate?: boolean;
}

interface UnreadableEntry {
  readonly error: UnreadableAppError;
  readonly expiresAtMs: number;
}

/** Among how many apps one is sought that was not late. */
const MOST_LOOKED_AT = 50;

/** What a source has answered. */
export class KeptApps {
  readonly #terms: KeptTerms;
  /** An expired entry stays until its next look-up: it is not used, but its id goes before strangers. */
  readonly #known = new Map<string, Entry>();
  readonly #unknown = new Map<string, Entry>();
  /** An expired entry stays until its next look-up: of this app it was told already that it cannot be read. */
  readonly #unreadable = new Map<string, UnreadableEntry>();

  constructor(terms: KeptTerms) {
    this.#terms = terms;
  }

  /**
   * The answer for an id, which may be that there is no such app; undefined where there is none.
   * @throws the UnreadableAppError that was the answer
   */
  answerOf(appId: string, nowMs: number): { readonly app: App | undefined } | undefined {
    const entry = this.#known.get(appId) ?? this.#unknown.get(appId);
    if (entry !== undefined && nowMs < entry.expiresAtMs) return entry;
    const unreadable = this.#unreadable.get(appId);
    if (unreadable !== undefined && nowMs < unreadable.expiresAtMs) throw unreadable.error;
    return undefined;
  }

  /** @param readMs when the source was asked */
  keep(appId: string, app: App | undefined, readMs: number): void {
    const { ttlMs, negativeTtlMs, capacity, negativeCapacity } = this.#terms;
    this.#forget(appId);
    if (app === undefined)
      keepLatest(
        this.#unknown,
        appId,
        { app, expiresAtMs: readMs + negativeTtlMs },
        negativeCapacity,
      );
    else keepLatest(this.#known, appId, { app, expiresAtMs: readMs + ttlMs }, capacity);
  }

  /** Says whether it is news that this app cannot be read. */
  keepUnreadable(appId: string, error: UnreadableAppError, readMs: number): boolean {
    const { negativeTtlMs, negativeCapacity } = this.#terms;
    const isNews = !this.#unreadable.has(appId);
    this.#forget(appId);
    const entry = { error, expiresAtMs: readMs + negativeTtlMs };
    keepLatest(this.#unreadable, appId, entry, negativeCapacity);
    return isNews;
  }

  #forget(appId: string): void {
    for (const entries of [this.#known, this.#unknown, this.#unreadable]) entries.delete(appId);
  }

  /** Uses the answer for this app no more, or for all. */
  expire(appId: string | undefined): void {
    for (const [id, entry] of entriesOf(this.#known, appId))
      // Its id still goes before strangers; its keys are let go.
      this.#known.set(id, { ...entry, app: undefined, expiresAtMs: -Infinity });
    for (const [id] of entriesOf(this.#unknown, appId)) this.#unknown.delete(id);
    for (const [id, entry] of entriesOf(this.#unreadable, appId))
      this.#unreadable.set(id, { ...entry, expiresAtMs: -Infinity });
  }

  /** Apps whose last look-up was late go with the strangers: they may hold half of the slots, and no more. */
  rankOf(appId: string): Rank {
    const entry = this.#known.get(appId);
    return entry === undefined || entry.wasLate === true ? "stranger" : "known";
  }

  /** A look-up of this app has failed: others are asked for before it. */
  standBack(appId: string, wasLate: boolean): void {
    const entry = this.#known.get(appId);
    if (entry !== undefined)
      keepLatest(this.#known, appId, { ...entry, wasLate }, this.#terms.capacity);
  }

  /**
   * Another app that was there when it was last looked up, or this one. The oldest first, those that failed last, and
   * those that were late when there is no other.
   */
  witnessFor(failedId: string): string | undefined {
    let late: string | undefined;
    let looked = 0;
    for (const [appId, { wasLate }] of this.#known) {
      if (looked++ > MOST_LOOKED_AT) break; // in an outage all are late
      if (appId === failedId) continue;
      if (wasLate !== true) return appId;
      late ??= appId;
    }
    return late ?? (this.#known.has(failedId) ? failedId : undefined);
  }
}

/** The entry of one id, if there is one, or all. */
function entriesOf<T>(entries: Map<string, T>, id: string | undefined): Iterable<[string, T]> {
  if (id === undefined) return entries;
  const entry = entries.get(id);
  return entry === undefined ? [] : [[id, entry]];
}
