import { sql } from "drizzle-orm";
import type { ConsolePool, ConsoleQuery } from "@lacre/stores/console";
import type { Database, OpenDatabase } from "../database/database.js";
import { CHANGES_CHANNEL } from "./note-change.js";

/** The console's own database as services see it, on a server and embedded alike. */
export function registryDatabase(database: OpenDatabase): ConsolePool {
  const { db } = database;
  return {
    query: (query) => ask(db, query),
    connect: async () => {
      let heard: () => void = () => undefined;
      let unlisten: (() => Promise<void>) | undefined;
      return {
        query: async () =>
          void (unlisten = await database.listen(
            CHANGES_CHANNEL,
            () => heard(),
            () => heard(),
          )),
        on: (event, told) => event === "notification" && (heard = told),
        release: () => void unlisten?.(),
      };
    },
  };
}

/** Plain SQL with parameters, through drizzle. */
async function ask(
  db: Database,
  { text, values = [] }: ConsoleQuery,
): Promise<{ rows: unknown[] }> {
  const parts = text
    .split(/(\$\d+)/)
    .map((part) =>
      /^\$\d+$/.test(part) ? sql`${values[Number(part.slice(1)) - 1]}` : sql.raw(part),
    );
  return (await db.execute(sql.join(parts))) as unknown as { rows: unknown[] };
}
