import type { OpenDatabase } from "../database/database.js";
import { openEmbedded } from "../database/embedded-database.js";
import { openServer } from "../database/server-database.js";
import type { StartSettings } from "./read-settings.js";

/** The server that the settings name, or the embedded database in their folder. */
export const openDatabase = ({ databaseUrl, folder }: StartSettings): Promise<OpenDatabase> =>
  databaseUrl === undefined ? openEmbedded({ folder }) : openServer(databaseUrl);
