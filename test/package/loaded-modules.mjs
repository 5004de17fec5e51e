/*
 * Prints what the import of one package loads, from the sources: node loaded-modules.mjs @lacre/nestjs
 * Of a program, what it loads until its end: node loaded-modules.mjs file:///…/main.ts sign GET https://a.test/
 * The URLs that Node's own loader asks for, one a line; JavaScript is made of TypeScript on the way.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { transformSync } from "@swc/core";

const STDOUT = 1; // shared with the loader's thread, whose console is not

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context).catch((error) => {
    const source = new URL(specifier.replace(/[.]js$/, ".ts"), context.parentURL);
    if (!specifier.startsWith(".") || !existsSync(source)) throw error;
    return { url: source.href, format: "module", shortCircuit: true };
  });
  return found.url.endsWith(".ts") ? { ...found, format: "module" } : found;
}

export async function load(url, context, next) {
  appendFileSync(STDOUT, `${url}\n`);
  if (!url.endsWith(".ts")) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, "utf8"), { filename, sourceMaps: false });
  return { format: "module", source: code, shortCircuit: true };
}

const [, main = "", specifier] = process.argv;
if (isMainThread && main === fileURLToPath(import.meta.url)) {
  register(import.meta.url);
  process.argv.splice(2, 1); // what follows is for a program
  await import(specifier);
}
