// Installs the locked dependencies when they are missing or out of date. Node built-ins only.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stampFile = join(root, "node_modules", ".setup-stamp");
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
// A native module is built for one ABI, so a change of Node's major version installs again.
const stamp = `${lock} ${process.platform}-${process.arch} abi${process.versions.modules}`;

if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  console.error("Installing dependencies (npm ci) …");
  const npm = process.env.npm_execpath; // the npm that runs this script
  const [command, args] = npm ? [process.execPath, [npm]] : ["npm", []];
  const run = spawnSync(command, [...args, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
    shell: !npm && process.platform === "win32",
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
  writeFileSync(stampFile, stamp);
}
