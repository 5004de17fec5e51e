import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigurationError } from "@lacre/core";

/**
 * Makes a folder for its owner alone, with those that it is in. Not by `recursive` of Node: where a file system takes no
 * folder and says that there is none, as `/proc` does, that tries for ever.
 * @throws ConfigurationError
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = path; !isFolder(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  for (const each of missing)
    try {
      mkdirSync(each, { mode: 0o700 });
    } catch (error) {
      if (!isFolder(each)) throw folderFault(path, error); // nobody else has just made it
    }
}

/** What is wrong with the folder of the data. */
export function folderFault(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || error instanceof ConfigurationError) return error;
  return new ConfigurationError(
    "CONSOLE_DATA",
    `${path} cannot be made, or not be written to (${code}).`,
    "Name a folder on a disk, in which the console may write.",
  );
}

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
};
