import { Inject, Injectable } from "@nestjs/common";
import { and, asc, desc, eq, gt, gte, lt, lte, type SQL } from "drizzle-orm";
import { isAppendOnly } from "../database/append-only.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { audit, people } from "../database/tables.js";
import { ChainWalk, type AuditRow, type ChainReport, type Head } from "./chain.js";

/** Which rows. Times include `from` and leave `to` out. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly act?: string | undefined;
  readonly objectKind?: string | undefined;
  readonly objectId?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** A row, with who did it: the login, which never changes, and the name of today, which people choose themselves. */
export type NamedRow = AuditRow & { readonly actorLogin: string; readonly actorName: string };

const BATCH = 500;

/** Reads the log. Nothing here writes. */
@Injectable()
export class AuditLog {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  /** The newest first. @param before rows below this number */
  async newest(filter: AuditFilter, limit: number, before?: number): Promise<NamedRow[]> {
    const below = before === undefined ? undefined : lt(audit.seq, before);
    const rows = await this.#named(and(below, ...conditionsOf(filter)))
      .orderBy(desc(audit.seq))
      .limit(limit);
    return rows.map(named);
  }

  /** All of them, the oldest first, up to a number. One batch at a time is in memory. */
  async *all(filter: AuditFilter, upTo: number): AsyncGenerator<NamedRow> {
    for (let after = 0; ;) {
      const within = and(gt(audit.seq, after), lte(audit.seq, upTo), ...conditionsOf(filter));
      const rows = await this.#named(within).orderBy(asc(audit.seq)).limit(BATCH);
      for (const row of rows) yield named(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCH) return;
      after = last.audit.seq;
    }
  }

  async head(): Promise<Head | undefined> {
    const { seq, hash } = audit;
    const [last] = await this.db.select({ seq, hash }).from(audit).orderBy(desc(seq)).limit(1);
    return last;
  }

  /** Follows the whole chain. @param expected the hash of a row that must be in it */
  async verify(expected?: string): Promise<ChainReport> {
    const walk = new ChainWalk(expected);
    for (let after = 0, goOn = true; goOn;) {
      const rows = await this.db
        .select()
        .from(audit)
        .where(gt(audit.seq, after))
        .orderBy(asc(audit.seq))
        .limit(BATCH);
      goOn = rows.every((row) => walk.take(row)) && rows.length === BATCH;
      after = rows.at(-1)?.seq ?? after;
    }
    return walk.report(await isAppendOnly(this.db));
  }

  #named(where: SQL | undefined) {
    return this.db.select().from(audit).leftJoin(people, eq(people.id, audit.actor)).where(where);
  }
}

const named = (row: {
  audit: AuditRow;
  people: { login: string; name: string } | null;
}): NamedRow => ({
  ...row.audit,
  actorLogin: row.people?.login ?? row.audit.actor,
  actorName: row.people?.name ?? row.audit.actor,
});

function conditionsOf({ actor, act, objectKind, objectId, from, to }: AuditFilter): SQL[] {
  return [
    ...(actor === undefined ? [] : [eq(audit.actor, actor)]),
    ...(act === undefined ? [] : [eq(audit.act, act)]),
    ...(objectKind === undefined ? [] : [eq(audit.objectKind, objectKind)]),
    ...(objectId === undefined ? [] : [eq(audit.objectId, objectId)]),
    ...(from === undefined ? [] : [gte(audit.at, from)]),
    ...(to === undefined ? [] : [lt(audit.at, to)]),
  ];
}
