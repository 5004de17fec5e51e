import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { generateApiKey } from "@lacre/core";
import {
  signerOf,
  startWorkers,
  Worker,
  type SignedRun,
  type WorkerSettings,
} from "../cluster/cluster.mjs";
import { FAULTS, type Fault, type World } from "./faults.js";
import { Load } from "./load.js";
import { report } from "./report.js";
import { withRedis } from "./servers.js";
import { Watch } from "./watch.js";

/*
 * A balancer asks each of three processes for its health, and sends requests to those that are up. What has gone down
 * is sent none, so it must come up by itself once the fault is over.
 */

const CLOCK_SPREAD_SECONDS = 2;
const HEALED_MS = 20_000;
/** Until health has noticed what was over at once: a connection that is half open, say. */
const HEARD_MS = 5000;
/** Of all that health says: what a busy machine may cost. */
const STRAY = 0.1;
const rows: (string | number)[][] = [];

interface Watched extends World {
  readonly watch: Watch;
  readonly load: Load;
}

/** Starts processes and a load that minds their health, and waits until all are up. */
async function balanced(
  settings: WorkerSettings,
  run: (world: Watched) => Promise<void>,
): Promise<void> {
  const full = { clockSpread: CLOCK_SPREAD_SECONDS, reports: true, ...settings };
  const { workers, sign, apiKey } = await startWorkers(3, full);
  const watch = new Watch(workers);
  const load = new Load(workers, sign, () => watch.up);
  const world: Watched = {
    ...{ workers, settings: { ...full, apiKey }, watch, load },
    async replaceFirst(other) {
      await workers[0]?.stop();
      const again = await new Worker({ ...full, apiKey, ...other }).start();
      load.runs.listenTo(again);
      workers[0] = again;
    },
    unseen: async (work) => work(),
  };
  try {
    await watch.allUp(HEALED_MS);
    load.start();
    await load.good(5000);
    watch.clear();
    await run(world);
    expect(load.runs.twice).toBe(0);
  } finally {
    await load.stop();
    await watch.stop();
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

/** Meanwhile sends to all processes, whatever their health. Answers with the statuses, by signer. */
async function besiege(
  workers: readonly Worker[],
  signs: readonly (() => SignedRun)[],
  meanwhile: () => Promise<unknown>,
): Promise<readonly number[][]> {
  let isGoing = true;
  const statuses: number[][] = signs.map(() => []);
  const lanes = signs.flatMap((sign, i) =>
    workers.map(async (worker) => {
      while (isGoing) {
        statuses[i]?.push((await worker.send(sign())).status);
        await wait(50);
      }
    }),
  );
  try {
    await meanwhile();
  } finally {
    isGoing = false;
    await Promise.all(lanes);
  }
  return statuses;
}

function note(fault: string, said: readonly (readonly string[])[], seconds: number): void {
  const reasons = [...new Set(said.flat())].filter((word) => word !== "up");
  rows.push([fault, reasons.join(", ") || "up", `${Math.max(0, seconds).toFixed(1)} s`]);
}

afterAll(() => report("Health", ["fault", "health meanwhile", "until all are up again"], rows));

async function judge({ name, settings, reasons, isOfOne, stage }: Fault): Promise<void> {
  await stage((url, inflict) =>
    balanced({ ...settings, url }, async (world) => {
      const { workers, watch, load } = world;
      await inflict(world);
      const endedMs = performance.now();
      const places = [...workers.keys()].slice(0, isOfOne === true ? 1 : undefined);
      const [mainly] = reasons;
      if (mainly !== undefined) await watch.heard(mainly, places, HEARD_MS);
      const upMs = await watch.allUp(HEALED_MS);
      note(name, watch.said, (upMs - endedMs) / 1000);
      for (const [place, said] of watch.said.entries()) {
        const isHit = places.includes(place);
        // The place of one that is replaced is empty for a moment.
        const known = [
          "up",
          ...(isHit ? reasons : []),
          ...(isHit && isOfOne ? ["unanswered"] : []),
        ];
        expect(watch.shareBesides(known, place)).toBeLessThan(STRAY);
        if (isHit && mainly !== undefined) expect(said).toContain(mainly);
      }
      if (mainly !== undefined) await load.good(5000);
    }),
  );
}

describe("health", () => {
  it.concurrent.each(FAULTS)("$name", judge);

  it.concurrent("a source of apps fails for 2 s, and nobody asks for a known app then", () =>
    withRedis(({ url }) =>
      balanced({ store: "redis", url, keys: "source" }, async ({ workers, watch, load }) => {
        for (const worker of workers) worker.tell({ isSourceDown: true });
        let serial = 0;
        const stranger = (): SignedRun => signerOf(generateApiKey(), `stranger-${serial++}`)();
        await besiege(workers, [stranger], () => wait(2000));
        for (const worker of workers) worker.tell({ isSourceDown: false });
        const endedMs = performance.now();
        const upMs = await watch.allUp(HEALED_MS);
        note("source of apps: fails for 2 s", watch.said, (upMs - endedMs) / 1000);
        for (const place of workers.keys())
          expect(watch.shareBesides(["keys-unavailable", "up"], place)).toBeLessThan(STRAY);
        for (const said of watch.said) expect(said).toContain("keys-unavailable");
        await load.good(5000);
      }),
    ));

  it.concurrent("a record that cannot be read concerns its own app alone", () =>
    withRedis(({ url }) =>
      balanced({ store: "redis", url, keys: "source" }, async ({ workers, watch, load }) => {
        const signs = ["unreadable", "race"].map((appId) => signerOf(generateApiKey(), appId));
        const [, wrongMacs] = await besiege(workers, signs, () => wait(5000));
        note("source of apps: one unreadable record", watch.said, 0);
        expect(new Set(wrongMacs)).toEqual(new Set([401]));
        for (const place of workers.keys())
          expect(watch.shareBesides(["up"], place)).toBeLessThan(STRAY);
        await load.good(5000);
      }),
    ));
});
