// Each of many signed requests, sent several times at once over several processes, runs exactly once.
//   npm run race -- --store memory|redis|cache-manager|postgres [--url URL] [--count 100000] [--copies 8]
import { parseArgs } from "node:util";
import { startWorkers } from "./cluster.mjs";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "memory" },
    url: { type: "string" },
    count: { type: "string", default: "100000" },
    copies: { type: "string", default: "8" },
  },
});
const { store, url } = values;
const [count, copies] = [Number(values.count), Number(values.copies)];
const IN_FLIGHT = 32; // requests; times copies

const processes = store === "memory" ? 1 : 3;
// The fence of a shared store that has just been opened is over when every process answers.
const { workers, sign } = await startWorkers(processes, {
  store,
  url,
  clockSpread: 0,
  claimTimeoutMs: 5000,
});
for (const worker of workers)
  while ((await worker.send(sign())).status !== 200)
    await new Promise((done) => setTimeout(done, 250));
const before = await handlers();

const started = performance.now();
const answers = new Map();
let next = 0;
let once = 0;
async function lane() {
  while (next < count) {
    next++;
    const request = sign();
    const sent = await Promise.all(
      Array.from({ length: copies }, (_, i) => workers[i % workers.length].send(request)),
    );
    for (const { status } of sent) answers.set(status, (answers.get(status) ?? 0) + 1);
    if (sent.filter(({ status }) => status === 200).length === 1) once++;
  }
}
await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
const seconds = (performance.now() - started) / 1000;
const ran = (await handlers()) - before;
for (const worker of workers) await worker.stop();

const seen = [...answers].map(([status, n]) => `${n} × ${status}`).join(", ");
console.log(
  `${store}, ${processes} process${processes > 1 ? "es" : ""}: ${count} requests, ${copies} copies each at once: ` +
    `${ran} handlers ran, ${once} requests let in once; ${seen}; ${seconds.toFixed(0)} s`,
);
process.exit(ran === count && once === count ? 0 : 1);

async function handlers() {
  let sum = 0;
  for (const worker of workers) sum += await worker.handlers();
  return sum;
}
