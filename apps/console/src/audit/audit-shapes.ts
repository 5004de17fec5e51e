import { z } from "zod";
import { GivenMoment } from "../conventions/moment.js";
import { pageOf, PageQuery } from "../conventions/page.js";

const WORD = z.string().min(1).max(200);

const Filter = z.strictObject({
  actor: WORD.optional(),
  act: WORD.optional(),
  objectKind: WORD.optional(),
  objectId: WORD.optional(),
  from: GivenMoment.optional(),
  to: GivenMoment.optional(),
});

export const AuditQuery = Filter.extend(PageQuery.shape);

const HASH = z.string().regex(/^[0-9a-f]{64}$/);

export const VerifyQuery = z.strictObject({
  /** The hash of a row that was once in the log, from the console's own output or from an export. */
  expect: HASH.optional(),
});

export const ExportQuery = Filter.extend({ format: z.enum(["csv", "json"]).default("csv") });

export const AuditPage = pageOf(
  z.object({
    seq: z.number().int(),
    at: z.iso.datetime(),
    actor: z.object({ id: z.string(), login: z.string(), name: z.string() }),
    act: z.string(),
    object: z.object({ kind: z.string(), id: z.string() }),
    before: z.unknown(),
    after: z.unknown(),
    address: z.string().nullable(),
    hash: z.string(),
  }),
);

export const Report = z.object({
  whole: z.boolean(),
  checked: z.number().int(),
  brokenAt: z.number().int().nullable(),
  problem: z.string().nullable(),
  /** The end of the log: keep its hash elsewhere, and give it to `expect` later. */
  head: z.object({ seq: z.number().int(), hash: z.string() }).nullable(),
});
