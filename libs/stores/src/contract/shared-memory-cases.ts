import { afterEach, describe, expect, it } from "@jest/globals";
import { NonceStoreClockError, type NonceNeeds } from "@lacre/core";
import type { StoreSettings, StoreUnderTest } from "./store-under-test.js";

let count = 0;
/** Horizons are never given up again, so each test has a scheme of its own. */
const schemeOf = (): string => `scheme-${count++}`;
const keyOf = (): string => `app\n${count++}\nshared`;

const needs = (scheme: string, seconds: number, aheadSeconds = 30): NonceNeeds => ({
  horizons: new Map([[scheme, { seconds, aheadSeconds }]]),
  clockSpreadSeconds: 25,
});

/** How far the test's machine may lag. */
const LAG_MS = 5_000;

/** Claims new nonces until one is taken. */
async function taken({ store }: StoreUnderTest, scheme: string): Promise<void> {
  for (const deadlineMs = Date.now() + 10_000; Date.now() < deadlineMs;)
    try {
      await store.claim(keyOf(), Date.now() + 1000, scheme);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  throw new Error("no claim was taken within 10 s");
}

/**
 * What a store must do that several verifiers share: remember for as long as any of them needs, and notice clocks that
 * are too far apart. Each test makes its own stores, all on one memory.
 */
export function sharedMemoryContract(
  name: string,
  make: (settings: StoreSettings) => Promise<StoreUnderTest>,
): void {
  const open: StoreUnderTest[] = [];
  afterEach(async () => {
    for (const under of open.splice(0)) await under.close();
  });

  async function started(own: NonceNeeds, offsetMs = 0) {
    const offset = { ms: offsetMs };
    const under = await make({ clock: { nowMs: () => Date.now() + offset.ms } });
    open.push(under);
    await under.store.start?.(own);
    return { ...under, offset };
  }

  describe(`${name}, a memory that several share`, () => {
    it("begins with what the first needs, and grows when another needs more", async () => {
      const scheme = schemeOf();
      const short = await started(needs(scheme, 31));
      expect(short.store.horizonOf?.(scheme)).toMatchObject({
        seconds: 31,
        beforeSeconds: Infinity,
      });
      const beforeMs = Date.now();
      const long = await started(needs(scheme, 326));
      const grown = long.store.horizonOf?.(scheme);
      expect(grown).toMatchObject({ seconds: 326, aheadSeconds: 30, beforeSeconds: 31 });
      expect(grown?.sinceMs).toBeGreaterThan(beforeMs - 1000);
      expect(grown?.sinceMs).toBeLessThan(Date.now() + 1000);
      // It asks, and so it knows.
      await short.store.claim(keyOf(), Date.now() + 31_000, scheme);
      expect(short.store.horizonOf?.(scheme)).toEqual(grown);
      // Once it has grown, that is when it did, whoever starts.
      const late = await started(needs(scheme, 326));
      expect(late.store.horizonOf?.(scheme)).toEqual(grown);
    });

    it("remembers a claim for the longest, though whoever made it knew of none longer", async () => {
      const scheme = schemeOf();
      const short = await started(needs(scheme, 31));
      await started(needs(scheme, 326));
      const key = keyOf();
      expect(await short.store.claim(key, Date.now() + 31_000, scheme)).toBe("fresh");
      expect(await short.store.claim(key, Date.now() + 31_000, scheme)).toBe("seen");
      expect(await short.remainingMs(key)).toBeGreaterThan(326_000 - LAG_MS);
    });

    it("leaves claims of other schemes as they are", async () => {
      const [scheme, other] = [schemeOf(), schemeOf()];
      const short = await started(needs(scheme, 31));
      await started(needs(other, 3000));
      const key = keyOf();
      expect(await short.store.claim(key, Date.now() + 31_000, scheme)).toBe("fresh");
      expect(await short.remainingMs(key)).toBeLessThan(31_000 + LAG_MS);
    });

    it("shrinks for nobody", async () => {
      const scheme = schemeOf();
      await started(needs(scheme, 326));
      const short = await started(needs(scheme, 31));
      expect(short.store.horizonOf?.(scheme)).toMatchObject({
        seconds: 326,
        beforeSeconds: Infinity,
      });
    });

    it("is as long as each needs when it begins anew, whoever finds that out first", async () => {
      const scheme = schemeOf();
      const all = await Promise.all(
        [31, 326, 31].map((seconds) => started(needs(scheme, seconds))),
      );
      for (const under of all) await taken(under, scheme);
      await all[0]?.loseMemory?.();
      for (const under of all) await taken(under, scheme);
      // Whoever needs it longest may have come last, and the others hear of it with their next claim.
      for (const under of all) await taken(under, scheme);
      for (const { store } of all) expect(store.horizonOf?.(scheme)?.seconds).toBe(326);
    });

    it("looks as far ahead as anybody did when it begins anew, though whoever did is gone", async () => {
      const scheme = schemeOf();
      const near = await started(needs(scheme, 326));
      const far = await started(needs(scheme, 326, 85));
      await taken(near, scheme);
      expect(near.store.horizonOf?.(scheme)?.aheadSeconds).toBe(85);
      await far.store.stop?.();
      await near.loseMemory?.();
      await taken(near, scheme);
      expect(near.store.horizonOf?.(scheme)?.aheadSeconds).toBe(85);
    });

    it("grows once for all that start at the same moment", async () => {
      const scheme = schemeOf();
      const all = await Promise.all(
        [31, 326, 90, 326, 500, 31].map((seconds) => started(needs(scheme, seconds))),
      );
      for (const { store } of all) await store.claim(keyOf(), Date.now() + 1000, scheme);
      const horizons = all.map(({ store }) => store.horizonOf?.(scheme));
      expect(new Set(horizons.map((horizon) => JSON.stringify(horizon))).size).toBe(1);
      expect(horizons[0]?.seconds).toBe(500);
    });

    it.each([-40_000, 40_000])(
      "starts with a clock that is %s ms off, takes no claim, and does once it is right",
      async (ms) => {
        const scheme = schemeOf();
        const { store, offset } = await started(needs(scheme, 326), ms);
        expect(store.isClockOff).toBe(true);
        const claim = async () => store.claim(keyOf(), Date.now() + 60_000, scheme);
        await expect(claim()).rejects.toThrow(NonceStoreClockError);
        offset.ms = 0;
        expect(await claim()).toBe("fresh");
        expect(store.isClockOff).toBe(false);
        offset.ms = ms;
        await expect(claim()).rejects.toThrow(NonceStoreClockError);
        expect(store.isClockOff).toBe(true);
      },
    );

    it.each([-20_000, 20_000])(
      "remembers until the moment that was asked for, though the claimer's clock is %s ms off",
      async (ms) => {
        const { store, remainingMs, offset } = await started(needs(schemeOf(), 326), ms);
        const key = keyOf();
        const untilMs = Date.now() + 100_000;
        expect(await store.claim(key, untilMs)).toBe("fresh");
        offset.ms = 0; // by the right time, which the store's clock is here
        expect(await remainingMs(key)).toBeGreaterThanOrEqual(untilMs - Date.now() - LAG_MS);
      },
    );
  });
}
