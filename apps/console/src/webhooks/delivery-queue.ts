import { Inject, Injectable } from "@nestjs/common";
import { and, eq, inArray, sql, type SQL } from "drizzle-orm";
import type {
  Settled,
  SettledAttempt,
  TakenDelivery,
  TakeTerms,
  WebhookAttempt,
  WorkQueue,
} from "@lacre/client/webhooks";
import type { Clock } from "@lacre/core";
import { CONSOLE } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { deliveries, events, webhookEndpoints, type EndedTry } from "../database/tables.js";
import { CLOCK } from "../start/settings.js";

/** How many tries of a delivery are kept: more than one run of them, for those that people send again. */
const MOST_KEPT = 30;

/** What waits to be delivered. Several consoles may take from it: each delivery is held by one, until it is late. */
@Injectable()
export class DeliveryQueue implements WorkQueue {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes what is due, the longest due first. A try counts from here on, whatever becomes of this console. */
  async take({ count, perEndpoint, leaseMs }: TakeTerms): Promise<TakenDelivery[]> {
    const now = this.#now();
    const heldUntil = new Date(now.getTime() + leaseMs);
    const at = sql`${now.toISOString()}::timestamptz`;
    const taken = await this.db
      .update(deliveries)
      .set({ heldUntil, lastTriedAt: now, tries: sql`${deliveries.tries} + 1` })
      .where(
        sql`${deliveries.id} in (
          with due as (
            select d.id, d.next_at,
              row_number() over (partition by d.endpoint_id order by d.next_at, d.id)
              + (select count(*) from deliveries h
                 where h.endpoint_id = d.endpoint_id and h.state = 'waiting' and h.held_until >= ${at}) as place
            from deliveries d join webhook_endpoints e on e.id = d.endpoint_id
            where e.active and d.state = 'waiting' and d.next_at <= ${at}
              and (d.held_until is null or d.held_until < ${at}))
          select f.id from deliveries f
          where f.id in (select id from due where place <= ${perEndpoint} order by next_at limit ${count})
            and f.state = 'waiting' and (f.held_until is null or f.held_until < ${at})
          for update skip locked)`,
      )
      .returning();
    return this.#withEvents(taken);
  }

  /** Notes what came of a try, unless another console has taken the delivery meanwhile. */
  async settle({ id, attempt: tries }: TakenDelivery, result: SettledAttempt): Promise<Settled> {
    const { state, attempt, retryInMs = 0 } = result;
    const now = this.#now();
    const noted = await this.db
      .update(deliveries)
      .set({
        state,
        heldUntil: null,
        tried: withTry(attempt),
        lastStatus: attempt.status,
        lastError: attempt.problem,
        ...(state === "waiting"
          ? { nextAt: new Date(now.getTime() + retryInMs) }
          : { doneAt: now }),
      })
      .where(
        and(eq(deliveries.id, id), eq(deliveries.tries, tries), eq(deliveries.state, "waiting")),
      )
      .returning({ id: deliveries.id });
    // A console switches off what wants no more messages, and nothing for failing.
    return { isKept: noted.length > 0, failingForMs: 0 };
  }

  /** Switches an endpoint off. */
  async pause(endpointId: string, offReason: string): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const off = await tx
        .update(webhookEndpoints)
        .set({ active: false, offReason, version: sql`${webhookEndpoints.version} + 1` })
        .where(and(eq(webhookEndpoints.id, endpointId), webhookEndpoints.active))
        .returning({ id: webhookEndpoints.id });
      if (off.length === 0) return false;
      const object = { kind: "webhook", id: endpointId };
      const after = { reason: offReason };
      await recordAct(tx, { by: CONSOLE, act: "webhook.switched-off", object, after });
      return true;
    });
  }

  async #withEvents(taken: (typeof deliveries.$inferSelect)[]): Promise<TakenDelivery[]> {
    if (taken.length === 0) return [];
    const ids = [...new Set(taken.map(({ eventId }) => eventId))];
    const rows = await this.db.select().from(events).where(inArray(events.id, ids));
    const contents = new Map(rows.map((event) => [event.id, contentOf(event)]));
    return taken.map(({ id, endpointId, eventId, tries }) => ({
      ...{ id, endpointId, messageId: eventId, attempt: tries, lease: String(tries) },
      content: contents.get(eventId) ?? new Uint8Array(0),
      contentType: "application/json",
    }));
  }

  #now(): Date {
    return new Date(this.clock.nowMs());
  }
}

function withTry({ status, problem: error, durationMs: ms }: WebhookAttempt): SQL {
  const { tried, lastTriedAt } = deliveries;
  const one: Omit<EndedTry, "at"> = { status, error, ms };
  // As all moments are told: milliseconds, and UTC.
  const at = sql`to_char(${lastTriedAt} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const kept = sql`case when jsonb_array_length(${tried}) < ${MOST_KEPT} then ${tried} else ${tried} - 0 end`;
  return sql`(${kept}) || jsonb_build_array(jsonb_build_object('at', ${at}) || ${JSON.stringify(one)}::jsonb)`;
}

/** The same bytes whenever it is sent. */
const contentOf = ({ type, at, payload }: typeof events.$inferSelect): Uint8Array =>
  Buffer.from(JSON.stringify({ type, timestamp: at.toISOString(), data: payload }));
