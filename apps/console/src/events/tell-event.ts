import { randomBytes } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Transaction } from "../database/database.js";
import { deliveries, events, webhookEndpoints } from "../database/tables.js";
import type { EventType } from "./event-types.js";

/** Where it is said that there is something to deliver. */
export const DELIVERIES_CHANNEL = "lacre_deliveries";

/** Something that happened. Neither key nor other secret may be in it. */
export interface HappenedEvent {
  readonly type: EventType;
  /** What happens under the same name is told once, whoever tells it. */
  readonly once?: string;
  readonly payload: Record<string, unknown>;
  /** To this endpoint alone, whatever it wants; to all that want such events unless given. */
  readonly endpointId?: string;
}

/**
 * Writes an event, and a delivery for each endpoint that wants it, in the transaction of what happened.
 * @returns whether it was told now
 */
export async function tellEvent(
  tx: Transaction,
  now: Date,
  event: HappenedEvent,
): Promise<boolean> {
  const { type, once, payload, endpointId } = event;
  const id = `evt_${randomBytes(12).toString("base64url")}`;
  const [made] = await tx
    .insert(events)
    .values({ id, type, once, payload, at: now })
    .onConflictDoNothing({ target: events.once })
    .returning({ id: events.id });
  if (made === undefined) return false;
  const wanting = await tx
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(
      endpointId === undefined
        ? and(webhookEndpoints.active, sql`${type} = any(${webhookEndpoints.events})`)
        : eq(webhookEndpoints.id, endpointId),
    );
  if (wanting.length === 0) return true;
  await tx.insert(deliveries).values(
    wanting.map((endpoint) => ({
      id: `d_${randomBytes(12).toString("base64url")}`,
      eventId: id,
      endpointId: endpoint.id,
      createdAt: now,
      nextAt: now,
    })),
  );
  await tx.execute(sql`select pg_notify(${DELIVERIES_CHANNEL}, '')`);
  return true;
}
