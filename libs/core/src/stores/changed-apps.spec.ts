import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { App } from "../apps/apps.js";
import { UnreadableAppError } from "../ports/key-store.js";
import { CachedKeyStore, type CachedKeyStoreOptions } from "./cached-key.store.js";

/** A store before a source whose answers are given by hand. */
function storeOf(options: CachedKeyStoreOptions = {}) {
  const asked: { appId: string; answer(app?: App): void; fail(error: Error): void }[] = [];
  const load = jest.fn(
    (appId: string) =>
      new Promise<App | undefined>((resolve, reject) => {
        asked.push({ appId, answer: resolve, fail: reject });
      }),
  );
  const store = new CachedKeyStore(load, { clock: { nowMs: () => 1_000_000 }, ...options });
  return { store, asked, load };
}
const appOf = (appId = "demo"): App => new App(appId, [], [], {});
const [old, next] = [appOf(), appOf()];

// Some look-ups are never answered: nobody waits for their end.
beforeEach(() => void jest.useFakeTimers({ doNotFake: ["setImmediate"] }));
afterEach(() => void jest.useRealTimers());

describe("CachedKeyStore.changed", () => {
  it("uses the old answer no more, at once", async () => {
    const { store, asked } = storeOf();
    const first = store.find("demo");
    asked[0]?.answer(old);
    expect(await first).toBe(old);
    store.changed("demo");
    const second = store.find("demo");
    asked[1]?.answer(next);
    expect(await second).toBe(next);
    expect(store.find("demo")).toBe(next);
  });

  it("of one app leaves the others alone, and without an id is of all", async () => {
    const { store, asked, load } = storeOf();
    const both = [store.find("demo"), store.find("other")];
    for (const { appId, answer } of asked) answer(appOf(appId));
    await Promise.all(both);
    store.changed("demo");
    expect(store.find("other")).toBeInstanceOf(App);
    store.changed();
    void store.find("other");
    void store.find("demo");
    expect(load.mock.calls.slice(2)).toEqual([["other"], ["demo"]]);
  });

  it.each(["demo", undefined])("forgets that there is no such app (%s)", async (told) => {
    const { store, asked } = storeOf();
    const first = store.find("demo");
    asked[0]?.answer();
    expect(await first).toBeUndefined();
    store.changed(told);
    const second = store.find("demo");
    asked[1]?.answer(next);
    expect(await second).toBe(next);
  });

  it.each(["demo", undefined])(
    "forgets that an app cannot be read (%s), and tells of it once",
    async (told) => {
      const onUnreadable = jest.fn();
      const { store, asked } = storeOf({ onUnreadable });
      for (const i of [0, 1]) {
        const found = store.find("demo");
        asked[i]?.fail(new UnreadableAppError("sealed"));
        await expect(found).rejects.toThrow("sealed");
        expect(() => store.find("demo")).toThrow("sealed"); // kept
        store.changed(told);
      }
      expect(onUnreadable).toHaveBeenCalledTimes(1);
      const third = store.find("demo");
      asked[2]?.answer(next);
      expect(await third).toBe(next);
    },
  );

  it.each(["demo", undefined])(
    "does not keep what a look-up had read before (%s)",
    async (told) => {
      const { store, asked } = storeOf();
      const before = store.find("demo");
      store.changed(told);
      const after = store.find("demo");
      expect(asked).toHaveLength(2);
      asked[0]?.answer(old);
      expect(await before).toBe(old); // whoever asked before the change
      const later = store.find("demo");
      expect(asked).toHaveLength(2); // it waits for the new one
      asked[1]?.answer(next);
      expect(await Promise.all([after, later])).toEqual([next, next]);
      expect(store.find("demo")).toBe(next);
    },
  );

  it("does not keep it either where it comes last", async () => {
    const { store, asked } = storeOf();
    const before = store.find("demo");
    store.changed("demo");
    const after = store.find("demo");
    asked[1]?.answer(next);
    expect(await after).toBe(next);
    asked[0]?.answer(old);
    await before;
    expect(store.find("demo")).toBe(next);
    expect(asked).toHaveLength(2);
  });

  it("where nobody asks in between, keeps nothing of it", async () => {
    const { store, asked } = storeOf();
    const before = store.find("demo");
    store.changed("demo");
    asked[0]?.answer(old);
    await before;
    void store.find("demo");
    expect(asked).toHaveLength(2);
  });

  it("does not remember that an app could not be read before", async () => {
    const { store, asked } = storeOf();
    const before = store.find("demo");
    store.changed("demo");
    asked[0]?.fail(new UnreadableAppError("sealed"));
    await expect(before).rejects.toThrow("sealed");
    const after = store.find("demo");
    asked[1]?.answer(next);
    expect(await after).toBe(next);
  });

  it("adds no look-up to one that has not begun: a storm of changes fills no queue", async () => {
    const { store, asked } = storeOf({ concurrency: 1 });
    const running = store.find("other");
    const waiting = [store.find("demo")];
    for (let i = 0; i < 100; i++) {
      store.changed("demo");
      waiting.push(store.find("demo"));
    }
    asked[0]?.answer(appOf("other"));
    await running;
    await new Promise(setImmediate);
    asked[1]?.answer(next);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([next]));
    expect(asked.map(({ appId }) => appId)).toEqual(["other", "demo"]);
  });

  it("keeps known apps before strangers", async () => {
    const { store, asked } = storeOf({ concurrency: 2 });
    const first = store.find("demo");
    asked[0]?.answer(old);
    await first;
    store.changed();
    void store.find("stranger-1"); // holds the one slot that strangers have
    void store.find("stranger-2");
    void store.find("demo");
    expect(asked.map(({ appId }) => appId)).toEqual(["demo", "stranger-1", "demo"]);
  });
});
