import { KINDS } from "./signing.js";
import { FORMATS } from "./formats.js";
import { runSeed, Tally } from "./run.js";

const REQUESTS_TO_ONE = 100;
/** So many disagreements are told, and then the run ends. */
const ENOUGH = 5;

/** The one application to drive, instead of many: `MODEL_SEED=…`. */
const SEED = process.env["MODEL_SEED"];

/**
 * Drives one random application after the other, from the seed `from` on, and counts what it tries. What they did
 * otherwise than the model says, one text for each.
 */
export async function driveMany(requests: number, from: number, tally: Tally): Promise<string[]> {
  const faults: string[] = [];
  const first = SEED === undefined ? from : Number(SEED);
  const count = SEED === undefined ? Math.ceil(requests / REQUESTS_TO_ONE) : 1;
  for (let at = 0; at < count && faults.length < ENOUGH; at++) {
    const seed = first + at;
    const fault = await runSeed(seed, REQUESTS_TO_ONE, tally).catch(
      (error: unknown) => `MODEL_SEED=${seed}: ${(error as Error).stack}`,
    );
    if (fault !== undefined) faults.push(fault);
  }
  return faults;
}

/** What a run did not try, or not often enough; nothing is asked of the run of one seed. */
export function missingFrom(tally: Tally): string[] {
  if (SEED !== undefined) return [];
  const names = [
    ...KINDS,
    ...FORMATS.map(({ name }) => `${name} ran`),
    ...FORMATS.filter(({ presigns }) => presigns).map(({ name }) => `${name} presigned`),
    ...["protected", "guard", "subclass", "passport", "global"].map((kind) => `guard ${kind}`),
    ...["none", "validate", "authenticate"].map((kind) => `middleware ${kind}`),
    ...[200, 401, 403, 413, 503].map((status) => `status ${status}`),
    ...["express", "fastify", "versioned", "rfc9421 without nonce ran", "catch-all and route"],
  ];
  return [
    ...names.filter((name) => (tally.counts.get(name) ?? 0) < 5),
    ...(tally.unstarted > tally.applications / 10 ? ["applications that started"] : []),
    ...(tally.ran < tally.requests / 5 ? ["requests that ran"] : []),
    ...(tally.refused < tally.requests / 5 ? ["requests that were refused"] : []),
  ];
}
