import { ConfigurationError } from "@lacre/core";
import { AuditLog } from "../audit/audit-log.js";
import { keepAppendOnly } from "../database/append-only.js";
import { copyDatabase } from "../database/copy-database.js";
import { OPEN_DATABASE } from "../database/database.module.js";
import type { OpenDatabase } from "../database/database.js";
import { openServer } from "../database/server-database.js";
import { readDatabaseUrl } from "../start/read-settings.js";
import { reportText } from "./audit-verify.js";
import type { TerminalCommand } from "./terminal-command.js";

/** Copies the embedded database into an empty one of a server: 0, or 1 where the audit log is not whole there. */
export const MOVE: TerminalCommand = {
  name: "move",
  summary: "copies the embedded database into an empty PostgreSQL",
  // The keys must open what goes along: else nobody finds out before the old database is gone.
  opensSecrets: true,
  required: [["--to <url>", "the DATABASE_URL of the empty one"]],
  run: async (app, { to = "" }) => {
    const source = app.get<OpenDatabase>(OPEN_DATABASE);
    if (source.nonces !== undefined)
      throw new ConfigurationError(
        "DATABASE_URL",
        "names a server, and this copies the embedded database alone.",
        "Take it away; from server to server use pg_dump.",
      );
    const target = await openServer(readDatabaseUrl(to, "--to"));
    try {
      const rows = await copyDatabase(source.db, target.db);
      await keepAppendOnly(target.db);
      const report = await new AuditLog(target.db).verify();
      console.log(`Copied to ${target.place}: ${rows} rows. ${reportText(report)}`);
      console.log(
        report.whole
          ? `Start the console with this DATABASE_URL and the same master key, and never again on ${source.place}.`
          : `It was copied as it is in ${source.place}. Find out first who has changed it; a backup from before may tell.`,
      );
      return report.whole ? 0 : 1;
    } finally {
      await target.close();
    }
  },
};
