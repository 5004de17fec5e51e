// How long the program `lacre` takes to start, beside Node itself. `npm run bench:start`
// --rounds 30
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "./figures.mjs";
import { atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { readSettings } from "./settings.mjs";

const { rounds } = readSettings({ rounds: 30 });
const PROGRAM = fileURLToPath(new URL("../../apps/cli/bin/lacre.js", import.meta.url));
const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/** How much longer than Node itself it may take. */
const MOST = 2;

const BARE = "`node -e 0`";
const SUBJECTS = {
  [BARE]: ["-e", "0"],
  "`lacre --version`": [PROGRAM, "--version"],
  "`lacre --help`": [PROGRAM, "--help"],
  "`lacre sign`": [PROGRAM, "sign", "GET", "https://api.example.test/orders"],
};

/** Says at the end of a process, in place of its own output, how much CPU time it has used. */
const SAYS_CPU = `data:text/javascript,
  import { writeSync } from "node:fs";
  process.on("exit", () => writeSync(3, JSON.stringify(process.cpuUsage())));`;

/** Milliseconds of CPU time from the start of a program to its end: those of the clock are the machine's too. */
function run(args) {
  const env = { LACRE_APP_ID: "orders", LACRE_API_KEY: KEY };
  const stdio = ["ignore", "ignore", "pipe", "pipe"];
  const words = ["--import", SAYS_CPU, ...args];
  const { status, output } = spawnSync(process.execPath, words, { env, stdio, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}: ${output[2]}`);
  const { user, system } = JSON.parse(output[3]);
  return (user + system) / 1000;
}

// In turn, so that what else the machine does meets all of them.
const names = Object.keys(SUBJECTS);
const times = Object.fromEntries(names.map((name) => [name, []]));
for (const args of Object.values(SUBJECTS)) run(args); // once, until the files are in memory
for (let round = 0; round < rounds; round += 1)
  for (const name of names) times[name].push(run(SUBJECTS[name]));

printHeading(
  "How long `lacre` takes to start",
  ["commander"],
  [`CPU time of ${rounds} runs each, in turn; each in a process of its own.`],
);
const bare = median(times[BARE]);
printTable(
  ["", "median, ms", "least, ms", "× bare Node"],
  names.map((name) => [
    name,
    median(times[name]).toFixed(0),
    Math.min(...times[name]).toFixed(0),
    (median(times[name]) / bare).toFixed(2),
  ]),
);
printGoals(
  names
    .filter((name) => name !== BARE)
    .map((name) => atMost(`${name}, × bare Node`, median(times[name]) / bare, MOST)),
);
