/*
 * What bundlers make of an application: of the packed packages, with nothing left outside but the parts of Nest that
 * Nest itself does without. What is optional to these packages may be missing, and is taken in where it is installed.
 * Needs the package registry.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { build } from "esbuild";
import webpack from "webpack";
import { pack, run } from "./packed.js";

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));

/** What Nest loads if it is there: https://docs.nestjs.com/faq/serverless has the same list for webpack. */
const OF_NEST =
  /^(?:@nestjs\/(?:microservices|websockets)(?:\/.*)?|class-validator|class-transformer)$/;

let work: string;
let tarballs: string[];
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lacre-bundles-"));
  tarballs = await pack(
    ["core", "stores", "node", "nestjs", "client"].map((name) => `libs/${name}`),
    work,
  );
});
afterAll(() => rm(work, { recursive: true, force: true }));

const BUNDLERS: Readonly<Record<string, (folder: string, into: string) => Promise<string>>> = {
  "esbuild, as CommonJS": (folder, into) => withEsbuild(folder, join(into, "esbuild.cjs"), "cjs"),
  "esbuild, as an ES module": (folder, into) =>
    withEsbuild(folder, join(into, "esbuild.mjs"), "esm"),
  webpack: withWebpack,
};

async function withEsbuild(folder: string, outfile: string, format: "cjs" | "esm") {
  const require =
    'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);';
  const { warnings } = await build({
    absWorkingDir: folder,
    entryPoints: ["./dist/main.js"],
    bundle: true,
    platform: "node",
    format,
    outfile,
    logLevel: "silent",
    // What CommonJS modules of others need in an ES module.
    ...(format === "esm" && { banner: { js: require } }),
    plugins: [
      {
        name: "of-nest",
        setup: ({ onResolve }) =>
          onResolve({ filter: OF_NEST }, ({ path }) => ({ path, external: true })),
      },
    ],
  });
  expect(warnings).toEqual([]);
  return outfile;
}

async function withWebpack(folder: string, into: string): Promise<string> {
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    const config: webpack.Configuration = {
      mode: "none",
      target: "node",
      context: folder,
      entry: "./dist/main.js",
      output: { path: into, filename: "webpack.cjs" },
      plugins: [new webpack.IgnorePlugin({ resourceRegExp: OF_NEST })],
    };
    webpack(config, (error, done) => (error ? reject(error) : resolve(done)));
  });
  expect(stats?.compilation.errors.map(({ message }) => message)).toEqual([]);
  return join(into, "webpack.cjs");
}

/** What the CLI of Nest writes into new projects. CommonJS stays CommonJS. */
const NODENEXT = ["--module", "nodenext", "--moduleResolution", "nodenext"];

describe.each([
  { fixture: "nest-11-commonjs", nest: 11 },
  { fixture: "nest-12-esm", nest: 12 },
])("$fixture", ({ fixture, nest }) => {
  let folder: string;
  beforeAll(async () => {
    folder = join(work, fixture);
    await cp(join(fixtures, fixture), folder, { recursive: true });
    await cp(join(fixtures, "bundled.ts"), join(folder, "main.ts"));
    // What is optional comes later.
    const manifest = join(folder, "package.json");
    const without = (await readFile(manifest, "utf8")).replaceAll(
      /^ *"(?:@nestjs\/(?:cache-manager|passport|swagger)|cache-manager|keyv|passport)": .*\n/gm,
      "",
    );
    await writeFile(manifest, without);
    await run(folder, "npm", "install", "--no-audit", "--no-fund", ...tarballs);
    await run(folder, join(folder, "node_modules/.bin/tsc"), "-p", "tsconfig.json", ...NODENEXT);
  });

  // The second installs what the first does without.
  describe.each([
    {
      libraries: "without what is optional",
      install: [],
      redis: "npm install ioredis",
      postgres: "npm install pg",
    },
    {
      libraries: "with Passport, node-redis and pg",
      install: ["redis", "pg", `@nestjs/passport@${nest}`],
      redis: "cannot be used",
      postgres: "nothing listens there",
    },
    {
      libraries: "with Passport, ioredis and pg",
      install: ["ioredis"],
      redis: "cannot be used",
      postgres: "nothing listens there",
    },
  ])("$libraries", ({ libraries, install, redis, postgres }) => {
    beforeAll(async () => {
      if (install.length > 0)
        await run(folder, "npm", "install", "--no-audit", "--no-fund", ...install);
    });

    it.each(Object.keys(BUNDLERS))("%s", async (bundler) => {
      // Where no node_modules can help.
      const into = join(work, `out-${fixture}-${libraries.replaceAll(" ", "-")}`);
      const bundle = (await BUNDLERS[bundler]?.(folder, into)) ?? "";
      const output = await run(work, process.execPath, bundle);
      expect(JSON.parse(/^RESULT (.*)$/m.exec(output)?.[1] ?? "null")).toEqual({
        redis: expect.stringContaining(redis),
        postgres: expect.stringContaining(postgres),
        signed: [201, { caller: "orders", body: { n: 1 } }],
        changed: 401,
      });
    });
  });
});
