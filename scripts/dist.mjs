// Adds to the dist folders what the compiler does not write. `npm run build`.
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { commanderWithoutPrograms, inTwoParts, withoutDoors } from "./program-parts.mjs";

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

/** commander requires parts of Node. */
const withRequire = (code) =>
  /\brequire\b/.test(code)
    ? `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);${code}`
    : code;

/**
 * The program `lacre` in few files: Node takes longer to find the hundred files of core and schemes than to run them.
 * From the sources, with commander, which every start needs.
 */
async function bundleProgram() {
  const folder = fileURLToPath(new URL("../apps/cli/", LIBS));
  const { dependencies } = JSON.parse(await readFile(`${folder}package.json`, "utf8"));
  const { outputFiles } = await build({
    entryPoints: { lacre: `${folder}src/main.ts` },
    bundle: true,
    splitting: true,
    write: false,
    outdir: `${folder}dist`,
    chunkNames: "lacre-[hash]",
    minify: true,
    platform: "node",
    conditions: ["@lacre/source"],
    external: Object.keys(dependencies).filter((name) => !/^(?:@lacre\/.*|commander)$/.test(name)),
    format: "esm",
    target: "node20.20",
    plugins: [inTwoParts(`${folder}src`), withoutDoors(folder), commanderWithoutPrograms],
    tsconfigRaw: {},
  });
  // What names the others comes last, and what nothing names any more goes after it.
  const isEntry = ({ path }) => basename(path) === "lacre.js";
  for (const file of outputFiles.toSorted((a, b) => isEntry(a) - isEntry(b)))
    await write(pathToFileURL(file.path), withRequire(file.text));
  const licence = await readFile(new URL("../node_modules/commander/LICENSE", import.meta.url));
  await write(new URL("../apps/cli/dist/commander.LICENSE", LIBS), licence);
  const { stdout } = await promisify(execFile)(process.execPath, [
    `${folder}bin/lacre.js`,
    "manual",
  ]);
  await write(pathToFileURL(`${folder}dist/lacre.1`), stdout);
  const named = new Set(outputFiles.map(({ path }) => basename(path)));
  for (const name of await readdir(`${folder}dist`))
    if (/^lacre-[A-Z0-9]+\.js$/.test(name) && !named.has(name)) await rm(`${folder}dist/${name}`);
}

await Promise.all([markCommonJs(), requireWithinTry(), bundleSwaggerUi(), bundleProgram()]);
