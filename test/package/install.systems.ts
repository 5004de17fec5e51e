/*
 * What npm will hand out, used as its users use it: packed, installed outside the workspaces (a linked package would
 * resolve this repository's Nest), compiled, run with plain Node. Needs the package registry.
 */
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { itIsForBrowsers } from "./browser.contract.js";
import { pack, run } from "./packed.js";

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const PACKAGES = [
  "libs/core",
  "libs/schemes",
  "libs/stores",
  "libs/node",
  "libs/nestjs",
  "libs/client",
  "apps/cli",
];

let work: string;
let tarballs: string[];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lacre-package-"));
  tarballs = await pack(PACKAGES, work);
});

afterAll(async () => {
  await rm(work, { recursive: true, force: true });
});

/** A fixture with the packages installed in it. */
async function install(fixture: string): Promise<string> {
  const folder = join(work, fixture);
  await cp(join(fixtures, fixture), folder, { recursive: true });
  await cp(join(fixtures, "main.ts"), join(folder, "main.ts"));
  await run(folder, "npm", "install", "--no-audit", "--no-fund", ...tarballs);
  return folder;
}

async function copiesOf(folder: string, name: string): Promise<string[]> {
  const versions: string[] = [];
  for (const path of await readdir(join(folder, "node_modules"), { recursive: true }))
    if (new RegExp(`(?:^|/)${name}/package\\.json$`).test(`/${path}`) && !path.includes("/dist/")) {
      const { version } = JSON.parse(
        await readFile(join(folder, "node_modules", path), "utf8"),
      ) as { version: string };
      versions.push(version);
    }
  return versions;
}

describe("the tarballs", () => {
  it("are one for each package", () => {
    expect(tarballs).toHaveLength(PACKAGES.length);
  });

  it("hold what they need and nothing else", async () => {
    for (const tarball of tarballs) {
      const files = (await run(work, "tar", "-tzf", tarball)).trim().split("\n");
      for (const file of ["package.json", "LICENSE", "README.md", "CHANGELOG.md"])
        expect(files).toContain(`package/${file}`);
      expect(files.some((file) => /^package\/dist\/.*\.js$/.test(file))).toBe(true);
      const unwanted = files.filter(
        (file) =>
          !/^package\/(?:package\.json|LICENSE|README\.md|CHANGELOG\.md|errors\.md|bin\/\w+\.js|snippets\/\w+\.js|dist\/cjs\/package\.json|dist\/lacre\.1|dist\/commander\.LICENSE|dist\/[\w./-]+\.(?:d\.ts|js|cjs))$/.test(
            file,
          ),
      );
      expect(unwanted).toEqual([]);
      expect(files.filter((file) => /spec|tsbuildinfo/.test(file))).toEqual([]);
    }
  });
});

describe.each([
  {
    fixture: "nest-11-commonjs",
    nest: "11.",
    otherFlags: [["--module", "esnext", "--moduleResolution", "bundler"]],
  },
  {
    fixture: "nest-12-esm",
    nest: "12.",
    otherFlags: [["--module", "preserve", "--moduleResolution", "bundler"]],
  },
])("$fixture", ({ fixture, nest, otherFlags }) => {
  let folder: string;
  beforeAll(async () => {
    folder = await install(fixture);
  });

  it("has one copy of Nest and one of keyv, of the major it asked for", async () => {
    for (const name of ["@nestjs/common", "@nestjs/core"]) {
      const versions = await copiesOf(folder, name);
      expect(versions).toHaveLength(1);
      expect(versions[0]?.startsWith(nest)).toBe(true);
    }
    expect(await copiesOf(folder, "keyv")).toHaveLength(1);
  });

  it("compiles, and lets in who signed and nobody else", async () => {
    await run(folder, join(folder, "node_modules/.bin/tsc"), "-p", "tsconfig.json");
    const stdout = await run(folder, process.execPath, "dist/main.js");
    const result = JSON.parse(/^RESULT (.*)$/m.exec(stdout)?.[1] ?? "null") as unknown;
    expect(result).toEqual({
      open: 200,
      unsigned: 401,
      challenge: expect.stringContaining("LACRE1-HMAC-SHA256"),
      signed: 201,
      body: { appId: "demo", body: { n: 1 } },
      wrong: 401,
      security: [{ lacre1: [] }],
      plugIn: true,
    });
  });

  it("compiles under the other module resolutions that such users have", async () => {
    for (const flags of otherFlags)
      await run(
        folder,
        join(folder, "node_modules/.bin/tsc"),
        "-p",
        "tsconfig.json",
        "--noEmit",
        ...flags,
      );
  });

  describe("in a browser", () => {
    itIsForBrowsers(() => ({ resolveDir: folder }));
  });

  it("has the command line", async () => {
    expect(await run(folder, join(folder, "node_modules/.bin/lacre"), "keygen")).toMatch(
      /lk1_[A-Za-z0-9_-]{43}/,
    );
  });
});
