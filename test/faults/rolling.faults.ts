import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, it } from "@jest/globals";
import { startWorkers, Worker } from "../cluster/cluster.mjs";
import { withPromptForgetting } from "./forgetting.js";
import { report } from "./report.js";
import { withStore, type SharedStore } from "./servers.js";
import { Traffic } from "./traffic.js";

/*
 * A deploy that changes maxAge: three processes on one store are replaced one after the other, so that for a while a
 * request is too old for one process and good for another.
 */

const [SHORT, LONG] = [5, 300];
const OLDEST_SECONDS = 25;
const CALM_MS = 4000;
/** The first stage lasts until what a short window has taken is forgotten, and is tried at a long one. */
const STAGES_MS = [16_000, 5000, 12_000];
/** New requests that a change may cost. */
const HANDFUL = 5;

const rows: (string | number)[][] = [];
afterAll(() =>
  report(
    "A change of maxAge, one process after the other",
    [
      ...["store", "maxAge", "new requests", "200", "503", "late ones that ran", "copies"],
      "handlers run twice",
    ],
    rows,
  ),
);

async function roll(store: SharedStore, from: number, to: number): Promise<void> {
  await withStore(store, async (server) => {
    const settings = { store, url: server.url, clockSpread: 2, reports: true };
    const { workers, sign, apiKey } = await startWorkers(3, { ...settings, maxAge: from });
    await withPromptForgetting(store, server, async () => {
      const traffic = new Traffic(workers, sign, {
        fresh: () => workers,
        copies: () => workers,
        oldestSeconds: OLDEST_SECONDS,
        withLate: true,
      });
      try {
        await wait(CALM_MS);
        for (const [place, stageMs] of STAGES_MS.entries()) {
          const next = new Worker({ ...settings, apiKey, maxAge: to, firstStart: false });
          traffic.runs.listenTo(await next.start());
          const [last] = workers.splice(place, 1, next);
          await wait(500); // what it has begun it ends
          await last?.stop();
          await wait(stageMs);
        }
      } finally {
        await traffic.stop();
        await Promise.all(workers.map((worker) => worker.stop()));
      }
      const { fresh, runs, lateRuns, copies } = traffic;
      const sent = [...fresh.values()].reduce((a, b) => a + b);
      const [good = 0, inDoubt = 0] = [fresh.get(200), fresh.get(503)];
      rows.push([store, `${from} → ${to}`, sent, good, inDoubt, lateRuns, copies, runs.twice]);
      expect(lateRuns).toBeGreaterThan(10); // a long window was there, and took what is too old for a short one
      expect(runs.twice).toBe(0);
      expect(inDoubt).toBeLessThanOrEqual(HANDFUL);
      expect(good + inDoubt).toBe(sent);
    });
  });
}

it.concurrent.each([
  ["redis", SHORT, LONG],
  ["redis", LONG, SHORT],
  ["postgres", SHORT, LONG],
  ["postgres", LONG, SHORT],
] as const)("%s: maxAge %s becomes %s", (store, from, to) => roll(store, from, to));
