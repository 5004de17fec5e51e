import { strict as assert } from "node:assert";
import { claim, expectOneFresh, keyOf } from "./claiming.js";
import type { ContractCase } from "./contract-case.js";
import { startedCase, type Make } from "./started-case.js";

/** A nonce is given once. */
export function claimingCases(make: Make, isShared: boolean): ContractCase[] {
  return [
    startedCase(make, "says whether it is shared", async ({ store }) => {
      assert.equal(store.isShared ?? false, isShared);
    }),
    startedCase(
      make,
      "gives a nonce once, and answers seen afterwards",
      async ({ store, time }) => {
        const key = keyOf();
        assert.equal(await claim(store, key, time.ms + 60_000), "fresh");
        for (let i = 0; i < 3; i++) assert.equal(await claim(store, key, time.ms + 60_000), "seen");
      },
    ),
    startedCase(make, "gives a nonce to one of 64 at once", async ({ store, time }) => {
      for (let round = 0; round < 5; round++) {
        const key = keyOf();
        await expectOneFresh(Array.from({ length: 64 }, () => claim(store, key, time.ms + 60_000)));
      }
    }),
    startedCase(make, "gives each of 64 nonces to one of 8 at once", async ({ store, time }) => {
      const keys = Array.from({ length: 64 }, () => keyOf());
      const attempts = keys.map(() => [] as Promise<string>[]);
      for (let i = 0; i < 8; i++)
        for (const [k, key] of keys.entries())
          attempts[k]?.push(claim(store, key, time.ms + 60_000));
      await Promise.all(attempts.map(expectOneFresh));
    }),
  ];
}

/** Once, whichever of several stores on one memory is asked. */
export function severalStoresCases(make: Make): ContractCase[] {
  return [
    startedCase(
      make,
      "gives a nonce to one of 64 at once, divided over two stores on one memory",
      async ({ store, time, another }) => {
        const other = (await another()).store;
        for (let round = 0; round < 5; round++) {
          const key = keyOf();
          await expectOneFresh(
            Array.from({ length: 64 }, (_, i) =>
              claim(i % 2 === 0 ? store : other, key, time.ms + 60_000),
            ),
          );
        }
      },
    ),
    startedCase(
      make,
      "sees what another store on the memory has claimed, and what one that was closed had",
      async ({ store, time, another, close }) => {
        const other = (await another()).store;
        const key = keyOf();
        assert.equal(await claim(store, key, time.ms + 60_000), "fresh");
        assert.equal(await claim(other, key, time.ms + 60_000), "seen");
        await close();
        assert.equal(await claim(other, key, time.ms + 60_000), "seen");
      },
    ),
  ];
}
