import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** What may come over the wire as JavaScript, gzipped, until somebody who has signed in sees the first page. */
const FIRST_LOAD_KB = 250;
const COMPRESSED = /[.](?:js|css|html|svg|json|txt)$/;

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
}

/** Writes each file compressed beside itself, prints what the first load weighs, and fails where it is too much. */
export function pageWeight(): Plugin {
  let folder = "";
  return {
    name: "lacre:page-weight",
    apply: "build",
    configResolved: (config) => {
      folder = config.build.outDir;
    },
    writeBundle() {
      for (const file of filesBelow(folder)) compress(file);
      const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Record<
        string,
        Chunk
      >;
      const weight = (...entries: string[]): number => weigh(folder, manifest, entries) / 1000;
      const words = ["en", "es", "pt"].map((name) => `src/words/${name}.ts`);
      const heaviest = words.toSorted((a, b) => weight(b) - weight(a))[0] ?? "";
      const whole = weight(
        "index.html",
        heaviest,
        "src/pages/sign-in/sign-in-page.tsx",
        "src/shell/shell.tsx",
        "src/pages/home/home-page.tsx",
      ).toFixed(1);
      const alone = weight("index.html").toFixed(1);
      console.log(
        `The page is built: its first load has ${whole} kB of JavaScript, gzipped, ${alone} kB before any words (at most ${FIRST_LOAD_KB} kB).`,
      );
      if (Number(whole) > FIRST_LOAD_KB) throw new Error(`the first load weighs ${whole} kB`);
    },
  };
}

function weigh(
  folder: string,
  manifest: Readonly<Record<string, Chunk>>,
  entries: readonly string[],
): number {
  const seen = new Set<string>();
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined || seen.has(chunk.file)) return;
    seen.add(chunk.file);
    chunk.imports?.forEach(visit);
  };
  entries.forEach(visit);
  return [...seen]
    .filter((file) => file.endsWith(".js"))
    .reduce((sum, file) => sum + statSync(join(folder, `${file}.gz`)).size, 0);
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (COMPRESSED.test(entry.name)) yield path;
  }
}

function compress(file: string): void {
  const content = readFileSync(file);
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
}
