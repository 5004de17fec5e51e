import { expect, it } from "@jest/globals";
import { driveMany, missingFrom } from "./drive-many.js";
import { Tally } from "./run.js";

/** Always the same applications, so that what they try is certain; `npm run test:long` takes others each time. */
const SEED = 7;

// `MODEL_SEED=…` drives the one application that a failure names.
it("runs what the model says, and nothing else, in random applications under 10,000 requests", async () => {
  const tally = new Tally();
  const faults = await driveMany(10_000, SEED, tally);
  if (faults.length > 0) throw new Error(faults.join("\n\n"));
  expect(missingFrom(tally)).toEqual([]);
}, 300_000);
