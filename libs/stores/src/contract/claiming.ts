import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import type { NonceStore } from "@lacre/core";
import type { StoreUnderTest } from "./store-under-test.js";

/** How much longer than asked a store may remember. */
export const ROUNDING_MS = 1000;

export const appOf = (): string => `app-${randomUUID()}`;
export const keyOf = (): string => `${appOf()}\n${randomUUID()}`;

/** A claim whose failure is a rejection, whether the store throws or rejects. */
export async function claim(store: NonceStore, key: string, expiresAtMs: number): Promise<string> {
  return store.claim(key, expiresAtMs);
}

export async function expectOneFresh(attempts: readonly Promise<string>[]): Promise<void> {
  const verdicts = (await Promise.all(attempts)).toSorted();
  assert.deepEqual(verdicts, ["fresh", ...verdicts.slice(1).map(() => "seen")]);
}

/** Claims each of the keys twice: all are fresh before any is seen. */
export async function expectApart(
  store: NonceStore,
  keys: readonly string[],
  expiresAtMs: number,
): Promise<void> {
  for (const verdict of ["fresh", "seen"])
    for (const key of keys)
      assert.deepEqual([key, await claim(store, key, expiresAtMs)], [key, verdict]);
}

/** Claims a key of its own and asks at once how long it will be remembered. */
export async function lifeOf(under: StoreUnderTest, expiresAtMs: number, isAsked = true) {
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
export function expectWithin(remaining: number, wantedMs: number, elapsedMs: number): void {
  const leastMs = wantedMs - Math.ceil(elapsedMs);
  assert.ok(Math.max(remaining, 0) >= leastMs, `remembers for ${remaining} of ${wantedMs} ms`);
  assert.ok(remaining <= wantedMs + ROUNDING_MS, `remembers for ${remaining}, not ${wantedMs} ms`);
}

/** Whether the store survived what it was asked. */
export async function expectUsable(store: NonceStore, nowMs: number): Promise<void> {
  await expectApart(store, [keyOf()], nowMs + 60_000);
}

/** What comes of a claim, or "pending". */
export async function outcomeWithin(ms: number, attempt: Promise<string>): Promise<string> {
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
