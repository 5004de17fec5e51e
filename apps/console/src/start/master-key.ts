import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "@lacre/core";
import { readMasterKey } from "@lacre/stores/console";
import { folderFault, makeFolder } from "../database/make-folder.js";
import { noConsole } from "../database/no-console.js";

const MAKE_ONE = "Make one: openssl rand -base64 32";

/** Reads a master key that nobody can guess. @throws ConfigurationError that does not show it */
export function strongMasterKey(text: string, option: string): Uint8Array {
  const key = readMasterKey(text, option);
  if (isWritten(key) || isPattern(key))
    throw new ConfigurationError(option, "is a text or a pattern, which can be guessed.", MAKE_ONE);
  return key;
}

/** Of 32 random bytes all are those of a text once in 10^13 times. */
const isWritten = (key: Uint8Array): boolean => key.every((byte) => byte >= 32 && byte < 127);

/** One byte again and again, a few of them, or each a step above the one before. */
function isPattern(key: Uint8Array): boolean {
  const steps = key.slice(1).map((byte, i) => byte - (key[i] ?? 0));
  return new Set(key).size < 12 || new Set(steps).size < 8;
}

/** Reads a file that a setting names. @throws ConfigurationError */
export function readKeyFile(path: string, option: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      option,
      `names a file that cannot be read (${code}).`,
      "Mend the path, or who may read it.",
    );
  }
  return strongMasterKey(text, option);
}

/**
 * The key that is made at the first start for trying out: `master.key`, beside the folder of the database.
 * @param mayMake whether this may be the first start
 * @throws ConfigurationError where it is gone, and the database is there; where there is neither, and none may be made
 */
export function ownMasterKey(folder: string, mayMake: boolean): Uint8Array {
  const path = join(folder, "master.key");
  if (existsSync(path)) return readKeyFile(path, path);
  const database = join(folder, "database");
  if (existsSync(database) && readdirSync(database).length > 0)
    throw new ConfigurationError(
      "CONSOLE_MASTER_KEY",
      `is missing: ${path} is gone, and the database beside it was sealed with it.`,
      "Give the key, or put the file back.",
    );
  if (!mayMake) throw noConsole("CONSOLE_DATA", `${folder} holds no console.`);
  makeFolder(folder);
  try {
    writeOnce(path, `${randomBytes(32).toString("base64")}\n`);
  } catch (error) {
    throw folderFault(folder, error);
  }
  return readKeyFile(path, path);
}

/** Of two that start at once one writes, and both read the same. */
function writeOnce(path: string, text: string): void {
  const whole = `${path}.${randomUUID()}`;
  writeFileSync(whole, text, { mode: 0o600, flag: "wx" });
  try {
    linkSync(whole, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(whole);
  }
}
