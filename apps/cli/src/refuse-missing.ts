import { accessSync, constants, statSync } from "node:fs";
import { UsageError } from "./exit.js";

/**
 * Looks whether a file is there, and opens nothing: a pipe can be read once.
 * @throws UsageError
 */
export function refuseMissing(path: string): void {
  if (path === "-") return;
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (statSync(path).isDirectory()) throw unreadable(path, { code: "EISDIR" });
}

/** Why a file could not be read, in one line. */
export function unreadable(path: string, error: unknown): UsageError {
  const reason = {
    ENOENT: "there is no such file",
    EACCES: "it may not be read",
    EISDIR: "it is a folder",
  };
  const { code = "", message } = error as NodeJS.ErrnoException;
  return new UsageError(
    `Cannot read ${path}: ${reason[code as keyof typeof reason] ?? message}. Check its name and its permissions.`,
  );
}
