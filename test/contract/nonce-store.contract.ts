import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "@jest/globals";
import { NonceStoreFullError, type NonceStore } from "@lacre/core";
import { sharedMemoryContract } from "./shared-memory.contract.js";
import type { StoreSettings, StoreUnderTest } from "./store-under-test.js";

export interface ContractOptions {
  /** Whether the store has a capacity. */
  readonly bounded?: boolean;
  /** Whether two stores made one after the other, while the first is open, claim from one memory. */
  readonly isShared?: boolean;
}

/** How much longer than asked a store may remember. */
const ROUNDING_MS = 1000;

const ODD_NONCES: readonly (readonly [what: string, nonce: string])[] = [
  ["empty", ""],
  ["a space", " "],
  ["two spaces", "  "],
  ["a colon", ":"],
  ["an asterisk", "*"],
  ["a pattern", "[a-z]?%_"],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["toString", "toString"],
  ["NUL", "\0"],
  ["NUL within", "a\0b"],
  ["NUL within, another end", "a\0c"],
  ["line feed", "\n"],
  ["CR LF", "\r\n"],
  ["quotes", `'"\\`],
  ["SQL", "'); drop table nonces; --"],
  ["braces", "{a}"],
  ["260 characters", "x".repeat(260)],
  ["261 characters", "x".repeat(261)],
  ["an emoji", "🦭"],
  ["the emoji's neighbour", "🦮"],
  ["half an emoji", "\ud83e"],
  ["é", "\u00e9"],
  ["é in two", "e\u0301"],
  ["lower case", "nonce"],
  ["upper case", "NONCE"],
  ["a trailing space", "nonce "],
  ["a number", "1"],
  ["the number, written otherwise", "01"],
];

/**
 * What every nonce store must do, whatever it is made of. Call it in a spec file:
 * `nonceStoreContract("RedisNonceStore", async ({ clock }) => …, { isShared: true })`. Each test makes its own store.
 */
export function nonceStoreContract(
  name: string,
  make: (settings: StoreSettings) => Promise<StoreUnderTest>,
  options: ContractOptions = {},
): void {
  const { bounded = false, isShared = false } = options;
  if (isShared) sharedMemoryContract(name, make);
  const open: StoreUnderTest[] = [];

  /** A store, started, and a clock that stands still until it is moved. */
  async function started(settings: Omit<StoreSettings, "clock"> = {}) {
    const time = { ms: Date.now() };
    const clock = { nowMs: () => time.ms };
    const makeOne = async (): Promise<StoreUnderTest> => {
      const one = await make({ ...settings, clock });
      open.push(one);
      await one.store.start?.();
      return one;
    };
    const under = await makeOne();
    return { under, store: under.store, time, another: makeOne };
  }

  afterEach(async () => {
    const closing = open.splice(0);
    for (const under of closing) await under.close();
  });

  describe(`${name}, a nonce store`, () => {
    it("says whether it is shared", async () => {
      const { store } = await started();
      expect(store.isShared ?? false).toBe(isShared);
    });

    it("gives a nonce once, and answers seen afterwards", async () => {
      const { store, time } = await started();
      const key = keyOf();
      expect(await claim(store, key, time.ms + 60_000)).toBe("fresh");
      for (let i = 0; i < 3; i++) expect(await claim(store, key, time.ms + 60_000)).toBe("seen");
    });

    it("gives a nonce to one of 64 at once", async () => {
      const { store, time } = await started();
      for (let round = 0; round < 5; round++) {
        const key = keyOf();
        await expectOneFresh(Array.from({ length: 64 }, () => claim(store, key, time.ms + 60_000)));
      }
    });

    it("gives each of 64 nonces to one of 8 at once", async () => {
      const { store, time } = await started();
      const keys = Array.from({ length: 64 }, () => keyOf());
      const attempts = keys.map(() => [] as Promise<string>[]);
      for (let i = 0; i < 8; i++)
        for (const [k, key] of keys.entries())
          attempts[k]?.push(claim(store, key, time.ms + 60_000));
      for (const ofOneKey of attempts) await expectOneFresh(ofOneKey);
    });

    if (isShared) {
      it("gives a nonce to one of 64 at once, divided over two stores on one memory", async () => {
        const { store, time, another } = await started();
        const other = (await another()).store;
        for (let round = 0; round < 5; round++) {
          const key = keyOf();
          await expectOneFresh(
            Array.from({ length: 64 }, (_, i) =>
              claim(i % 2 === 0 ? store : other, key, time.ms + 60_000),
            ),
          );
        }
      });

      it("sees what another store on the memory has claimed, and what one that was closed had", async () => {
        const { under, store, time, another } = await started();
        const other = (await another()).store;
        const key = keyOf();
        expect(await claim(store, key, time.ms + 60_000)).toBe("fresh");
        expect(await claim(other, key, time.ms + 60_000)).toBe("seen");
        open.splice(open.indexOf(under), 1);
        await under.close();
        expect(await claim(other, key, time.ms + 60_000)).toBe("seen");
      });
    }

    it("keeps keys apart that look alike", async () => {
      const { store, time } = await started();
      const app = appOf();
      const keys = [
        `${app}a\nbc`,
        `${app}ab\nc`, // the same characters, divided otherwise
        `${app}abc\n`,
        `${app}b\nbc`, // the same nonce, another app
        `${app}a\nbc\n`,
        `${app}a\n\nbc`,
        `${app}a:bc`,
        `${app}A\nbc`,
        `${app}a\nBC`,
      ];
      for (const verdict of ["fresh", "seen"])
        for (const key of keys)
          expect([key, await claim(store, key, time.ms + 60_000)]).toEqual([key, verdict]);
    });

    it.each(ODD_NONCES)("takes an odd nonce: %s", async (_what, nonce) => {
      const { store, time } = await started();
      const key = `${appOf()}\n${nonce}`;
      expect(await claim(store, key, time.ms + 60_000)).toBe("fresh");
      expect(await claim(store, key, time.ms + 60_000)).toBe("seen");
    });

    it("keeps the odd ones apart", async () => {
      const { store, time } = await started();
      const app = appOf();
      for (const verdict of ["fresh", "seen"])
        for (const [what, nonce] of ODD_NONCES)
          expect([what, await claim(store, `${app}\n${nonce}`, time.ms + 60_000)]).toEqual([
            what,
            verdict,
          ]);
    });

    describe("remembers", () => {
      it.each([1, 999, 1000, 1234, 331_000])("for %s ms, rounded up if at all", async (ms) => {
        const { under, time } = await started();
        const { verdict, remaining, elapsed } = await lifeOf(under, time.ms + ms);
        expect(verdict).toBe("fresh");
        expectWithin(remaining, ms, elapsed);
      });

      it("for no shorter because a later claim asked for less", async () => {
        const { under, store, time } = await started();
        const key = keyOf();
        const startedMs = performance.now();
        expect(await claim(store, key, time.ms + 5_000)).toBe("fresh");
        expect(await claim(store, key, time.ms + 9_000)).toBe("seen");
        expect(await claim(store, key, time.ms + 1)).toBe("seen");
        const remaining = await under.remainingMs(key);
        const elapsed = performance.now() - startedMs;
        expect(remaining).toBeGreaterThanOrEqual(5_000 - Math.ceil(elapsed));
      });

      it.each([0, -1, -60_000, -1e12])(
        "what expires %s ms from now for a moment, or refuses it",
        async (ms) => {
          const { under, time } = await started();
          const { verdict, remaining, elapsed } = await lifeOf(under, time.ms + ms);
          if (verdict !== "refused") {
            expect(verdict).toBe("fresh");
            expectWithin(remaining, 1, elapsed);
          }
          await expectUsable(under.store, time.ms);
        },
      );

      it("to a fraction of a millisecond, rounded up, or refuses it", async () => {
        const { under, time } = await started();
        const { verdict, remaining, elapsed } = await lifeOf(under, time.ms + 1234.5);
        if (verdict !== "refused") expectWithin(remaining, 1234.5, elapsed);
        await expectUsable(under.store, time.ms);
      });

      it.each([Infinity, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER])(
        "until %s for as long as it can, or refuses it",
        async (expiresAtMs) => {
          // Only a refusal is certain here; a store that answers must have understood.
          const { under, time } = await started();
          const { verdict, key } = await lifeOf(under, expiresAtMs, false);
          if (verdict !== "refused") {
            expect(verdict).toBe("fresh");
            expect(await claim(under.store, key, time.ms + 60_000)).toBe("seen");
          }
          await expectUsable(under.store, time.ms);
        },
      );

      it.each([NaN, -Infinity, undefined, null, "", "soon"])(
        "nothing until %s: it throws",
        async (expiresAtMs) => {
          const { under, time } = await started();
          const { verdict } = await lifeOf(under, expiresAtMs as number, false);
          expect(verdict).toBe("refused");
          await expectUsable(under.store, time.ms);
        },
      );
    });

    if (bounded) {
      describe("when full", () => {
        it("throws NonceStoreFullError, and still knows the live ones", async () => {
          const { store, time } = await started({ capacity: 8 });
          const keys = Array.from({ length: 8 }, () => keyOf());
          const verdicts = [];
          for (const key of keys) verdicts.push(await claim(store, key, time.ms + 60_000));
          expect(verdicts).toEqual(keys.map(() => "fresh"));
          const late = keyOf();
          for (let i = 0; i < 20; i++)
            await expect(claim(store, i === 0 ? late : keyOf(), time.ms + 90_000)).rejects.toThrow(
              NonceStoreFullError,
            );
          for (const key of keys) expect(await claim(store, key, time.ms + 60_000)).toBe("seen");

          time.ms += 60_000 + ROUNDING_MS;
          expect(await claim(store, late, time.ms + 60_000)).toBe("fresh");
        });

        it("gives its last place once", async () => {
          const { store, time } = await started({ capacity: 1 });
          const attempts = await Promise.allSettled(
            Array.from({ length: 64 }, () => claim(store, keyOf(), time.ms + 60_000)),
          );
          expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
        });
      });
    }

    it("throws within a second when it is unreachable, and never answers", async () => {
      const { under, store, time } = await started();
      if (isShared) expect(under.breakDown).toBeDefined(); // what others share can be lost
      if (under.breakDown === undefined) return;
      const known = keyOf();
      expect(await claim(store, known, time.ms + 60_000)).toBe("fresh");
      await under.breakDown();
      for (const keys of [[known], [keyOf()], [keyOf(), known, keyOf(), known]]) {
        const outcomes = await Promise.all(
          keys.map((key) => outcomeWithin(1000, claim(store, key, time.ms + 60_000))),
        );
        expect(outcomes).toEqual(keys.map(() => "rejected"));
      }
    });
  });
}

const appOf = (): string => `app-${randomUUID()}`;
const keyOf = (): string => `${appOf()}\n${randomUUID()}`;

/** A claim whose failure is a rejection, whether the store throws or rejects. */
async function claim(store: NonceStore, key: string, expiresAtMs: number): Promise<string> {
  return store.claim(key, expiresAtMs);
}

async function expectOneFresh(attempts: readonly Promise<string>[]): Promise<void> {
  const verdicts = (await Promise.all(attempts)).toSorted();
  expect(verdicts).toEqual(["fresh", ...verdicts.slice(1).map(() => "seen")]);
}

/** Claims a key of its own and asks at once how long it will be remembered. */
async function lifeOf(under: StoreUnderTest, expiresAtMs: number, isAsked = true) {
  const key = keyOf();
  const startedMs = performance.now();
  const verdict = await claim(under.store, key, expiresAtMs).catch((error: unknown) => {
    if (error instanceof Error) return "refused";
    throw error;
  });
  const asks = isAsked && verdict === "fresh";
  const remaining = asks ? await under.remainingMs(key) : NaN;
  return { key, verdict, remaining, elapsed: performance.now() - startedMs };
}

/** A store may go by a clock that went on while the test's stood still. */
function expectWithin(remaining: number, wantedMs: number, elapsedMs: number): void {
  expect(Math.max(remaining, 0)).toBeGreaterThanOrEqual(wantedMs - Math.ceil(elapsedMs));
  expect(remaining).toBeLessThanOrEqual(wantedMs + ROUNDING_MS);
}

/** Whether the store survived what it was asked. */
async function expectUsable(store: NonceStore, nowMs: number): Promise<void> {
  const key = keyOf();
  expect(await claim(store, key, nowMs + 60_000)).toBe("fresh");
  expect(await claim(store, key, nowMs + 60_000)).toBe("seen");
}

async function outcomeWithin(ms: number, attempt: Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("pending"), ms);
  });
  try {
    return await Promise.race([attempt.catch(() => "rejected"), late]);
  } finally {
    clearTimeout(timer);
  }
}
