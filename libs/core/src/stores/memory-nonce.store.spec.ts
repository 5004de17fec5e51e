import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ConfigurationError } from "../errors.js";
import { NonceStoreFullError, NonceStoreStartingError } from "../ports/nonce-store.js";
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
      expect([expiresAtMs, store.claim("a", time.ms + 1)]).toEqual([expiresAtMs, "fresh"]);
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
      store.claim("probe", time.ms + 1); // drops what has expired
      const live = keys.filter(({ expiresAtMs }) => time.ms < expiresAtMs).length;
      const atMost = keys.filter(({ expiresAtMs }) => time.ms < expiresAtMs + 1000).length;
      expect(store.size).toBeGreaterThanOrEqual(live);
      expect(store.size).toBeLessThanOrEqual(atMost + 2); // and the probes of this second and the next
      if (time.ms > 2_000_000) throw new Error("never empty");
    }
  });

  it("gives no nonce twice for one expiry, wherever the clock goes in between", () => {
    // TS12, and every walk of the clock over a few seconds; the claims are those of one captured request.
    const places = [0, 1_000, 2_500, 4_000, 90_000];
    let refused = 0;
    for (const first of places)
      for (const second of places)
        for (const third of places)
          for (const expiresAtMs of [1, 1_000, 2_000, 3_999, 50_000]) {
            const { store, time } = storeAt(first);
            let fresh = 0;
            for (const ms of [first, second, third, first]) {
              time.ms = ms;
              try {
                if (store.claim("a", expiresAtMs) === "fresh") fresh++;
              } catch (error) {
                expect(error).toBeInstanceOf(NonceStoreStartingError);
                refused++;
              }
            }
            expect(fresh).toBe(1);
          }
    expect(refused).toBeGreaterThan(0);
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

    it("refuses what may have been dropped", () => {
      const { store, time } = storeAt(10_000);
      store.claim("a", 15_000);
      time.ms = 15_000;
      store.claim("tick", 20_000);
      time.ms = 10_000;
      expect(() => store.claim("a", 15_000)).toThrow(NonceStoreStartingError);
      expect(() => store.claim("b", 14_001)).toThrow(NonceStoreStartingError); // in the same second
      expect(() => store.claim("b", 1)).toThrow(NonceStoreStartingError);
      expect(store.claim("b", 15_001)).toBe("fresh");
      expect(store.claim("tick", 15_000)).toBe("seen");
    });

    it.each([3_600_000, 86_400_000 * 2, 86_400_000 * 18_262])(
      "after a step %s ms forward it goes on at once, and has forgotten nothing",
      (stepMs) => {
        // While the clock is wrong every true request is too old, and is not claimed.
        const { store, time } = storeAt(1_000_000, { capacity: 500 });
        const requestAt = (nonce: string, ms: number) => store.claim(nonce, ms + 331_000);
        for (let i = 0; i < 100; i++) requestAt(`k${i}`, time.ms + i);
        time.ms += stepMs;
        time.ms -= stepMs;
        for (let i = 0; i < 100; i++) expect(requestAt(`k${i}`, time.ms + i)).toBe("seen");

        // Two whose signers share the wrong clock are claimed, and push out what seems expired. What was signed no
        // later than that is refused; what is signed afterwards is not.
        time.ms += stepMs;
        for (const nonce of ["x", "y"]) expect(requestAt(nonce, time.ms)).toBe("fresh");
        expect(store.size).toBeLessThan(100);
        time.ms -= stepMs;
        expect(() => requestAt("k0", time.ms)).toThrow(NonceStoreStartingError);
        time.ms += 2_000;
        for (let i = 0; i < 400; i++) expect(requestAt(`n${i}`, time.ms)).toBe("fresh");
        for (const nonce of ["x", "y"]) expect(requestAt(nonce, time.ms)).toBe("seen");
      },
    );
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

  it("drops a few at a time: no claim waits for a second's worth", () => {
    const { store, time } = storeAt(0, { capacity: 100_000 });
    for (let i = 0; i < 100_000; i++)
      store.claim(`nonce ${i}`, i % 2 === 0 ? 9_000 : 1_000 + (i % 331) * 1000);
    expect(store.size).toBe(100_000);
    expect(() => store.claim("late", 9_000)).toThrow(NonceStoreFullError);
    time.ms = 331_000;
    for (let claims = 0, size = store.size; size > claims + 64; claims++) {
      expect(store.claim(`tick ${claims}`, 400_000)).toBe("fresh"); // there is room from the first on
      expect(store.size).toBe(size - 64 + 1);
      ({ size } = store);
    }
    store.claim("the last of them", 400_000);
    const left = Array.from({ length: 100_000 }, (_, i) => `nonce ${i}`);
    expect(left.filter((key) => store.has(key))).toEqual([]);
  });

  it("keeps apart, and drops, what no encoding can tell apart", () => {
    const { store, time } = storeAt(0);
    expect(store.claim("a\ud800", 1_000)).toBe("fresh");
    expect(store.claim("a\ud800", 1_000)).toBe("seen");
    expect(store.has("a\ud800")).toBe(true);
    time.ms = 1_000;
    store.claim("tick", 9_000);
    expect(store.size).toBe(1);
  });

  describe("start", () => {
    const { env } = process;
    beforeEach(() => {
      process.env = { ...env };
      delete process.env.NODE_APP_INSTANCE;
      delete process.env.AWS_LAMBDA_FUNCTION_NAME;
    });
    afterEach(() => {
      jest.restoreAllMocks();
      process.env = env;
    });

    it.each([
      ["a process of its own", false, {}, true],
      ["PM2's only process, or its first", false, { NODE_APP_INSTANCE: "0" }, true],
      ["PM2's second", false, { NODE_APP_INSTANCE: "1" }, false],
      ["a worker of node:cluster", true, {}, false],
      ["PM2's first in cluster mode", true, { NODE_APP_INSTANCE: "0" }, false],
      ["an instance of a Lambda function", false, { AWS_LAMBDA_FUNCTION_NAME: "api" }, false],
    ])("in %s", async (_where, isWorker, more, starts) => {
      jest.spyOn(process, "getBuiltinModule").mockReturnValue({ isWorker });
      Object.assign(process.env, more);
      const outcome = await new MemoryNonceStore().start().catch((error: unknown) => error);
      if (starts) expect(outcome).toBeUndefined();
      else expect(outcome).toBeInstanceOf(ConfigurationError);
      await expect(new MemoryNonceStore({ clusterOk: true }).start()).resolves.toBeUndefined();
    });

    it("names the cure", async () => {
      process.env.NODE_APP_INSTANCE = "1";
      await expect(new MemoryNonceStore().start()).rejects.toThrow(/^nonces: .*Use a store that/);
    });

    it("knows a worker as Node makes one", () => {
      // Without mocks: a worker sees no NODE_UNIQUE_ID, and the built-in module says what it is.
      const worker = `(process.disconnect(), process.getBuiltinModule("node:cluster").isWorker)`;
      const script = `
        const cluster = require("node:cluster");
        cluster.setupPrimary({ exec: "-", execArgv: ["-p", ${JSON.stringify(worker)}] });
        cluster.fork();`;
      expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toBe("true\n");
    });
  });
});

describe("claims that can be given back", () => {
  const held = (store: MemoryNonceStore, key: string, untilMs: number) => {
    const answer = store.hold(key, untilMs, untilMs);
    if (typeof answer === "string") throw new Error(`the key is ${answer}`);
    return answer;
  };

  it("take room while they are held, and no more once they are given back or have expired", () => {
    const time = { ms: 1_000 };
    const clock = { nowMs: () => time.ms };
    const store = new MemoryNonceStore({ clock, fence: false, capacity: 2 });
    const first = held(store, "a", 9_000);
    store.claim("b", 9_000);
    expect(() => store.hold("c", 9_000, 9_000)).toThrow(NonceStoreFullError);
    expect(() => store.claim("c", 9_000)).toThrow(NonceStoreFullError);
    void first.giveBack();
    for (let i = 0; i < 1000; i++) void held(store, "c", 9_000).giveBack(); // nothing is left of each
    expect(store.size).toBe(1);
    void held(store, "c", 5_000).markDone(7_000);
    time.ms = 6_000;
    expect(store.hold("c", 9_000, 8_000)).toBe("done");
    time.ms = 8_001;
    expect(store.hold("d", 20_000, 20_000)).toEqual(expect.anything());
    expect([store.size, store.has("c")]).toEqual([2, false]); // b and d
  });

  it("of a time that may have been dropped are refused, as all others are", () => {
    const time = { ms: 1_000 };
    const store = new MemoryNonceStore({ clock: { nowMs: () => time.ms }, fence: false });
    held(store, "a", 5_000);
    time.ms = 6_000;
    store.claim("tick", 9_000);
    time.ms = 1_000; // set back
    expect(() => store.hold("a", 5_000, 5_000)).toThrow(NonceStoreStartingError);
    expect(() => store.claim("a", 5_000)).toThrow(NonceStoreStartingError);
  });
});
