import { Inject, Injectable } from "@nestjs/common";
import type { Clock } from "@lacre/core";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { refusals, verdictBatches } from "../database/tables.js";
import { CLOCK } from "../start/settings.js";
import type { Batch, ToldRefusal } from "./batch.js";
import { countMinutes } from "./count-minutes.js";
import { countUses } from "./count-uses.js";
import { KnownNames } from "./known-names.js";

/** Takes in what services tell of their verdicts. */
@Injectable()
export class Ingest {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Counts a batch, all of it or nothing.
   * @param service who tells it: the AppId that its request was signed by
   * @returns whether it was counted now; false where it had been before
   */
  take(service: string, batch: Batch): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const nowMs = this.clock.nowMs();
      if (!(await isNew(tx, service, batch))) return false;
      const known = await KnownNames.of(batch, tx);
      await countMinutes(tx, service, batch.counts, known, nowMs);
      await countUses(tx, batch.counts, known, nowMs);
      if (batch.refusals.length > 0)
        await tx.insert(refusals).values(batch.refusals.map((told) => rowOf(service, told, nowMs)));
      return true;
    });
  }
}

/** An id is the service's own: nobody can use up another's. */
async function isNew(tx: Transaction, service: string, { id, lost }: Batch): Promise<boolean> {
  const added = await tx
    .insert(verdictBatches)
    .values({ id: `${service}/${id}`, service, lost })
    .onConflictDoNothing()
    .returning({ id: verdictBatches.id });
  return added.length > 0;
}

function rowOf(service: string, told: ToldRefusal, nowMs: number): typeof refusals.$inferInsert {
  const { at, code, status, appId, keyId, scheme, proven, method, route, requestId, address } =
    told;
  const { message, note, timestamp, keyFingerprints, canonicalSha256, bytes, durationMs } = told;
  return {
    at: new Date(Math.min(Date.parse(at), nowMs)),
    service,
    code,
    status,
    appId,
    keyId,
    scheme,
    proven,
    method,
    route,
    requestId,
    address,
    detail: { message, note, timestamp, keyFingerprints, canonicalSha256, bytes, durationMs },
  };
}
