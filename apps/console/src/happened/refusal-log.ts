import { Inject, Injectable } from "@nestjs/common";
import { and, desc, eq, gte, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { refusals } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import type { Period } from "./period.js";
import { refusalsWhere, type VerdictFilter } from "./verdict-filter.js";

export const RefusalShape = z.object({
  id: z.number(),
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
});

/** A refusal as the API tells it. */
export type RefusalTold = z.output<typeof RefusalShape>;

export type RefusalRow = typeof refusals.$inferSelect;

export const RefusalPage = z.object({
  items: z.array(RefusalShape),
  next: z.string().nullable(),
});

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
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const rows = await this.db
      .select()
      .from(refusals)
      .where(
        and(
          gte(refusals.at, from),
          lt(refusals.at, to),
          refusalsWhere(person, filter),
          after &&
            sql`(${refusals.at}, ${refusals.id}) < (${after.at}::timestamptz, ${after.id}::bigint)`,
        ),
      )
      .orderBy(desc(refusals.at), desc(refusals.id))
      .limit(limit + 1);
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const next = rows.length > limit && last !== undefined ? cursorOf(last) : null;
    return { items: items.map(toldOf), next };
  }

  /** @throws Problem `not-found`, for one that is not in reach too */
  async one(person: Person, id: number): Promise<RefusalRow> {
    const [row] = await this.db
      .select()
      .from(refusals)
      .where(and(eq(refusals.id, id), refusalsWhere(person, {})));
    if (row === undefined) throw new Problem("not-found");
    return row;
  }
}

export function toldOf({ detail, at, ...row }: RefusalRow): RefusalTold {
  const { message } = detail;
  return {
    ...row,
    at: at.toISOString(),
    appId: row.appId || null,
    message: typeof message === "string" ? message : null,
  };
}

const cursorOf = ({ at, id }: RefusalRow): string =>
  Buffer.from(`${at.toISOString()} ${id}`).toString("base64url");

function readCursor(cursor: string): { at: string; id: number } {
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  const [, at, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\d{1,15})$/.exec(text) ?? [];
  if (at === undefined || Number.isNaN(Date.parse(at)))
    throw new Problem("invalid-input", {
      faults: [{ at: "query.cursor", problem: "is none that this list has given" }],
    });
  return { at, id: Number(id) };
}
