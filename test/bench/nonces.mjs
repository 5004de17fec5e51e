// What the memory store takes, in bytes and in time, beside a plain Map as the floor. `npm run bench:nonces`
import { randomFillSync } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { MemoryNonceStore } from "@lacre/core";
import { median } from "./figures.mjs";
import { printHeading, printTable } from "./report.mjs";

const LIVE = [1_000, 100_000, 1_000_000];
const LIFE_MS = 331_000;
const BATCH = 1_000;
const STEADY_CLAIMS = 300_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

/** 49 characters in one piece, of one byte each: an AppId of 8, a line feed, a nonce of 40. */
const scratch = Buffer.from(`merchant\n${"0".repeat(40)}`);
const random = Buffer.alloc(20);
function keyOf() {
  randomFillSync(random);
  scratch.write(random.toString("hex"), 9, "latin1");
  return scratch.toString("latin1");
}

/** Each makes a claim function; the clock is a number that the bench moves. */
const contestants = {
  MemoryNonceStore(time) {
    const store = new MemoryNonceStore({
      capacity: Math.max(...LIVE) + 10_000,
      clock: { nowMs: () => time.ms },
    });
    return { claim: (key, expiresAtMs) => store.claim(key, expiresAtMs), size: () => store.size };
  },
  "plain Map": (time) => {
    // Insertion is by expiry here, so that the oldest is the first. Nothing is bounded, copied or refused.
    const expiries = new Map();
    let oldest; // an iterator that has come to an end stays there
    let next;
    function claim(key, expiresAtMs) {
      if (expiries.size > 0) next ??= (oldest ??= expiries.entries()).next().value;
      if (next !== undefined && next[1] <= time.ms) {
        expiries.delete(next[0]);
        next = undefined;
      }
      if (expiries.has(key)) return "seen";
      expiries.set(key, expiresAtMs);
      return "fresh";
    }
    return { claim, size: () => expiries.size };
  },
};

function measure(make, live) {
  const time = { ms: 1_700_000_000_000 };
  const stepMs = LIFE_MS / live; // so that as many are alive as come in one lifetime
  const bytesBefore = bytes();
  const { claim, size } = make(time);

  let worstMs = 0;
  for (let i = 0; i < live; i++) {
    const key = keyOf();
    time.ms += stepMs;
    const startedMs = performance.now();
    claim(key, time.ms + LIFE_MS);
    worstMs = Math.max(worstMs, performance.now() - startedMs);
  }
  const perNonce = (bytes() - bytesBefore) / size();

  // One comes and one goes.
  const batchesNs = [];
  for (let done = 0; done < STEADY_CLAIMS; done += BATCH) {
    const keys = Array.from({ length: BATCH }, keyOf);
    const startedNs = process.hrtime.bigint();
    for (const key of keys) {
      time.ms += stepMs;
      if (claim(key, time.ms + LIFE_MS) !== "fresh") throw new Error("a random nonce was seen");
    }
    batchesNs.push(Number(process.hrtime.bigint() - startedNs) / BATCH);
  }
  if (size() > live + (1000 * live) / LIFE_MS + BATCH) throw new Error("nothing expires");
  return { perNonce, medianNs: median(batchesNs), worstMs };
}

function bytes() {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (const make of Object.values(contestants)) measure(make, 50_000); // warm-up
const rows = [];
for (const live of LIVE)
  for (const [name, make] of Object.entries(contestants)) {
    const { perNonce, medianNs, worstMs } = measure(make, live);
    const cells = [name, live.toLocaleString("en"), perNonce.toFixed(0), medianNs.toFixed(0)];
    rows.push([...cells, worstMs.toFixed(2)]);
  }
printHeading(
  "Nonces in memory",
  [],
  ["One comes and one goes. The heap and what it holds outside, after full collections."],
);
printTable(
  ["store", "live nonces", "bytes a nonce", "claim, ns", "longest claim while filling, ms"],
  rows,
);
