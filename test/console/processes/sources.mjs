/*
 * Runs the project's sources as they are: node -C @lacre/source --import ./sources.mjs main.ts
 * JavaScript is made of TypeScript on the way.
 */
import { existsSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { transformSync } from "@swc/core";

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context).catch((error) => {
    const source = new URL(specifier.replace(/[.]js$/, ".ts"), context.parentURL);
    if (!specifier.startsWith(".") || !existsSync(source)) throw error;
    return { url: source.href, shortCircuit: true };
  });
  return found.url.endsWith(".ts") ? { ...found, format: "module" } : found;
}

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, "utf8"), { filename, sourceMaps: false });
  return { format: "module", source: code, shortCircuit: true };
}

if (isMainThread) register(import.meta.url);
