import { open } from "node:fs/promises";
import { ConfigurationError } from "@lacre/core";
import { TERMINAL } from "../audit/actor.js";
import type { Configuration, Exported, ExportFormat } from "./configuration.js";

/**
 * Writes everything into a new file that nobody else may read. For the command line.
 * @returns the keys that could not be opened, and are not in it
 * @throws ConfigurationError where there is such a file already, or it cannot be written
 */
export async function writeExport(
  configuration: Configuration,
  path: string,
  format: ExportFormat,
): Promise<Exported["unreadable"]> {
  const file = await open(path, "wx", 0o600).catch((error: unknown) => {
    const problem =
      (error as NodeJS.ErrnoException).code === "EEXIST"
        ? "is there already."
        : "cannot be written.";
    throw new ConfigurationError("--out", problem, "Name a new file in a folder of yours.");
  });
  try {
    const { text, unreadable } = await configuration.export(TERMINAL, format);
    await file.writeFile(text);
    await file.sync();
    return unreadable;
  } finally {
    await file.close();
  }
}
