import { sql } from "drizzle-orm";
import {
  bigint,
  bigserial,
  boolean,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
} from "drizzle-orm/pg-core";
import { moment } from "./columns.js";

/** How many verdicts of one kind there were in one minute. */
export const verdictMinutes = pgTable(
  "verdict_minutes",
  {
    minute: moment("minute").notNull(),
    /** Empty where the request named no app that there is. */
    appId: text("app_id").notNull(),
    keyId: text("key_id").notNull(),
    scheme: text("scheme").notNull(),
    /** `accepted`, or the code of the refusal. */
    code: text("code").notNull(),
    service: text("service").notNull(),
    count: bigint("count", { mode: "number" }).notNull(),
    /** The sum, over those whose MAC was right, of how far the sender's clock was ahead, in seconds. */
    driftSum: doublePrecision("drift_sum").notNull().default(0),
    driftCount: bigint("drift_count", { mode: "number" }).notNull().default(0),
    driftMax: doublePrecision("drift_max").notNull().default(0),
  },
  (table) => [
    primaryKey({
      columns: [table.minute, table.appId, table.keyId, table.scheme, table.code, table.service],
    }),
    index("verdict_minutes_app").on(table.appId, table.minute),
  ],
);

/** The same by the hour: the sums of `verdict_minutes`, written with them. What is read where hours are enough. */
export const verdictHours = pgTable(
  "verdict_hours",
  {
    hour: moment("hour").notNull(),
    appId: text("app_id").notNull(),
    keyId: text("key_id").notNull(),
    scheme: text("scheme").notNull(),
    code: text("code").notNull(),
    service: text("service").notNull(),
    count: bigint("count", { mode: "number" }).notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.hour, table.appId, table.keyId, table.scheme, table.code, table.service],
    }),
    index("verdict_hours_app").on(table.appId, table.hour),
    // Rows come in the order of their hours. Of an index of more columns the planner does not count on that, and reads
    // all hours where a third of them would do.
    index("verdict_hours_hour").on(table.hour),
  ],
);

/** Refusals, one by one, for as long as the settings say. */
export const refusals = pgTable(
  "refusals",
  {
    /** The order in which they came in. Nobody is told: it says how many others had. */
    seq: bigserial("seq", { mode: "number" }).primaryKey(),
    id: text("id")
      .notNull()
      .unique()
      .default(sql`'rf_' || replace(gen_random_uuid()::text, '-', '')`),
    at: moment("at").notNull(),
    service: text("service").notNull(),
    code: text("code").notNull(),
    status: integer("status").notNull(),
    appId: text("app_id"),
    keyId: text("key_id"),
    scheme: text("scheme"),
    proven: boolean("proven").notNull(),
    method: text("method").notNull(),
    route: text("route"),
    requestId: text("request_id").notNull(),
    address: text("address"),
    /** The rest of the verdict, as the service told it. Neither key nor MAC is in it. */
    detail: jsonb("detail").$type<Record<string, unknown>>().notNull(),
  },
  (table) => [
    index("refusals_at").on(table.at, table.id),
    index("refusals_app").on(table.appId, table.at, table.id),
  ],
);

/** Batches that were counted: a batch that is sent again counts once. */
export const verdictBatches = pgTable(
  "verdict_batches",
  {
    id: text("id").primaryKey(),
    service: text("service").notNull(),
    at: moment("at").notNull().defaultNow(),
    /** What the service had to drop before it, since its buffer was full. */
    lost: integer("lost").notNull().default(0),
  },
  // Each process of a service sends one every two seconds.
  (table) => [index("verdict_batches_at").on(table.at)],
);
