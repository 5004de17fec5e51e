import { open } from "node:fs/promises";
import type { Configuration, ExportFormat } from "./configuration.js";

/**
 * Writes everything into a new file that nobody else may read. For the command line.
 * @throws Error where there is such a file already
 */
export async function writeExport(
  configuration: Configuration,
  path: string,
  format: ExportFormat,
): Promise<void> {
  const text = await configuration.export({ actor: "terminal" }, format);
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
