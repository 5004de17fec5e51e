// Finds what makes `npm ci` fail or go astray before somebody else's machine does.
//
// 1. A registry that lacks a platform's package makes `npm install` leave it out of the lock without a word, and
//    `npm ci` then refuses the lock: every optional dependency must have an entry.
// 2. A `resolved` field that names a host ties the lock to one registry. Entries without it are taken from
//    whichever registry npm is set up for, and their integrity is still checked.
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What is wrong with a parsed package-lock.json; empty when nothing is. */
export function lockFaults(lock) {
  const faults = [];
  const entries = Object.entries(lock.packages ?? {});
  if (lock.lockfileVersion !== 3) faults.push(`lockfileVersion is ${lock.lockfileVersion}, not 3`);
  const nameOf = (path) => path.split("node_modules/").pop();
  const present = new Set(entries.map(([path]) => nameOf(path)));
  for (const [path, entry] of entries) {
    const optional = Object.keys(entry.optionalDependencies ?? {});
    const missing = optional.filter((name) => !present.has(name));
    if (missing.length > 0)
      faults.push(
        `${nameOf(path)}@${entry.version}: ${missing.length} of ${optional.length} optional packages are not in the lock: ` +
          `${missing.slice(0, 3).join(" ")}. Pin a version that the registry has for every platform.`,
      );
    if (/^[a-z][a-z0-9+.-]*:/i.test(entry.resolved ?? ""))
      faults.push(`${path}: "resolved" names a host: ${entry.resolved}. Delete the field.`);
    if (path.includes("node_modules/") && !entry.link && !entry.integrity)
      faults.push(`${path}: has no integrity`);
  }
  return faults;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const file = process.argv[2] ?? fileURLToPath(new URL("../package-lock.json", import.meta.url));
  const faults = lockFaults(JSON.parse(readFileSync(file, "utf8")));
  for (const fault of faults) console.error(fault);
  process.exit(faults.length > 0 ? 1 : 0);
}
