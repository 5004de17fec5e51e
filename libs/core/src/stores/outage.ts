import type { Clock } from "../ports/clock.js";

/** What an outage goes by. */
export interface OutageOptions {
  /** For how long a failure stands that nothing has refuted, in milliseconds. */
  readonly standsMs: number;
  readonly clock: Clock;
  /** Looks this id up, past any cache, and tells `answered` or `failed`. Whether it was answered; never rejects. */
  readonly lookUp: (appId: string) => Promise<boolean>;
  /** An id that had an app when it was last looked up: another than this one, or this one if there is no other. */
  readonly witnessFor: (failedId: string) => string | undefined;
}

/** For how long a recheck is good: what it found holds, and no other begins unless somebody asks for it. */
const RECHECK_INTERVAL_MS = 1_000;

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
  #recheck: Promise<void> | undefined;
  #last = { atMs: -Infinity, isAnswered: false };
  /** The id that a recheck looks up for want of one that ever had an app. */
  #blindId: string | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /**
   * Stands until a look-up succeeds, but no longer than an answer from before the failure may live. From then on no
   * request is answered from the cache, so there is nothing to hide.
   */
  get stands(): boolean {
    const { standsMs, clock } = this.#options;
    return clock.nowMs() < this.#failedAtMs + standsMs;
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
    // That the same id fails again is no news: if its record is what is wrong, health checks would keep it in force.
    if (appId === this.#blindId) return;
    this.#failedAtMs = nowMs;
    this.#failedId = appId;
    const witness = witnessFor(appId);
    if (!isRecent && witness !== undefined && witness !== appId) void this.#ask();
  }

  /** Looks an id up if a failure stands. Waits for `timeoutMs` at most: it goes on, for whoever asks next. */
  async recheck(timeoutMs: number): Promise<void> {
    if (!this.stands) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#ask(), timeout]);
    clearTimeout(timer);
  }

  /** One look-up at a time, however many ask. */
  #ask(): Promise<void> {
    return (this.#recheck ??= this.#lookUp().finally(() => {
      this.#recheck = undefined;
      this.#blindId = undefined;
    }));
  }

  async #lookUp(): Promise<void> {
    const { lookUp, witnessFor, clock } = this.#options;
    const witness = witnessFor(this.#failedId);
    if (witness === undefined) this.#blindId = this.#failedId;
    const isAnswered = await lookUp(witness ?? this.#failedId);
    this.#last = { atMs: clock.nowMs(), isAnswered };
  }
}
