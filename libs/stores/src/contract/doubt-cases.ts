import { strict as assert } from "node:assert";
import { NonceStoreFullError } from "@lacre/core";
import { claim, keyOf, outcomeWithin, ROUNDING_MS } from "./claiming.js";
import type { ContractCase } from "./contract-case.js";
import { startedCase, type Make } from "./started-case.js";

/** A store that is full throws, and forgets nothing. */
export function fullnessCases(make: Make): ContractCase[] {
  return [
    startedCase(
      make,
      "when full: throws NonceStoreFullError, and still knows the live ones",
      async ({ store, time }) => {
        const keys = Array.from({ length: 8 }, () => keyOf());
        for (const key of keys) assert.equal(await claim(store, key, time.ms + 60_000), "fresh");
        const late = keyOf();
        for (let i = 0; i < 20; i++)
          await assert.rejects(
            claim(store, i === 0 ? late : keyOf(), time.ms + 90_000),
            NonceStoreFullError,
          );
        for (const key of keys) assert.equal(await claim(store, key, time.ms + 60_000), "seen");

        time.ms += 60_000 + ROUNDING_MS;
        assert.equal(await claim(store, late, time.ms + 60_000), "fresh");
      },
      { capacity: 8 },
    ),
    startedCase(
      make,
      "when full: gives its last place once",
      async ({ store, time }) => {
        const attempts = await Promise.allSettled(
          Array.from({ length: 64 }, () => claim(store, keyOf(), time.ms + 60_000)),
        );
        assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 1);
      },
      { capacity: 1 },
    ),
  ];
}

/** A store that cannot be reached throws, and soon. */
export function outageCases(make: Make, isShared: boolean): ContractCase[] {
  return [
    startedCase(
      make,
      "throws within a second when it is unreachable, and never answers",
      async ({ under, store, time }) => {
        // What others share can be lost.
        if (isShared) assert.notEqual(under.breakDown, undefined, "breakDown is missing");
        if (under.breakDown === undefined) return;
        const known = keyOf();
        assert.equal(await claim(store, known, time.ms + 60_000), "fresh");
        await under.breakDown();
        for (const keys of [[known], [keyOf()], [keyOf(), known, keyOf(), known]]) {
          const outcomes = await Promise.all(
            keys.map((key) => outcomeWithin(1000, claim(store, key, time.ms + 60_000))),
          );
          assert.deepEqual(
            outcomes,
            keys.map(() => "rejected"),
          );
        }
      },
    ),
  ];
}
