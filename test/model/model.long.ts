import { expect, it } from "@jest/globals";
import { driveMany, missingFrom } from "./drive-many.js";

const REQUESTS = Number(process.env["MODEL_REQUESTS"] ?? 1_000_000);
const BATCH = 20_000;
const heapMiB = (): number => process.memoryUsage().heapUsed / 2 ** 20;

it(`runs what the model says, and nothing else, under ${REQUESTS} requests`, async () => {
  const heaps: number[] = [];
  for (let done = 0; done < REQUESTS; done += BATCH) {
    const { faults, tally } = await driveMany(Math.min(BATCH, REQUESTS - done));
    if (faults.length > 0) throw new Error(faults.join("\n\n"));
    expect(missingFrom(tally)).toEqual([]);
    heaps.push(heapMiB());
    if (process.env["MODEL_SEED"] !== undefined) return;
  }
  process.stderr.write(heaps.map((heap) => heap.toFixed(0)).join(" ") + "\n");
});
