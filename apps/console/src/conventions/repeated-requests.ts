import { Inject, Injectable } from "@nestjs/common";
import { and, eq, lt } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { idempotency } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK } from "../start/settings.js";

const KEPT_MS = 24 * 3_600_000;

/** A request that is to be done once. */
export interface Once {
  readonly personId: string;
  readonly key: string;
  readonly requestHash: string;
}

/** What is kept of its answer: all of it, or what it made. */
type Kept = { readonly answer: unknown } | { readonly made: string | null };

/** What was asked with an `Idempotency-Key`, for a day. */
@Injectable()
export class RepeatedRequests {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Undefined: it is the first, and goes on. Otherwise the answer to the first.
   * @throws Problem `conflict` for another content, for one that is not done yet, and where the answer is not shown twice
   */
  async begin(once: Once): Promise<{ readonly answer: unknown } | undefined> {
    const at = new Date(this.clock.nowMs());
    const isOver = lt(idempotency.at, new Date(at.getTime() - KEPT_MS));
    await this.db.delete(idempotency).where(and(rowOf(once), isOver));
    const [mine] = await this.db
      .insert(idempotency)
      .values({ ...once, at })
      .onConflictDoNothing()
      .returning();
    if (mine !== undefined) return undefined;
    const [first] = await this.db.select().from(idempotency).where(rowOf(once));
    if (first !== undefined && first.requestHash !== once.requestHash)
      throw new Problem("conflict", {
        detail: "This Idempotency-Key was used for another request. Use a new one.",
      });
    if (first === undefined || first.kept === null)
      throw new Problem("conflict", {
        detail:
          "The first request with this Idempotency-Key has not ended. Send it again later; if that does not help, look whether it was done.",
      });
    const kept = first.kept as Kept;
    if ("answer" in kept) return kept;
    throw new Problem("conflict", {
      detail:
        kept.made === null
          ? "This was done already, and what it answered is not shown twice."
          : `This was done already: it made ${kept.made}. A secret is not shown twice.`,
    });
  }

  async end(once: Once, kept: Kept): Promise<void> {
    await this.db.update(idempotency).set({ kept }).where(rowOf(once));
  }

  /** It failed, so nothing was done: it may be tried again. */
  async forget(once: Once): Promise<void> {
    await this.db.delete(idempotency).where(rowOf(once));
  }
}

const rowOf = ({ personId, key }: Once) =>
  and(eq(idempotency.personId, personId), eq(idempotency.key, key));
