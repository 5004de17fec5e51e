// What all benchmarks print: Markdown, with the goals beside the figures.
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { createRequire } from "node:module";

/** The first lines: on what was measured, and of which versions. */
export function printHeading(title, packages, lines = []) {
  const versions = packages.map((name) => `${name} ${versionOf(name)}`);
  console.log(`## ${title}\n`);
  console.log(
    [
      `Node ${process.version}`,
      `${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`,
      ...versions,
    ].join(", ") + ".\n",
  );
  for (const line of lines) console.log(`${line}\n`);
}

/** Rows of cells under a head; numbers stand to the right. */
export function printTable(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  console.log(line(head));
  console.log(line(head.map((_, i) => (i === 0 ? "---" : "--:"))));
  for (const row of rows) console.log(line(row));
  console.log("");
}

/** A goal: a figure that must be at least, or at most, a bound. */
export const atLeast = (what, figure, bound) => ({
  what,
  figure,
  bound,
  sign: "≥",
  isMet: figure >= bound,
});
export const atMost = (what, figure, bound) => ({
  what,
  figure,
  bound,
  sign: "≤",
  isMet: figure <= bound,
});

/** The goals beside what was measured, and how many were missed. */
export function printGoals(goals) {
  printTable(
    ["Goal", "bound", "measured", ""],
    goals.map(({ what, figure, bound, sign, isMet }) => [
      what,
      `${sign} ${bound}`,
      figure.toFixed(2),
      isMet ? "met" : "**short**",
    ]),
  );
  const missed = goals.filter(({ isMet }) => !isMet).length;
  console.log(`${goals.length - missed} of ${goals.length} goals met.\n`);
}

function versionOf(name) {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths) {
    try {
      return JSON.parse(readFileSync(`${path}/${name}/package.json`, "utf8")).version;
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }
  throw new Error(`${name} is not installed`);
}
