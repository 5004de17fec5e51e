import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { NonceStoreClockError, type NonceNeeds, type SharedHorizon } from "@lacre/core";
import { keyOf } from "./claiming.js";
import { contractCase, type ContractCase } from "./contract-case.js";
import type { Make } from "./started-case.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** Horizons are never given up again, so each case has a scheme of its own. */
const schemeOf = (): string => `scheme-${randomUUID()}`;

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

type Start = (own: NonceNeeds, offsetMs?: number) => Promise<StartedStore>;

/** A store, and how far its clock is off. */
interface StartedStore extends StoreUnderTest {
  readonly offset: { ms: number };
}

function sharedCase(make: Make, name: string, test: (start: Start) => Promise<void>): ContractCase {
  return contractCase(name, (open) =>
    test(async (own, offsetMs = 0) => {
      const offset = { ms: offsetMs };
      const under = await make({ clock: { nowMs: () => Date.now() + offset.ms } });
      open.add(under);
      await under.store.start?.(own);
      return { ...under, offset };
    }),
  );
}

/** What of a horizon must be so. */
function expectHorizon(
  under: StoreUnderTest,
  scheme: string,
  wanted: Partial<SharedHorizon>,
): SharedHorizon {
  const found = under.store.horizonOf?.(scheme);
  assert.ok(found !== undefined, `there is no horizon of ${scheme}`);
  assert.deepEqual({ ...found, ...wanted }, found);
  return found;
}

async function lose(under: StoreUnderTest): Promise<void> {
  assert.ok(under.loseMemory !== undefined, "loseMemory is missing");
  await under.loseMemory();
}

/**
 * What a store must do that has `horizonOf`, and a clock of its own: remember for as long as any verifier needs, and
 * notice clocks that are too far apart. Each case makes its own stores, all on one memory.
 */
export function sharedMemoryCases(make: Make): ContractCase[] {
  return [...horizonCases(make), ...beginningCases(make), ...clockCases(make)];
}

function horizonCases(make: Make): ContractCase[] {
  return [
    sharedCase(
      make,
      "begins with what the first needs, and grows when another needs more",
      async (start) => {
        const scheme = schemeOf();
        const short = await start(needs(scheme, 31));
        expectHorizon(short, scheme, { seconds: 31, beforeSeconds: Infinity });
        const beforeMs = Date.now();
        const long = await start(needs(scheme, 326));
        const wanted = { seconds: 326, aheadSeconds: 30, beforeSeconds: 31 };
        const grown = expectHorizon(long, scheme, wanted);
        assert.ok(grown.sinceMs > beforeMs - 1000 && grown.sinceMs < Date.now() + 1000);
        // It asks, and so it knows.
        await short.store.claim(keyOf(), Date.now() + 31_000, scheme);
        assert.deepEqual(short.store.horizonOf?.(scheme), grown);
        // Once it has grown, that is when it did, whoever starts.
        const late = await start(needs(scheme, 326));
        assert.deepEqual(late.store.horizonOf?.(scheme), grown);
      },
    ),
    sharedCase(
      make,
      "remembers a claim for the longest, though whoever made it knew of none longer",
      async (start) => {
        const scheme = schemeOf();
        const short = await start(needs(scheme, 31));
        await start(needs(scheme, 326));
        const key = keyOf();
        assert.equal(await short.store.claim(key, Date.now() + 31_000, scheme), "fresh");
        assert.equal(await short.store.claim(key, Date.now() + 31_000, scheme), "seen");
        assert.ok((await short.remainingMs(key)) > 326_000 - LAG_MS);
      },
    ),
    sharedCase(make, "leaves claims of other schemes as they are", async (start) => {
      const [scheme, other] = [schemeOf(), schemeOf()];
      const short = await start(needs(scheme, 31));
      await start(needs(other, 3000));
      const key = keyOf();
      assert.equal(await short.store.claim(key, Date.now() + 31_000, scheme), "fresh");
      assert.ok((await short.remainingMs(key)) < 31_000 + LAG_MS);
    }),
    sharedCase(make, "shrinks for nobody", async (start) => {
      const scheme = schemeOf();
      await start(needs(scheme, 326));
      const short = await start(needs(scheme, 31));
      expectHorizon(short, scheme, { seconds: 326, beforeSeconds: Infinity });
    }),
  ];
}

function beginningCases(make: Make): ContractCase[] {
  return [
    sharedCase(
      make,
      "is as long as each needs when it begins anew, whoever finds that out first",
      async (start) => {
        const scheme = schemeOf();
        const all = await Promise.all(
          [31, 326, 31].map((seconds) => start(needs(scheme, seconds))),
        );
        for (const under of all) await taken(under, scheme);
        await lose(all[0] as StartedStore);
        for (const under of all) await taken(under, scheme);
        // Whoever needs it longest may have come last, and the others hear of it with their next claim.
        for (const under of all) await taken(under, scheme);
        for (const under of all) expectHorizon(under, scheme, { seconds: 326 });
      },
    ),
    sharedCase(
      make,
      "looks as far ahead as anybody did when it begins anew, though whoever did is gone",
      async (start) => {
        const scheme = schemeOf();
        const near = await start(needs(scheme, 326));
        const far = await start(needs(scheme, 326, 85));
        await taken(near, scheme);
        expectHorizon(near, scheme, { aheadSeconds: 85 });
        await far.store.stop?.();
        await lose(near);
        await taken(near, scheme);
        expectHorizon(near, scheme, { aheadSeconds: 85 });
      },
    ),
    sharedCase(make, "grows once for all that start at the same moment", async (start) => {
      const scheme = schemeOf();
      const all = await Promise.all(
        [31, 326, 90, 326, 500, 31].map((seconds) => start(needs(scheme, seconds))),
      );
      for (const { store } of all) await store.claim(keyOf(), Date.now() + 1000, scheme);
      const horizons = all.map(({ store }) => store.horizonOf?.(scheme));
      assert.equal(new Set(horizons.map((horizon) => JSON.stringify(horizon))).size, 1);
      assert.equal(horizons[0]?.seconds, 500);
    }),
  ];
}

function clockCases(make: Make): ContractCase[] {
  return [
    ...[-40_000, 40_000].map((ms) =>
      sharedCase(
        make,
        `starts with a clock that is ${ms} ms off, takes no claim, and does once it is right`,
        async (start) => {
          const scheme = schemeOf();
          const { store, offset } = await start(needs(scheme, 326), ms);
          assert.equal(store.isClockOff, true);
          const claim = async () => store.claim(keyOf(), Date.now() + 60_000, scheme);
          await assert.rejects(claim(), NonceStoreClockError);
          offset.ms = 0;
          assert.equal(await claim(), "fresh");
          assert.equal(store.isClockOff, false);
          offset.ms = ms;
          await assert.rejects(claim(), NonceStoreClockError);
          assert.equal(store.isClockOff, true);
        },
      ),
    ),
    ...[-20_000, 20_000].map((ms) =>
      sharedCase(
        make,
        `remembers until the moment that was asked for, though the claimer's clock is ${ms} ms off`,
        async (start) => {
          const { store, remainingMs, offset } = await start(needs(schemeOf(), 326), ms);
          const key = keyOf();
          const untilMs = Date.now() + 100_000;
          assert.equal(await store.claim(key, untilMs), "fresh");
          offset.ms = 0; // by the right time, which the store's clock is here
          assert.ok((await remainingMs(key)) >= untilMs - Date.now() - LAG_MS);
        },
      ),
    ),
  ];
}
