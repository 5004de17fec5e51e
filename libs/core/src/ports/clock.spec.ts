import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { secondOf, systemClock } from "./clock.js";

afterEach(() => {
  jest.restoreAllMocks();
});

describe("systemClock", () => {
  it("follows the system's clock forward, stands while it is behind, and follows again", () => {
    const start = systemClock.nowMs();
    expect(Math.abs(Date.now() - start)).toBeLessThan(1000);
    const wall = jest.spyOn(Date, "now");
    const shown = [1, 2, 2, 500, 400, 499, 501, 26_000, 3_600_000, 0, 3_599_999, 3_600_001].map(
      (ms) => {
        wall.mockReturnValue(start + 10_000 + ms);
        return systemClock.nowMs() - start - 10_000;
      },
    );
    expect(shown).toEqual([
      1, 2, 2, 500, 500, 500, 501, 26_000, 3_600_000, 3_600_000, 3_600_000, 3_600_001,
    ]);
  });
});

describe("secondOf", () => {
  it.each([
    [0, 0],
    [999, 0],
    [1000, 1],
    [1_700_000_000_999, 1_700_000_000],
    [-1, -1],
  ])("%s ms lie in second %s", (ms, second) => {
    expect(secondOf(ms)).toBe(second);
  });
});
