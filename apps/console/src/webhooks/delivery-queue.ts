import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gt, sql, type SQL } from "drizzle-orm";
import { CONSOLE } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import {
  deliveries,
  events,
  webhookEndpoints,
  webhookOldSecrets,
  type EndedTry,
} from "../database/tables.js";
import type { Message } from "./sending/sign-message.js";
import { WebhookSecrets } from "./webhook-secrets.js";

/** For how long a console keeps others from what it is sending: longer than a try may take. */
const LEASE_MS = 60_000;
/** How many messages are on their way to one endpoint at once, so that a slow one does not hold up the others. */
const MOST_TO_ONE = 3;

type Delivery = typeof deliveries.$inferSelect;

/** A delivery that is held, with what it takes to try it. */
export interface HeldDelivery {
  readonly delivery: Delivery;
  readonly message: Message;
  readonly url: string;
  readonly secrets: readonly string[];
}

/** What becomes of it after a try. */
export interface TryResult {
  readonly state: "waiting" | "delivered" | "failed";
  readonly nextAt?: Date;
  readonly status?: number;
  readonly problem?: string;
  /** How long it took; null where nothing was connected to. */
  readonly ms: number | null;
  /** Why its endpoint is to be switched off. */
  readonly offReason?: string;
}

/** How many tries of a delivery are kept: more than one run of them, for those that people send again. */
const MOST_KEPT = 30;

/** What waits to be delivered. Several consoles may take from it: each delivery is held by one, until it is late. */
@Injectable()
export class DeliveryQueue {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly secrets: WebhookSecrets,
  ) {}

  /** Takes what is due, the longest due first. A try counts from here on, whatever becomes of this console. */
  async take(count: number, now: Date): Promise<Delivery[]> {
    const heldUntil = new Date(now.getTime() + LEASE_MS);
    const at = sql`${now.toISOString()}::timestamptz`;
    return this.db
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
          where f.id in (select id from due where place <= ${MOST_TO_ONE} order by next_at limit ${count})
            and f.state = 'waiting' and (f.held_until is null or f.held_until < ${at})
          for update skip locked)`,
      )
      .returning();
  }

  /** @throws Error where a secret cannot be opened */
  async prepare(delivery: Delivery, now: Date): Promise<HeldDelivery | undefined> {
    const { eventId, endpointId } = delivery;
    const [found] = await this.db
      .select({ event: events, endpoint: webhookEndpoints, old: webhookOldSecrets })
      .from(events)
      .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, endpointId))
      .leftJoin(
        webhookOldSecrets,
        and(eq(webhookOldSecrets.endpointId, endpointId), gt(webhookOldSecrets.expiresAt, now)),
      )
      .where(eq(events.id, eventId));
    if (found === undefined) return undefined;
    const { event, endpoint, old } = found;
    const sealed = old === null ? [endpoint] : [endpoint, old];
    return {
      delivery,
      url: endpoint.url,
      secrets: await Promise.all(sealed.map((each) => this.secrets.open(endpointId, each))),
      message: { id: event.id, content: contentOf(event) },
    };
  }

  /** Notes what came of a try, unless another console has taken the delivery meanwhile. */
  async note(delivery: Delivery, result: TryResult, now: Date): Promise<void> {
    const { id, tries, endpointId } = delivery;
    const { state, nextAt, status, problem, offReason } = result;
    await this.db.transaction(async (tx) => {
      const noted = await tx
        .update(deliveries)
        .set({
          state,
          heldUntil: null,
          tried: withTry(delivery, result, now),
          lastStatus: status ?? null,
          lastError: problem ?? null,
          ...(nextAt !== undefined && { nextAt }),
          ...(state !== "waiting" && { doneAt: now }),
        })
        .where(
          and(eq(deliveries.id, id), eq(deliveries.tries, tries), eq(deliveries.state, "waiting")),
        )
        .returning({ id: deliveries.id });
      if (noted.length === 0 || offReason === undefined) return;
      const off = await tx
        .update(webhookEndpoints)
        .set({ active: false, offReason, version: sql`${webhookEndpoints.version} + 1` })
        .where(and(eq(webhookEndpoints.id, endpointId), webhookEndpoints.active))
        .returning({ id: webhookEndpoints.id });
      if (off.length === 0) return;
      const object = { kind: "webhook", id: endpointId };
      const after = { reason: offReason };
      await recordAct(tx, { by: CONSOLE, act: "webhook.switched-off", object, after });
    });
  }
}

function withTry({ lastTriedAt }: Delivery, result: TryResult, now: Date): SQL {
  const { status = null, problem: error = null, ms } = result;
  const one: EndedTry = { at: (lastTriedAt ?? now).toISOString(), status, error, ms };
  const { tried } = deliveries;
  const kept = sql`case when jsonb_array_length(${tried}) < ${MOST_KEPT} then ${tried} else ${tried} - 0 end`;
  return sql`(${kept}) || ${JSON.stringify([one])}::jsonb`;
}

/** The same bytes whenever it is sent. */
const contentOf = ({ type, at, payload }: typeof events.$inferSelect): Uint8Array =>
  Buffer.from(JSON.stringify({ type, timestamp: at.toISOString(), data: payload }));
