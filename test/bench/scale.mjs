// How the costs grow: verifying and claiming against live nonces, against apps, and against header lines.
// `npm run bench:scale -- --rounds 7 --largest 1000000`
import { randomInt } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  CachedKeyStore,
  contentOf,
  generateApiKey,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApp,
  readApps,
  receive,
  Signer,
} from "@lacre/core";
import { median } from "./figures.mjs";
import { routeOf, verifierOf } from "./lacre.mjs";
import { flat, HOST, linesOf, messageOf } from "./message.mjs";
import { atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { SCHEMES } from "./schemes.mjs";
import { readSettings } from "./settings.mjs";

const { rounds, largest } = readSettings({ rounds: 7, largest: 1_000_000 });
const LIVE = [1e3, 1e4, 1e5, 1e6].filter((count) => count <= largest);
const APPS = [10, 1e3, 1e5, 1e6].filter((count) => count <= largest);
const HEADERS = [5, 10, 20, 40, 60];
const ROUND = 5000;
const WARM_UP_ROUNDS = 3;
/** How many apps call within the life of the cache, which has room for 10,000. */
const CALLERS = 1000;
const EMPTY = Buffer.alloc(0);
/** A flat curve: its last point beside its first. */
const FLAT = 1.25;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const subject = SCHEMES.lacre1;
const route = routeOf(subject);
const front = { origins: Origins.of([`https://${HOST}`]), pathPrefix: "" };
const goals = [];

/** Microseconds an operation: the points of the curve in turn, the median of their rounds. */
async function curve(points) {
  const figures = points.map(() => []);
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
    for (let i = 0; i < points.length; i++) {
      const at = (i + round + WARM_UP_ROUNDS) % points.length;
      const { prepare, run } = points[at];
      const prepared = Array.from({ length: ROUND }, prepare);
      collectGarbage({ type: "minor" });
      const start = process.hrtime.bigint();
      for (const item of prepared) {
        const verdict = run(item);
        if (verdict instanceof Promise) await verdict;
      }
      if (round >= 0) figures[at].push(Number(process.hrtime.bigint() - start) / 1000 / ROUND);
    }
  return figures.map((each) => median(each));
}

function headOf(signer, further = []) {
  const message = messageOf("GET");
  const { headers } = signer.sign({ method: "GET", url: message.url });
  const rawHeaders = linesOf(message, [...further, ...headers]).flat();
  return { method: "GET", target: flat(message.target), rawHeaders };
}

/** All that a server does with one request: `admit` of `npm run bench`. */
const admit = (verifier) => (head) =>
  verifier.verify(receive(head, front), contentOf(EMPTY), route);
const signerOf = (appId, apiKey = subject.apiKey) => new Signer({ appId, apiKey });

async function againstLiveNonces() {
  const nowMs = Date.now();
  const stores = LIVE.map((live) => {
    const store = new MemoryNonceStore({
      fence: false,
      capacity: largest + (rounds + WARM_UP_ROUNDS + 1) * 2 * ROUND,
    });
    // As many as come in a lifetime are alive: none of these ends while this runs.
    for (let i = 0; i < live; i++) store.claim(nonceOf(), nowMs + 600_000 + (i % 300_000));
    return store;
  });
  const claims = await curve(
    stores.map((store) => ({
      prepare: nonceOf,
      run: (nonce) => store.claim(nonce, nowMs + 900_000),
    })),
  );
  const signer = signerOf("orders");
  const admits = await curve(
    stores.map((nonces) => ({
      prepare: () => headOf(signer),
      run: admit(verifierOf(subject, { nonces })),
    })),
  );
  printTable(
    ["live nonces", "claim, µs", "admit, µs"],
    LIVE.map((live, i) => [live.toLocaleString("en"), claims[i].toFixed(2), admits[i].toFixed(2)]),
  );
  goals.push(
    atMost(
      `admit at ${LIVE.at(-1)} live nonces beside ${LIVE[0]}`,
      admits.at(-1) / admits[0],
      FLAT,
    ),
  );
}

const nonceOf = () => flat(`orders\n${crypto.randomUUID()}`);

async function againstApps() {
  const fleets = APPS.map(fleetOf);
  const against = (storeOf, callersOf) =>
    curve(
      fleets.map((fleet) => ({
        prepare: () => fleet.headOfAny(callersOf(fleet.count)),
        run: admit(verifierOf(subject, { apps: storeOf(fleet) })),
      })),
    );
  const few = (count) => Math.min(count, CALLERS);
  const curves = {
    "in memory, few call": await against(({ apps }) => apps, few),
    "in memory, any calls": await against(
      ({ apps }) => apps,
      (count) => count,
    ),
    "from a source, few call": await against(({ find }) => new CachedKeyStore(find), few),
  };
  const names = Object.keys(curves);
  printTable(
    ["apps", ...names.map((name) => `${name}: admit, µs`), "bytes an app"],
    fleets.map(({ count, bytesAnApp }, i) => [
      count.toLocaleString("en"),
      ...names.map((name) => curves[name][i].toFixed(2)),
      count < 1000 ? "–" : bytesAnApp.toFixed(0), // too few to be seen in the heap
    ]),
  );
  for (const name of names)
    goals.push(
      atMost(
        `admit, ${APPS.at(-1)} apps beside ${APPS[0]}, ${name}`,
        curves[name].at(-1) / curves[name][0],
        FLAT,
      ),
    );
}

/** So many apps: in memory, and as a source that is asked for each. */
function fleetOf(count) {
  const definitions = Array.from({ length: count }, (_, i) => ({
    appId: `app-${i}`,
    apiKey: generateApiKey(),
    schemes: [subject.scheme.name],
  }));
  const before = heapBytes();
  const apps = new MemoryKeyStore(readApps(definitions, [subject.scheme]));
  const bytesAnApp = (heapBytes() - before) / count;
  const find = async (appId) => readApp(definitions[Number(appId.slice(4))], [subject.scheme]);
  const headOfAny = (among) => {
    const { appId, apiKey } = definitions[randomInt(among)];
    return headOf(signerOf(appId, apiKey));
  };
  return { count, apps, bytesAnApp, find, headOfAny };
}

function heapBytes() {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function againstHeaders() {
  const signer = signerOf("orders");
  const own = headOf(signer).rawHeaders.length / 2;
  const linesFor = (count) =>
    Array.from({ length: Math.max(0, count - own) }, (_, i) => [
      `X-Trace-${i}`,
      `4bf92f3577b34da6a3ce929d0e0e4736-${i}`,
    ]);
  const admits = await curve(
    HEADERS.map((count) => ({
      prepare: () => headOf(signer, linesFor(count)),
      run: admit(verifierOf(subject)),
    })),
  );
  const counts = HEADERS.map((count) => Math.max(own, count));
  printTable(
    ["header lines", "admit, µs", "for each line above the first row, µs"],
    counts.map((count, i) => [
      count,
      admits[i].toFixed(2),
      count === counts[0] ? "–" : ((admits[i] - admits[0]) / (count - counts[0])).toFixed(3),
    ]),
  );
  const each = (admits.at(-1) - admits[0]) / (counts.at(-1) - counts[0]);
  const half = (admits[3] - admits[0]) / (counts[3] - counts[0]);
  goals.push(atMost("a header line, of 60 beside of 40: no worse than linear", each / half, FLAT));
}

printHeading(
  "How the costs grow",
  [],
  [
    `Medians of ${rounds} interleaved rounds of ${ROUND} requests under lacre1, a GET: from raw header lines to the principal, a claim in the memory store included.`,
  ],
);
await againstLiveNonces();
await againstApps();
await againstHeaders();
printGoals(goals);
