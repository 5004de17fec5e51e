import type { Clock } from "@lacre/core";

/**
 * A clock that stands still until a test moves it. It begins at the time of its making unless told otherwise.
 *
 * @example
 * const clock = new TestClock();
 * Test.createTestingModule({ imports: [AppModule] }).overrideProvider(HMAC_CLOCK).useValue(clock);
 * clock.advance(301);
 */
export class TestClock implements Clock {
  #ms: number;

  /** @param ms milliseconds since 1970 */
  constructor(ms: number = Date.now()) {
    if (!Number.isFinite(ms)) throw new RangeError("TestClock: give milliseconds since 1970");
    this.#ms = ms;
  }

  nowMs(): number {
    return this.#ms;
  }

  /** Moves it forward; backward with a negative number. */
  advance(seconds: number): void {
    if (!Number.isFinite(seconds)) throw new RangeError("TestClock: give a number of seconds");
    this.#ms += seconds * 1000;
  }
}
