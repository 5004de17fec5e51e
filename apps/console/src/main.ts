import "reflect-metadata";
import { ConfigurationError } from "@lacre/core";
import { openEmbedded } from "./database/embedded-database.js";
import { openServer } from "./database/server-database.js";
import { createConsole } from "./start/create-console.js";
import { readSettings } from "./start/read-settings.js";

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const { databaseUrl, folder, host, port } = settings;
  const database =
    databaseUrl === undefined ? await openEmbedded({ folder }) : await openServer(databaseUrl);
  const app = await createConsole({ settings, database });
  await app.listen(port, host);
  console.log(`\nThe console is at ${settings.origin}; its data is in ${database.place}`);
}

start().catch((error: unknown) => {
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exit(1);
});
