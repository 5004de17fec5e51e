import { describe, expect, it } from "@jest/globals";
import { MemoryNonceStore, type NonceStore } from "@lacre/core";
import { nonceStoreCases, type ContractOptions } from "./nonce-store-cases.js";
import type { ContractSettings, StoreUnderTest } from "./store-under-test.js";

/* The contract finds each of these faults. That good stores keep it: test/contract. */

type Claim = NonceStore["claim"];

/** A store in memory whose claim is another's; it remembers as long as it says. */
function faulty(change: (claim: Claim, settings: ContractSettings) => Claim) {
  return async (settings: ContractSettings): Promise<StoreUnderTest> => {
    const memory = new MemoryNonceStore({ ...settings, fence: false });
    const expiries = new Map<string, number>();
    const remember: Claim = (key, expiresAtMs) => {
      const verdict = memory.claim(key, expiresAtMs);
      if (verdict === "fresh") expiries.set(key, expiresAtMs);
      return verdict;
    };
    const store: NonceStore = { claim: change(remember, settings) };
    const remainingMs = async (key: string) => (expiries.get(key) ?? NaN) - settings.clock.nowMs();
    return { store, remainingMs, close: async () => undefined };
  };
}

/** The names of the cases that a store fails. */
async function failuresOf(
  make: (settings: ContractSettings) => Promise<StoreUnderTest>,
  options?: ContractOptions,
): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of nonceStoreCases(make, options))
    await run().catch(() => void failed.push(name));
  return failed;
}

const sound = faulty((claim) => claim);

/** Looks and records in two steps. */
const looksFirst = faulty((claim) => {
  const known = new Set<string>();
  return async (key, expiresAtMs) => {
    const verdict = known.has(key) ? "seen" : "fresh";
    await new Promise(setImmediate);
    known.add(key);
    void claim(key, expiresAtMs);
    return verdict;
  };
});

describe("nonceStoreCases", () => {
  it("passes a store that is sound", async () => {
    expect(await failuresOf(sound, { bounded: true })).toEqual([]);
  });

  it.each([
    ["looks before it records", looksFirst, "gives a nonce to one of 64 at once"],
    [
      "answers fresh always",
      faulty(() => () => "fresh"),
      "gives a nonce once, and answers seen afterwards",
    ],
    [
      "answers seen always",
      faulty(() => () => "seen"),
      "gives a nonce once, and answers seen afterwards",
    ],
    [
      "ignores upper and lower case",
      faulty((claim) => (key, ms) => claim(key.toLowerCase(), ms)),
      "keeps the odd ones apart",
    ],
    ["trims", faulty((claim) => (key, ms) => claim(key.trimEnd(), ms)), "keeps the odd ones apart"],
    [
      "normalises Unicode",
      faulty((claim) => (key, ms) => claim(key.normalize(), ms)),
      "keeps the odd ones apart",
    ],
    [
      "cuts long keys",
      faulty((claim) => (key, ms) => claim(key.slice(0, 255), ms)),
      "keeps the odd ones apart",
    ],
    [
      "drops the app",
      faulty((claim) => (key, ms) => claim(key.split("\n").slice(1).join("\n"), ms)),
      "keeps keys apart that look alike",
    ],
    [
      "forgets early",
      faulty((claim) => (key, ms) => claim(key, ms - 1000)),
      "remembers for 331000 ms, rounded up if at all",
    ],
    [
      "forgets late",
      faulty((claim) => (key, ms) => claim(key, ms + 60_000)),
      "remembers for 331000 ms, rounded up if at all",
    ],
    [
      "takes any expiry",
      faulty((claim) => (key, ms) => claim(key, Number.isFinite(ms) ? ms : 1e15)),
      "remembers nothing until number NaN: it throws",
    ],
  ])("finds a store that %s", async (_what, make, name) => {
    expect(await failuresOf(make)).toContain(name);
  });

  it("finds one that makes room by forgetting", async () => {
    const evicting = faulty((_claim, { capacity = Infinity }) => {
      const known = new Set<string>();
      return (key) => {
        if (known.has(key)) return "seen";
        if (known.size >= capacity) known.delete([...known][0] as string);
        known.add(key);
        return "fresh";
      };
    });
    expect(await failuresOf(evicting, { bounded: true })).toEqual(
      expect.arrayContaining([
        "when full: throws NonceStoreFullError, and still knows the live ones",
        "when full: gives its last place once",
      ]),
    );
  });

  it("finds one that answers though it is unreachable, or does not answer at all", async () => {
    for (const answer of [async () => "fresh" as const, () => new Promise<never>(() => {})]) {
      const make = async (settings: ContractSettings): Promise<StoreUnderTest> => {
        const under = await sound(settings);
        let isDown = false;
        return {
          ...under,
          store: { claim: (key, ms) => (isDown ? answer() : under.store.claim(key, ms)) },
          breakDown: async () => void (isDown = true),
        };
      };
      expect(await failuresOf(make)).toEqual([
        "throws within a second when it is unreachable, and never answers",
      ]);
    }
  });

  it("finds one that is said to be shared, and is not", async () => {
    const failures = await failuresOf(sound, { isShared: true });
    expect(failures).toEqual([
      "says whether it is shared",
      "gives a nonce to one of 64 at once, divided over two stores on one memory",
      "sees what another store on the memory has claimed, and what one that was closed had",
      "throws within a second when it is unreachable, and never answers",
    ]);
  });

  it("closes every store, whatever comes of a case", async () => {
    let open = 0;
    const make = async (settings: ContractSettings): Promise<StoreUnderTest> => {
      open += 1;
      return { ...(await looksFirst(settings)), close: async () => void (open -= 1) };
    };
    await failuresOf(make);
    expect(open).toBe(0);
  });
});
