import { describe, expect, it } from "@jest/globals";
import { ClockOffsets } from "./clock-offsets.js";

const NOW_S = 1_700_000_000;
const ORIGIN = "https://api.example.test";
const came = (delayMs: number) => ({ ownMs: NOW_S * 1000, delayMs });
const offsets = (): ClockOffsets => new ClockOffsets({ nowMs: () => NOW_S * 1000 });

/** docs/protocol.md section 11, "Setting the clock". */
describe("ClockOffsets", () => {
  it("is this machine's clock until a server has told otherwise", () => {
    expect(offsets().nowMs(ORIGIN)).toBe(NOW_S * 1000);
  });

  it.each([
    ["3 s ahead", NOW_S + 3, 0, true],
    ["2 s ahead", NOW_S + 2, 0, false],
    ["2 s behind", NOW_S - 2, 0, false],
    ["3 s behind", NOW_S - 3, 0, true],
    ["a day ahead", NOW_S + 86_400, 0, true],
    ["more than a day ahead", NOW_S + 86_401, 0, false],
    ["more than a day behind", NOW_S - 86_401, 0, false],
    ["within 10 s", NOW_S + 600, 10_000, true],
    ["after more than 10 s", NOW_S + 600, 10_001, false],
  ])(
    "learns what is off enough and not too far, in time: %s",
    (_what, seconds, delayMs, learns) => {
      const clocks = offsets();
      expect(clocks.learn(ORIGIN, seconds, NOW_S * 1000 - delayMs, came(delayMs))).toBe(learns);
      expect(clocks.nowMs(ORIGIN)).toBe((learns ? seconds : NOW_S) * 1000);
    },
  );

  it("keeps what it learned to the server that said it", () => {
    const clocks = offsets();
    clocks.learn(ORIGIN, NOW_S + 600, NOW_S * 1000, came(0));
    expect(clocks.nowMs("https://other.example.test")).toBe(NOW_S * 1000);
  });

  it("has nothing to learn from what was signed by the time that it has learned", () => {
    const clocks = offsets();
    expect(clocks.learn(ORIGIN, NOW_S + 600, NOW_S * 1000, came(0))).toBe(true);
    expect(clocks.learn(ORIGIN, NOW_S + 601, clocks.nowMs(ORIGIN), came(0))).toBe(false);
  });

  it("says of each request that was signed before it learned that sending it again can help", () => {
    const clocks = offsets();
    const signedAtMs = clocks.nowMs(ORIGIN);
    for (let i = 0; i < 20; i++)
      expect(clocks.learn(ORIGIN, NOW_S + 600, signedAtMs, came(0))).toBe(true);
    expect(clocks.nowMs(ORIGIN)).toBe((NOW_S + 600) * 1000);
  });

  it("holds a late answer against the time at which it came", () => {
    expect(offsets().learn(ORIGIN, NOW_S, (NOW_S - 9) * 1000, came(9_000))).toBe(false);
  });

  it("takes the server's time where this machine's clock was set right meanwhile", () => {
    const clocks = offsets();
    expect(clocks.learn(ORIGIN, NOW_S, (NOW_S - 3600) * 1000, came(10))).toBe(true);
    expect(clocks.nowMs(ORIGIN)).toBe(NOW_S * 1000);
  });

  it("is bounded by this machine's clock, however often it is led on", () => {
    const clocks = offsets();
    for (const day of [1, 2, 3]) clocks.learn(ORIGIN, NOW_S + day * 86_400, NOW_S * 1000, came(0));
    expect(clocks.nowMs(ORIGIN)).toBe((NOW_S + 86_400) * 1000);
  });

  it("forgets the server that it heard of first when there are too many", () => {
    const clocks = offsets();
    for (let i = 0; i <= 256; i++)
      clocks.learn(`https://${i}.test`, NOW_S + 600, NOW_S * 1000, came(0));
    expect(clocks.nowMs("https://0.test")).toBe(NOW_S * 1000);
    expect(clocks.nowMs("https://1.test")).toBe((NOW_S + 600) * 1000);
  });
});
