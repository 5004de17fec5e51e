import { describe, expect, it } from "@jest/globals";
import { MemoryNonceStore, type NonceStore, type Observer } from "@lacre/core";
import { meteredNonceStore } from "./metered-nonce.store.js";

type Claim = Parameters<NonNullable<Observer["observeClaim"]>>[0];

function metered(store: Partial<NonceStore>) {
  const told: Claim[] = [];
  const observer: Observer = { observe: () => undefined, observeClaim: (c) => void told.push(c) };
  return { store: meteredNonceStore(store as NonceStore, observer), told };
}

const throwing = (error: unknown) => (): never => {
  throw error;
};

describe("meteredNonceStore", () => {
  it("is the store itself when nobody asks for claims", () => {
    const store = new MemoryNonceStore();
    expect(meteredNonceStore(store, undefined)).toBe(store);
    expect(meteredNonceStore(store, { observe: () => undefined })).toBe(store);
  });

  it("answers at once where the store does, and tells each outcome", () => {
    const { store, told } = metered(new MemoryNonceStore());
    expect(store.claim("a", Date.now() + 9000)).toBe("fresh");
    expect(store.claim("a", Date.now() + 9000)).toBe("seen");
    expect(told.map(({ outcome }) => outcome)).toEqual(["fresh", "seen"]);
  });

  it("measures until the answer is there", async () => {
    const slow = () =>
      new Promise<"fresh">((resolve) => {
        setTimeout(() => resolve("fresh"), 30);
      });
    const { store, told } = metered({ claim: slow });
    expect(await store.claim("a", 1)).toBe("fresh");
    expect(told).toEqual([{ outcome: "fresh", durationMs: expect.any(Number) }]);
    expect(told[0]?.durationMs).toBeGreaterThan(25);
    expect(told[0]?.durationMs).toBeLessThan(5000);
  });

  it("tells of doubt, and passes the very error on", async () => {
    const error = new Error("down");
    const atOnce = metered({ claim: throwing(error) });
    expect(() => atOnce.store.claim("a", 1)).toThrow(error);
    expect(atOnce.told).toMatchObject([{ outcome: "doubtful" }]);
    const later = metered({ claim: () => Promise.reject(error) });
    await expect(later.store.claim("a", 1)).rejects.toBe(error);
    expect(later.told).toMatchObject([{ outcome: "doubtful" }]);
  });

  it.each<[string, () => unknown]>([
    ["throws", throwing(new Error("observer"))],
    ["rejects", () => Promise.reject(new Error("observer"))],
  ])("changes no verdict when the observer %s", async (_how, observeClaim) => {
    const observer = { observe: () => undefined, observeClaim } as Observer;
    const memory = meteredNonceStore(new MemoryNonceStore(), observer);
    expect(memory.claim("a", Date.now() + 9000)).toBe("fresh");
    expect(memory.claim("a", Date.now() + 9000)).toBe("seen");
    const remote = { claim: async () => "seen" as const };
    expect(await meteredNonceStore(remote, observer).claim("a", 1)).toBe("seen");
    const down = { claim: throwing(new Error("store")) };
    expect(() => meteredNonceStore(down, observer).claim("a", 1)).toThrow("store");
    await new Promise(setImmediate); // an unhandled rejection would fail the run
  });

  it("calls the observer as its method", () => {
    class Counter implements Observer {
      count = 0;
      observe(): void {}
      observeClaim(): void {
        this.count += 1;
      }
    }
    const counter = new Counter();
    void meteredNonceStore(new MemoryNonceStore(), counter).claim("a", Date.now() + 9000);
    expect(counter.count).toBe(1);
  });

  it("is otherwise the store that it wraps", async () => {
    const calls: string[] = [];
    const inner = {
      claim: () => "fresh" as const,
      completeSinceMs: 5 as number | undefined,
      isShared: true,
      start: async () => void calls.push("start"),
      stop: async () => void calls.push("stop"),
    };
    const { store } = metered(inner);
    expect([store.completeSinceMs, store.isShared]).toEqual([5, true]);
    inner.completeSinceMs = undefined; // it may change while the store runs
    expect(store.completeSinceMs).toBeUndefined();
    await store.start?.();
    await store.stop?.();
    expect(calls).toEqual(["start", "stop"]);
    const bare = metered({ claim: () => "fresh" as const }).store;
    expect([bare.completeSinceMs, bare.isShared]).toEqual([undefined, false]);
    await expect(bare.start?.()).resolves.toBeUndefined();
    await expect(bare.stop?.()).resolves.toBeUndefined();
  });
});
