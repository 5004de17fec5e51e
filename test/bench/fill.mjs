// Puts the output of a benchmark into docs/performance.md, in the place of the figures under the same heading:
// `npm run -s bench:http | node test/bench/fill.mjs`
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));
const END = "<!-- end of figures -->";

const output = readFileSync(0, "utf8");
const figures = output.slice(output.search(/^## /m)).trimEnd();
const heading = figures.split("\n", 1)[0];
const text = readFileSync(FILE, "utf8");
const start = text.indexOf(`${heading}\n`);
const end = text.indexOf(END, start);
if (!output.includes("## ") || start === -1 || end === -1)
  throw new Error(`docs/performance.md has no figures under "${heading}"`);
writeFileSync(FILE, `${text.slice(0, start)}${figures}\n\n${text.slice(end)}`);
