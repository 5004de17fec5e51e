import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "@jest/globals";
import { driveMany, missingFrom } from "./drive-many.js";
import { Tally } from "./run.js";

const REQUESTS = Number(process.env["MODEL_REQUESTS"] ?? 1_000_000);
const BATCH = 20_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
/** What is still held, in MiB. */
function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

it(`runs what the model says, and nothing else, under ${REQUESTS} requests`, async () => {
  const heaps: number[] = [];
  const tally = new Tally();
  const seed = Date.now() % 2 ** 31;
  for (let done = 0; done < REQUESTS; done += BATCH) {
    const faults = await driveMany(Math.min(BATCH, REQUESTS - done), seed + done, tally);
    if (faults.length > 0) throw new Error(faults.join("\n\n"));
    heaps.push(heap());
  }
  expect(missingFrom(tally)).toEqual([]);
  const [first = 0] = heaps;
  expect(heaps.at(-1)).toBeLessThan(2 * first);
});
