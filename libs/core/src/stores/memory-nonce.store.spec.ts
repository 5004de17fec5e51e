import { describe, expect, it } from "@jest/globals";
import { NonceStoreFullError } from "../ports/nonce-store.js";
import { MemoryNonceStore, type MemoryNonceStoreOptions } from "./memory-nonce.store.js";

function storeAt(nowMs: number, options: Omit<MemoryNonceStoreOptions, "clock"> = {}) {
  const time = { ms: nowMs };
  const store = new MemoryNonceStore({ ...options, clock: { nowMs: () => time.ms } });
  return { store, time };
}

describe("MemoryNonceStore", () => {
  it("gives a nonce once", () => {
    const { store } = storeAt(1000);
    expect(store.claim("a", 9000)).toBe("fresh");
    expect(store.claim("a", 9000)).toBe("seen");
    expect(store.claim("b", 9000)).toBe("fresh");
    expect(store.size).toBe(2);
  });

  it("gives it to one of 64 at once", async () => {
    // NR02
    const { store } = storeAt(1000);
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        await new Promise((resolve) =>
          i % 2 === 0 ? setImmediate(resolve) : queueMicrotask(() => resolve(i)),
        );
        return store.claim("a", 9000);
      }),
    );
    expect(answers.filter((answer) => answer === "fresh")).toHaveLength(1);
    expect(answers.filter((answer) => answer === "seen")).toHaveLength(63);
  });

  it.each(["", "__proto__", "constructor", "a\nb", "x".repeat(10_000)])(
    "takes any key: %.20j",
    (key) => {
      const { store } = storeAt(1000);
      expect(store.claim(key, 9000)).toBe("fresh");
      expect(store.claim(key, 9000)).toBe("seen");
    },
  );

  it("forgets nothing a millisecond before its time, and all of it within the second after", () => {
    // Keys go a second's worth at a time, so an expiry is rounded up to a whole second, never down.
    for (let expiresAtMs = 10_000; expiresAtMs <= 12_000; expiresAtMs += 1) {
      const { store, time } = storeAt(9_300);
      store.claim("a", expiresAtMs);
      time.ms = expiresAtMs - 1;
      expect([expiresAtMs, store.claim("a", expiresAtMs)]).toEqual([expiresAtMs, "seen"]);
      time.ms = Math.ceil(expiresAtMs / 1000) * 1000;
      expect([expiresAtMs, store.claim("a", expiresAtMs)]).toEqual([expiresAtMs, "fresh"]);
    }
  });

  it.each([
    ["every millisecond", 1],
    ["every 7 ms", 7],
    ["every second", 1000],
    ["every 90 s", 90_000],
    ["once", 1_000_000],
  ])("forgets in time when it is asked %s", (_how, stepMs) => {
    const { store, time } = storeAt(0);
    const keys = Array.from({ length: 60 }, (_, i) => ({
      key: `k${i}`,
      expiresAtMs: 500 + i * 97,
    }));
    for (const { key, expiresAtMs } of keys) store.claim(key, expiresAtMs);
    for (time.ms = stepMs; time.ms <= 10_000 || store.size > 1; time.ms += stepMs) {
      store.claim("probe", time.ms); // sweeps
      const live = keys.filter(({ expiresAtMs }) => time.ms < expiresAtMs).length;
      const atMost = keys.filter(({ expiresAtMs }) => time.ms < expiresAtMs + 1000).length;
      expect(store.size).toBeGreaterThanOrEqual(live);
      expect(store.size).toBeLessThanOrEqual(atMost + 2); // and the probes of this second and the last
      if (time.ms > 2_000_000) throw new Error("never empty");
    }
  });

  it("keeps a nonce whose time has passed already until the second is over", () => {
    const { store, time } = storeAt(5_500);
    expect(store.claim("a", 1)).toBe("fresh");
    expect(store.claim("a", 1)).toBe("seen");
    time.ms = 6_000;
    expect(store.claim("a", 1)).toBe("fresh");
  });

  describe("when full", () => {
    it("throws, and drops nothing that lives", () => {
      // NR08
      const { store, time } = storeAt(1000, { capacity: 3 });
      for (const key of ["a", "b", "c"]) store.claim(key, 5_000);
      for (let i = 0; i < 100; i++)
        expect(() => store.claim(`flood ${i}`, 9_000)).toThrow(NonceStoreFullError);
      expect(["a", "b", "c"].map((key) => store.claim(key, 5_000))).toEqual([
        "seen",
        "seen",
        "seen",
      ]);
      expect(store.size).toBe(3);

      time.ms = 4_999;
      expect(() => store.claim("d", 9_000)).toThrow(NonceStoreFullError);
      time.ms = 5_000;
      expect(store.claim("d", 9_000)).toBe("fresh");
      expect(store.size).toBe(1);
    });

    it("does not keep a nonce that it threw for", () => {
      const { store, time } = storeAt(1000, { capacity: 1 });
      store.claim("a", 2_000);
      expect(() => store.claim("b", 9_000)).toThrow(NonceStoreFullError);
      time.ms = 2_000;
      expect(store.claim("b", 9_000)).toBe("fresh");
    });
  });

  describe("when the clock is set back", () => {
    it("brings no nonce back to life, and forgets none early", () => {
      // TS12
      const { store, time } = storeAt(10_000);
      store.claim("a", 15_000);
      time.ms = 14_000;
      store.claim("tick", 20_000);
      time.ms = 4_000;
      expect(store.claim("a", 15_000)).toBe("seen");
      expect(store.claim("b", 15_000)).toBe("fresh");
      for (; time.ms < 15_000; time.ms += 100) {
        expect(store.claim("a", 15_000)).toBe("seen");
        expect(store.claim("b", 15_000)).toBe("seen");
      }
      time.ms = 15_000;
      expect(store.claim("b", 19_000)).toBe("fresh");
    });

    it("goes by the latest time that it has seen", () => {
      const { store, time } = storeAt(10_000);
      time.ms = 20_000;
      store.claim("tick", 30_000);
      time.ms = 10_000;
      expect(store.claim("a", 15_000)).toBe("fresh");
      for (; time.ms < 20_999; time.ms += 333) expect(store.claim("a", 15_000)).toBe("seen");
      time.ms = 21_000;
      expect(store.claim("a", 25_000)).toBe("fresh");
    });
  });

  it.each([NaN, Infinity, -Infinity, undefined, "9000"])(
    "throws for the expiry %s",
    (expiresAtMs) => {
      // NR20
      const { store } = storeAt(1000);
      expect(() => store.claim("a", expiresAtMs as number)).toThrow(RangeError);
      expect(store.size).toBe(0);
    },
  );

  describe("the fence", () => {
    it("stands from the start, unless it is known to be the first store ever", () => {
      expect(storeAt(1234).store.completeSinceMs).toBe(1234);
      expect(storeAt(1234, { fence: false }).store.completeSinceMs).toBeUndefined();
    });

    it("is raised again by clear", () => {
      const { store, time } = storeAt(1000);
      store.claim("a", 9_000);
      time.ms = 3_000;
      store.clear();
      expect(store.size).toBe(0);
      expect(store.completeSinceMs).toBe(3_000);
      expect(store.claim("a", 9_000)).toBe("fresh");
    });

    it("is raised by clear where there was none: the store is no longer the first", () => {
      const { store, time } = storeAt(1000, { fence: false });
      store.claim("a", 9_000);
      time.ms = 3_000;
      store.clear();
      expect(store.completeSinceMs).toBe(3_000);
    });
  });

  it("holds a hundred thousand and lets them go in no time", () => {
    const { store, time } = storeAt(0);
    const startedMs = performance.now();
    for (let i = 0; i < 100_000; i++) store.claim(`nonce ${i}`, 1_000 + (i % 331) * 1000);
    expect(store.size).toBe(100_000);
    time.ms = 331_000;
    store.claim("tick", 400_000);
    expect(store.size).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});
