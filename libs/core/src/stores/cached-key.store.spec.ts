import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { App } from "../apps.js";
import { CachedKeyStore, type CachedKeyStoreOptions } from "./cached-key.store.js";

const appOf = (appId: string): App => new App(appId, [], [], {});
type Load = (appId: string) => Promise<App | undefined>;

function storeOf(load: Load, options: CachedKeyStoreOptions = {}) {
  const time = { ms: 1_000_000 };
  const spy = jest.fn(load);
  const store = new CachedKeyStore(spy, { clock: { nowMs: () => time.ms }, ...options });
  return { store, time, load: spy };
}
const everyone: Load = (appId) => Promise.resolve(appOf(appId));
const nobody: Load = () => Promise.resolve(undefined);
const down: Load = () => Promise.reject(new Error("ECONNREFUSED"));

afterEach(() => {
  jest.useRealTimers();
});

describe("CachedKeyStore", () => {
  it("keeps an app for its time and not a millisecond longer", async () => {
    const { store, time, load } = storeOf(everyone, { ttlMs: 1000 });
    const first = await store.find("demo");
    time.ms += 999;
    expect(store.find("demo")).toBe(first); // at once, without a promise
    expect(load).toHaveBeenCalledTimes(1);
    time.ms += 1;
    expect(await store.find("demo")).not.toBe(first);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("keeps the absence of one for a time of its own", async () => {
    // KI11
    const { store, time, load } = storeOf(nobody, { ttlMs: 9000, negativeTtlMs: 100 });
    expect(await store.find("demo")).toBeUndefined();
    time.ms += 99;
    expect(await store.find("demo")).toBeUndefined();
    expect(load).toHaveBeenCalledTimes(1);
    time.ms += 1;
    await store.find("demo");
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("counts the age from before the look-up: what it read may have changed while it ran", async () => {
    // KI07: a revocation takes effect within ttlMs.
    const { store, time, load } = storeOf(
      async (appId) => {
        time.ms += 600;
        return everyone(appId);
      },
      { ttlMs: 1000 },
    );
    await store.find("demo");
    time.ms += 399;
    await store.find("demo");
    expect(load).toHaveBeenCalledTimes(1);
    time.ms += 1;
    await store.find("demo");
    expect(load).toHaveBeenCalledTimes(2);
  });

  it("sees that an app is gone, and that it is there again", async () => {
    let apps = [appOf("demo")];
    const { store, time } = storeOf(
      (appId) => Promise.resolve(apps.find((app) => app.appId === appId)),
      {
        ttlMs: 1000,
        negativeTtlMs: 100,
      },
    );
    expect(await store.find("demo")).toBeDefined();
    apps = [];
    time.ms += 1000;
    expect(await store.find("demo")).toBeUndefined();
    apps = [appOf("demo")];
    time.ms += 100;
    expect(await store.find("demo")).toBeDefined();
  });

  it("runs one look-up for one id, however many ask at once", async () => {
    let answer: (app: App) => void = () => undefined;
    const { store, load } = storeOf(() => new Promise((resolve) => (answer = resolve)));
    const asked = Array.from({ length: 50 }, () => store.find("demo"));
    await Promise.resolve();
    const app = appOf("demo");
    answer(app);
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, () => app));
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("keeps the answers of different ids apart", async () => {
    const { store } = storeOf(everyone);
    const ids = ["a", "A", "__proto__", "constructor", "toString"];
    const found = await Promise.all(ids.map((id) => store.find(id)));
    expect(found.map((app) => app?.appId)).toEqual(ids);
    expect(ids.map((id) => (store.find(id) as App).appId)).toEqual(ids);
  });

  describe("bounds", () => {
    it("keeps the latest few apps", async () => {
      const { store, load } = storeOf(everyone, { capacity: 2 });
      for (const id of ["a", "b", "c"]) await store.find(id);
      load.mockClear();
      for (const id of ["b", "c"]) await store.find(id);
      expect(load).not.toHaveBeenCalled();
      await store.find("a");
      expect(load).toHaveBeenCalledTimes(1);
    });

    it("a flood of unknown ids pushes out no app", async () => {
      const { store, load } = storeOf((id) => (id === "demo" ? everyone(id) : nobody(id)), {
        capacity: 1,
        negativeCapacity: 10,
      });
      await store.find("demo");
      for (let i = 0; i < 1000; i++) await store.find(`flood ${i}`);
      load.mockClear();
      await store.find("demo");
      expect(load).not.toHaveBeenCalled();
      for (let i = 990; i < 1000; i++) await store.find(`flood ${i}`);
      expect(load).not.toHaveBeenCalled();
      await store.find("flood 989");
      expect(load).toHaveBeenCalledTimes(1);
    });
  });

  describe("an outage", () => {
    it("throws, and says so until a look-up succeeds", async () => {
      // KI10
      let load: Load = everyone;
      const { store, time } = storeOf((id) => load(id), { ttlMs: 1000 });
      await store.find("demo");
      expect(store.failing).toBe(false);
      load = down;
      await expect(store.find("other")).rejects.toThrow("ECONNREFUSED");
      expect(store.failing).toBe(true);
      expect(await store.find("demo")).toBeDefined(); // still within its time
      expect(store.failing).toBe(true);
      time.ms += 1000;
      await expect(store.find("demo")).rejects.toThrow("ECONNREFUSED"); // no stale answer
      load = everyone;
      expect(await store.find("demo")).toBeDefined();
      expect(store.failing).toBe(false);
    });

    it("covers nothing up with the absence of an app that has expired", async () => {
      let load: Load = nobody;
      const { store, time } = storeOf((id) => load(id), { negativeTtlMs: 100 });
      await store.find("demo");
      load = down;
      time.ms += 100;
      await expect(store.find("demo")).rejects.toThrow("ECONNREFUSED");
    });

    it("is not remembered: the next one asks again", async () => {
      const { store, load } = storeOf(down);
      await expect(store.find("demo")).rejects.toThrow();
      await expect(store.find("demo")).rejects.toThrow();
      expect(load).toHaveBeenCalledTimes(2);
    });

    it("fails all who wait for one look-up", async () => {
      const { store, load } = storeOf(down);
      const settled = await Promise.allSettled([store.find("demo"), store.find("demo")]);
      expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      expect(load).toHaveBeenCalledTimes(1);
    });

    it("counts when the look-up throws at once", async () => {
      const { store } = storeOf(() => {
        throw new Error("no pool");
      });
      await expect(store.find("demo")).rejects.toThrow("no pool");
      expect(store.failing).toBe(true);
    });
  });

  describe("a look-up that hangs", () => {
    it("fails after its time, and the next one starts anew", async () => {
      jest.useFakeTimers();
      let answer: (app: App | undefined) => void = () => undefined;
      const { store, load } = storeOf(() => new Promise((resolve) => (answer = resolve)), {
        timeoutMs: 2000,
      });
      const first = Promise.resolve(store.find("demo")).catch((error: unknown) => error);
      await jest.advanceTimersByTimeAsync(1999);
      expect(store.failing).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(await first).toMatchObject({ message: expect.stringContaining("2000 ms") });
      expect(store.failing).toBe(true);

      const late = answer;
      const second = store.find("demo");
      expect(load).toHaveBeenCalledTimes(2);
      late(undefined); // the first answer comes after all: too late to count
      const app = appOf("demo");
      answer(app);
      expect(await second).toBe(app);
      expect(store.find("demo")).toBe(app);
      expect(store.failing).toBe(false);
      expect(jest.getTimerCount()).toBe(0);
    });

    it("leaves no timer behind when it ends in time", async () => {
      jest.useFakeTimers();
      const { store } = storeOf(everyone);
      await store.find("demo");
      expect(jest.getTimerCount()).toBe(0);
    });
  });

  it("takes an option that is undefined as one that was not given", async () => {
    jest.useFakeTimers();
    const load = jest.fn<Load>(
      () => new Promise((resolve) => setTimeout(resolve, 100, appOf("demo"))),
    );
    const store = new CachedKeyStore(load, {
      ttlMs: undefined,
      negativeTtlMs: undefined,
      capacity: undefined,
      negativeCapacity: undefined,
      timeoutMs: undefined,
      clock: undefined,
    });
    const found = Promise.resolve().then(() => store.find("demo"));
    found.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(100);
    expect(await found).toMatchObject({ appId: "demo" });
    expect(store.find("demo")).toMatchObject({ appId: "demo" });
  });
});
