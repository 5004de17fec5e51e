import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** The program of the thread that explains requests, of the sources: a thread cannot load TypeScript. */
export async function explainProgram(): Promise<URL> {
  const outfile = join(mkdtempSync(join(tmpdir(), "lacre-explain-")), "explain-work.mjs");
  await build({
    entryPoints: ["apps/console/src/explaining/explain-work.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@lacre/source"],
    // What CommonJS packages in it ask for.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  return pathToFileURL(outfile);
}
