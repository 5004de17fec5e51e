import { setTimeout as wait } from "node:timers/promises";
import { afterAll, describe, expect, it } from "@jest/globals";
import { generateApiKey } from "@lacre/core";
import { signerOf, startWorkers, type Sign, type Worker } from "../cluster/cluster.mjs";
import { report } from "./report.js";
import { Runs } from "./runs.js";
import { withDistance, withProxy, withStore } from "./servers.js";

/*
 * More requests than the store can take, which come whether the ones before are answered or not. It must be over when
 * they are fewer again. The store is what is slow here, not the machine: it stands behind a wire that is.
 */

/** How many bytes of claims a second the wire takes: about 150 claims. */
const WIRE = { redis: 45_000, postgres: 45_000 };
const STEPS = [1, 2, 3, 0.5];
const STEP_MS = 4000;
/** Of the last step: this much for the store to take breath, and then for the count. */
const BREATH_MS = 4000;
const COUNT_MS = 5000;
/** A doubt is answered within claimTimeoutMs, 250; an overload leaves less of this machine than it needs. */
const HANGING_MS = 2000;
const COPIED = 10; // each tenth request goes to another process as well
const BURSTS = 6;
const BURST = 200;
/** How far away the store is in bursts, in one direction: in another zone of the same region, say. */
const NEAR_MS = 6;

const rows: (string | number)[][] = [];
afterAll(() =>
  report(
    "Overload",
    ["store", "offered, as a part of what it can take", "requests a second", "200", "slowest 503"],
    rows,
  ),
);

interface Tally {
  sent: number;
  good: number;
  slowestDoubtMs: number;
}

/** Requests by the clock, whatever becomes of them. */
class Arrivals {
  readonly #workers: readonly Worker[];
  readonly #sign: Sign;
  readonly #pending = new Set<Promise<void>>();
  #serial = 0;

  constructor(workers: readonly Worker[], sign: Sign) {
    this.#workers = workers;
    this.#sign = sign;
  }

  /** Sends so many a second for so long. Answers at its end, with a tally that the last answers still change. */
  async offer(perSecond: number, durationMs: number): Promise<Tally> {
    const tally: Tally = { sent: 0, good: 0, slowestDoubtMs: 0 };
    const startedMs = performance.now();
    for (let passedMs = 0; passedMs < durationMs; passedMs = performance.now() - startedMs) {
      while (tally.sent < (passedMs * perSecond) / 1000) this.#arrive(tally);
      await wait(2);
    }
    return tally;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #arrive(tally: Tally): void {
    tally.sent++;
    const request = this.#sign();
    const at = this.#serial++;
    const places = at % COPIED === 0 ? [at, at + 1] : [at];
    const sent = places.map((place) => this.#workers[place % this.#workers.length]?.send(request));
    const work = Promise.all(sent).then((answers) => {
      if (answers.some((answer) => answer?.status === 200)) tally.good++;
      for (const answer of answers)
        if (answer?.status === 503)
          tally.slowestDoubtMs = Math.max(tally.slowestDoubtMs, answer.ms);
    });
    this.#pending.add(work);
    void work.finally(() => this.#pending.delete(work));
  }
}

/** How many claims a second the store takes, of a few clients that wait for their answers. */
async function capacityOf(workers: readonly Worker[], sign: Sign): Promise<number> {
  const startedMs = performance.now();
  let good = 0;
  const lane = async (worker: Worker): Promise<void> => {
    while (performance.now() - startedMs < STEP_MS)
      if ((await worker.send(sign())).status === 200) good++;
  };
  await Promise.all([...workers, ...workers, ...workers].map(lane));
  return (good * 1000) / (performance.now() - startedMs);
}

const share = ({ sent, good }: Tally): string => `${Math.round((100 * good) / sent)} %`;

describe.each(["redis", "postgres"] as const)("%s", (store) => {
  it("comes back after an overload", () =>
    withStore(store, (server) =>
      withProxy(server.port, async (proxy) => {
        const settings = { store, url: server.urlBy(proxy), clockSpread: 2, reports: true };
        const { workers, sign } = await startWorkers(3, settings);
        try {
          proxy.limit(WIRE[store]);
          const capacity = await capacityOf(workers, sign);
          const runs = new Runs(workers);
          const arrivals = new Arrivals(workers, sign);
          const tallies: Tally[] = [];
          for (const step of STEPS) {
            if (step < 1) await arrivals.offer(step * capacity, BREATH_MS);
            const tally = await arrivals.offer(step * capacity, step < 1 ? COUNT_MS : STEP_MS);
            tallies.push(tally);
          }
          await arrivals.settled();
          for (const [i, tally] of tallies.entries())
            rows.push([
              ...[store, `${STEPS[i]}`, Math.round((STEPS[i] ?? 0) * capacity), share(tally)],
              `${Math.round(tally.slowestDoubtMs)} ms`,
            ]);
          const last = tallies.at(-1) as Tally;
          expect(runs.twice).toBe(0);
          expect(last.good / last.sent).toBeGreaterThanOrEqual(0.95);
          expect(Math.max(...tallies.map(({ slowestDoubtMs }) => slowestDoubtMs))).toBeLessThan(
            HANGING_MS,
          );
        } finally {
          await Promise.all(workers.map((worker) => worker.stop()));
        }
      }),
    ));

  it("takes bursts of 200 at once", () =>
    withStore(store, (server) =>
      withDistance(server.port, NEAR_MS, async (wire) => {
        const settings = { store, url: server.urlBy(wire), clockSpread: 2 };
        const { workers, sign } = await startWorkers(3, settings);
        try {
          // Opens the connections of clients, and compiles what is called often; the store hears nothing of it.
          for (let warming = 0; warming < 3; warming++)
            await burst(workers, signerOf(generateApiKey()));
          const refused: number[] = [];
          for (let i = 0; i < BURSTS; i++) {
            refused.push((await burst(workers, sign)).filter((status) => status !== 200).length);
            await wait(500);
          }
          rows.push([`${store}, bursts of ${BURST}`, "", "", `all but ${refused.join(", ")}`, ""]);
          // A disk or a machine that stands still for claimTimeoutMs loses what comes in that moment.
          expect(refused.filter((count) => count > 0).length).toBeLessThanOrEqual(1);
        } finally {
          await Promise.all(workers.map((worker) => worker.stop()));
        }
      }),
    ));
});

const burst = (workers: readonly Worker[], sign: Sign): Promise<number[]> =>
  Promise.all(
    Array.from({ length: BURST }, async (_, i) => {
      const answer = await workers[i % workers.length]?.send(sign());
      return answer?.status ?? 0;
    }),
  );
