import type { Clock } from "../ports/clock.js";

/** What an outage goes by. */
export interface OutageOptions {
  /** For how long a failure stands that nothing can refute, since no app is known, in milliseconds. */
  readonly standsMs: number;
  readonly clock: Clock;
  /** Looks this id up, past any cache, and tells `answered` or `failed`. Whether it was answered; never rejects. */
  readonly lookUp: (appId: string) => Promise<boolean>;
  /** An id that had an app when it was last looked up: another than this one, or this one if there is no other. */
  readonly witnessFor: (failedId: string) => string | undefined;
}

/** For how long a recheck is good: what it found holds, and no other begins unless somebody asks for it. */
const RECHECK_INTERVAL_MS = 1_000;

/** Asked for where no app is known. That there is no such app is an answer too. */
const PROBE_ID = "lacre.recheck";

/**
 * Whether the source of apps can be asked. A look-up that fails may be an outage, or one record that cannot be read by
 * a source that does not say so, or an id that it does not like. So a failure stands at first, and another app is
 * looked up. If that is answered, the source can be asked, and failures say nothing for a second, whoever provokes
 * them.
 */
export class Outage {
  readonly #options: OutageOptions;
  #failedAtMs = -Infinity;
  #failedId = "";
  /** Whether no app was known that could refute the failure. */
  #isBlind = false;
  #recheck: Promise<void> | undefined;
  #last = { atMs: -Infinity, isAnswered: false };

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /**
   * Stands until a look-up is answered. Where no app is known, no longer than an answer from before the failure may live:
   * a source that throws for whatever id it does not know would keep a process down that has yet to serve anybody.
   */
  get stands(): boolean {
    const { standsMs, clock } = this.#options;
    if (this.#failedAtMs === -Infinity) return false;
    return !this.#isBlind || clock.nowMs() < this.#failedAtMs + standsMs;
  }

  /** The source has answered, if only with a record that cannot be read. */
  answered(): void {
    this.#failedAtMs = -Infinity;
  }

  /** The source did not answer for this id. */
  failed(appId: string): void {
    const { clock, witnessFor } = this.#options;
    const nowMs = clock.nowMs();
    const isRecent = nowMs < this.#last.atMs + RECHECK_INTERVAL_MS;
    if (isRecent && this.#last.isAnswered) return;
    if (appId === PROBE_ID) return; // it proves nothing: the source may throw for whatever it does not know
    const witness = witnessFor(appId);
    this.#failedAtMs = nowMs;
    this.#failedId = appId;
    this.#isBlind = witness === undefined;
    if (!isRecent && witness !== undefined && witness !== appId) void this.#ask();
  }

  /** Looks an id up if a failure stands. Waits for the answer: how long is for whoever asks. */
  async recheck(): Promise<void> {
    if (this.stands) await this.#ask();
  }

  /** One look-up at a time, however many ask. */
  #ask(): Promise<void> {
    return (this.#recheck ??= this.#lookUp().finally(() => (this.#recheck = undefined)));
  }

  async #lookUp(): Promise<void> {
    const { lookUp, witnessFor, clock } = this.#options;
    const isAnswered = await lookUp(witnessFor(this.#failedId) ?? PROBE_ID);
    this.#last = { atMs: clock.nowMs(), isAnswered };
  }
}
