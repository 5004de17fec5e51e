import type { OpenDatabase } from "../database/database.js";
import { openEmbedded } from "../database/embedded-database.js";
import { openServer } from "../database/server-database.js";
import type { StartSettings } from "./read-settings.js";

/**
 * The server that the settings name, or the embedded database in their folder.
 * @param mayMake whether an empty one becomes a console's
 */
export const openDatabase = (
  { databaseUrl, folder }: StartSettings,
  mayMake = true,
): Promise<OpenDatabase> =>
  databaseUrl === undefined ? openEmbedded({ folder, mayMake }) : openServer(databaseUrl, mayMake);
