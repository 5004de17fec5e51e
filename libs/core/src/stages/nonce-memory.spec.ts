import { describe, expect, it } from "@jest/globals";
import { fenceOf, horizonOfWindow, isFenced, rememberUntilMs } from "./nonce-memory.js";
import { customWindow } from "./route-window.js";
import type { NonceStore, SharedHorizon } from "../ports/nonce-store.js";
import type { Window } from "../window.js";

const T = 1_700_000_000;
const claim: NonceStore["claim"] = () => "fresh";
const storeWith = (horizon: SharedHorizon): NonceStore => ({
  claim,
  isShared: true,
  horizonOf: (scheme) => (scheme === "lacre1" ? horizon : undefined),
});

describe("rememberUntilMs", () => {
  const window: Window = { maxAgeSeconds: 5, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
  const long = { seconds: 326, aheadSeconds: 30 };

  it("is as long as the longest window of all who share the store", () => {
    expect(rememberUntilMs({ timestampSeconds: T }, window)).toBe((T + 31) * 1000);
    expect(rememberUntilMs({ timestampSeconds: T }, window, long)).toBe((T + 326) * 1000);
    const longer = { ...window, maxAgeSeconds: 900 };
    expect(rememberUntilMs({ timestampSeconds: T }, longer, long)).toBe((T + 926) * 1000);
  });

  it("is never less than a presigned URL's own end, with everybody's spread", () => {
    const url = { timestampSeconds: T, presigned: { expiresSeconds: 3600 } };
    expect(rememberUntilMs(url, window)).toBe((T + 3600 + 26) * 1000);
    expect(rememberUntilMs(url, window, long)).toBeGreaterThanOrEqual((T + 3600 + 26) * 1000);
  });
});

describe("fenceOf, of a format that tolerates the clocks of its senders", () => {
  const server: Window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
  const tolerant = { window: { futureSkewSeconds: 300, isTolerant: true } };
  const store = { claim, completeSinceMs: T * 1000 };

  it("is the start itself in a store of one process, and goes by the whole skew in a shared one", () => {
    const window = customWindow(tolerant, server);
    expect(fenceOf("hooks", store, window)).toBe(T - 1);
    expect(fenceOf("hooks", { ...store, isShared: true }, window)).toBe(T + 300 + 25);
  });

  it("is as long as the skew for all others, and never longer than it", () => {
    const strict = customWindow({ window: { futureSkewSeconds: 300 } }, server);
    expect(fenceOf("hooks", store, strict)).toBe(T + 300);
    const short = customWindow({ window: { futureSkewSeconds: 0, isTolerant: true } }, server);
    expect(fenceOf("hooks", store, short)).toBe(T);
  });
});

/*
 * Two verifiers on one store. The first has a short window, and knew of no other before the store took over the longer
 * one of the second. All their clocks are within the spread of the store's.
 */
describe("isFenced, after a window was made longer", () => {
  const SKEW = 2;
  const GROWN_AT = 20;

  /** Copies that the second takes though the first took the request, and fresh requests that it refuses. */
  function faultsOf(short: number, long: number, spread: number) {
    const windowOf = (maxAgeSeconds: number): Window => ({
      maxAgeSeconds,
      futureSkewSeconds: SKEW,
      clockSpreadSeconds: spread,
    });
    const horizon: SharedHorizon = {
      ...horizonOfWindow(windowOf(long)),
      sinceMs: GROWN_AT * 1000 + 400,
      beforeSeconds: horizonOfWindow(windowOf(short)).seconds,
    };
    const store = storeWith(horizon);
    const accepts = (age: number, stamp: number, now: number) =>
      stamp - SKEW <= now && now <= stamp + age;
    let ranTwice = 0;
    let refused = 0;
    let held = 0;
    for (let stamp = 0; stamp < GROWN_AT + 12; stamp++) {
      const claims = { timestampSeconds: stamp };
      const untilMs = rememberUntilMs(claims, windowOf(short));
      for (let storeMs = 0; storeMs < (GROWN_AT + 60) * 1000; storeMs += 500)
        for (const offset of [-spread, 0, spread]) {
          const now = Math.floor(storeMs / 1000) + offset;
          if (!accepts(long, stamp, now)) continue;
          const fenced = isFenced(claims, "lacre1", store, windowOf(long), now);
          if (fenced) held++;
          // Whether the first can have taken it before the store was told, and has forgotten it by now.
          const wasTaken = [-spread, 0, spread].some((other) =>
            Array.from({ length: GROWN_AT + 1 }, (_, at) => at + other).some((at) =>
              accepts(short, stamp, at),
            ),
          );
          if (wasTaken && storeMs >= untilMs && !fenced) ranTwice++;
          if (now <= stamp + short && fenced) refused++;
        }
    }
    return { ranTwice, refused, holds: held > 0 };
  }

  it.each([0, 1, 3])(
    "no copy runs again, and no fresh request waits, with a spread of %s",
    (spread) => {
      for (const [short, long] of [
        [0, 5],
        [1, 4],
        [3, 20],
        [5, 6],
      ] as const)
        expect([short, long, faultsOf(short, long, spread)]).toEqual([
          short,
          long,
          { ranTwice: 0, refused: 0, holds: true },
        ]);
    },
  );

  it("holds no presigned URL, whose memory depends on no window, and no other scheme", () => {
    const window: Window = { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 };
    const store = storeWith({
      ...horizonOfWindow(window),
      sinceMs: T * 1000,
      beforeSeconds: 31,
    });
    const old = { timestampSeconds: T - 100 };
    expect(isFenced(old, "lacre1", store, window, T)).toBe(true);
    expect(isFenced(old, "stripe", store, window, T)).toBe(false);
    expect(
      isFenced({ ...old, presigned: { expiresSeconds: 900 } }, "lacre1", store, window, T),
    ).toBe(false);
    expect(isFenced({ ...old, timestampSeconds: T + 32 }, "lacre1", store, window, T + 300)).toBe(
      false,
    );
  });
});
