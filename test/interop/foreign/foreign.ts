import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = import.meta.dirname;
const LOCK = join(FOLDER, "package-lock.json");
const INSTALLED = join(FOLDER, "node_modules", ".package-lock.json");

/** Fails where other people's packages are missing or out of date. */
export function needForeign(): void {
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs) return;
  throw new Error(
    "Other people's packages are missing. Install them: node test/interop/foreign/install.mjs",
  );
}

/**
 * One of those packages, as its own types do not say it: they are there only once it is installed. `file` is where it
 * begins, for a package that can only be imported: here it would be looked up as if it were required.
 */
export async function foreign<T>(name: string, file?: string): Promise<T> {
  const path =
    file === undefined
      ? createRequire(join(FOLDER, "package.json")).resolve(name)
      : join(FOLDER, "node_modules", name, file);
  return (await import(pathToFileURL(path).href)) as T;
}

/** The version that is installed, for the test's name. */
export function versionOf(name: string): string {
  const path = join(FOLDER, "package.json");
  const { dependencies } = JSON.parse(readFileSync(path, "utf8")) as {
    dependencies: Record<string, string>;
  };
  return dependencies[name] ?? "not named";
}
