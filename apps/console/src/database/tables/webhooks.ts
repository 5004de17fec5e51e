import { boolean, index, integer, jsonb, pgTable, text, unique } from "drizzle-orm/pg-core";
import { moment, sealedColumns } from "./columns.js";

/** Where events go. */
export const webhookEndpoints = pgTable("webhook_endpoints", {
  id: text("id").primaryKey(),
  url: text("url").notNull(),
  events: text("events").array().notNull(),
  active: boolean("active").notNull().default(true),
  /** Why the console has switched it off by itself; null where it has not. */
  offReason: text("off_reason"),
  ...sealedColumns("secret"),
  createdAt: moment("created_at").notNull().defaultNow(),
  version: integer("version").notNull().default(1),
});

/** The secret before the last rotation of an endpoint, which signs too until its end. */
export const webhookOldSecrets = pgTable("webhook_old_secrets", {
  endpointId: text("endpoint_id")
    .primaryKey()
    .references(() => webhookEndpoints.id, { onDelete: "cascade" }),
  ...sealedColumns("secret"),
  expiresAt: moment("expires_at").notNull(),
});

/** What happened and is to be told: written in the transaction of what happened. */
export const events = pgTable("events", {
  id: text("id").primaryKey(),
  type: text("type").notNull(),
  /** The same thing is told once: `key.expiring` of one key and day, say. */
  once: text("once").unique(),
  payload: jsonb("payload").$type<Record<string, unknown>>().notNull(),
  at: moment("at").notNull().defaultNow(),
});

/** A try of a delivery that has ended. */
export interface EndedTry {
  /** ISO 8601. */
  readonly at: string;
  readonly status: number | null;
  readonly error: string | null;
  /** Null where nothing was connected to. */
  readonly ms: number | null;
}

/** One event to one endpoint, with all tries. */
export const deliveries = pgTable(
  "deliveries",
  {
    id: text("id").primaryKey(),
    eventId: text("event_id")
      .notNull()
      .references(() => events.id),
    endpointId: text("endpoint_id")
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: "cascade" }),
    /** `waiting`, `delivered`, `failed`. */
    state: text("state").notNull().default("waiting"),
    tries: integer("tries").notNull().default(0),
    nextAt: moment("next_at").notNull().defaultNow(),
    /** Whoever holds it works on it until then. */
    heldUntil: moment("held_until"),
    /** The last of them, the oldest first. */
    tried: jsonb("tried").$type<readonly EndedTry[]>().notNull().default([]),
    lastStatus: integer("last_status"),
    lastError: text("last_error"),
    createdAt: moment("created_at").notNull().defaultNow(),
    lastTriedAt: moment("last_tried_at"),
    doneAt: moment("done_at"),
  },
  (table) => [
    unique("deliveries_once").on(table.eventId, table.endpointId),
    index("deliveries_next").on(table.state, table.nextAt),
    index("deliveries_endpoint").on(table.endpointId, table.createdAt, table.id),
  ],
);

/** Settings that people change in the console, by name. */
export const settings = pgTable("settings", {
  name: text("name").primaryKey(),
  value: jsonb("value").notNull(),
});
