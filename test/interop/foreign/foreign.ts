import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = import.meta.dirname;
const LOCK = join(FOLDER, "package-lock.json");
const INSTALLED = join(FOLDER, "node_modules", ".package-lock.json");

/** Installs other people's packages where they are missing or out of date, from the registry that npm is set up with. */
export function installForeign(): void {
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs) return;
  const args = ["ci", "--no-workspaces", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, stderr } = spawnSync("npm", args, { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0)
    throw new Error(
      `npm ci failed in ${FOLDER}. These tests need npm and a registry that it can reach.\n${stderr}`,
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
