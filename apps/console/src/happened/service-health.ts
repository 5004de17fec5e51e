import { Inject, Injectable } from "@nestjs/common";
import { and, desc, gte, lt, max, sql } from "drizzle-orm";
import { z } from "zod";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { verdictBatches } from "../database/tables.js";
import type { Period } from "./period.js";
import { withinReach } from "./verdict-reach.js";

export const ServiceHealthList = z.object({
  items: z.array(
    z.object({
      service: z.string(),
      lastBatchAt: z.iso.datetime(),
      /** Verdicts that it had to drop, since they could not be told. */
      lost: z.number(),
    }),
  ),
});

/** Whether services still tell what happens. */
@Injectable()
export class ServiceHealth {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** Those that told something within the time; who was silent the longest last. */
  async list(person: Person, { from, to }: Period): Promise<z.output<typeof ServiceHealthList>> {
    const { service, at, lost } = verdictBatches;
    const last = max(at);
    const rows = await this.db
      .select({ service, lastBatchAt: last, lost: sql`sum(${lost})`.mapWith(Number) })
      .from(verdictBatches)
      .where(and(gte(at, from), lt(at, to), withinReach(person, service)))
      .groupBy(service)
      .orderBy(desc(last), service);
    return {
      items: rows.map(({ lastBatchAt, ...row }) => ({
        ...row,
        lastBatchAt: (lastBatchAt ?? from).toISOString(),
      })),
    };
  }
}
