// Everything that can be said about the code without running it, one line a step. `npm run check`, or the names
// of some steps: `node scripts/check.mjs format lint`. Needs no network.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LIBRARIES } from "./doors.mjs";
import { lockFaults } from "./lock-check.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const LIBRARY_FOLDERS = LIBRARIES.map((name) => `libs/${name}`);

const STEPS = {
  format: () => run("oxfmt", "--check", "."),
  lint: () => run("oxlint", "--type-aware", "--report-unused-disable-directives", "."),
  // An unused @ts-expect-error in test/types is an error too.
  types: () => [
    ...run("tsc", "-p", "tsconfig.json"),
    ...run("tsc", "-p", "apps/console/page/tsconfig.json"),
  ],
  imports: () => run("depcruise", "--config", ".dependency-cruiser.cjs", "libs", "apps", "test"),
  exports: unusedExports,
  words: () => [...forbiddenWords(), ...schemeNames()],
  lock: () =>
    ["package-lock.json", "test/interop/foreign/package-lock.json"].flatMap((path) =>
      lockFaults(JSON.parse(read(path))).map((fault) => `${path}: ${fault}`),
    ),
  build: () => [...run("tsc", "-b", "tsconfig.build.json"), ...script("dist.mjs")],
  packages: () => [
    ...[...LIBRARY_FOLDERS, "apps/cli"].flatMap((folder) => run("publint", folder)),
    ...LIBRARY_FOLDERS.flatMap((folder) => run("attw", "--pack", folder)),
  ],
};

/** Runs a tool of node_modules. Its output, as one complaint, when it fails. */
const run = (tool, ...args) =>
  spawned(join(root, "node_modules", ".bin", tool), args, process.platform === "win32");

/** Runs a script of this folder, in the same way. */
const script = (name) => spawned(process.execPath, [join(root, "scripts", name)], false);

function spawned(program, args, shell) {
  const done = spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    shell,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (done.status === 0) return [];
  const output = `${done.stdout ?? ""}${done.stderr ?? ""}`.trim();
  return [
    `${basename(program)} ${args.join(" ")}\n${output || (done.error?.message ?? "failed without a word")}`,
  ];
}

/** The project's own files below a folder whose names match. */
function* files(folder, pattern) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!["node_modules", "dist", "fixtures"].includes(entry.name)) yield* files(path, pattern);
    } else if (pattern.test(entry.name)) yield path;
  }
}

const read = (path) => readFileSync(join(root, path), "utf8");

/** A preset of a sender, which a test finds by the name of its message. */
function hasMessage(path) {
  const [, name] = /^libs\/schemes\/src\/senders\/([\w-]+)\.ts$/.exec(path) ?? [];
  return name !== undefined && existsSync(join(root, `test/conformance/senders/${name}.json`));
}

/** Functions, classes and constants that are exported, and that no other file of the project ever writes. */
function unusedExports() {
  const texts = ["libs", "apps", "test"].flatMap((folder) =>
    [...files(folder, /\.(?:tsx?|mjs|js)$/)].map((path) => ({ path, text: read(path) })),
  );
  const faults = [];
  for (const { path, text } of texts) {
    if (!/^(?:libs|apps)\/[^/]+\/(?:page\/)?src\/.*\.tsx?$/.test(path)) continue;
    if (path.endsWith(".spec.ts") || hasMessage(path)) continue;
    for (const [, name] of text.matchAll(
      /^export (?:declare )?(?:abstract )?(?:async )?(?:const|function|class|enum) (\w+)/gm,
    )) {
      const word = new RegExp(`\\b${name}\\b`);
      if (!texts.some((other) => other.path !== path && word.test(other.text)))
        faults.push(`${path}: ${name} is exported, and used nowhere else`);
    }
  }
  return faults;
}

/** A test that is left out, or that leaves the others out. */
function forbiddenWords() {
  const word =
    /\b(?:describe|it|test)(?:\.\w+)*\.(?:only|skip|todo|failing)\b|\b(?:fdescribe|fit|xdescribe|xit|xtest)\s*\(/;
  const faults = [];
  for (const folder of ["libs", "apps", "test"]) {
    for (const path of files(folder, /\.(?:spec|systems|types)\.[cm]?[jt]s$/)) {
      for (const [i, line] of read(path).split("\n").entries())
        if (word.test(line)) faults.push(`${path}:${i + 1}: ${line.trim()}`);
    }
  }
  return faults;
}

/** A file that all schemes share, and that says the name of one: what it needs to know is a member that every scheme answers. */
function schemeNames() {
  const { exports: doors } = JSON.parse(read("libs/schemes/package.json"));
  const formats = Object.keys(doors).flatMap((door) => /^\.\/([\w-]+)$/.exec(door)?.[1] ?? []);
  const quoted = new RegExp(`["'\`](?:${["lacre1", ...formats].join("|")})["'\`]`);
  const own = /^libs\/core\/src\/(?:lacre1\/|apps\/default-scheme\.ts$)/;
  const faults = [];
  for (const folder of ["core", "node", "stores", "nestjs"].map((name) => `libs/${name}/src`))
    for (const path of files(folder, /(?<!\.spec)\.ts$/)) {
      if (own.test(path)) continue;
      const code = read(path).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      for (const line of code.split("\n"))
        if (quoted.test(line)) faults.push(`${path}: names a scheme: ${line.trim()}`);
    }
  return faults;
}

const wanted = process.argv.slice(2);
const stranger = wanted.find((name) => !Object.hasOwn(STEPS, name));
if (stranger !== undefined) {
  console.error(`No step is called ${stranger}. There are: ${Object.keys(STEPS).join(" ")}`);
  process.exit(2);
}
if (!existsSync(join(root, "node_modules"))) {
  console.error("node_modules is missing: npm ci");
  process.exit(2);
}

let failed = 0;
for (const [name, step] of Object.entries(STEPS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const startedMs = performance.now();
  const faults = step();
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(
    `${faults.length === 0 ? "ok    " : "FAILED"} ${name.padEnd(9)} ${seconds.padStart(5)} s`,
  );
  for (const fault of faults) console.log(fault.replace(/^/gm, "       "));
  if (faults.length > 0) failed += 1;
}
if (failed > 0)
  console.log(`${failed} of ${wanted.length || Object.keys(STEPS).length} steps failed.`);
process.exit(failed > 0 ? 1 : 0);
