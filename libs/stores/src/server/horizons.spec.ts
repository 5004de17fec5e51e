import { describe, expect, it } from "@jest/globals";
import { Horizons, NOW } from "./horizons.js";

const needs = (seconds: number, aheadSeconds = 30, scheme = "lacre1") =>
  new Map([[scheme, { seconds, aheadSeconds }]]);
/** As a store takes a text over. */
const keptAt = (ms: number, text: string | undefined): Horizons =>
  new Horizons((text ?? "nothing").replaceAll(NOW, String(ms)));
/** Both steps at once. */
const grownAt = (ms: number, there: Horizons, ...args: Parameters<Horizons["grown"]>): Horizons =>
  keptAt(ms, keptAt(ms, there.grown(...args)).grown(...args));

describe("Horizons", () => {
  it("begin with what the first verifier needs: nobody has claimed before", () => {
    const first = keptAt(7, Horizons.NONE.grown(needs(31), 0));
    expect(first.of("lacre1")).toEqual({
      seconds: 31,
      aheadSeconds: 30,
      sinceMs: 0,
      beforeSeconds: Infinity,
    });
    expect(first.of("stripe")).toBeUndefined();
    expect(first.grown(needs(31), 1)).toBeUndefined();
    expect(first.grown(needs(5, 3), 1)).toBeUndefined();
  });

  it("grow, and remember what could be relied on before", () => {
    const first = keptAt(0, Horizons.NONE.grown(needs(31), 0));
    const second = grownAt(5000, first, needs(326), 4999);
    expect(second.of("lacre1")).toEqual({
      seconds: 326,
      aheadSeconds: 30,
      sinceMs: 5000,
      beforeSeconds: 31,
    });
    expect(second.grown(needs(31), 6000)).toBeUndefined();
  });

  it("are relied on since a moment after all could see that they had grown, whoever says so", () => {
    const first = keptAt(0, Horizons.NONE.grown(needs(31), 0));
    const seen = keptAt(5000, first.grown(needs(326), 5000));
    expect(seen.of("lacre1")).toMatchObject({ seconds: 326, sinceMs: 5000 });
    for (const another of [needs(326), needs(31)]) {
      const second = keptAt(7000, seen.grown(another, 7000));
      expect(second.of("lacre1")).toMatchObject({ seconds: 326, sinceMs: 7000, beforeSeconds: 31 });
      expect(second.grown(another, 8000)).toBeUndefined();
    }
    // And who needs more begins anew.
    const third = keptAt(9000, seen.grown(needs(900), 9000));
    expect(third.of("lacre1")).toMatchObject({ seconds: 900, sinceMs: 9000, beforeSeconds: 31 });
    expect(third.grown(needs(900), 9001)).toBeDefined();
  });

  it("rely on the least while what was claimed under it still matters, to the new window too", () => {
    const first = keptAt(0, Horizons.NONE.grown(needs(31), 0));
    const second = grownAt(5000, first, needs(326), 5000);
    const settledMs = 5000 + (900 + 30) * 1000;
    expect(grownAt(settledMs, second, needs(900), settledMs).of("lacre1")).toMatchObject({
      beforeSeconds: 31,
    });
    expect(grownAt(settledMs, second, needs(900), settledMs + 1).of("lacre1")).toMatchObject({
      seconds: 900,
      beforeSeconds: 326,
    });
  });

  it("keep schemes apart, and grow further ahead alone", () => {
    const first = keptAt(0, Horizons.NONE.grown(needs(31), 0));
    const second = keptAt(9, first.grown(needs(900, 30, "stripe"), 5));
    expect(second.of("lacre1")?.seconds).toBe(31);
    expect(second.of("stripe")?.beforeSeconds).toBe(Infinity);
    const third = keptAt(9, second.grown(needs(31, 85), 5));
    expect(third.of("lacre1")).toEqual({
      seconds: 31,
      aheadSeconds: 85,
      sinceMs: 0,
      beforeSeconds: Infinity,
    });
  });

  it("say how much later a claim may go that was made under others", () => {
    const first = keptAt(0, Horizons.NONE.grown(needs(31), 0));
    const second = grownAt(5000, first, needs(326), 5000);
    expect(second.laterBy("lacre1", first)).toBe(295);
    expect(first.laterBy("lacre1", second)).toBe(0);
    expect(second.laterBy("lacre1", second)).toBe(0);
    expect(second.laterBy("stripe", first)).toBe(0);
    expect(second.laterBy(undefined, first)).toBe(0);
  });

  it.each([
    "",
    "[]x",
    "null",
    '{"lacre1":[1,2]}',
    '{"lacre1":["1",2,3,4]}',
    '{"lacre1":[1,2,-3,4]}',
  ])("takes no text that is not its own: %s", (text) => {
    expect(() => new Horizons(text)).toThrow();
  });
});
