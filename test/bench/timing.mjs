// Whether the time of a refusal tells a known app from an unknown one: a wrong MAC under each, in random order.
// `npm run bench:timing -- --requests 200000`
import { randomBytes } from "node:crypto";
import {
  contentOf,
  generateApiKey,
  MemoryKeyStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Signer,
} from "@lacre/core";
import { quantile } from "./figures.mjs";
import { routeOf, verifierOf } from "./lacre.mjs";
import { flat, HOST, linesOf, messageOf } from "./message.mjs";
import { atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { SCHEMES } from "./schemes.mjs";
import { readSettings } from "./settings.mjs";

const { requests } = readSettings({ requests: 200_000 });
const BATCH = 100;
const WARM_UP = 20_000;
/** What is above this share of all times is the machine's. */
const SHARE = 0.99;
/** Names of one length, so that nothing but the look-up differs. */
const NAMES = { known: "orders-1", unknown: "orders-2" };
const MOST_T = 4.5; // of Welch's t: above it the difference is no accident

const subject = SCHEMES.lacre1;
const known = { appId: NAMES.known, apiKey: generateApiKey(), schemes: ["lacre1"] };
const verifier = verifierOf(subject, {
  apps: new MemoryKeyStore(readApps([known], [subject.scheme])),
});
const route = routeOf(subject);
const front = { origins: Origins.of([`https://${HOST}`]), pathPrefix: "" };
const signers = Object.fromEntries(
  Object.entries(NAMES).map(([kind, appId]) => [
    kind,
    new Signer({ appId, apiKey: generateApiKey() }),
  ]),
);

function forged(kind, method) {
  const message = messageOf(method);
  const content = message.content?.bytes;
  const headers = content && [["content-type", "application/json"]];
  const { headers: signed } = signers[kind].sign({ method, url: message.url, headers, content });
  const rawHeaders = linesOf(message, signed).flat();
  const head = receive({ method, target: flat(message.target), rawHeaders }, front);
  return { kind, head, content: contentOf(content ?? Buffer.alloc(0)) };
}

/** Nanoseconds of each refusal, by kind. */
async function measure(method, count) {
  const times = { known: [], unknown: [] };
  const kinds = Object.keys(NAMES);
  for (let done = 0; done < count; done += BATCH) {
    const order = randomBytes(BATCH);
    for (const { kind, head, content } of [...order].map((byte) =>
      forged(kinds[byte & 1], method),
    )) {
      const start = process.hrtime.bigint();
      const isRefused = await refuses(head, content);
      times[kind].push(Number(process.hrtime.bigint() - start));
      if (!isRefused) throw new Error(`a forged request of ${NAMES[kind]} was taken`);
    }
  }
  return times;
}

async function refuses(head, content) {
  try {
    await verifier.verify(head, content, route);
    return false;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}

/** Welch's t of two samples without what is above a share of them all. */
function compare({ known: first, unknown: second }) {
  const limit = quantile([...first, ...second], SHARE);
  const [a, b] = [first, second].map((times) => momentsOf(times.filter((time) => time <= limit)));
  const t = (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
  return { a, b, t };
}

function momentsOf(times) {
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const squares = times.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return { mean, variance: squares / (times.length - 1), count: times.length };
}

printHeading(
  "A known app beside an unknown one",
  [],
  [
    `${requests} refusals of a wrong MAC under lacre1, in random order, in process; what is above the 99th percentile is left out.`,
  ],
);
const goals = [];
const rows = [];
for (const method of ["GET", "POST"]) {
  await measure(method, WARM_UP);
  const { a, b, t } = compare(await measure(method, requests));
  const percent = (100 * (a.mean - b.mean)) / b.mean;
  rows.push([
    method,
    a.mean.toFixed(0),
    b.mean.toFixed(0),
    `${percent.toFixed(2)} %`,
    t.toFixed(1),
  ]);
  goals.push(atMost(`${method}: t, known against unknown, without its sign`, Math.abs(t), MOST_T));
}
printTable(["wrong MAC", "known app, ns", "unknown app, ns", "difference", "t"], rows);
printGoals(goals);
