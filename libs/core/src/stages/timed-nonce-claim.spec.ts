import { describe, expect, it } from "@jest/globals";
import { Secret } from "../crypto/secret.js";
import type { Authentic } from "../flow.js";
import { NonceStoreStartingError, type NonceStore } from "../ports/nonce-store.js";
import { Doubt } from "./doubt.js";
import { TimedNonceClaim } from "./timed-nonce-claim.js";

const T = 1_700_000_000;

function claimOn(store: Partial<NonceStore>): TimedNonceClaim {
  const made = {
    scheme: { name: "any" },
    claims: { appId: "demo", nonce: "n", timestampSeconds: T },
    key: { secret: new Secret(Buffer.alloc(32, 1)), algorithm: "sha256" },
  };
  return new TimedNonceClaim(made as unknown as Authentic, {
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    nonces: { completeSinceMs: 0, ...store } as NonceStore,
    doubt: new Doubt({ find: () => undefined }),
    clock: { nowMs: () => T * 1000 },
  });
}

const later = (ms: number): Promise<"fresh"> =>
  new Promise((resolve) => {
    setTimeout(() => resolve("fresh"), ms);
  });

describe("TimedNonceClaim", () => {
  it("knows its time once the store has answered, and measures once", async () => {
    let asked = 0;
    const claim = claimOn({ claim: () => ((asked += 1), later(20)) });
    expect(claim.times).toBeUndefined();
    const startedMs = performance.now();
    await Promise.all([claim.make(), claim.make()]);
    const { times } = claim;
    expect(times?.outcome).toBe("fresh");
    expect(times?.startedMs).toBeGreaterThanOrEqual(startedMs);
    expect((times?.endedMs ?? 0) - (times?.startedMs ?? 0)).toBeGreaterThan(15);
    await claim.make();
    expect([asked, claim.times]).toEqual([1, times]);
  });

  it("knows it at once where the store answers at once", () => {
    const claim = claimOn({ claim: () => "seen" });
    expect(claim.make()).toBe("seen");
    expect(claim.times?.outcome).toBe("seen");
  });

  it.each<[string, Error, string | undefined]>([
    ["fails", new Error("down"), "doubtful"],
    ["is starting", new NonceStoreStartingError("soon"), undefined],
  ])("passes on what a store that %s throws", async (_what, error, outcome) => {
    for (const claim of [() => Promise.reject(error), (): never => fail(error)]) {
      const made = claimOn({ claim });
      await expect(made.make()).rejects.toMatchObject({ name: "Refusal", cause: error });
      expect(made.times?.outcome).toBe(outcome);
    }
  });

  it("has none where the store was not asked, because its memory begins too late", async () => {
    const claim = claimOn({ claim: () => "fresh", completeSinceMs: (T + 60) * 1000 });
    await expect(claim.make()).rejects.toMatchObject({ code: "nonces-starting" });
    expect(claim.times).toBeUndefined();
  });
});

function fail(error: Error): never {
  throw error;
}
