import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
} from "drizzle-orm/pg-core";
import { moment, sealedColumns } from "./columns.js";
import { people, teams } from "./people.js";

/** An application that signs: an identity. Its keys come and go. */
export const apps = pgTable(
  "apps",
  {
    /** The AppId. */
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** `app`: calls the services. `service`: verifies, reads the registry, and tells what happened. */
    kind: text("kind").notNull().default("app"),
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    scopes: text("scopes").array().notNull().default([]),
    /** Which schemes its keys may be of. */
    schemes: text("schemes").array().notNull().default(["lacre1"]),
    /** Allowed source networks; empty: any. */
    networks: text("networks").array().notNull().default([]),
    limits: jsonb("limits").$type<Record<string, number>>(),
    attributes: jsonb("attributes").$type<Record<string, unknown>>().notNull().default({}),
    /** `active`, or `disabled`: none of its keys opens anything. */
    state: text("state").notNull().default("active"),
    createdAt: moment("created_at").notNull().defaultNow(),
    createdBy: text("created_by").references(() => people.id),
    version: integer("version").notNull().default(1),
  },
  (table) => [
    index("apps_team").on(table.teamId),
    check("apps_kind", sql`${table.kind} in ('app', 'service')`),
    check("apps_state", sql`${table.state} in ('active', 'disabled')`),
  ],
);

/** A version of an app's credential. */
export const keys = pgTable(
  "keys",
  {
    id: text("id").primaryKey(),
    appId: text("app_id")
      .notNull()
      .references(() => apps.id),
    /** The one scheme that it opens: `lacre1`, `aws-sigv4`, or a sender's own such as `stripe`. */
    scheme: text("scheme").notNull(),
    algorithm: text("algorithm").notNull().default("sha256"),
    encoding: text("encoding").notNull().default("lk1"),
    /** `active`, `accept-only` or `revoked`. */
    state: text("state").notNull().default("active"),
    notBefore: moment("not_before").notNull().defaultNow(),
    /** Null: no end. */
    expiresAt: moment("expires_at"),
    /** Of a key that was rotated: the end that it had before. */
    ownEnd: moment("own_end"),
    /** The key that it replaces. */
    replaces: text("replaces"),
    /** Eight hex digits that refusals and logs show: `Secret.fingerprint` of @lacre/core. */
    fingerprint: text("fingerprint").notNull(),
    /** A keyed hash of the secret. One secret is used once in the whole console. */
    mark: text("mark").notNull().unique("keys_mark"),
    ...sealedColumns("secret"),
    createdAt: moment("created_at").notNull().defaultNow(),
    createdBy: text("created_by").references(() => people.id),
    revokedAt: moment("revoked_at"),
    version: integer("version").notNull().default(1),
  },
  (table) => [
    index("keys_app").on(table.appId),
    index("keys_end").on(table.expiresAt),
    check("keys_state", sql`${table.state} in ('active', 'accept-only', 'revoked')`),
  ],
);

/** From where and by which scheme a key was used, with the last minute of each. Written in batches. */
export const keyUses = pgTable(
  "key_uses",
  {
    keyId: text("key_id").notNull(),
    appId: text("app_id").notNull(),
    source: text("source").notNull(),
    scheme: text("scheme").notNull(),
    lastMinute: moment("last_minute").notNull(),
    /** Of all time: more than an integer holds. */
    count: bigint("count", { mode: "number" }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.keyId, table.source, table.scheme] }),
    index("key_uses_app").on(table.appId),
  ],
);

/** What verifying services must read again. Written in the transaction of the change itself. */
export const registryChanges = pgTable("registry_changes", {
  seq: bigserial("seq", { mode: "number" }).primaryKey(),
  appId: text("app_id").notNull(),
  at: moment("at").notNull().defaultNow(),
});

/** A developer asks for an app or for more of one; an operator answers. */
export const accessRequests = pgTable(
  "access_requests",
  {
    id: text("id").primaryKey(),
    personId: text("person_id")
      .notNull()
      .references(() => people.id),
    teamId: text("team_id")
      .notNull()
      .references(() => teams.id),
    /** The app that it is about; of a new one, the id that is wished for. */
    appId: text("app_id").notNull(),
    scopes: text("scopes").array().notNull().default([]),
    reason: text("reason").notNull(),
    /** `open`, `approved`, `refused`, `withdrawn`. */
    state: text("state").notNull().default("open"),
    answer: text("answer"),
    answeredBy: text("answered_by").references(() => people.id),
    createdAt: moment("created_at").notNull().defaultNow(),
    answeredAt: moment("answered_at"),
    version: integer("version").notNull().default(1),
  },
  (table) => [index("access_requests_state").on(table.state, table.createdAt)],
);

/** Answers to POSTs that carried an Idempotency-Key. */
export const idempotency = pgTable(
  "idempotency",
  {
    personId: text("person_id").notNull(),
    key: text("key").notNull(),
    requestHash: text("request_hash").notNull(),
    /** Null while it runs. Then `{ answer }`, or `{ made }` where the answer holds a secret: that one is not shown twice. */
    kept: jsonb("kept"),
    at: moment("at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.personId, table.key] }),
    index("idempotency_at").on(table.at),
  ],
);
