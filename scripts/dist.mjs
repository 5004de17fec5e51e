// Adds to the dist folders what the compiler does not write. `npm run build`.
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const LIBS = new URL("../libs/", import.meta.url);

/** Whoever reads it meanwhile finds the old one or the new one, whole. */
async function write(path, content) {
  const file = fileURLToPath(new URL(path, LIBS));
  const unfinished = `${file}.${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(unfinished, content);
  await rename(unfinished, file);
}

/** Says of the second build of each package, for programs that `require`, what its files are and what `#` names. */
async function markCommonJs() {
  for (const lib of await readdir(LIBS)) {
    const text = await readFile(new URL(`${lib}/package.json`, LIBS), "utf8");
    const { imports, sideEffects } = JSON.parse(text);
    const manifest = JSON.stringify({
      type: "commonjs",
      sideEffects,
      imports: withinCommonJs(imports),
    });
    await write(`${lib}/dist/cjs/package.json`, `${manifest}\n`);
  }
}

/** What of a package's `imports` lies in its second build, as seen from there: Node looks no further up. */
function withinCommonJs(target) {
  if (typeof target === "string")
    return target.startsWith("./dist/cjs/") ? target.replace("dist/cjs/", "") : undefined;
  const own = Object.entries(target ?? {})
    .map(([condition, inner]) => [condition, withinCommonJs(inner)])
    .filter(([, inner]) => inner !== undefined);
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}

/**
 * The compiler makes `await import("pg")` a require in a function of its own. There no bundler sees the `try` around it,
 * and fails where pg is not installed.
 */
async function requireWithinTry() {
  for (const lib of await readdir(LIBS)) {
    const folder = new URL(`${lib}/dist/cjs/`, LIBS);
    if (!existsSync(folder)) continue; // nothing is compiled yet
    for (const name of await readdir(folder, { recursive: true })) {
      if (!name.endsWith(".js")) continue;
      const code = await readFile(new URL(name, folder), "utf8");
      const direct = code.replaceAll(
        /await Promise\.resolve\(\)\.then\(\(\) => (__importStar\(require\("[^"]+"\)\))\)/g,
        "$1",
      );
      if (direct !== code) await write(`${lib}/dist/cjs/${name}`, direct);
    }
  }
}

/** What @lacre/nestjs hands to browsers: the plug-in for Swagger UI, a script as a text. From the sources. */
async function bundleSwaggerUi() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("client/src/swagger-ui.ts", LIBS))],
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
  await write(
    "nestjs/dist/cjs/swagger-ui.cjs",
    `exports.plugIn = ${JSON.stringify(outputFiles[0].text)};\n`,
  );
}

await Promise.all([markCommonJs(), requireWithinTry(), bundleSwaggerUi()]);
