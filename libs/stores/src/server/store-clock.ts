import { NonceStoreClockError, type Clock } from "@lacre/core";

/** Clocks are read in whole milliseconds, and not at one moment. */
const TOLERANCE_MS = 10;

/**
 * This process's clock beside its store's. Windows, fences and lifetimes hold while every verifier's clock is within
 * `clockSpread` of the store's; each answer of the store tells whether it is.
 */
export class StoreClock {
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  #spreadMs = Infinity;
  /** The store's time less this process's: the least that it can be. */
  #leastOffsetMs = 0;
  #isOff = false;

  /** @param warn told once when the clocks are too far apart, and once when they are not any more */
  constructor(clock: Clock, warn: (message: string) => void) {
    this.#clock = clock;
    this.#warn = warn;
  }

  set spreadSeconds(seconds: number) {
    this.#spreadMs = seconds * 1000;
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  /** A moment that is not after the store's present time, as far as is known: a lifetime from it on is never too short. */
  leastStoreMs(): number {
    return this.#clock.nowMs() + Math.min(0, this.#leastOffsetMs);
  }

  /**
   * Takes note of the time that the store has told.
   * @param askedMs this process's time before it was asked
   * @throws NonceStoreClockError when the clocks are too far apart
   */
  heard(storeMs: number, askedMs: number): void {
    this.note(storeMs, askedMs);
    if (this.#isOff)
      throw new NonceStoreClockError("the clocks of this process and its nonce store differ");
  }

  /** The same, for whoever claims nothing: a process starts though its clock is off, and refuses until it is right. */
  note(storeMs: number, askedMs: number): void {
    if (!Number.isFinite(storeMs)) throw new Error("the store told no time");
    const least = storeMs - this.#clock.nowMs();
    const most = storeMs - askedMs;
    this.#leastOffsetMs = least;
    const spreadMs = this.#spreadMs + TOLERANCE_MS;
    const isOff = least > spreadMs || most < -spreadMs;
    if (isOff !== this.#isOff) this.#say(isOff, least > 0 ? least : most);
    this.#isOff = isOff;
  }

  #say(isOff: boolean, offsetMs: number): void {
    const seconds = Math.abs(Math.round(offsetMs / 1000));
    this.#warn(
      isOff
        ? `this process's clock is ${seconds} s ${offsetMs > 0 ? "behind" : "ahead of"} the nonce store's, and clockSpread is ${this.#spreadMs / 1000} s: requests are refused with 503 until both are right. Set the clock by NTP.`
        : "this process's clock and the nonce store's agree again. Requests are taken.",
    );
  }
}
