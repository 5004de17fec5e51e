import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ClaimLanes, ClaimOverdueError, ClaimsOverloadedError } from "./claim-lanes.js";

const TIMEOUT_MS = 250;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0); // whatever became of the claims
  jest.useRealTimers();
});

const pass = async (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

/** Lanes over a store of which each answer takes so long. */
function lanesOver(lanes: number, answerMs: () => number) {
  const all = new ClaimLanes({ lanes, timeoutMs: TIMEOUT_MS });
  const state = { inFlight: 0, mostInFlight: 0, begun: [] as number[] };
  const work = async (claim: number): Promise<number> => {
    state.begun.push(claim);
    state.mostInFlight = Math.max(state.mostInFlight, ++state.inFlight);
    await new Promise((resolve) => setTimeout(resolve, answerMs()));
    state.inFlight -= 1;
    return claim;
  };
  /** The answer, or the error as a value. */
  const run = async (claim: number): Promise<unknown> =>
    all.run(async () => work(claim)).catch((error: unknown) => error);
  /** What became of claims that come at an even rate. */
  const offer = async (perMs: number, ms: number): Promise<unknown[]> => {
    const claims: Promise<unknown>[] = [];
    let due = 0;
    for (let i = 0; i < ms; i++) {
      for (due += perMs; due >= 1; due--) claims.push(run(state.begun.length + claims.length));
      await pass(1);
    }
    await pass(TIMEOUT_MS);
    return Promise.all(claims);
  };
  return { run, offer, state };
}

const answered = (outcomes: readonly unknown[]): number =>
  outcomes.filter((outcome) => typeof outcome === "number").length;
const counted = (outcomes: readonly unknown[], kind: new () => Error): number =>
  outcomes.filter((outcome) => outcome instanceof kind).length;

describe("ClaimLanes", () => {
  it("runs no more at once than it has lanes, the first come first", async () => {
    const { run, state } = lanesOver(3, () => 10);
    const claims = Array.from({ length: 20 }, (_, i) => run(i));
    expect(state.begun).toEqual([0, 1, 2]); // at once
    await pass(70);
    expect(await Promise.all(claims)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(state.begun).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(state.mostInFlight).toBe(3);
  });

  it("has one timer for all claims", async () => {
    const { run } = lanesOver(2, () => 10);
    const claims = Array.from({ length: 40 }, (_, i) => run(i));
    expect(jest.getTimerCount()).toBe(1 + 2); // and the two of the store
    await pass(200);
    expect(answered(await Promise.all(claims))).toBe(40);
  });

  it("gives an answer or an error as it is, and the lane to the next", async () => {
    const lanes = new ClaimLanes({ lanes: 1, timeoutMs: TIMEOUT_MS });
    const error = new TypeError("theirs");
    const claims = [
      lanes.run(async () => Promise.reject(error)),
      lanes.run(() => {
        throw error;
      }),
      lanes.run(async () => Promise.resolve("fresh")),
    ];
    expect(await Promise.allSettled(claims)).toEqual([
      { status: "rejected", reason: error },
      { status: "rejected", reason: error },
      { status: "fulfilled", value: "fresh" },
    ]);
  });

  it("refuses each at its own deadline, counted from its arrival, begun or not", async () => {
    const lanes = new ClaimLanes({ lanes: 1, timeoutMs: TIMEOUT_MS });
    let land: (answer: string) => void = () => undefined;
    let begun = 0;
    const work = async (): Promise<string> => {
      begun += 1;
      return new Promise((resolve) => (land = resolve));
    };
    const ends: string[] = [];
    const run = (name: string): void =>
      void lanes.run(work).catch((error: unknown) => ends.push(`${name}: ${String(error)}`));
    run("first");
    await pass(100);
    run("second");
    await pass(149);
    expect(ends).toEqual([]);
    await pass(1);
    expect(ends).toEqual(["first: ClaimOverdueError: no answer within 250 ms"]);
    await pass(99);
    expect(ends).toHaveLength(1);
    await pass(1);
    expect(ends[1]).toBe("second: ClaimOverdueError: no answer within 250 ms");
    // The first keeps its lane until the store is done with it; the second has left for good.
    run("third");
    await pass(10);
    expect(begun).toBe(1);
    land("fresh");
    await pass(0);
    expect(begun).toBe(2);
    land("fresh");
    await pass(0);
    expect(ends).toHaveLength(2);
  });

  it("turns away at once who could not begin in time, but nobody while a queue is young", async () => {
    const { run } = lanesOver(10, () => 20); // 125 in the time that a claim has
    const early: unknown[] = [];
    const burst = (n: number): void =>
      void Array.from({ length: n }, async () => early.push(await run(0)));
    burst(500);
    await pass(TIMEOUT_MS - 1);
    expect(counted(early, ClaimsOverloadedError)).toBe(0);
    for (let i = 0; i < 700; i++) {
      burst(2);
      await pass(1);
    }
    early.length = 0;
    burst(200);
    await pass(0);
    expect(early.length).toBeGreaterThan(150);
    expect(counted(early, ClaimsOverloadedError)).toBe(early.length);
    const last = early.at(-1) as Error;
    expect(last.message).toMatch(/^\d+ claims are waiting for a connection$/);
    expect(parseInt(last.message, 10)).toBeGreaterThan(80);
    expect(parseInt(last.message, 10)).toBeLessThanOrEqual(125);
    await pass(TIMEOUT_MS);
  });

  it.each([
    ["one lane, an answer in 100 ms", 1, 100],
    ["one lane, an answer in 200 ms", 1, 200],
    ["ten lanes, an answer in 20 ms", 10, 20],
    ["forty lanes, an answer in 10 ms", 40, 10],
  ])("begins next to nothing in vain under three times its load: %s", async (_what, lanes, ms) => {
    const { offer, state } = lanesOver(lanes, () => ms);
    const perMs = lanes / ms;
    const outcomes = await offer(perMs * 3, 4000);
    expect(state.begun.length - answered(outcomes)).toBeLessThanOrEqual(3 * lanes); // until it knows
    expect(answered(outcomes)).toBeGreaterThan(0.85 * perMs * 4000); // it is busy all the time
    expect(answered(await offer(perMs / 2, 1000))).toBe(Math.floor((perMs / 2) * 1000));
  });

  it("serves most of what it begins when answers take now 2 ms, now 60", async () => {
    const random = randomOf(7);
    const { offer, state } = lanesOver(10, () => (random() < 0.8 ? 2 : 60));
    await offer(2, 500);
    state.begun.length = 0;
    const outcomes = await offer(2, 3000); // 730 a second can be served
    expect(answered(outcomes) / state.begun.length).toBeGreaterThan(0.95);
    expect(answered(outcomes)).toBeGreaterThan(0.8 * 730 * 3);
  });

  it("uses a free lane though the last answers were slow, and learns that they are quick again", async () => {
    let answerMs = 240;
    const { offer } = lanesOver(10, () => answerMs);
    await offer(0.2, 1000);
    answerMs = 5;
    expect(answered(await offer(0.5, 1000))).toBe(500);
  });

  it("serves a burst though this process stood still for most of the time that it has", async () => {
    const late = Array<number>(10).fill(150);
    const { run } = lanesOver(10, () => late.pop() ?? 5);
    const claims = Array.from({ length: 90 }, (_, i) => run(i));
    await pass(TIMEOUT_MS);
    expect(answered(await Promise.all(claims))).toBe(90);
  });

  it("learns nothing from what was given up", async () => {
    const late = Array<number>(50).fill(TIMEOUT_MS + 10);
    const { run } = lanesOver(10, () => late.pop() ?? 5);
    for (let round = 0; round < 5; round++)
      await Promise.all([...Array.from({ length: 10 }, (_, i) => run(i)), pass(TIMEOUT_MS + 10)]);
    const claims = Array.from({ length: 200 }, (_, i) => run(i));
    await pass(TIMEOUT_MS);
    expect(answered(await Promise.all(claims))).toBe(200);
  });

  it("lets as many wait as it has lanes though nothing was answered at all", async () => {
    const { offer } = lanesOver(10, () => 3 * TIMEOUT_MS);
    const outcomes = await offer(1, 2 * TIMEOUT_MS + 8);
    const turnedAway = outcomes.filter((outcome) => outcome instanceof ClaimsOverloadedError);
    expect(turnedAway.length).toBeGreaterThan(100);
    for (const { message } of turnedAway) expect(parseInt(message, 10)).toBeGreaterThanOrEqual(10);
    await pass(TIMEOUT_MS);
  });

  it("counts nobody who has left", async () => {
    let answerMs = 50;
    const { run } = lanesOver(1, () => answerMs);
    await Promise.all([run(0), pass(50)]);
    answerMs = 2 * TIMEOUT_MS + 10; // the first of these keeps the lane
    for (const claims of [
      [1, 2, 3],
      [4, 5],
    ]) {
      const outcomes = Promise.all(claims.map(run));
      await pass(TIMEOUT_MS);
      expect(counted(await outcomes, ClaimOverdueError)).toBe(claims.length);
    }
    await pass(10);
  });

  it("is not held up by what was slow before a rest", async () => {
    let answerMs = 240;
    const { run, offer } = lanesOver(10, () => answerMs);
    await offer(1, 2000);
    answerMs = 5;
    await pass(TIMEOUT_MS + 1);
    const claims = Array.from({ length: 200 }, (_, i) => run(i));
    await pass(TIMEOUT_MS);
    expect(answered(await Promise.all(claims))).toBe(200);
  });

  it("answers or refuses every claim in time, in its order, whatever the store does", async () => {
    const random = randomOf(3);
    for (let round = 0; round < 20; round++) {
      const lanes = 1 + Math.floor(random() * 5);
      const { run, state } = lanesOver(lanes, () => 1 + Math.floor(random() ** 4 * 600));
      const claims: Promise<unknown>[] = [];
      const tookMs: number[] = [];
      for (let i = 0; i < 200; i++) {
        const sentMs = performance.now();
        const claim = run(i);
        claims.push(claim);
        void claim.then(() => (tookMs[i] = performance.now() - sentMs));
        await pass(Math.floor(random() * 12));
      }
      await pass(1000);
      const outcomes = await Promise.all(claims);
      expect(Math.max(...tookMs)).toBeLessThanOrEqual(TIMEOUT_MS);
      expect(state.mostInFlight).toBeLessThanOrEqual(lanes);
      expect(state.begun).toEqual(state.begun.toSorted((a, b) => a - b));
      for (const [i, outcome] of outcomes.entries())
        if (typeof outcome === "number") expect(outcome).toBe(i);
        else expect([ClaimOverdueError, ClaimsOverloadedError]).toContain(outcome?.constructor);
    }
  });
});

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe("ClaimLanes before a store that answers in order", () => {
  /** One connection: each answer follows the one before it, so long after it. */
  function pipeOf(inOrder: boolean) {
    const lanes = new ClaimLanes({ lanes: 1000, timeoutMs: TIMEOUT_MS, inOrder });
    const state = { everyMs: 5, sent: 0, isHanging: false };
    let before: Promise<unknown> = Promise.resolve();
    const work = async (): Promise<"answer"> => {
      state.sent += 1;
      const mine = before.then(async () => {
        for (let left = state.everyMs; left > 0 || state.isHanging; left--) await pause(1);
      });
      before = mine;
      await mine;
      return "answer";
    };
    const run = async (): Promise<unknown> => lanes.run(work).catch((error: unknown) => error);
    /** The part that is answered of what comes at an even rate. */
    const offer = async (everyMs: number, ms: number): Promise<number> => {
      const claims: Promise<unknown>[] = [];
      for (let i = 0; i < ms; i += everyMs) {
        claims.push(run());
        await pass(everyMs);
      }
      await pass(TIMEOUT_MS);
      const answers = await Promise.all(claims);
      return answers.filter((answer) => answer === "answer").length / claims.length;
    };
    return { run, offer, state };
  }
  const pause = async (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it("an overload ends with what was too much: nothing is sent that would only wait", async () => {
    const { offer } = pipeOf(true);
    expect(await offer(10, 1000)).toBe(1);
    expect(await offer(1, 5000)).toBeGreaterThan(0.08); // of the fifth that it can answer, the beginning included
    await pass(1000);
    expect(await offer(10, 2000)).toBe(1);
  });

  it("and does not where it is sent all the same", async () => {
    const { offer } = pipeOf(false);
    expect(await offer(1, 5000)).toBeLessThan(0.05);
    await pass(1000);
    expect(await offer(10, 2000)).toBe(0);
    await pass(60_000); // what was sent in vain
  });

  it("refuses at once while one is overdue, and goes on when it is answered", async () => {
    const { run, state } = pipeOf(true);
    state.isHanging = true;
    const overdue = run();
    await pass(TIMEOUT_MS);
    expect(await overdue).toBeInstanceOf(ClaimOverdueError);
    expect(await run()).toBeInstanceOf(ClaimsOverloadedError);
    expect(state.sent).toBe(1);
    state.isHanging = false;
    await pass(TIMEOUT_MS);
    const good = run();
    await pass(TIMEOUT_MS);
    expect(await good).toBe("answer");
  });
});
