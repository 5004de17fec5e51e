import { readFileSync } from "node:fs";
import type { AppSource, Observer } from "@lacre/nestjs";
import { ConsoleKeyStore, ConsoleVerdicts } from "@lacre/stores/console";
import { StartError } from "./port.js";

/** A console that keeps the apps, and is told what happens. */
export interface DemoConsole {
  readonly apps: AppSource;
  readonly observer: Observer;
}

/** The console that the environment names, if it names one: CONSOLE_URL, CONSOLE_APP_ID and CONSOLE_KEY_FILE. */
export function consoleFrom(env: NodeJS.ProcessEnv): DemoConsole | undefined {
  const { CONSOLE_URL: url, CONSOLE_APP_ID: appId, CONSOLE_KEY_FILE: keyFile } = env;
  if (!url) return undefined;
  if (!appId || !keyFile)
    throw new StartError(
      "CONSOLE_URL needs CONSOLE_APP_ID, a service of that console, and CONSOLE_KEY_FILE, which holds its key.",
    );
  const caller = { url, appId, apiKey: readFileSync(keyFile, "utf8").trim() };
  return { apps: new ConsoleKeyStore(caller), observer: new ConsoleVerdicts(caller) };
}
