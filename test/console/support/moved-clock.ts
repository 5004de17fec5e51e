import type { Clock } from "@lacre/core";

/** A clock that stands until the test moves it. */
export class MovedClock implements Clock {
  constructor(private ms = Date.now()) {}
  nowMs(): number {
    return this.ms;
  }
  move(seconds: number): void {
    this.ms += seconds * 1000;
  }
}
