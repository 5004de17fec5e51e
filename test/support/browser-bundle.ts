import { spawnSync } from "node:child_process";
import { isBuiltin } from "node:module";
import { createContext, runInContext } from "node:vm";
import { build, type Metafile } from "esbuild";
import { ROOT } from "../docs/markdown.js";

export interface Bundle {
  readonly code: string;
  readonly metafile: Metafile;
}

export interface BundleOptions {
  /** Where packages are looked for: below this repository unless said otherwise. */
  readonly resolveDir?: string;
  readonly conditions?: string[];
  readonly external?: string[];
  /** `iife`, whose exports are the global `bundle`, unless said otherwise. */
  readonly format?: "iife" | "esm";
}

/** Bundles as web projects do. */
export async function bundleForBrowsers(
  code: string,
  { resolveDir = ROOT, conditions, external, format = "iife" }: BundleOptions = {},
): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir, loader: "js" },
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: "browser",
    format,
    ...(format === "iife" && { globalName: "bundle" }),
    logLevel: "silent",
    tsconfigRaw: {},
    ...(conditions && { conditions }),
    ...(external && { external }),
  });
  return { code: outputFiles[0]?.text ?? "", metafile };
}

/** The modules of Node that a bundle's files import, each with the file. */
export function nodeModulesIn({ metafile }: Bundle): string[] {
  return Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ path, original = path }) => isBuiltin(original) || isBuiltin(path))
      .map(({ path, original = path }) => `${file}: ${original}`),
  );
}

/** What every browser and every edge runtime has. No process, no Buffer, no require, no import of anything. */
const WEB = {
  AbortController,
  AbortSignal,
  atob,
  Blob,
  btoa,
  crypto,
  fetch,
  FormData,
  Headers,
  performance,
  ReadableStream,
  Request,
  Response,
  setTimeout,
  clearTimeout,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
};

/** Runs a bundle where there is nothing but the web's globals, and no code is made of strings. */
export function runOnTheWeb({ code }: Bundle): Record<string, unknown> {
  const context = createContext({ ...WEB }, { codeGeneration: { strings: false, wasm: false } });
  runInContext(code, context);
  return runInContext("bundle", context) as Record<string, unknown>;
}

/** Builds the plug-in that @lacre/nestjs hands to browsers, from the sources as they are. */
export function buildSwaggerPlugIn(): void {
  const done = spawnSync(process.execPath, ["scripts/dist.mjs"], { cwd: ROOT, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`scripts/dist.mjs: ${done.stderr}`);
}
