import type { INestApplicationContext } from "@nestjs/common";
import { ConfigurationError } from "@lacre/core";
import { Configuration } from "./configuration.js";
import { writeExport } from "./write-export.js";

/** Writes all apps with all keys into a new file: TypeScript where its name ends with .ts, JSON otherwise. */
export const EXPORT = {
  name: "export",
  summary: "writes all apps with all keys as a configuration of the module",
  options: [
    ["--out <file>", "a new file, which only you may read; JSON, or .ts for TypeScript"],
  ] as const,
  run: async (
    app: INestApplicationContext,
    { out }: Readonly<Record<string, string>>,
  ): Promise<number> => {
    if (out === undefined)
      throw new ConfigurationError("--out", "is missing.", "Write --out apps.json.");
    const format = out.endsWith(".ts") ? "typescript" : "json";
    await writeExport(app.get(Configuration, { strict: false }), out, format);
    console.log(`Written to ${out}. It holds every key in the clear.`);
    return 0;
  },
};
