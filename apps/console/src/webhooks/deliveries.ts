import { Inject, Injectable } from "@nestjs/common";
import { and, desc, eq, gte, sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { Cursors } from "../conventions/cursors.js";
import { ToldMoment } from "../conventions/moment.js";
import { behind, type Page } from "../conventions/page.js";
import { StoredText } from "../conventions/texts.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { deliveries, events, webhookEndpoints } from "../database/tables.js";
import { DELIVERIES_CHANNEL } from "../events/tell-event.js";
import { Problem } from "../problems/problem.js";
import { CLOCK } from "../start/settings.js";
import { requireOn } from "./require-on.js";
import { DELIVERY_STATES, type DeliveryQuery, type DeliveryView } from "./webhook-shapes.js";

const Position = z.tuple([ToldMoment, StoredText]);

/** What was sent to whom, and what is sent again. */
@Injectable()
export class Deliveries {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Of an endpoint, the newest first. @throws Problem `not-found` */
  async page(
    endpointId: string,
    { state, cursor, limit }: z.output<typeof DeliveryQuery>,
  ): Promise<Page<DeliveryView>> {
    await this.#need(endpointId);
    const { createdAt, id } = deliveries;
    const cursors = new Cursors(`deliveries of ${endpointId}`, Position);
    const rows = await this.db
      .select({ delivery: deliveries, event: events })
      .from(deliveries)
      .innerJoin(events, eq(events.id, deliveries.eventId))
      .where(
        and(
          eq(deliveries.endpointId, endpointId),
          state && eq(deliveries.state, state),
          behind([createdAt, id], cursors.read(cursor), "desc"),
        ),
      )
      .orderBy(desc(createdAt), desc(id))
      .limit(limit + 1);
    return cursors.cut(rows, limit, ({ delivery }) => [delivery.createdAt, delivery.id], viewOf);
  }

  /** Sends one again, with all its tries before it. @throws Problem `not-found`; `conflict` while it is on its way, and where the endpoint is off */
  async replay(id: string, by: Actor): Promise<void> {
    const [found] = await this.db.select().from(deliveries).where(eq(deliveries.id, id));
    if (found === undefined) throw new Problem("not-found");
    await requireOn(this.db, found.endpointId);
    const again = await this.#again(eq(deliveries.id, id), "delivery.replayed", id, by);
    if (again === 0) throw new Problem("conflict", { detail: "It is still on its way." });
  }

  /** Sends again what failed since. @throws Problem `not-found`; `conflict` where the endpoint is off */
  async replayFailed(endpointId: string, since: Date, by: Actor): Promise<number> {
    await requireOn(this.db, endpointId);
    const which = and(
      eq(deliveries.endpointId, endpointId),
      eq(deliveries.state, "failed"),
      gte(deliveries.createdAt, since),
    );
    return this.#again(which, "webhook.failed-replayed", endpointId, by);
  }

  #again(which: SQL | undefined, act: string, id: string, by: Actor): Promise<number> {
    const kind = act.startsWith("webhook") ? "webhook" : "delivery";
    const nextAt = new Date(this.clock.nowMs());
    return this.db.transaction(async (tx) => {
      const again = await tx
        .update(deliveries)
        .set({ state: "waiting", tries: 0, nextAt, heldUntil: null, doneAt: null })
        .where(and(which, sql`${deliveries.state} <> 'waiting'`))
        .returning({ id: deliveries.id });
      if (again.length === 0) return 0;
      const after = { count: again.length };
      await recordAct(tx, { by, act, object: { kind, id }, after });
      await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
      return again.length;
    });
  }

  async #need(endpointId: string): Promise<void> {
    const [found] = await this.db
      .select({ id: webhookEndpoints.id })
      .from(webhookEndpoints)
      .where(eq(webhookEndpoints.id, endpointId));
    if (found === undefined) throw new Problem("not-found");
  }
}

function viewOf({
  delivery,
  event,
}: {
  delivery: typeof deliveries.$inferSelect;
  event: typeof events.$inferSelect;
}): DeliveryView {
  const { id, endpointId, state, tries, nextAt, lastStatus, lastError } = delivery;
  return {
    ...{ id, endpointId, tries, lastStatus, lastError },
    state: z.enum(DELIVERY_STATES).parse(state),
    tried: delivery.tried.map((one) => ({ ...one })),
    event: { id: event.id, type: event.type, at: event.at.toISOString() },
    nextAt: state === "waiting" ? nextAt.toISOString() : null,
    lastTriedAt: delivery.lastTriedAt?.toISOString() ?? null,
    createdAt: delivery.createdAt.toISOString(),
    doneAt: delivery.doneAt?.toISOString() ?? null,
  };
}
