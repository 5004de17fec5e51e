import { Inject, Injectable } from "@nestjs/common";
import { and, desc, eq, gte, lt } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { Cursors } from "../conventions/cursors.js";
import { ToldMoment } from "../conventions/moment.js";
import { behind, pageOf } from "../conventions/page.js";
import { StoredText } from "../conventions/texts.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { refusals } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import type { Period } from "./period.js";
import { refusalsWhere, type VerdictFilter } from "./verdict-filter.js";

const DeadKeyShape = z.object({ id: z.string(), why: z.string() });
/** A key of the app that made a MAC, and opens nothing. */
export type DeadKeyTold = z.output<typeof DeadKeyShape>;

export const RefusalShape = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  service: z.string(),
  code: z.string(),
  status: z.number(),
  appId: z.string().nullable(),
  keyId: z.string().nullable(),
  scheme: z.string().nullable(),
  proven: z.boolean(),
  method: z.string(),
  route: z.string().nullable(),
  requestId: z.string(),
  address: z.string().nullable(),
  message: z.string().nullable(),
  /** The key of the app that made the MAC and opens nothing: revoked, ended, not yet valid. */
  deadKey: DeadKeyShape.nullable(),
});

/** A refusal as the API tells it. */
export type RefusalTold = z.output<typeof RefusalShape>;

export type RefusalRow = typeof refusals.$inferSelect;

export const RefusalPage = pageOf(RefusalShape);
const CURSORS = new Cursors("refusals", z.tuple([ToldMoment, StoredText]));

/** Refusals, one by one. */
@Injectable()
export class RefusalLog {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The newest first. */
  async page(
    person: Person,
    { from, to }: Period,
    filter: VerdictFilter,
    { cursor, limit }: { cursor?: string; limit: number },
  ): Promise<z.output<typeof RefusalPage>> {
    const rows = await this.db
      .select()
      .from(refusals)
      .where(
        and(
          gte(refusals.at, from),
          lt(refusals.at, to),
          refusalsWhere(person, filter),
          behind([refusals.at, refusals.id], CURSORS.read(cursor), "desc"),
        ),
      )
      .orderBy(desc(refusals.at), desc(refusals.id))
      .limit(limit + 1);
    return CURSORS.cut(rows, limit, ({ at, id }) => [at, id], toldOf);
  }

  /** @throws Problem `not-found`, for one that is not in reach too */
  async one(person: Person, id: string): Promise<RefusalRow> {
    const [row] = await this.db
      .select()
      .from(refusals)
      .where(and(eq(refusals.id, id), refusalsWhere(person, {})));
    if (row === undefined) throw new Problem("not-found");
    return row;
  }
}

export function toldOf({ seq: _seq, detail, at, ...row }: RefusalRow): RefusalTold {
  const { message, deadKey } = detail;
  return {
    ...row,
    at: at.toISOString(),
    appId: row.appId || null,
    message: typeof message === "string" ? message : null,
    deadKey: (deadKey as RefusalTold["deadKey"] | undefined) ?? null,
  };
}
