import { ConfigurationError } from "@lacre/core";
import { Configuration, leftOutText } from "../export/configuration.js";
import { writeExport } from "../export/write-export.js";
import type { TerminalCommand } from "./terminal-command.js";

/** Writes all apps with all keys into a new file: TypeScript where its name ends with .ts, JSON otherwise. 1 where some could not be opened. */
export const EXPORT_APPS: TerminalCommand = {
  name: "export",
  summary: "writes all apps with all keys as a configuration of the module",
  options: [["--out <file>", "a new file, which only you may read; JSON, or .ts for TypeScript"]],
  opensSecrets: true,
  run: async (app, { out }) => {
    if (out === undefined)
      throw new ConfigurationError("--out", "is missing.", "Write --out apps.json.");
    const format = out.endsWith(".ts") ? "typescript" : "json";
    const unreadable = await writeExport(app.get(Configuration), out, format);
    console.log(`Written to ${out}. It holds every key in the clear.`);
    if (unreadable.length === 0) return 0;
    console.log(`But not these, which cannot be opened: ${leftOutText(unreadable)}.`);
    return 1;
  },
};
