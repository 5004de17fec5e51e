import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { LookupLateError, LookupQueue, LookupsOverloadedError, type Rank } from "./lookup-queue.js";

const TIMEOUT_MS = 1000;

/** A queue before a source that answers when it is told to, and the names of what runs. */
function queueOf(concurrency: number, capacity = 10) {
  const queue = new LookupQueue({
    concurrency,
    timeoutMs: TIMEOUT_MS,
    capacity: { known: capacity, stranger: capacity },
  });
  const began: string[] = [];
  const open = new Map<string, (answer: string) => void>();
  const ask = (name: string, rank: Rank): Promise<unknown> => {
    const load = () => {
      began.push(name);
      return new Promise<string>((resolve) => open.set(name, resolve));
    };
    return queue.run(name, load, rank).catch((error: unknown) => error);
  };
  const answer = async (name: string): Promise<void> => {
    open.get(name)?.(`answer to ${name}`);
    await jest.advanceTimersByTimeAsync(0);
  };
  return { queue, began, ask, answer };
}
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe("LookupQueue", () => {
  it("begins at once while there are slots, then as they come free, first come first served", async () => {
    const { began, ask, answer } = queueOf(2);
    const answers = ["a", "b", "c", "d"].map((name) => ask(name, "known"));
    expect(began).toEqual(["a", "b"]);
    await answer("b");
    expect(began).toEqual(["a", "b", "c"]);
    for (const name of ["a", "c", "d"]) await answer(name);
    expect(await Promise.all(answers)).toEqual(["a", "b", "c", "d"].map((n) => `answer to ${n}`));
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([
    [16, 8],
    [5, 2],
    [3, 1],
    [2, 1],
    [1, 1],
  ])("of %s slots strangers hold %s", (concurrency, most) => {
    const { began, ask } = queueOf(concurrency, 100);
    for (let i = 0; i < 50; i++) void ask(`stranger ${i}`, "stranger");
    expect(began).toHaveLength(most);
    for (let i = 0; i < 50; i++) void ask(`known ${i}`, "known");
    expect(began).toHaveLength(concurrency);
  });

  it("begins a known one at once though every stranger hangs", async () => {
    const { began, ask } = queueOf(2);
    for (const name of ["x", "y", "z"]) void ask(name, "stranger");
    await pass(TIMEOUT_MS - 1);
    void ask("a", "known");
    expect(began).toEqual(["x", "a"]);
  });

  it("takes the known out of the queue before strangers that were there first", async () => {
    const { began, ask, answer } = queueOf(2);
    void ask("a", "known");
    void ask("b", "known");
    void ask("x", "stranger");
    void ask("c", "known");
    await answer("a");
    await answer("b");
    expect(began).toEqual(["a", "b", "c", "x"]);
  });

  it("with one slot has the known wait for the one that runs, and for no other", async () => {
    const { began, ask, answer } = queueOf(1);
    for (const name of ["x", "y"]) void ask(name, "stranger");
    void ask("a", "known");
    await answer("x");
    expect(began).toEqual(["x", "a"]);
  });

  it("goes on after one that throws at once", async () => {
    const { queue, began, ask } = queueOf(1);
    const thrown = queue.run(
      "thrown",
      () => {
        throw new Error("no pool");
      },
      "known",
    );
    void ask("a", "known");
    await expect(thrown).rejects.toThrow("no pool");
    expect(began).toEqual(["a"]);
  });

  describe("who waits", () => {
    it("leaves at its deadline, and does not begin afterwards", async () => {
      const { began, ask, answer } = queueOf(2);
      for (const name of ["a", "b"]) void ask(name, "known");
      await pass(600);
      void ask("c", "known");
      const waits = ask("d", "known");
      let left: unknown;
      void waits.then((error) => (left = error));
      await pass(200);
      await answer("b");
      await pass(TIMEOUT_MS - 201);
      expect(left).toBeUndefined();
      await pass(1);
      expect(left).toBeInstanceOf(LookupsOverloadedError);
      await answer("a");
      expect(began).toEqual(["a", "b", "c"]);
    });

    it("is told of no overload where whoever holds a slot is late: the source does not answer", async () => {
      const { queue, ask } = queueOf(2);
      for (const name of ["a", "b"]) void ask(name, "known");
      await pass(1);
      const waits = ask("c", "known");
      await pass(TIMEOUT_MS);
      const left = await waits;
      expect(left).toMatchObject({ message: "no look-up that holds a slot is answered" });
      expect(left).not.toBeInstanceOf(LookupsOverloadedError);
      expect(queue.overloaded).toBe(false);
    });

    it("is turned away at once where the queue of its rank is full", async () => {
      const { queue, ask } = queueOf(2, 3);
      for (let i = 0; i < 4; i++) void ask(`stranger ${i}`, "stranger");
      expect(queue.overloaded).toBe(false);
      expect(await ask("one more", "stranger")).toBeInstanceOf(LookupsOverloadedError);
      expect(queue.overloaded).toBe(true);
      for (let i = 0; i < 4; i++) void ask(`known ${i}`, "known");
      expect(await ask("one more", "known")).toBeInstanceOf(LookupsOverloadedError);
    });
  });

  describe("overload", () => {
    it("ends when nothing waits any more", async () => {
      const { queue, ask, answer } = queueOf(1, 1);
      for (const name of ["a", "b", "c"]) void ask(name, "known");
      expect(queue.overloaded).toBe(true);
      await answer("a");
      expect(queue.overloaded).toBe(false);
    });

    it("ends though nothing is ever answered", async () => {
      const { queue, ask } = queueOf(1, 2);
      for (let i = 0; i < 9; i++) void ask(`stranger ${i}`, "stranger");
      expect(queue.overloaded).toBe(true);
      await pass(TIMEOUT_MS);
      expect(queue.overloaded).toBe(false);
    });

    it("is there once a look-up has begun too late for who asked, while others wait", async () => {
      const { queue, ask, answer } = queueOf(1);
      void ask("a", "known");
      await pass(500);
      const late = ask("b", "known");
      await pass(400);
      await answer("a");
      void ask("c", "known");
      await pass(599);
      expect(queue.overloaded).toBe(false);
      await pass(1); // the deadline of "b", which began 600 ms ago
      expect(queue.overloaded).toBe(true);
      await answer("b");
      expect(await late).toBe("answer to b"); // for whoever comes next
      expect(queue.overloaded).toBe(false);
    });
  });

  describe("a look-up that hangs", () => {
    it("keeps its slot when whoever asked has left: the source may be at it still", async () => {
      const { began, ask, answer } = queueOf(1);
      const first = ask("a", "known");
      await pass(TIMEOUT_MS);
      expect(await first).toMatchObject({ message: "no answer within 1000 ms" });
      void ask("b", "known");
      expect(began).toEqual(["a"]);
      await answer("a"); // late, and so for nobody, but the slot is free
      expect(began).toEqual(["a", "b"]);
    });

    it("is asked for once more, and not again while both are late", async () => {
      const { began, ask, answer } = queueOf(16);
      for (let i = 0; i < 2; i++) {
        void ask("a", "known");
        await pass(TIMEOUT_MS);
      }
      expect(await ask("a", "known")).toBeInstanceOf(LookupLateError);
      expect(began).toEqual(["a", "a"]);
      await answer("a"); // the second
      void ask("a", "known");
      expect(began).toEqual(["a", "a", "a"]);
    });

    it("is given up for lost after five times as long: a source that loses promises blocks nobody for ever", async () => {
      const { began, ask, answer } = queueOf(2);
      for (const name of ["a", "b"]) void ask(name, "known");
      await pass(5 * TIMEOUT_MS - 1);
      const next = ["c", "d", "e"].map((name) => ask(name, "known"));
      expect(began).toEqual(["a", "b"]);
      await pass(1);
      expect(began).toEqual(["a", "b", "c", "d"]);
      await answer("a"); // after all: its slot is another's, and is not given twice
      expect(began).toEqual(["a", "b", "c", "d"]);
      for (const name of ["c", "d", "e"]) await answer(name);
      expect(await Promise.all(next)).toEqual(["c", "d", "e"].map((n) => `answer to ${n}`));
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
