import { bigint, index, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.js";

/** Every administrative act, in order, each with the hash of the one before it. Rows are added, never changed. */
export const audit = pgTable(
  "audit",
  {
    /** From 1, without gaps. */
    seq: bigint("seq", { mode: "number" }).primaryKey(),
    at: moment("at").notNull(),
    /** The person's id, `console` for what it did by itself, or `terminal` for the command line. */
    actor: text("actor").notNull(),
    /** `app.created`, `key.revoked`, … */
    act: text("act").notNull(),
    /** `app`, `key`, `person`, … and which. */
    objectKind: text("object_kind").notNull(),
    objectId: text("object_id").notNull(),
    before: jsonb("before"),
    after: jsonb("after"),
    address: text("address"),
    previousHash: text("previous_hash").notNull(),
    hash: text("hash").notNull(),
  },
  (table) => [
    index("audit_object").on(table.objectKind, table.objectId, table.seq),
    index("audit_actor").on(table.actor, table.seq),
  ],
);
