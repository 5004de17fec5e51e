import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, it } from "@jest/globals";
import { startWorkers, Worker } from "../cluster/cluster.mjs";
import { withPromptForgetting } from "./forgetting.js";
import { report } from "./report.js";
import { withStore, type SharedStore } from "./servers.js";
import { Traffic } from "./traffic.js";
import { Watch } from "./watch.js";

/*
 * One process whose system clock is further off than `clockSpread`, 25 s, lets it be. It would take copies of what the
 * store has rightly forgotten, or let the store forget too early: so it must find out, refuse, and say so.
 */

const HEALED_MS = 40_000;
/** Until the process has asked the store for the first time since its clock is off. */
const NOTICED_MS = 500;
/** New requests elsewhere that a busy machine may cost. */
const HANDFUL = 5;

const rows: (string | number)[][] = [];
afterAll(() =>
  report(
    "A clock that is off by more than clockSpread",
    [
      ...["store", "off by", "answers to new requests there", "health there", "200 elsewhere"],
      ...["copies", "handlers run twice", "until good again"],
    ],
    rows,
  ),
);

interface Offset {
  readonly seconds: number;
  /**
   * Of all processes: so that the process with the clock that is off takes what is forgotten, if it is slow, and what
   * is forgotten too early, if it is fast.
   */
  readonly maxAge: number;
  /** Until copies have been tried at the age at which one would be taken. */
  readonly lastsMs: number;
}

const OFFSETS: readonly Offset[] = [
  { seconds: -40, maxAge: 5, lastsMs: 48_000 },
  { seconds: 40, maxAge: 45, lastsMs: 48_000 },
];

async function suffer(store: SharedStore, { seconds, maxAge, lastsMs }: Offset): Promise<void> {
  await withStore(store, async (server) => {
    const settings = { store, url: server.url, maxAge, reports: true, logs: true };
    const { workers, sign, apiKey } = await startWorkers(2, settings);
    const off = await new Worker({ ...settings, apiKey, clockShiftMs: seconds * 1000 }).start();
    const traffic = new Traffic([...workers, off], sign, {
      fresh: () => workers,
      copies: () => [...workers, off],
      oldestSeconds: lastsMs / 1000,
    });
    const others = new Watch(workers);
    const watch = new Watch([off]);
    const answers = new Map<number, number>();
    const askOff = async (forMs: number): Promise<void> => {
      const startedMs = performance.now();
      while (performance.now() - startedMs < forMs) {
        const status = await traffic.send(sign(), off);
        answers.set(status, (answers.get(status) ?? 0) + 1);
        await wait(100);
      }
    };
    try {
      await wait(NOTICED_MS);
      watch.clear();
      await withPromptForgetting(store, server, () => askOff(lastsMs));
      const said = watch.said.flat();
      const lines = linesOfClock(off.output);
      off.tell({ shiftMs: 0 });
      const changedMs = performance.now();
      const upMs = await watch.allUp(HEALED_MS).catch(() => Infinity);
      const healed = upMs < Infinity ? await traffic.send(sign(), off) : 0;
      await traffic.stop();
      rows.push([
        ...[store, `${seconds} s`, wordsOf(answers), said.join(", "), wordsOf(traffic.fresh)],
        ...[
          traffic.copies,
          traffic.runs.twice,
          `${Math.max(0, (upMs - changedMs) / 1000).toFixed(1)} s`,
        ],
      ]);
      expect(traffic.runs.twice).toBe(0);
      expect([...answers.keys()]).toEqual([503]);
      expect(said).toContain("clock-off");
      expect(said).not.toContain("up");
      expect(lines).toHaveLength(1);
      expect(linesOfClock(off.output)).toHaveLength(2); // and that it is right again
      expect(healed).toBe(200);
      const { fresh } = traffic;
      expect((fresh.get(200) ?? 0) + (fresh.get(503) ?? 0)).toBe(sum(fresh));
      expect(fresh.get(503) ?? 0).toBeLessThanOrEqual(HANDFUL);
      for (const words of others.said) expect(words).not.toContain("clock-off");
      for (const worker of workers) expect(linesOfClock(worker.output)).toEqual([]);
    } finally {
      await traffic.stop();
      await Promise.all([watch.stop(), others.stop()]);
      await Promise.all([...workers, off].map((worker) => worker.stop()));
    }
  });
}

/** Its clock is so wrong that it takes every request for too old, and so claims none. */
async function refuseAll(store: SharedStore): Promise<void> {
  await withStore(store, async ({ url }) => {
    const settings = { store, url, maxAge: 45, logs: true, clockShiftMs: 0 };
    const { workers, sign } = await startWorkers(1, settings);
    const [off] = workers as [Worker];
    const watch = new Watch(workers);
    try {
      await watch.allUp(10_000);
      expect((await off.send(sign())).status).toBe(200);
      off.tell({ shiftMs: 400_000 });
      await wait(NOTICED_MS);
      watch.clear();
      const statuses: number[] = [];
      for (let i = 0; i < 20; i++) {
        statuses.push((await off.send(sign())).status);
        await wait(100);
      }
      const said = watch.said.flat();
      const answers = new Map(
        [...new Set(statuses)].map((status) => [
          status,
          statuses.filter((s) => s === status).length,
        ]),
      );
      rows.push([
        store,
        "+400 s, while it runs",
        wordsOf(answers),
        said.join(", "),
        "",
        "",
        "",
        "",
      ]);
      expect(statuses).not.toContain(200);
      expect(said).toContain("clock-off");
      expect(said).not.toContain("up");
      expect(linesOfClock(off.output)).toHaveLength(1);
    } finally {
      await watch.stop();
      await off.stop();
    }
  });
}

const sum = (answers: ReadonlyMap<number, number>): number =>
  [...answers.values()].reduce((a, b) => a + b, 0);

const wordsOf = (answers: ReadonlyMap<number, number>): string =>
  [...answers].map(([status, count]) => `${count} × ${status}`).join(", ");

/** What a store says of its clock in the log: the lines of refusals speak of clocks too. */
const linesOfClock = (output: string): string[] =>
  output.split("\n").filter((line) => line.includes("this process's clock"));

const STORES = ["redis", "postgres"] as const;

it.concurrent.each(STORES.flatMap((store) => OFFSETS.map((offset) => ({ store, ...offset }))))(
  "$store: $seconds s",
  ({ store, ...offset }) => suffer(store, offset),
);

it.concurrent.each(STORES)("%s: +400 s", (store) => refuseAll(store));
