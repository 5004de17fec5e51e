import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ConfigurationError } from "@lacre/core";
import { MasterKeyWrapper, readMasterKey } from "@lacre/stores/console";
import { derivedKey, type ConsoleSettings } from "./settings.js";

/** Where the console listens, and where its data is. */
export interface StartSettings extends ConsoleSettings {
  readonly host: string;
  readonly port: number;
  /** A PostgreSQL server. None: the embedded database, in `folder`. */
  readonly databaseUrl: string | undefined;
  readonly folder: string;
}

/**
 * Reads the settings from the environment.
 * @throws ConfigurationError
 */
export function readSettings(env: NodeJS.ProcessEnv): StartSettings {
  const host = env.HOST ?? "127.0.0.1";
  const port = readPort(env.PORT ?? "3100");
  const databaseUrl = env.DATABASE_URL || undefined;
  const folder = resolve(env.CONSOLE_DATA ?? ".lacre-console");
  const masterKey = masterKeyOf(env, folder, databaseUrl !== undefined);
  const before = (env.CONSOLE_MASTER_KEY_BEFORE ?? "").split(",").filter((text) => text !== "");
  return {
    host,
    port,
    databaseUrl,
    folder,
    origin: env.CONSOLE_ORIGIN ?? `http://${host}:${port}`,
    tokenKey: derivedKey(masterKey, "access tokens"),
    wrapper: new MasterKeyWrapper(
      masterKey,
      ...before.map((text) => readMasterKey(text, "CONSOLE_MASTER_KEY_BEFORE")),
    ),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new ConfigurationError("PORT", "must be a whole number up to 65535.", "Write PORT=3100.");
  return port;
}

/** From the environment, from a file, or, with the embedded database alone, from one that is made beside the data. */
function masterKeyOf(env: NodeJS.ProcessEnv, folder: string, onServer: boolean): Uint8Array {
  if (env.CONSOLE_MASTER_KEY) return readMasterKey(env.CONSOLE_MASTER_KEY, "CONSOLE_MASTER_KEY");
  const file = env.CONSOLE_MASTER_KEY_FILE;
  if (file) return readMasterKey(readFileSync(file, "utf8"), "CONSOLE_MASTER_KEY_FILE");
  if (onServer)
    throw new ConfigurationError(
      "CONSOLE_MASTER_KEY",
      "is missing.",
      "Give it, or CONSOLE_MASTER_KEY_FILE. Make one: openssl rand -base64 32",
    );
  const own = join(folder, "master.key");
  if (!existsSync(own)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(own, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flag: "wx" });
  }
  return readMasterKey(readFileSync(own, "utf8"), own);
}
