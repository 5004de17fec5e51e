import { Inject, Injectable } from "@nestjs/common";
import type { Clock } from "@lacre/core";
import { sql } from "drizzle-orm";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { ConsoleMetrics } from "../metrics/console-metrics.js";
import { refusals, verdictBatches } from "../database/tables.js";
import { CLOCK } from "../start/settings.js";
import { REFUSALS_CHANNEL } from "./refusals-channel.js";
import type { Batch, ToldRefusal } from "./batch.js";
import { countUses } from "./count-uses.js";
import { countVerdicts } from "./count-verdicts.js";
import { KnownNames } from "./known-names.js";

/** Takes in what services tell of their verdicts. */
@Injectable()
export class Ingest {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly metrics: ConsoleMetrics,
  ) {}

  /**
   * Counts a batch, all of it or nothing.
   * @param service who tells it: the AppId that its request was signed by
   * @returns whether it was counted now; false where it had been before
   */
  async take(service: string, batch: Batch): Promise<boolean> {
    const isCounted = await this.#count(service, batch);
    if (isCounted)
      this.metrics.countVerdicts(batch.counts.reduce((sum, { count }) => sum + count, 0));
    return isCounted;
  }

  #count(service: string, batch: Batch): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const nowMs = this.clock.nowMs();
      if (!(await isNew(tx, service, batch))) return false;
      const known = await KnownNames.of(batch, tx);
      await countVerdicts(tx, service, batch.counts, known, nowMs);
      await countUses(tx, batch.counts, known, nowMs);
      await addRefusals(tx, service, batch.refusals, nowMs);
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

/** Adds them, and tells those who listen. */
async function addRefusals(
  tx: Transaction,
  service: string,
  told: readonly ToldRefusal[],
  nowMs: number,
): Promise<void> {
  if (told.length === 0) return;
  const added = await tx
    .insert(refusals)
    .values(told.map((one) => rowOf(service, one, nowMs)))
    .returning({ seq: refusals.seq });
  const seqs = added.map(({ seq }) => seq);
  const range = `${Math.min(...seqs)} ${Math.max(...seqs)}`;
  await tx.execute(sql`select pg_notify(${REFUSALS_CHANNEL}, ${range})`);
}

function rowOf(service: string, told: ToldRefusal, nowMs: number): typeof refusals.$inferInsert {
  const { at, code, status, appId, keyId, scheme, proven, method, route, requestId, address } =
    told;
  const { message, note, timestamp, keyFingerprints, canonicalSha256, bytes, durationMs } = told;
  const { deadKey } = told;
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
    detail: {
      message,
      note,
      deadKey,
      timestamp,
      keyFingerprints,
      canonicalSha256,
      bytes,
      durationMs,
    },
  };
}
