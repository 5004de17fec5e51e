// Installs the locked dependencies where they are missing, incomplete or out of date. Node's own modules only.
// `node scripts/setup.mjs --installed`, which npm runs after each install, only notes for which Node that was.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stampFile = join(root, "node_modules", ".setup-stamp");
// A native module is built for one ABI, so a change of Node's major version installs again.
const stamp = `${process.platform}-${process.arch} abi${process.versions.modules}`;

if (process.argv.includes("--installed")) writeFileSync(stampFile, stamp);
else if (!isInstalled()) install();

/** Whether node_modules is what this Node would install from the lock. */
function isInstalled() {
  // npm writes this file last: what is installed, in the words of the lock.
  const listFile = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(listFile) || !existsSync(stampFile)) return false;
  if (readFileSync(stampFile, "utf8") !== stamp) return false;
  const { "": _root, ...locked } = packagesIn(join(root, "package-lock.json"));
  const installed = packagesIn(listFile);
  return (
    Object.keys(installed).every((path) => Object.hasOwn(locked, path)) &&
    Object.entries(locked).every(
      ([path, entry]) =>
        Object.hasOwn(installed, path)
          ? isSame(installed[path], entry) && existsSync(join(root, path, "package.json"))
          : entry.optional === true, // for another platform
    )
  );
}

/** Whether two entries of locks put the same files there. npm works out all else anew, such as what is for developers. */
function isSame(one, other) {
  return ["version", "integrity", "resolved", "link"].every((field) => one[field] === other[field]);
}

function packagesIn(file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}

function install() {
  console.error("Installing dependencies (npm ci) …");
  const npm = process.env.npm_execpath; // the npm that runs this script
  const [command, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  const run = spawnSync(command, [...args, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: !npm && process.platform === "win32",
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  writeFileSync(stampFile, stamp); // npm may have been told to run no scripts
}
