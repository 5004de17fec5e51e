import { customType, text, timestamp } from "drizzle-orm/pg-core";

/** A moment in time, to the millisecond. */
export const moment = (name: string) =>
  timestamp(name, { withTimezone: true, mode: "date", precision: 3 });

export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});

/** What holds a secret at rest: sealed under a data key of its own, which is wrapped by a master key. */
export const sealedColumns = <Prefix extends string>(prefix: Prefix) => {
  const column = <Name extends string>(name: Name) => `${prefix}_${name}` as const;
  return {
    sealed: bytes(column("sealed")).notNull(),
    wrappedKey: bytes(column("wrapped_key")).notNull(),
    /** Which master key wrapped it. */
    wrappedBy: text(column("wrapped_by")).notNull(),
  };
};
