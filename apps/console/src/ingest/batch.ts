import { z } from "zod";
import { ToldMoment } from "../conventions/moment.js";

const name = (most: number) => z.string().max(most);
const whole = (most: number) => z.number().int().min(0).max(most);
/** Of what no service knows the bounds of: far beyond anything that happens. */
const MOST = 1_000_000_000;
const seconds = z.number().min(-MOST).max(MOST);
/** Of as many requests as there may be in a minute, each a week old. */
const MOST_SUM = MOST * 1_000_000;
/** `accepted`, or the code of a refusal: a service may be newer than the console. */
const Code = z.string().regex(/^[a-z][a-z-]{0,39}$/);
const Scheme = z.string().regex(/^(?:[a-z][a-z0-9-]{0,23})?$/);

const Count = z.strictObject({
  /** Whole minutes since 1970. */
  minute: whole(MOST),
  appId: name(128),
  keyId: name(128),
  scheme: Scheme,
  code: Code,
  source: name(128),
  count: z.number().int().min(1).max(MOST),
  driftSum: z.number().min(-MOST_SUM).max(MOST_SUM),
  driftCount: whole(MOST),
  driftMost: seconds.min(0),
});

const Refusal = z.strictObject({
  at: ToldMoment,
  code: Code,
  status: z.number().int().min(400).max(599),
  proven: z.boolean(),
  method: name(128),
  requestId: name(128),
  message: name(500),
  durationMs: z.number().min(0).max(MOST),
  route: name(500).optional(),
  address: name(128).optional(),
  appId: name(128).optional(),
  keyId: name(128).optional(),
  scheme: Scheme.optional(),
  note: name(500).optional(),
  /** A key of the app that made the MAC, and opens nothing. */
  deadKey: z
    .strictObject({ id: name(128), why: z.string().regex(/^[a-z][a-z-]{0,39}$/) })
    .optional(),
  timestamp: z
    .number()
    .int()
    .min(-MOST * 100)
    .max(MOST * 100)
    .optional(),
  keyFingerprints: z
    .array(z.string().regex(/^[0-9a-f]{8}$/))
    .max(8)
    .optional(),
  canonicalSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  bytes: whole(Number.MAX_SAFE_INTEGER).optional(),
});

/** Verdicts of one service, told at once. Under one id they count once. */
export const Batch = z.strictObject({
  id: z.string().regex(/^[\w-]{16,64}$/),
  /** What the service could not tell before it. */
  lost: whole(MOST),
  counts: z.array(Count).max(1_000),
  refusals: z.array(Refusal).max(500),
});

export type Batch = z.output<typeof Batch>;
export type ToldCount = z.output<typeof Count>;
export type ToldRefusal = z.output<typeof Refusal>;
