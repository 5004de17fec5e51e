// Installs other people's packages beside this file where they are missing or out of date: `npm run test:all` does it.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const packagesOf = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
const lock = join(import.meta.dirname, "package-lock.json");
const installed = join(import.meta.dirname, "node_modules", ".package-lock.json");
if (!isInstalled()) {
  const args = ["ci", "--no-workspaces", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", args, {
    cwd: import.meta.dirname,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  process.exit(status ?? 1);
}

/** npm writes down what it has installed, in the words of the lock. */
function isInstalled() {
  if (!existsSync(installed)) return false;
  const there = packagesOf(installed);
  return Object.entries(packagesOf(lock)).every(
    ([path, { version, optional }]) =>
      path === "" ||
      optional === true ||
      (there[path]?.version === version &&
        existsSync(join(import.meta.dirname, path, "package.json"))),
  );
}
