import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** One fenced block of a document. */
export interface Block {
  /** The word after the fence: `ts`, `sh`, … */
  readonly kind: string;
  readonly code: string;
  /** Where it stands, for messages: `README.md:40`. */
  readonly place: string;
  /** What its first line calls it (`// main.ts`), or a name made of its place. */
  readonly file: string;
}

export const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The fenced blocks of a document, in order. */
export function blocksOf(path: string): Block[] {
  const blocks: Block[] = [];
  let open: { kind: string; line: number; code: string[] } | undefined;
  for (const [i, line] of read(path).split("\n").entries()) {
    if (!line.startsWith("```")) open?.code.push(line);
    else if (open === undefined) open = { kind: line.slice(3).trim(), line: i + 1, code: [] };
    else {
      const named = /^\/\/ ([\w./-]+\.[jt]s)$/.exec(open.code[0] ?? "")?.[1];
      blocks.push({
        kind: open.kind,
        code: `${open.code.join("\n")}\n`,
        place: `${path}:${open.line}`,
        file: named ?? `block-at-line-${open.line}.${open.kind === "js" ? "js" : "ts"}`,
      });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${path}:${open.line}: the block is never closed`);
  return blocks;
}

/** The blocks of a document that begin with the name of a file, in any language, by that name. */
export const filesOf = (path: string): Record<string, string> =>
  Object.fromEntries(
    blocksOf(path).flatMap(({ code }) => {
      const name = /^(?:\/\/|#) ([\w.-]+)\n/.exec(code)?.[1];
      return name === undefined ? [] : [[name, code]];
    }),
  );

/** Folders with documents that tools made, or that belong to others. */
const NOT_OURS = /(?:^|\/)(?:node_modules|dist|\.git|\.vitepress|fixtures|coverage)$|^docs\/api$/;

/** What a package takes along, copied into it when it is packed. */
const COPY = /^(?:libs|apps)\/[^/]+\/(?:CHANGELOG|errors)\.md$/;

/** The project's own documents. */
export function documents(folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return NOT_OURS.test(path) ? [] : documents(path);
    return entry.name.endsWith(".md") && !COPY.test(path) ? [path] : [];
  });
}

/** A document without its blocks. */
export const proseOf = (path: string): string => read(path).replace(/^```[\s\S]*?^```$/gm, "");

/** Relative links that lead nowhere, heading included. */
export function brokenLinks(path: string): string[] {
  const broken: string[] = [];
  for (const [, link = ""] of proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) continue;
    const [file = "", heading] = link.split("#");
    const target = file === "" ? join(ROOT, path) : resolve(ROOT, dirname(path), file);
    if (!existsSync(target)) broken.push(`${path}: ${link}`);
    else if (heading !== undefined && !headingsOf(target).includes(heading))
      broken.push(`${path}: ${link}`);
  }
  return broken;
}

/** The headings of a file, as GitHub names them. */
export const headingsOf = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Paths of this repository that a document names as code, and that are not there. */
export function missingPaths(path: string): string[] {
  const paths = [...proseOf(path).matchAll(/`((?:libs|apps|test|docs|scripts)\/[\w./@-]+)`/g)];
  return paths
    .map(([, named = ""]) => named)
    .filter((named) => !existsSync(join(ROOT, named)))
    .map((named) => `${path}: ${named}`);
}

/** The first column of the table under a heading, without backticks. */
export function firstColumn(path: string, heading: string): string[] {
  return rowsOf(path, heading).map(([name = ""]) => name);
}

/** The names in the first column of a table, with what stands beside them in the second. */
export function rowsOf(path: string, heading: string): string[][] {
  const text = read(path);
  const from = text.indexOf(`\n${heading}\n`);
  if (from < 0) throw new Error(`${path} has no heading ${heading}`);
  const rest = text.slice(from + heading.length + 2);
  const section = rest.slice(0, rest.search(/^#/m) >>> 0);
  return [...section.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, ...cells]) => cells);
}
