import { expect, it } from "@jest/globals";
import { driveMany, missingFrom } from "./drive-many.js";

// `MODEL_SEED=…` drives the one application that a failure names.
it("runs what the model says, and nothing else, in random applications under 10,000 requests", async () => {
  const { faults, tally } = await driveMany(10_000);
  if (faults.length > 0) throw new Error(faults.join("\n\n"));
  expect(missingFrom(tally)).toEqual([]);
}, 300_000);
