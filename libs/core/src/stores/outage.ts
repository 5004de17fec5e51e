import type { Clock } from "../ports/clock.js";
import { keepLatest } from "./keep-latest.js";

/** What an outage goes by. */
export interface OutageOptions {
  /** For how long a failure stands that nothing has refuted, in milliseconds. */
  readonly standsMs: number;
  /** For how long an id that fails alone is no sign of an outage, in milliseconds. */
  readonly suspectMs: number;
  /** How many such ids are remembered at most. */
  readonly suspectCapacity: number;
  readonly clock: Clock;
  /** Looks this id up, past any cache, and tells `answered` or `failed`. Whether it was answered; never rejects. */
  readonly lookUp: (appId: string) => Promise<boolean>;
  /** An id that had an app when it was last looked up: another than this one, or this one if there is no other. */
  readonly witnessFor: (failedId: string) => string | undefined;
}

/** After a recheck that failed, the next one comes no sooner, unless somebody asks for it. */
const RECHECK_INTERVAL_MS = 1_000;

/**
 * Whether the source of apps can be asked. A look-up that fails may be an outage, or one record that cannot be read by
 * a source that does not say so. So a failure stands at first, and another app is looked up: if that is answered, the
 * source can be asked, and the id that failed is a suspect, whose further failures say nothing for a while.
 */
export class Outage {
  readonly #options: OutageOptions;
  readonly #suspects = new Map<string, number>();
  #failedAtMs = -Infinity;
  #failedId = "";
  #quietUntilMs = -Infinity;
  #recheck: Promise<boolean> | undefined;
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

  /** The source answered for this id, if only with a record that cannot be read. */
  answered(appId: string): void {
    this.#failedAtMs = -Infinity;
    this.#suspects.delete(appId);
  }

  /** The source did not answer for this id. */
  failed(appId: string): void {
    const { clock, witnessFor } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs < (this.#suspects.get(appId) ?? -Infinity)) return;
    // That the same id fails again is no news; if its record is what is wrong, health checks would keep it in force.
    if (appId === this.#blindId) return;
    this.#failedAtMs = nowMs;
    this.#failedId = appId;
    const witness = witnessFor(appId);
    if (witness === undefined || witness === appId || nowMs < this.#quietUntilMs) return;
    void this.#ask().then((isAnswered) => isAnswered && this.#suspect(appId));
  }

  /** Looks an id up if the failure still stands. Gives up at `timeoutMs`: it goes on, for whoever asks next. */
  async recheck(timeoutMs: number): Promise<void> {
    if (!this.stands) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#ask(), timeout]);
    clearTimeout(timer);
  }

  #suspect(appId: string): void {
    const { clock, suspectMs, suspectCapacity } = this.#options;
    keepLatest(this.#suspects, appId, clock.nowMs() + suspectMs, suspectCapacity);
  }

  /** One look-up at a time, however many ask. Whether it was answered. */
  #ask(): Promise<boolean> {
    return (this.#recheck ??= this.#lookUp().finally(() => {
      this.#recheck = undefined;
      this.#blindId = undefined;
    }));
  }

  async #lookUp(): Promise<boolean> {
    const { lookUp, witnessFor, clock } = this.#options;
    const witness = witnessFor(this.#failedId);
    if (witness === undefined) this.#blindId = this.#failedId;
    const isAnswered = await lookUp(witness ?? this.#failedId);
    this.#quietUntilMs = isAnswered ? -Infinity : clock.nowMs() + RECHECK_INTERVAL_MS;
    return isAnswered;
  }
}
