/*
 * Look-ups in a slow source, at random: asks, answers, failures, records that cannot be read, health checks, apps that
 * come and go, and time, held against a model of what may be under way and of how old an answer may be. Every run has a
 * new seed; a failure prints it.
 */
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { CachedKeyStore, UnreadableAppError } from "@lacre/core";
import fc from "fast-check";
import { App } from "../../libs/core/src/apps/apps.js";

const TTL_MS = 3_000;
const NEGATIVE_TTL_MS = 2_000;
const TIMEOUT_MS = 1_000;
const LOST_MS = 5 * TIMEOUT_MS;
const IDS = ["app 0", "app 1", "app 2", "app 3", "x 0", "x 1", "x 2", "x 3", "x 4", "x 5"];

/** A look-up as the source sees it. */
interface Load {
  readonly id: string;
  readonly isKnown: boolean;
  readonly isFirst: boolean;
  readonly beganMs: number;
  readonly settle: (result: App | undefined | Error) => void;
  result?: App | undefined | Error;
  isOpen: boolean;
}

/** One who asked the store. */
interface Ask {
  readonly id: string;
  readonly askedMs: number;
  result?: App | undefined | Error;
  isOpen: boolean;
}

/** What becomes of a look-up. */
type Luck = "answered" | "failed" | "unreadable";

class World {
  readonly loads: Load[] = [];
  readonly asks: Ask[] = [];
  rechecks = 0;
  #busyMs = -Infinity;
  readonly store: CachedKeyStore;
  /** What look-ups began wrongly: an expectation inside of one would count as its failure. */
  readonly #faults: string[] = [];
  /** The id that was answered last: who asked for it may not have heard yet. */
  #answered: string | undefined;
  readonly #known = new Set<string>();
  /** When each id was last answered in time. */
  readonly #goodMs = new Map<string, number>();
  readonly #apps = new Set(IDS.slice(0, 4));

  constructor(readonly concurrency: number) {
    this.store = new CachedKeyStore((id) => this.#load(id), {
      ttlMs: TTL_MS,
      negativeTtlMs: NEGATIVE_TTL_MS,
      timeoutMs: TIMEOUT_MS,
      concurrency,
      queueCapacity: 3,
      clock: { nowMs: () => Date.now() },
    });
  }

  get strangerSlots(): number {
    return Math.max(1, Math.floor(this.concurrency / 2));
  }

  /** What the source works on, but for what is so old that it is given up for lost. */
  underWay(): Load[] {
    return this.loads.filter(({ isOpen, beganMs }) => isOpen && Date.now() < beganMs + LOST_MS);
  }

  /** Ids that somebody waits for, and that no look-up has begun for. */
  waiting(): Set<string> {
    // At the very end of a look-up's time, who asked may not have heard yet.
    const running = new Set(
      this.underWay().flatMap(({ id, beganMs }) =>
        Date.now() <= beganMs + TIMEOUT_MS ? [id] : [],
      ),
    );
    return new Set(this.asks.flatMap(({ id, isOpen }) => (isOpen && !running.has(id) ? [id] : [])));
  }

  #inTime(): Load[] {
    return this.underWay().filter(({ beganMs }) => Date.now() < beganMs + TIMEOUT_MS);
  }

  isKnown(id: string): boolean {
    return this.#known.has(id);
  }

  /** Known, and no look-up since the last good one was late: such may go with the strangers. */
  isFirst(id: string): boolean {
    const goodMs = this.#goodMs.get(id) ?? -Infinity;
    const wasLate = this.loads.some(
      ({ id: other, beganMs }) =>
        other === id && beganMs + TIMEOUT_MS >= goodMs && beganMs + TIMEOUT_MS <= Date.now(),
    );
    return this.#known.has(id) && !wasLate;
  }

  #load(id: string): Promise<App | undefined> {
    const isKnown = this.#known.has(id);
    const isFirst = this.isFirst(id);
    if (this.#inTime().some((load) => load.id === id)) this.#faults.push(`${id} twice at once`);
    for (const other of this.waiting())
      if (!isKnown && this.isFirst(other) && other !== this.#answered)
        this.#faults.push(`${id} before ${other}`);
    return new Promise((resolve, reject) => {
      this.loads.push({
        id,
        isKnown,
        isFirst,
        beganMs: Date.now(),
        isOpen: true,
        settle: (result) => (result instanceof Error ? reject(result) : resolve(result)),
      });
    });
  }

  ask(id: string): void {
    const ask: Ask = { id, askedMs: Date.now(), isOpen: true };
    this.asks.push(ask);
    const settle = (result: unknown): void => {
      ask.result = result as App;
      ask.isOpen = false;
    };
    let found: ReturnType<CachedKeyStore["find"]>;
    try {
      found = this.store.find(id);
    } catch (error) {
      return settle(error);
    }
    if (found instanceof Promise) void found.then(settle, settle);
    else settle(found);
  }

  /** What a health check does. */
  recheck(): void {
    if (!this.store.failing) return;
    this.rechecks += 1;
    void this.store.recheck();
  }

  /** Ends one of the look-ups that are open, lost ones included. */
  end(which: number, luck: Luck): void {
    const open = this.loads.filter(({ isOpen }) => isOpen);
    const load = open[which % Math.max(1, open.length)];
    if (load === undefined) return;
    load.isOpen = false;
    const { id } = load;
    const app = this.#apps.has(id) ? new App(id, [], [], {}) : undefined;
    if (luck === "answered") load.result = app;
    else load.result = luck === "failed" ? new Error("down") : new UnreadableAppError("bad row");
    this.#answered = id;
    load.settle(load.result);
    if (luck === "failed" || Date.now() >= load.beganMs + TIMEOUT_MS) return;
    this.#goodMs.set(id, Date.now());
    if (load.result instanceof App) this.#known.add(id);
    else this.#known.delete(id);
  }

  flip(id: string): void {
    if (!this.#apps.delete(id)) this.#apps.add(id);
  }

  check(): void {
    expect(this.#faults).toEqual([]);
    const underWay = this.underWay();
    const strangers = underWay.filter(({ isKnown }) => !isKnown).length;
    expect(underWay.length).toBeLessThanOrEqual(this.concurrency);
    expect(strangers).toBeLessThanOrEqual(this.strangerSlots);

    // Nobody waits while there is a slot.
    const isLate = ({ beganMs }: Load): boolean => Date.now() >= beganMs + TIMEOUT_MS;
    const last = underWay.filter((load) => !load.isFirst || isLate(load)).length;
    for (const id of this.waiting()) {
      const isFull = underWay.length >= this.concurrency;
      expect(isFull || (!this.isFirst(id) && last >= this.strangerSlots)).toBe(true);
    }
    for (const { isOpen, askedMs } of this.asks)
      if (isOpen) expect(Date.now()).toBeLessThan(askedMs + TIMEOUT_MS);
    // A recheck, which no request asked for, begins to wait after a failure alone.
    if (this.store.failing || this.asks.some(({ isOpen }) => isOpen)) this.#busyMs = Date.now();
    if (this.store.overloaded) expect(Date.now()).toBeLessThan(this.#busyMs + TIMEOUT_MS);
  }

  /** Every answer is one that the source gave to a look-up of this id, which began within the time of such answers. */
  checkAnswers(): void {
    for (const { id, askedMs, result, isOpen } of this.asks) {
      if (isOpen || (result instanceof Error && !(result instanceof UnreadableAppError))) continue;
      const ttlMs = result instanceof App ? TTL_MS : NEGATIVE_TTL_MS;
      const origin = this.loads.find(
        (load) =>
          load.id === id &&
          !load.isOpen &&
          load.result === result &&
          askedMs - load.beganMs < ttlMs,
      );
      expect(origin).toBeDefined();
    }
  }
}

const id = fc.constantFrom(...IDS);
const step = fc.oneof(
  { weight: 6, arbitrary: id.map((of) => (world: World) => world.ask(of)) },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.nat(20), fc.integer({ min: 0, max: 5 })).map(
      ([which, luck]) =>
        (world: World) =>
          world.end(which, luck === 0 ? "failed" : luck === 1 ? "unreadable" : "answered"),
    ),
  },
  { weight: 1, arbitrary: id.map((of) => (world: World) => world.flip(of)) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.recheck()) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(1, 50, 300, 700, 999, 1000, TTL_MS - 300, NEGATIVE_TTL_MS - 300)
      .map((ms) => () => jest.advanceTimersByTimeAsync(ms)),
  },
);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe("look-ups at random", () => {
  it("stay within their bounds, answer by their deadlines, and give no answer older than its time", async () => {
    const reached = { waited: 0, hung: 0, overloaded: 0, cached: 0, rechecked: 0, unreadable: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 120, size: "max" }),
        async (concurrency, steps) => {
          const world = new World(concurrency);
          for (const take of steps) {
            await take(world);
            await jest.advanceTimersByTimeAsync(0);
            world.check();
            if (world.waiting().size > 0) reached.waited += 1;
            if (world.store.overloaded) reached.overloaded += 1;
          }
          world.checkAnswers();
          if (world.loads.some((load) => load.isOpen && Date.now() > load.beganMs + LOST_MS))
            reached.hung += 1;
          if (world.loads.length < world.asks.length) reached.cached += 1;
          if (world.rechecks > 0) reached.rechecked += 1;
          if (world.asks.some(({ result }) => result instanceof UnreadableAppError))
            reached.unreadable += 1;

          // Whatever hangs, it recovers by itself.
          await jest.advanceTimersByTimeAsync(LOST_MS + TIMEOUT_MS);
          expect(world.asks.filter(({ isOpen }) => isOpen)).toEqual([]);
          expect(world.store.overloaded).toBe(false);
          const before = world.loads.length;
          await jest.advanceTimersByTimeAsync(TTL_MS);
          world.ask("app 0");
          expect(world.loads).toHaveLength(before + 1);
          world.end(world.loads.filter(({ isOpen }) => isOpen).length - 1, "answered");
          await jest.advanceTimersByTimeAsync(0);
          expect(world.asks.at(-1)?.isOpen).toBe(false);
          expect(world.store.failing).toBe(false);
          expect(jest.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
    // The walk went where it was to go.
    for (const count of Object.values(reached)) expect(count).toBeGreaterThan(0);
  });
});
