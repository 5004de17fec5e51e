// Builds what @lacre/nestjs hands to browsers: the plug-in for Swagger UI, one script without imports. From the
// sources, so that it needs no build before it. `npm run build`.
import { randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const OUTPUT = fileURLToPath(new URL("../libs/nestjs/dist/swagger-ui.js", import.meta.url));

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL("../libs/client/src/swagger-ui.ts", import.meta.url))],
  bundle: true,
  write: false,
  // Names stay: short ones end in `$`, and @nestjs/swagger 11 reads `$&` as a pattern of String.replace.
  minifySyntax: true,
  minifyWhitespace: true,
  platform: "browser",
  conditions: ["@lacre/source"],
  format: "iife",
  globalName: "lacre",
  target: "es2022",
  tsconfigRaw: {},
});

// Whoever reads it meanwhile finds the old one or the new one, whole.
const unfinished = `${OUTPUT}.${randomUUID()}`;
await mkdir(dirname(OUTPUT), { recursive: true });
await writeFile(unfinished, outputFiles[0].contents);
await rename(unfinished, OUTPUT);
