import { strict as assert } from "node:assert";
import type { NonceHold, NonceStore } from "@lacre/core";
import { claim, expectWithin, keyOf, outcomeWithin } from "./claiming.js";
import type { ContractCase } from "./contract-case.js";
import { startedCase, type Make } from "./started-case.js";

/** A store whose claims can be given back. */
type Holding = NonceStore & Required<Pick<NonceStore, "hold">>;

function holding(store: NonceStore): Holding {
  assert.equal(typeof store.hold, "function", "the store has no hold");
  return store as Holding;
}

/** A hold whose failure is a rejection, whether the store throws or rejects. */
async function ask(store: NonceStore, key: string, untilMs: number, doneUntilMs = untilMs) {
  return holding(store).hold(key, untilMs, doneUntilMs);
}

/** Holds a key that nobody holds. */
async function taken(store: NonceStore, key: string, untilMs: number): Promise<NonceHold> {
  const answer = await ask(store, key, untilMs);
  assert.equal(typeof answer, "object", `the key is ${String(answer)}`);
  return answer as NonceHold;
}

const isHold = (answer: unknown): boolean => typeof answer === "object" && answer !== null;

/** What a store must do whose claims can be given back. */
export function holdingCases(make: Make): ContractCase[] {
  return [...holdCases(make), ...lifeCases(make)];
}

function holdCases(make: Make): ContractCase[] {
  return [
    startedCase(make, "says of a key that is held that it is under way", async (started) => {
      const { store, time } = started;
      const [key, untilMs] = [keyOf(), time.ms + 60_000];
      await taken(store, key, untilMs);
      for (let i = 0; i < 3; i++) assert.equal(await ask(store, key, untilMs), "under-way");
      assert.equal(await claim(store, key, untilMs), "seen");
    }),
    startedCase(make, "says the same of a key that was claimed for good", async (started) => {
      const { store, time } = started;
      const [key, untilMs] = [keyOf(), time.ms + 60_000];
      assert.equal(await claim(store, key, untilMs), "fresh");
      assert.equal(await ask(store, key, untilMs), "under-way");
    }),
    startedCase(make, "gives a key anew that was given back, to either kind", async (started) => {
      const { store, time } = started;
      const [key, untilMs] = [keyOf(), time.ms + 60_000];
      for (let i = 0; i < 3; i++) await (await taken(store, key, untilMs)).giveBack();
      assert.equal(await claim(store, key, untilMs), "fresh");
      assert.equal(await ask(store, key, untilMs), "under-way");
    }),
    startedCase(
      make,
      "says of what is done that it is, and gives it to nobody",
      async (started) => {
        const { store, time } = started;
        const [key, untilMs] = [keyOf(), time.ms + 60_000];
        const hold = await taken(store, key, untilMs);
        await hold.markDone(untilMs);
        for (let i = 0; i < 3; i++) assert.equal(await ask(store, key, untilMs), "done");
        assert.equal(await claim(store, key, untilMs), "seen");
        await hold.giveBack();
        assert.equal(await ask(store, key, untilMs), "done");
      },
    ),
    startedCase(make, "lets no late word of an earlier hold touch a later one", async (started) => {
      const { store, time } = started;
      const [key, untilMs] = [keyOf(), time.ms + 60_000];
      const early = await taken(store, key, untilMs);
      await early.giveBack();
      const late = await taken(store, key, untilMs);
      await early.giveBack();
      await early.markDone(untilMs);
      assert.equal(await ask(store, key, untilMs), "under-way");
      await late.giveBack();
      await early.markDone(untilMs);
      assert.equal(isHold(await ask(store, key, untilMs)), true);
    }),
    startedCase(make, "gives a hold to one of 64 at once, each time", async ({ store, time }) => {
      const [key, untilMs] = [keyOf(), time.ms + 60_000];
      for (let round = 0; round < 5; round++) {
        const answers = await Promise.all(
          Array.from({ length: 64 }, async (_, i) =>
            i % 4 === 3
              ? (await claim(store, keyOf(), untilMs), "other")
              : ask(store, key, untilMs),
          ),
        );
        const holds = answers.filter(isHold);
        assert.equal(holds.length, 1);
        await (holds[0] as NonceHold).giveBack();
      }
    }),
    startedCase(make, "gives a key to one of 64 at once, of whichever kind", async (started) => {
      const { store, time } = started;
      for (let round = 0; round < 5; round++) {
        const [key, untilMs] = [keyOf(), time.ms + 60_000];
        const answers = await Promise.all(
          Array.from({ length: 64 }, (_, i): Promise<unknown> =>
            i % 2 === 0 ? claim(store, key, untilMs) : ask(store, key, untilMs),
          ),
        );
        assert.equal(answers.filter((answer) => answer === "fresh" || isHold(answer)).length, 1);
      }
    }),
    startedCase(make, "is at work on a key for one at a time", async ({ store, time }) => {
      const [key, untilMs] = [keyOf(), time.ms + 60_000];
      let atWork = 0;
      await Promise.all(
        Array.from({ length: 32 }, async () => {
          const answer = await ask(store, key, untilMs);
          if (!isHold(answer)) return;
          atWork += 1;
          assert.equal(atWork, 1);
          await new Promise(setImmediate);
          atWork -= 1;
          await (answer as NonceHold).giveBack();
        }),
      );
    }),
  ];
}

function lifeCases(make: Make): ContractCase[] {
  return [
    startedCase(make, "remembers a hold for as long as a claim", async ({ under, store, time }) => {
      const key = keyOf();
      const startedMs = performance.now();
      await taken(store, key, time.ms + 331_000);
      // Whoever asks while it is under way has it remembered for no longer.
      assert.equal(await ask(store, key, time.ms + 500_000, time.ms + 900_000), "under-way");
      const remaining = await under.remainingMs(key);
      expectWithin(remaining, 331_000, performance.now() - startedMs);
    }),
    startedCase(make, "remembers what is done for as long as it is told", async (started) => {
      const { under, store, time } = started;
      const key = keyOf();
      const startedMs = performance.now();
      await (await taken(store, key, time.ms + 5_000)).markDone(time.ms + 9_000);
      const remaining = await under.remainingMs(key);
      expectWithin(remaining, 9_000, performance.now() - startedMs);
    }),
    startedCase(make, "and no shorter than it was", async ({ under, store, time }) => {
      const key = keyOf();
      const startedMs = performance.now();
      await (await taken(store, key, time.ms + 9_000)).markDone(time.ms + 1);
      assert.equal(await ask(store, key, time.ms + 1, time.ms + 1), "done");
      const remaining = await under.remainingMs(key);
      expectWithin(remaining, 9_000, performance.now() - startedMs);
    }),
    startedCase(
      make,
      "remembers what is done for longer when it is asked again",
      async (started) => {
        const { under, store, time } = started;
        const key = keyOf();
        const startedMs = performance.now();
        await (await taken(store, key, time.ms + 5_000)).markDone(time.ms + 5_000);
        assert.equal(await ask(store, key, time.ms + 5_000, time.ms + 90_000), "done");
        const remaining = await under.remainingMs(key);
        expectWithin(remaining, 90_000, performance.now() - startedMs);
      },
    ),
    ...[NaN, -Infinity, null, "soon"].map((moment) =>
      startedCase(
        make,
        `holds nothing until ${typeof moment} ${String(moment)}: it throws`,
        async ({ store, time }) => {
          const [key, wrong] = [keyOf(), moment as unknown as number];
          await assert.rejects(ask(store, key, wrong, time.ms + 60_000));
          await assert.rejects(ask(store, key, time.ms + 60_000, wrong));
          assert.equal(isHold(await ask(store, key, time.ms + 60_000)), true);
        },
      ),
    ),
  ];
}

/** The same, whichever of several stores on one memory is asked. */
export function severalHoldersCases(make: Make): ContractCase[] {
  return [
    startedCase(make, "holds a key for all stores on the memory", async (started) => {
      const { store, time, another, close } = started;
      const other = (await another()).store;
      const [key, done, untilMs] = [keyOf(), keyOf(), time.ms + 60_000];
      const hold = await taken(store, key, untilMs);
      assert.equal(await ask(other, key, untilMs), "under-way");
      await hold.giveBack();
      const others = await taken(other, key, untilMs);
      await hold.giveBack();
      assert.equal(await ask(store, key, untilMs), "under-way");
      await others.markDone(untilMs);
      assert.equal(await ask(store, key, untilMs), "done");
      // Whoever held it is gone: that says nothing of what became of it.
      await taken(store, done, untilMs);
      await close();
      assert.equal(await ask(other, done, untilMs), "under-way");
      assert.equal(await ask(other, key, untilMs), "done");
    }),
    startedCase(
      make,
      "throws within a second when it is unreachable: it holds nothing, and gives nothing back",
      async ({ under, store, time }) => {
        assert.notEqual(under.breakDown, undefined, "breakDown is missing");
        const untilMs = time.ms + 60_000;
        const holds = [await taken(store, keyOf(), untilMs), await taken(store, keyOf(), untilMs)];
        await under.breakDown?.();
        const [first, second] = holds as [NonceHold, NonceHold];
        const attempts = [
          async () => (await ask(store, keyOf(), untilMs), "held"),
          async () => (await first.giveBack(), "given back"),
          async () => (await second.markDone(untilMs), "marked"),
        ];
        const outcomes = attempts.map((attempt) => outcomeWithin(1000, attempt()));
        assert.deepEqual(await Promise.all(outcomes), ["rejected", "rejected", "rejected"]);
      },
    ),
  ];
}
