import { randomBytes } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { and, asc, eq, gt } from "drizzle-orm";
import type { z } from "zod";
import { WebhookTargetError } from "@lacre/client/webhooks";
import type { Clock } from "@lacre/core";
import { HOUR_MS } from "../conventions/durations.js";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { changedRow, staysAsItIs } from "../conventions/version.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Queries, Transaction } from "../database/database.js";
import { webhookEndpoints, webhookOldSecrets } from "../database/tables.js";
import { tellEvent } from "../events/tell-event.js";
import { Problem } from "../problems/problem.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { UNLESS, webhookClient } from "./webhook-client.js";
import { requireOn } from "./require-on.js";
import { WebhookSecrets } from "./webhook-secrets.js";
import {
  OVERLAPS,
  type EndpointChange,
  type EndpointView,
  type NewEndpoint,
  type NewSecret,
  type SecretRotation,
} from "./webhook-shapes.js";

type Row = typeof webhookEndpoints.$inferSelect;

/** Where events go. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly secrets: WebhookSecrets,
  ) {}

  async list(): Promise<EndpointView[]> {
    const rows = await endpointsIn(this.db, this.#now()).orderBy(
      asc(webhookEndpoints.createdAt),
      asc(webhookEndpoints.id),
    );
    return rows.map(viewOf);
  }

  /** @throws Problem `not-found` */
  async one(id: string, db: Queries = this.db): Promise<EndpointView> {
    const [row] = await endpointsIn(db, this.#now()).where(eq(webhookEndpoints.id, id));
    if (row === undefined) throw new Problem("not-found");
    return viewOf(row);
  }

  async create(
    { url: given, events }: z.output<typeof NewEndpoint>,
    by: Actor,
  ): Promise<{ endpoint: EndpointView; secret: string }> {
    const url = this.#readUrl(given);
    const id = `wh_${randomBytes(12).toString("base64url")}`;
    const { secret, sealed } = await this.secrets.make(id);
    return this.db.transaction(async (tx) => {
      await tx.insert(webhookEndpoints).values({ id, url, events, ...columnsOf(sealed) });
      await note(tx, "webhook.created", id, by, { after: { url, events } });
      return { endpoint: await this.one(id, tx), secret };
    });
  }

  /** @throws Problem `not-found`, `changed-meanwhile` */
  async change(
    id: string,
    { url, ...others }: z.output<typeof EndpointChange>,
    version: number,
    by: Actor,
  ): Promise<EndpointView> {
    const change = { ...others, ...(url !== undefined && { url: this.#readUrl(url) }) };
    return this.db.transaction(async (tx) => {
      const before = await this.one(id, tx);
      if (before.version === version && staysAsItIs(before, change)) return before;
      changedRow(
        await tx
          .update(webhookEndpoints)
          .set({
            ...change,
            ...(change.active === true && { offReason: null }),
            version: version + 1,
          })
          .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.version, version)))
          .returning({ id: webhookEndpoints.id }),
      );
      const after = await this.one(id, tx);
      await note(tx, "webhook.changed", id, by, { before: kept(before), after: kept(after) });
      return after;
    });
  }

  /** With all its deliveries. @throws Problem `not-found`, `changed-meanwhile` */
  async remove(id: string, version: number, by: Actor): Promise<void> {
    await this.db.transaction(async (tx) => {
      const before = await this.one(id, tx);
      changedRow(
        await tx
          .delete(webhookEndpoints)
          .where(and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.version, version)))
          .returning({ id: webhookEndpoints.id }),
      );
      await note(tx, "webhook.deleted", id, by, { before: kept(before) });
    });
  }

  /**
   * A new secret; the one before signs too until the overlap ends.
   * @throws Problem `not-found`; `rotation-open` while an older one still signs, unless it is to end now
   */
  async rotate(
    id: string,
    { overlap }: z.output<typeof SecretRotation>,
    by: Actor,
  ): Promise<z.output<typeof NewSecret>> {
    const { secret, sealed } = await this.secrets.make(id);
    const now = this.clock.nowMs();
    const expiresAt = new Date(now + OVERLAPS[overlap] * HOUR_MS);
    await this.db.transaction(async (tx) => {
      const [row] = await tx
        .select()
        .from(webhookEndpoints)
        .where(eq(webhookEndpoints.id, id))
        .for("update");
      if (row === undefined) throw new Problem("not-found");
      const [open] = await tx
        .delete(webhookOldSecrets)
        .where(eq(webhookOldSecrets.endpointId, id))
        .returning({ expiresAt: webhookOldSecrets.expiresAt });
      if (overlap !== "now") {
        if (open !== undefined && open.expiresAt.getTime() > now)
          throw new Problem("rotation-open", {
            detail: `The secret before the last one signs until ${open.expiresAt.toISOString()}. Wait until then, or rotate with the overlap "now".`,
          });
        const { sealed: old, wrappedKey, wrappedBy } = row;
        await tx
          .insert(webhookOldSecrets)
          .values({ endpointId: id, sealed: old, wrappedKey, wrappedBy, expiresAt });
      }
      await tx.update(webhookEndpoints).set(columnsOf(sealed)).where(eq(webhookEndpoints.id, id));
      await note(tx, "webhook.secret-rotated", id, by, { after: { overlap } });
    });
    return { secret, oldSecretUntil: overlap === "now" ? null : expiresAt.toISOString() };
  }

  /** Sends a `webhook.test` to it, whatever it wants. @throws Problem `not-found`; `conflict` where it is off */
  async test(id: string, by: Actor): Promise<void> {
    await this.db.transaction(async (tx) => {
      await requireOn(tx, id);
      const event = { type: "webhook.test", payload: { endpointId: id }, endpointId: id } as const;
      await tellEvent(tx, this.#now(), event);
      await note(tx, "webhook.tested", id, by, {});
    });
  }

  #now(): Date {
    return new Date(this.clock.nowMs());
  }

  /** As it is called: `https://EXAMPLE.com:443/a` is `https://example.com/a`. */
  #readUrl(url: string): string {
    try {
      webhookClient(this.settings, this.clock).checkUrl(url);
      return new URL(url).href;
    } catch (error) {
      if (!(error instanceof WebhookTargetError)) throw error;
      const problem = error.message + (error.isForbidden ? UNLESS : "");
      throw new Problem("invalid-input", { faults: [{ at: "body.url", problem }] });
    }
  }
}

const endpointsIn = (db: Queries, now: Date) =>
  db
    .select({ endpoint: webhookEndpoints, oldSecretUntil: webhookOldSecrets.expiresAt })
    .from(webhookEndpoints)
    .leftJoin(
      webhookOldSecrets,
      and(
        eq(webhookOldSecrets.endpointId, webhookEndpoints.id),
        gt(webhookOldSecrets.expiresAt, now),
      ),
    )
    .$dynamic();

function viewOf(row: { endpoint: Row; oldSecretUntil: Date | null }): EndpointView {
  const { id, url, events, active, offReason, createdAt, version } = row.endpoint;
  return {
    ...{ id, url, events, active, offReason, version },
    oldSecretUntil: row.oldSecretUntil?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}

const columnsOf = ({
  sealed,
  wrappedKey,
  wrappedBy,
}: Pick<Row, "sealed" | "wrappedKey" | "wrappedBy">) => ({
  sealed,
  wrappedKey,
  wrappedBy,
});

const kept = ({ url, events, active }: EndpointView) => ({ url, events, active });

const note = (
  tx: Transaction,
  act: string,
  id: string,
  by: Actor,
  what: { before?: unknown; after?: unknown },
): Promise<void> => recordAct(tx, { by, act, object: { kind: "webhook", id }, ...what });
