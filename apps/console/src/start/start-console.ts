import { Logger } from "@nestjs/common";
import { ConfigurationError } from "@lacre/core";
import { ConsoleLogger } from "./console-logger.js";
import { createConsole } from "./create-console.js";
import type { OpenDatabase } from "../database/database.js";
import { openDatabase } from "./open-database.js";
import { readSettings } from "./read-settings.js";

/**
 * Starts the console as the environment says, and returns once it listens. A signal stops it.
 * @throws ConfigurationError
 */
export async function startConsole(env: NodeJS.ProcessEnv): Promise<void> {
  const settings = readSettings(env);
  const logger = new ConsoleLogger();
  Logger.overrideLogger(logger);
  const database = closedOnce(await openDatabase(settings));
  try {
    const app = await createConsole({ settings, database, logger });
    await app.listen(settings.port, settings.host).catch(async (error: unknown) => {
      await app.close();
      throw listeningFault(error);
    });
  } catch (error) {
    await database.close();
    throw error;
  }
  if (settings.isOwnKey)
    console.log(
      `\nThis is for trying out: the master key was made here, in ${settings.folder}. Elsewhere give CONSOLE_MASTER_KEY_FILE.`,
    );
  console.log(`\nThe console is at ${settings.origin}; its data is in ${database.place}`);
}

/** Whoever comes first closes it: the console, or whoever could not start one. */
function closedOnce(database: OpenDatabase): OpenDatabase {
  let closing: Promise<void> | undefined;
  return { ...database, close: () => (closing ??= database.close()) };
}

function listeningFault(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return new ConfigurationError("PORT", "is in use by another program.", "Choose another one.");
  if (code === "EACCES")
    return new ConfigurationError("PORT", "is for the superuser alone.", "Choose one above 1023.");
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new ConfigurationError(
      "HOST",
      "is no address of this machine.",
      "Write HOST=127.0.0.1.",
    );
  return error;
}
