import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, it } from "@jest/globals";
import { startWorkers, Worker } from "../cluster/cluster.mjs";
import { FAULTS, type World } from "./faults.js";
import { Load, tableOf, type Row } from "./load.js";
import { report } from "./report.js";

/*
 * Three server processes under a steady load of new and of old requests, and a store that fails them in every way.
 * Whatever happens, no handler may run twice for one request, and a doubt is answered soon. The processes are those
 * that were built: `npm run test:faults` builds first.
 */

const rows: Row[] = [];
const CALM_MS = 1500;
/** A doubt is answered within claimTimeoutMs, 250; this much only on a machine that is busy with something else. */
const HANGING_MS = 1000;
/** Of the fence after a loss of memory; these processes share one clock. */
const CLOCK_SPREAD_SECONDS = 2;

afterAll(() => report("Stores that fail", ...tableOf(rows)));

/** Starts processes, load and calm; makes the fault; waits until it is good again; judges. */
it.each(FAULTS)("$name", (fault) =>
  fault.stage(async (url, inflict) => {
    const settings = { clockSpread: CLOCK_SPREAD_SECONDS, reports: true, ...fault.settings, url };
    const { workers, sign, apiKey } = await startWorkers(3, settings);
    const load = new Load(workers, sign);
    const world: World = {
      workers,
      settings: { ...settings, apiKey },
      async replaceFirst(other) {
        await workers[0]?.stop();
        const again = await new Worker({ ...settings, apiKey, ...other }).start();
        load.runs.listenTo(again);
        workers[0] = again;
      },
      async unseen(work) {
        await load.pause();
        work();
        load.start();
      },
    };
    try {
      load.start();
      await load.good(20_000);
      await wait(CALM_MS);
      await inflict(world);
      const endedMs = performance.now();
      if (fault.reasons.length > 0) await load.good(30_000);
      await wait(CALM_MS);
      await load.stop();
      const row = load.row(fault.name, endedMs);
      rows.push(row);
      expect(row.accepted).toBeGreaterThan(30);
      expect(row.ranTwice).toBe(0);
      expect(row.slowestDoubtMs).toBeLessThan(HANGING_MS);
    } finally {
      await load.stop();
      await Promise.all(workers.map((worker) => worker.stop()));
    }
  }),
);
