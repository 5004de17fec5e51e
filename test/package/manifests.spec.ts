import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import type { Server } from "node:http";
import { Logger } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { generateApiKey } from "@lacre/core";
import { signFetch } from "@lacre/client";
import ts from "typescript";
import { blocksOf, headingsOf, proseOf, read, ROOT } from "../docs/markdown.js";
import { boot, freePort, modulesIn, Workshop } from "../docs/workshop.js";

/* What a package says of itself: its package.json, and its README, which its page on npm shows alone. */
const LIBRARIES = readdirSync(join(ROOT, "libs")).map((name) => `libs/${name}`);
const PACKAGES = [...LIBRARIES, "apps/cli"];
const HOME = "https://github.com/lacre/lacre";

type Manifest = Readonly<Record<string, unknown>> & { readonly name: string };
const manifestOf = (folder: string) =>
  JSON.parse(read(`${folder}/package.json`)) as Manifest & { readonly sideEffects: unknown };

describe.each(PACKAGES)("%s/package.json", (folder) => {
  const manifest = manifestOf(folder);

  it("says where it comes from", () => {
    expect(manifest).toMatchObject({
      homepage: `${HOME}#readme`,
      bugs: `${HOME}/issues`,
      repository: { type: "git", url: `git+${HOME}.git`, directory: folder },
      author: "The Lacre authors",
      license: "MIT",
      engines: (JSON.parse(read("package.json")) as Manifest).engines,
      files: expect.arrayContaining(["dist", "CHANGELOG.md"]),
    });
    expect(read(`${folder}/LICENSE`)).toBe(read("LICENSE"));
  });

  it("says of side effects what is true: a program has them, and of libraries the files that are named", () => {
    const { sideEffects } = manifest;
    expect(sideEffects === true).toBe(!folder.startsWith("libs/"));
    if (sideEffects === true) return;
    const named = (sideEffects === false ? [] : sideEffects) as string[];
    const having = [...sourcesIn(`${folder}/src`)].filter((path) => effectsOf(path).length > 0);
    expect(having.map((path) => `**/${basename(path, ".ts")}.*`)).toEqual(named);
  });
});

it("would see a side effect", () => {
  const effects = (text: string) => effectsIn(ts.createSourceFile("a.ts", text, 99));
  expect(effects('import "x";')).toHaveLength(1);
  expect(effects("register();")).toHaveLength(1);
  expect(effects("export class A { static { register(); } }")).toHaveLength(1);
  expect(effects('import { a } from "x"; export const b = a(1); export class A {}')).toEqual([]);
});

/** What a file does where it is loaded, beyond making its own names. */
const effectsOf = (path: string): string[] =>
  effectsIn(ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest));

function effectsIn(file: ts.SourceFile): string[] {
  const isEffect = (statement: ts.Statement): boolean =>
    ts.isImportDeclaration(statement)
      ? statement.importClause === undefined
      : ts.isClassDeclaration(statement)
        ? statement.members.some(ts.isClassStaticBlockDeclaration)
        : !isDeclaration(statement);
  return file.statements.filter(isEffect).map((statement) => statement.getText(file));
}

const isDeclaration = (statement: ts.Statement): boolean =>
  ts.isVariableStatement(statement) ||
  ts.isFunctionDeclaration(statement) ||
  ts.isInterfaceDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement) ||
  ts.isModuleDeclaration(statement) ||
  ts.isEnumDeclaration(statement) ||
  ts.isExportDeclaration(statement);

function* sourcesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* sourcesIn(path);
    else if (/(?<!\.spec)\.ts$/.test(path)) yield path;
  }
}

describe.each(PACKAGES)("%s/README.md", (folder) => {
  const path = `${folder}/README.md`;
  const { name } = manifestOf(folder);

  it("has its name, how to install it, and code", () => {
    expect(read(path).split("\n", 1)).toEqual([`# ${name}`]);
    const [install, example] = blocksOf(path);
    expect(install?.code).toMatch(new RegExp(`^npm i (?:-g )?${name}(?: ioredis)?\n$`));
    expect(example?.kind).toBe(folder.startsWith("libs/") ? "ts" : "sh");
    expect(example?.code.split("\n").length).toBeLessThan(25);
  });

  it("has no link that npm cannot follow, and none that leads nowhere", () => {
    const links = [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    expect(links).toContain(`${HOME}#readme`);
    for (const link of links) {
      expect(link.startsWith(`${HOME}#`) || link.startsWith(`${HOME}/blob/main/`)).toBe(true);
      const [file = "", heading] = link.slice(`${HOME}/blob/main/`.length).split("#");
      if (link.startsWith(`${HOME}#`)) continue;
      expect([link, existsSync(join(ROOT, file))]).toEqual([link, true]);
      if (heading !== undefined) expect(headingsOf(join(ROOT, file))).toContain(heading);
    }
  });
});

describe("the code of the READMEs", () => {
  const key = generateApiKey();
  const workshops = new Map<string, Workshop>();
  let port: number;
  beforeAll(async () => {
    process.env.ORDERS_KEY = key;
    Logger.overrideLogger(false);
    port = await freePort();
    for (const folder of PACKAGES)
      workshops.set(folder, new Workshop(`${folder}/README.md`, { "3000": String(port) }));
  });
  afterAll(() => {
    jest.restoreAllMocks();
    for (const workshop of workshops.values()) workshop.close();
    delete process.env.ORDERS_KEY;
  });
  const run = async (folder: string, file: string) =>
    (await workshops.get(folder)?.run(file)) as Record<string, unknown>;

  it.each(PACKAGES)("compiles: %s", (folder) => {
    expect(workshops.get(folder)?.typeErrors()).toBe("");
  });

  it("signs (core)", async () => {
    const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
    await run("libs/core", "sign.ts");
    expect(log.mock.calls.flat(2).flat()).toContainEqual(expect.stringMatching(/^LACRE1-HMAC-/));
  });

  it("makes modules that start, or cannot without a server of nonces (schemes, stores)", async () => {
    await boot(...modulesIn(await run("libs/schemes", "signing.ts")));
    const { signingWith } = (await run("libs/stores", "nonces.ts")) as {
      signingWith: (apps: object, url: string) => Parameters<typeof boot>[0];
    };
    const nobody = signingWith({ orders: key }, `redis://127.0.0.1:${await freePort()}`);
    await expect(boot(nobody)).rejects.toThrow("url: cannot be used");
  });

  it("serves who signed and nobody else (node, client, nestjs)", async () => {
    const { order } = (await run("libs/client", "call.ts")) as {
      order: (item: string) => Promise<number>;
    };
    const url = `http://localhost:${port}/orders`;
    const realNow = Date.now.bind(Date);
    const { server } = (await run("libs/node", "server.ts")) as { server: Server };
    const { AppModule } = await run("libs/nestjs", "app.module.ts");
    const app = await NestFactory.create(AppModule as never);
    // Past the fence after a start.
    jest.spyOn(Date, "now").mockImplementation(() => realNow() + 7_000);
    jest.spyOn(console, "warn").mockImplementation(() => undefined); // the gate says what it refused

    await new Promise<void>((listening) => server.listen(port, listening));
    expect(await order("tea")).toBe(200);
    expect((await fetch(url)).status).toBe(401);
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));

    await app.listen(port);
    try {
      const answer = await signFetch(fetch, { appId: "orders", apiKey: key })(url);
      expect(await answer.json()).toEqual({ caller: "orders", orders: [] });
      expect((await fetch(url)).status).toBe(401);
    } finally {
      await app.close();
    }
  });
});
