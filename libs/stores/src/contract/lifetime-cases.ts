import { strict as assert } from "node:assert";
import { claim, expectUsable, expectWithin, keyOf, lifeOf } from "./claiming.js";
import type { ContractCase } from "./contract-case.js";
import { startedCase, type Make } from "./started-case.js";

/** A nonce is remembered as long as was asked for. */
export function lifetimeCases(make: Make): ContractCase[] {
  return [
    ...[1, 999, 1000, 1234, 331_000].map((ms) =>
      startedCase(make, `remembers for ${ms} ms, rounded up if at all`, async ({ under, time }) => {
        const { verdict, remaining, elapsed } = await lifeOf(under, time.ms + ms);
        assert.equal(verdict, "fresh");
        expectWithin(remaining, ms, elapsed);
      }),
    ),
    startedCase(
      make,
      "remembers for no shorter because a later claim asked for less",
      async ({ under, store, time }) => {
        const key = keyOf();
        const startedMs = performance.now();
        assert.equal(await claim(store, key, time.ms + 5_000), "fresh");
        assert.equal(await claim(store, key, time.ms + 9_000), "seen");
        assert.equal(await claim(store, key, time.ms + 1), "seen");
        const remaining = await under.remainingMs(key);
        const elapsed = performance.now() - startedMs;
        assert.ok(remaining >= 5_000 - Math.ceil(elapsed), `remembers for ${remaining} ms`);
      },
    ),
    ...[0, -1, -60_000, -1e12].map((ms) =>
      startedCase(
        make,
        `remembers what expires ${ms} ms from now for a moment, or refuses it`,
        async ({ under, time }) => {
          const { verdict, remaining, elapsed } = await lifeOf(under, time.ms + ms);
          if (verdict !== "refused") {
            assert.equal(verdict, "fresh");
            expectWithin(remaining, 1, elapsed);
          }
          await expectUsable(under.store, time.ms);
        },
      ),
    ),
    startedCase(
      make,
      "remembers to a fraction of a millisecond, rounded up, or refuses it",
      async ({ under, time }) => {
        const { verdict, remaining, elapsed } = await lifeOf(under, time.ms + 1234.5);
        if (verdict !== "refused") expectWithin(remaining, 1234.5, elapsed);
        await expectUsable(under.store, time.ms);
      },
    ),
    ...[Infinity, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER].map((expiresAtMs) =>
      startedCase(
        make,
        `remembers until ${expiresAtMs} for as long as it can, or refuses it`,
        async ({ under, time }) => {
          // Only a refusal is certain here; a store that answers must have understood.
          const { verdict, key } = await lifeOf(under, expiresAtMs, false);
          if (verdict !== "refused") {
            assert.equal(verdict, "fresh");
            assert.equal(await claim(under.store, key, time.ms + 60_000), "seen");
          }
          await expectUsable(under.store, time.ms);
        },
      ),
    ),
    ...[NaN, -Infinity, undefined, null, "", "soon"].map((expiresAtMs) =>
      startedCase(
        make,
        `remembers nothing until ${typeof expiresAtMs} ${String(expiresAtMs)}: it throws`,
        async ({ under, time }) => {
          const { verdict } = await lifeOf(under, expiresAtMs as number, false);
          assert.equal(verdict, "refused");
          await expectUsable(under.store, time.ms);
        },
      ),
    ),
  ];
}
