import { describe, expect, it } from "@jest/globals";
import { NonceStoreClockError } from "@lacre/core";
import { StoreClock } from "./store-clock.js";

function clockWith(spreadSeconds: number) {
  const time = { ms: 1_700_000_000_000 };
  const said: string[] = [];
  const clock = new StoreClock({ nowMs: () => time.ms }, (message) => said.push(message));
  clock.spreadSeconds = spreadSeconds;
  /** The store's answer, so much later or earlier by its clock than it was sent by ours. */
  const hear = (offsetMs: number, tookMs = 0): boolean => {
    const askedMs = time.ms;
    time.ms += tookMs;
    try {
      clock.heard(askedMs + offsetMs, askedMs);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(NonceStoreClockError);
      return false;
    }
  };
  return { clock, time, said, hear };
}

describe("StoreClock", () => {
  it("takes a store's time within the spread, and what reading clocks adds to it", () => {
    const { hear, said } = clockWith(25);
    for (const ms of [0, 25_010, -25_010]) expect(hear(ms)).toBe(true);
    for (const ms of [25_011, -25_011, 40_000, -40_000]) expect(hear(ms)).toBe(false);
    expect(said.length).toBe(1);
    expect(clockWith(0).hear(0.7)).toBe(true); // of one moment, by a clock that tells microseconds
  });

  it("charges no clock with the time that an answer took", () => {
    const { hear } = clockWith(1);
    expect(hear(1500, 1000)).toBe(true); // at the end of the second in which it was answered
    expect(hear(2500, 1000)).toBe(false);
  });

  it("says once that the clocks are apart, by how much and which way, and once that they agree", () => {
    const { clock, hear, said } = clockWith(25);
    for (let i = 0; i < 3; i++) hear(-40_000);
    expect(clock.isOff).toBe(true);
    hear(0);
    hear(0);
    expect(clock.isOff).toBe(false);
    expect(said).toEqual([
      expect.stringMatching(/clock is 40 s ahead of the nonce store's.*clockSpread is 25 s/),
      expect.stringContaining("agree again"),
    ]);
    hear(40_000);
    expect(said[2]).toContain("40 s behind");
  });

  it("gives lifetimes that are not too short, whichever clock is ahead", () => {
    const { clock, time, hear } = clockWith(25);
    hear(-20_000);
    expect(clock.leastStoreMs()).toBe(time.ms - 20_000);
    hear(20_000);
    expect(clock.leastStoreMs()).toBe(time.ms);
    hear(-10, 500); // read before it was answered: the store's clock may be up to 510 ms behind
    expect(clock.leastStoreMs()).toBe(time.ms - 510);
  });

  it("wants a time", () => {
    expect(() => clockWith(25).clock.heard(NaN, 0)).toThrow("no time");
  });
});
