import { afterEach, describe, expect, it, jest } from "@jest/globals";
import { App } from "../apps/apps.js";
import { UnreadableAppError } from "../ports/key-store.js";
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

  describe("a recheck", () => {
    const ids = (load: jest.Mock<Load>) => load.mock.calls.map(([id]) => id);

    it("asks past the cache for an app that was there, and what it answers is kept", async () => {
      const { store, time, load } = storeOf(everyone, { ttlMs: 1000 });
      const old = await store.find("demo");
      load.mockImplementationOnce(down);
      await expect(store.find("other")).rejects.toThrow();
      await store.recheck();
      expect(ids(load)).toEqual(["demo", "other", "demo"]);
      expect(store.failing).toBe(false);
      expect(store.find("demo")).not.toBe(old);
      time.ms += 999;
      expect(store.find("demo")).toBeInstanceOf(App);
    });

    it("asks for another app each time, so that one that cannot be read does not pass for an outage", async () => {
      let bad = ["bad"];
      const { store, time, load } = storeOf((id) => (bad.includes(id) ? down(id) : everyone(id)));
      for (const id of ["a", "b", "c"]) await store.find(id);
      bad = ["bad", "a", "b"];
      await expect(store.find("bad")).rejects.toThrow();
      load.mockClear();
      for (let i = 0; i < 3 && store.failing; i++) await store.recheck();
      expect(ids(load)).toEqual(["b", "c"]); // "a" was asked by itself
      expect(store.failing).toBe(false);
      bad.push("c");
      time.ms += 30_000;
      await expect(store.find("c")).rejects.toThrow(); // no stale answer
    });

    it("is the look-up that is under way already", async () => {
      let answer: (app: App) => void = () => undefined;
      const { store, time, load } = storeOf(everyone, { ttlMs: 1000 });
      await store.find("demo");
      time.ms += 1000;
      load.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
      const asked = store.find("demo");
      await Promise.resolve();
      load.mockImplementationOnce(down);
      await expect(store.find("other")).rejects.toThrow();
      const check = store.recheck();
      answer(appOf("demo"));
      await Promise.all([asked, check]);
      expect(ids(load)).toEqual(["demo", "demo", "other"]);
    });

    it("counts a record that cannot be read as an answer", async () => {
      const { store, load } = storeOf(everyone);
      await store.find("demo");
      load.mockImplementationOnce(down);
      load.mockRejectedValueOnce(new UnreadableAppError("bad row"));
      await expect(store.find("other")).rejects.toThrow();
      await store.recheck();
      expect(store.failing).toBe(false);
    });

    it("waits for timeoutMs at most where the source hangs, and goes on for the next", async () => {
      jest.useFakeTimers();
      let answer: (app: App) => void = () => undefined;
      const { store, load } = storeOf(everyone, { timeoutMs: 2000, concurrency: 1 });
      await store.find("demo");
      load.mockImplementationOnce(down);
      load.mockImplementation(() => new Promise((resolve) => (answer = resolve)));
      await expect(store.find("other")).rejects.toThrow();
      await jest.advanceTimersByTimeAsync(9000); // the look-up that began by itself has the slot for 1000 more
      let ended = 0;
      const first = store.recheck().then(() => (ended += 1));
      await jest.advanceTimersByTimeAsync(1999);
      expect(ended).toBe(0);
      await jest.advanceTimersByTimeAsync(1);
      expect(ended).toBe(1); // though it began 1000 ago
      await first;
      expect(store.failing).toBe(true);
      const second = store.recheck();
      answer(appOf("demo"));
      await second;
      expect(ids(load)).toEqual(["demo", "other", "demo", "demo"]);
      expect(store.failing).toBe(false);
    });
  });

  describe("a record that cannot be read", () => {
    const unreadable: Load = (id) => Promise.reject(new UnreadableAppError(`bad row ${id}`));

    it("fails its app alone, and is remembered as an absence is", async () => {
      const { store, time, load } = storeOf(unreadable, { ttlMs: 9000, negativeTtlMs: 100 });
      await expect(store.find("bad")).rejects.toThrow("bad row bad");
      expect(store.failing).toBe(false);
      time.ms += 99;
      expect(() => store.find("bad")).toThrow(UnreadableAppError);
      expect(load).toHaveBeenCalledTimes(1);
      time.ms += 1;
      await expect(store.find("bad")).rejects.toThrow("bad row bad");
      load.mockImplementation(everyone);
      time.ms += 100;
      expect(await store.find("bad")).toBeInstanceOf(App);
    });

    it("ends what was known of its app", async () => {
      const { store, time, load } = storeOf(everyone, { ttlMs: 1000, negativeTtlMs: 5000 });
      await store.find("demo");
      load.mockImplementation(unreadable);
      time.ms += 1000;
      await expect(store.find("demo")).rejects.toThrow(UnreadableAppError);
      expect(() => store.find("demo")).toThrow(UnreadableAppError);
    });

    it("is told once, until the record can be read again", async () => {
      const told: string[] = [];
      const { store, time, load } = storeOf(unreadable, {
        negativeTtlMs: 100,
        ttlMs: 100,
        onUnreadable: (appId, { message }) => {
          told.push(`${appId}: ${message}`);
          throw new Error("disk full");
        },
      });
      const ask = async (): Promise<void> => {
        time.ms += 100;
        await Promise.resolve(store.find("bad")).catch(() => undefined);
      };
      for (let i = 0; i < 10; i++) await ask();
      expect(load).toHaveBeenCalledTimes(10);
      expect(told).toEqual(["bad: bad row bad"]);
      for (const readable of [everyone, nobody]) {
        load.mockImplementationOnce(readable);
        for (let i = 0; i < 10; i++) await ask();
      }
      expect(told).toHaveLength(3);
      load.mockImplementationOnce(down); // says nothing of the record
      for (let i = 0; i < 10; i++) await ask();
      expect(told).toHaveLength(3);
    });

    it("is one of a bounded number that are remembered", async () => {
      const { store, load } = storeOf(unreadable, { negativeCapacity: 10 });
      const ask = (i: number) => new Promise((answer) => answer(store.find(`bad ${i}`)));
      for (let i = 0; i < 1000; i++) await expect(ask(i)).rejects.toThrow();
      load.mockClear();
      for (let i = 990; i < 1000; i++) await expect(ask(i)).rejects.toThrow();
      expect(load).not.toHaveBeenCalled();
      await expect(ask(989)).rejects.toThrow();
      expect(load).toHaveBeenCalledTimes(1);
    });
  });

  describe("a look-up that hangs", () => {
    it("takes no slots from apps that are answered, however many hang and however often they are asked for", async () => {
      jest.useFakeTimers();
      const hanging = new Set<string>();
      const { store } = storeOf(
        (id) => (hanging.has(id) ? new Promise(() => undefined) : everyone(id)),
        { concurrency: 4, timeoutMs: 1000, ttlMs: 1, clock: { nowMs: () => Date.now() } },
      );
      const ask = async (id: string): Promise<unknown> => {
        try {
          return await store.find(id);
        } catch (error) {
          return error;
        }
      };
      const ids = ["a", "b", "c", "d", "e"];
      await Promise.all(ids.map(ask));
      for (const id of ids.slice(0, 3)) hanging.add(id);
      let served = 0;
      for (let second = 0; second < 60; second++) {
        for (const id of hanging) void ask(id);
        await jest.advanceTimersByTimeAsync(500);
        if ((await ask("e")) instanceof App) served += 1;
        await jest.advanceTimersByTimeAsync(500);
      }
      expect(served).toBe(60);
    });

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

  describe("a flood of ids that nobody has", () => {
    const hanging = (): Promise<undefined> => new Promise(() => undefined);
    const flood = (store: CachedKeyStore, count = 5000) =>
      Array.from({ length: count }, (_, i) =>
        Promise.resolve(store.find(`stranger ${i}`)).catch((error: unknown) => error),
      );

    it("is few look-ups at once, and lets an app through whose entry has expired", async () => {
      jest.useFakeTimers();
      const { store, time, load } = storeOf((id) => (id === "demo" ? everyone(id) : hanging()), {
        ttlMs: 1000,
      });
      await store.find("demo");
      time.ms += 1000;
      load.mockClear();
      void flood(store);
      expect(load).toHaveBeenCalledTimes(8);
      expect(await store.find("demo")).toMatchObject({ appId: "demo" });
      expect(load).toHaveBeenCalledTimes(9);
    });

    it("knows an app no more that was gone when it was last looked up", async () => {
      jest.useFakeTimers();
      let apps = ["demo"];
      const { store, time, load } = storeOf(
        (id) => Promise.resolve(apps.includes(id) ? appOf(id) : undefined),
        { ttlMs: 1000, negativeTtlMs: 1000, concurrency: 2 },
      );
      await store.find("demo");
      apps = [];
      time.ms += 1000;
      await store.find("demo");
      time.ms += 1000;
      load.mockClear();
      load.mockImplementation(hanging);
      void flood(store, 1);
      const asked = Promise.resolve(store.find("demo"));
      asked.catch(() => undefined);
      expect(load.mock.calls).toEqual([["stranger 0"]]);
    });

    it("is no outage: what never began says nothing of the source", async () => {
      jest.useFakeTimers();
      const { store, load } = storeOf(
        (id) => new Promise((resolve) => setTimeout(resolve, 1500, appOf(id))),
        { timeoutMs: 2000, queueCapacity: 100 },
      );
      const asked = flood(store, 200);
      expect([store.failing, store.overloaded]).toEqual([false, true]);
      await jest.advanceTimersByTimeAsync(2000);
      expect([store.failing, store.overloaded]).toEqual([false, false]);
      const answers = await Promise.all(asked);
      expect(answers.filter((answer) => answer instanceof Error)).toHaveLength(192);
      expect(load).toHaveBeenCalledTimes(16); // eight answered, eight that began too late
    });

    it("is an outage where the source hangs, and no longer than an old answer could live", async () => {
      jest.useFakeTimers();
      const { store, time } = storeOf(hanging, { ttlMs: 9000, timeoutMs: 2000 });
      void flood(store, 1);
      await jest.advanceTimersByTimeAsync(2000);
      time.ms += 8999;
      expect(store.failing).toBe(true);
      time.ms += 1;
      expect(store.failing).toBe(false);
    });

    it("keeps for the next what came too late for who asked first, with its age from its own look-up", async () => {
      jest.useFakeTimers();
      const { store, time, load } = storeOf(
        (id) => new Promise((resolve) => setTimeout(resolve, 1500, appOf(id))),
        { ttlMs: 5000, timeoutMs: 2000, concurrency: 1 },
      );
      const [, late] = flood(store, 2);
      await jest.advanceTimersByTimeAsync(1500 - 1);
      time.ms += 1500;
      await jest.advanceTimersByTimeAsync(501);
      expect(await late).toMatchObject({ message: "no answer within 2000 ms" });
      await jest.advanceTimersByTimeAsync(1000);
      time.ms += 4999;
      expect(store.find("stranger 1")).toMatchObject({ appId: "stranger 1" });
      time.ms += 1;
      expect(store.find("stranger 1")).toBeInstanceOf(Promise);
      expect(load).toHaveBeenCalledTimes(3);
    });

    it("leaves everybody the same once it is over", async () => {
      jest.useFakeTimers();
      let load: Load = hanging;
      const { store } = storeOf((id) => load(id), { timeoutMs: 100 });
      void flood(store);
      await jest.advanceTimersByTimeAsync(500);
      load = everyone;
      expect(await store.find("demo")).toMatchObject({ appId: "demo" });
      expect([store.failing, store.overloaded]).toEqual([false, false]);
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
      concurrency: undefined,
      queueCapacity: undefined,
      clock: undefined,
    });
    const found = Promise.resolve().then(() => store.find("demo"));
    found.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(100);
    expect(await found).toMatchObject({ appId: "demo" });
    expect(store.find("demo")).toMatchObject({ appId: "demo" });
  });
});
