import { setTimeout as wait } from "node:timers/promises";
import { afterAll, expect, it } from "@jest/globals";
import { startWorkers, Worker, type Sign, type SignedRun } from "../cluster/cluster.mjs";
import type { TcpProxy } from "../support/tcp-proxy.js";
import { withPromptForgetting } from "./forgetting.js";
import { report } from "./report.js";
import { Runs } from "./runs.js";
import { withProxy, withStore, type SharedStore } from "./servers.js";

/*
 * A process that stands still for longer than its window, as a virtual machine does that is moved, while its claims are
 * on their way: they reach the store when it has forgotten what the other process has run.
 */

const WINDOW_SECONDS = 2;
const STOPPED_MS = 6000;
/** Beyond the last moment at which the store must remember: window, its whole last second, spread, and this. */
const HELD_BACK_MS = 4800;
const TIMES = 3;
const AT_ONCE = 10;

const rows: (string | number)[][] = [];
afterAll(() =>
  report(
    "A process stopped for 6 s, with maxAge 2",
    ["store", "claimTimeoutMs", "requests", "handlers run", "run too late", "handlers run twice"],
    rows,
  ),
);

async function stopAndGoOn(store: SharedStore, claimTimeoutMs: number): Promise<void> {
  await withStore(store, (server) =>
    withProxy(server.port, async (proxy) => {
      const settings = { store, clockSpread: 1, maxAge: WINDOW_SECONDS, reports: true };
      const { workers, sign, apiKey } = await startWorkers(1, { ...settings, url: server.url });
      const [other] = workers as [Worker];
      const url = server.urlBy(proxy);
      const victim = await new Worker({ ...settings, apiKey, url, claimTimeoutMs }).start();
      const runs = new Runs([other, victim]);
      const requests: SignedRun[] = [];
      try {
        await withPromptForgetting(store, server, async () => {
          for (let time = 0; time < TIMES; time++) {
            await untilGood(victim, sign);
            requests.push(...(await stopWhileClaiming(victim, other, proxy, sign)));
          }
        });
        const ran = requests.filter(({ id }) => runs.has(id));
        const late = ran.filter(
          ({ id, atMs }) => (runs.lastMs(id) ?? 0) - atMs > 1000 * (WINDOW_SECONDS + 2.5),
        );
        rows.push([
          ...[store, claimTimeoutMs, requests.length, ran.length, late.length],
          runs.twice,
        ]);
        // At the other process, but for those whose claim was on its way, and has landed for the one that stood still.
        expect(ran.length).toBeGreaterThan(requests.length / 2);
        expect(runs.twice).toBe(0);
        expect(late).toEqual([]);
      } finally {
        await Promise.all([victim, other].map((worker) => worker.stop()));
      }
    }),
  );
}

/** Until all connections stand, and are good. */
async function untilGood(victim: Worker, sign: Sign): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const sent = Array.from({ length: AT_ONCE }, () => victim.send(sign()));
    const answers = await Promise.all(sent);
    if (answers.every(({ status }) => status === 200)) return;
    await wait(200);
  }
  throw new Error("the process that was stopped is not good again");
}

/** Sends requests to the victim and, as copies, to the other process; stops the victim while its claims wait. */
async function stopWhileClaiming(
  victim: Worker,
  other: Worker,
  proxy: TcpProxy,
  sign: Sign,
): Promise<SignedRun[]> {
  const requests = Array.from({ length: AT_ONCE }, () => sign());
  proxy.delay(HELD_BACK_MS);
  const answers = requests.map((request) => victim.send(request));
  await wait(100); // until they claim
  victim.pause();
  proxy.delay(0); // for what follows: the store's answers wait at the victim when it goes on
  answers.push(...requests.map((request) => other.send(request)));
  await wait(STOPPED_MS);
  victim.resume();
  await Promise.all(answers);
  return requests;
}

it.concurrent.each([
  ["redis", 250],
  ["redis", 10_000],
  ["postgres", 250],
  ["postgres", 10_000],
] as const)(
  "%s: what waited for a claim meanwhile is not run, with %s ms for a claim",
  (store, claimTimeoutMs) => stopAndGoOn(store, claimTimeoutMs),
);
