// Whether a server's memory is flat over many requests at half load, and what honest callers feel of a flood of forged
// requests. `npm run bench:soak -- --minutes 30 --platform fastify`
import { generateApiKey } from "@lacre/core";
import { quantile, slopeOf } from "./figures.mjs";
import { requestWriter, withForgedMac, withOneByteChanged } from "./http-requests.mjs";
import { Connections } from "./load.mjs";
import { atLeast, atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { ServerProcess } from "./server-process.mjs";
import { readSettings } from "./settings.mjs";

const { minutes, platform } = readSettings({ minutes: 30, platform: "fastify" });
const CAPACITY_SECONDS = 5;
const FLOOD_SECONDS = 10;
const SAMPLES = 180;
/** The first of the samples are those of a server that is still warming up. */
const SETTLED_AFTER = 0.2;
/** The memory of nonces is as full as it gets after so long. */
const NONCE_LIFE_SECONDS = 10;
/** Of what the server can do: half while it soaks, and a tenth while ten times as many are forged. */
const HALF_LOAD = 0.5;
const NORMAL_LOAD = 0.1;
const FORGED_FOR_EACH = 10;
/** An answer that comes later is none. */
const LATE_MS = 1000;
const MOST_BYTES_A_REQUEST = 0.5;

const apiKey = generateApiKey();
const settings = { platform, subject: "lacre", apiKey, nonceLifeSeconds: NONCE_LIFE_SECONDS };
const server = await ServerProcess.start("http-server.mjs", settings, ["--expose-gc"]);
const honest = await Connections.open(server.port, 16);
let forging; // opened when it is needed: Node closes connections that have never sent anything
const write = requestWriter("lacre1", apiKey);
let count = 0;
const next = () => write(count++ % 2 === 0 ? "GET" : "POST");
const template = write("GET");
const forged = () => withForgedMac(template);

try {
  await prove();
  const capacity = await measureCapacity();
  printHeading(
    "A soak",
    ["@nestjs/core", platform],
    [
      `${platform}, GET and POST of 1 KB of JSON in turn. Full load is ${capacity.toFixed(0)} requests a second here.`,
    ],
  );
  const soak = await soakAt(capacity * HALF_LOAD);
  const calm = await honestAt(capacity * NORMAL_LOAD, 0);
  forging = await Connections.open(server.port, 64);
  const flood = await honestAt(capacity * NORMAL_LOAD, FORGED_FOR_EACH);
  printTable(
    ["half load", "requests", "heap at the end, MB", "slope, bytes a request", "standard error"],
    [
      [
        `${minutes} minutes`,
        soak.requests.toLocaleString("en"),
        (soak.heapBytes / 2 ** 20).toFixed(1),
        soak.slope.toFixed(3),
        soak.error.toFixed(3),
      ],
    ],
  );
  const row = (what, { perSecond, goodput, p50, p99 }) => [
    what,
    perSecond.toFixed(0),
    `${(100 * goodput).toFixed(1)} %`,
    p50.toFixed(2),
    p99.toFixed(2),
  ];
  printTable(
    ["honest requests", "a second", "answered in time", "p50, ms", "p99, ms"],
    [row("alone", calm), row(`with ${FORGED_FOR_EACH} forged for each`, flood)],
  );
  printGoals([
    atMost("heap after a full collection, bytes a request", soak.slope, MOST_BYTES_A_REQUEST),
    atLeast("share of honest requests that are answered in time in a flood", flood.goodput, 0.99),
  ]);
} finally {
  honest.close();
  forging?.close();
  await server.stop();
}

/** It takes what is right, and refuses what is changed or forged. */
async function prove() {
  const statuses = async (requests) => (await honest.send(requests)).map(({ status }) => status);
  const right = await statuses([write("GET"), write("POST")]);
  const wrong = await statuses([
    withOneByteChanged(write("GET")),
    withOneByteChanged(write("POST")),
    forged(),
  ]);
  if (right.some((status) => status >= 300) || wrong.some((status) => status !== 401))
    throw new Error(
      `right requests are answered with ${right.join()}, wrong ones with ${wrong.join()}`,
    );
}

/** Requests a second of callers that send one as soon as the one before it was answered. */
async function measureCapacity() {
  let startedMs = 0;
  function* during(seconds) {
    startedMs = performance.now();
    while (performance.now() - startedMs < seconds * 1000) yield next();
  }
  await honest.send(during(CAPACITY_SECONDS)); // warm-up
  const answers = await honest.send(during(CAPACITY_SECONDS));
  return (answers.length * 1000) / (performance.now() - startedMs);
}

/** The heap after a full collection against the number of requests. */
async function soakAt(perSecond) {
  const points = [];
  let requests = 0;
  const seconds = Math.max(1, (minutes * 60) / SAMPLES);
  const endsAtMs = performance.now() + minutes * 60_000;
  while (performance.now() < endsAtMs) {
    const onAnswer = (status) => {
      if (status >= 300) throw new Error(`an honest request was answered with ${status}`);
    };
    const { sent, unsent } = await honest.pace(next, { perSecond, seconds, onAnswer });
    requests += sent - unsent;
    points.push([requests, (await server.usageAfterGc()).heapBytes]);
  }
  const settled = points.slice(Math.floor(points.length * SETTLED_AFTER));
  return { requests, heapBytes: points.at(-1)[1], ...slopeOf(settled) };
}

/** What honest callers feel at a steady load, while so many requests are forged for each of theirs. */
async function honestAt(perSecond, forgedForEach) {
  const waits = [];
  const onAnswer = (status, ms) => {
    if (status < 300 && ms <= LATE_MS) waits.push(ms);
  };
  const flood = {
    perSecond: perSecond * forgedForEach,
    seconds: FLOOD_SECONDS,
    onAnswer: refusedOnly,
  };
  const [{ sent }] = await Promise.all([
    honest.pace(next, { perSecond, seconds: FLOOD_SECONDS, onAnswer }),
    forgedForEach > 0 && forging.pace(forged, flood),
  ]);
  return {
    perSecond,
    goodput: waits.length / sent,
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
  };
}

function refusedOnly(status) {
  if (status !== 401) throw new Error(`a forged request was answered with ${status}`);
}
