import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Logger, type INestApplication } from "@nestjs/common";
import { signFetch } from "@lacre/client";
import type { Option } from "@lacre/core";
import { generateApiKey } from "@lacre/nestjs";
import { ROUTE_OPTIONS } from "@lacre/node";
import { HMAC_MODULE_OPTIONS } from "../../libs/nestjs/src/hmac.options.js";
import { lacre } from "../cli/lacre.js";
import {
  blocksOf,
  brokenLinks,
  documents,
  rowsOf,
  missingPaths,
  proseOf,
  read,
} from "./markdown.js";
import { boot, freePort, modulesIn, portOf, Workshop } from "./workshop.js";

const README = "README.md";
const KINDS = ["ts", "sh", "json"];
const scripts = Object.keys(
  (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts,
);

/** The commands of the demo as it prints them, from the text of its source. */
function demoCommands(): string[] {
  const demo = read("apps/demo/src/demo.module.ts");
  const constant = (name: string): string =>
    new RegExp(`^export const ${name} = "(.*)";$`, "m").exec(demo)?.[1] as string;
  const values: Record<string, string> = {
    AWS_REGION: constant("AWS_REGION"),
    AWS_SERVICE: constant("AWS_SERVICE"),
    keys: "apps/demo/.keys",
    url: "http://127.0.0.1:3000",
  };
  return [...read("apps/demo/src/main.ts").matchAll(/^ {3}((?:npx|curl) .*)$/gm)].map(
    ([, line = ""]) =>
      line
        .replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] as string)
        .replaceAll("\\\\", "\\"),
  );
}

describe("README.md", () => {
  let port: number;
  let workshop: Workshop;
  beforeAll(async () => {
    port = await freePort();
    workshop = new Workshop(README, { "3000": String(port) });
    process.env.ORDERS_KEY = generateApiKey();
    Logger.overrideLogger(false);
  });
  afterAll(() => {
    workshop.close();
    delete process.env.ORDERS_KEY;
  });
  afterEach(() => void jest.restoreAllMocks());

  it("has at most 200 lines", () => {
    expect(read(README).trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  });

  it("has blocks of known kinds only, and JSON that is JSON", () => {
    const blocks = blocksOf(README);
    expect(blocks.filter(({ kind }) => !KINDS.includes(kind))).toEqual([]);
    for (const { kind, code } of blocks)
      if (kind === "json") expect(() => void JSON.parse(code)).not.toThrow();
  });

  it("begins with the installation, and has no other shell but npm start and what the demo prints", () => {
    const shell = blocksOf(README)
      .filter(({ kind }) => kind === "sh")
      .map(({ code }) => code.trimEnd().split("\n"));
    expect(demoCommands()).toHaveLength(3);
    expect(shell).toEqual([["npm i @lacre/nestjs"], ["npm start"], demoCommands()]);
    expect(read(README).split("\n", 4)).toEqual(["# Lacre", "", "```sh", "npm i @lacre/nestjs"]);
    expect(scripts).toContain("start");
  });

  it("has TypeScript that compiles", () => {
    expect(workshop.typeErrors()).toBe("");
  });

  it("has a server and a client that understand each other", async () => {
    const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
    const { app } = (await workshop.run("main.ts")) as { app: INestApplication };
    try {
      // The fence after a start: 503 for what is signed in the first futureSkew + 1 seconds.
      const call = signFetch(fetch, {
        appId: "orders",
        apiKey: process.env.ORDERS_KEY as string,
        retries: 0,
      });
      const early = await call(`http://localhost:${port}/orders`);
      expect([early.status, early.headers.get("retry-after")]).toEqual([503, "6"]);
      const realNow = Date.now.bind(Date);
      jest.spyOn(Date, "now").mockImplementation(() => realNow() + 6_000);

      await workshop.run("call.ts");
      expect(log.mock.calls).toEqual([[200, { caller: "orders", orders: [] }]]);
      expect((await fetch(`http://localhost:${port}/orders`)).status).toBe(401);
      expect(portOf(app)).toBe(port);
    } finally {
      await app.close();
    }
  });

  it("has a key ring and a second scheme that the module takes", async () => {
    const modules = modulesIn(await workshop.run("keys.ts"));
    expect(modules).toHaveLength(1);
    await boot(...modules);
  });

  it.each([
    ["## Options of forRoot", HMAC_MODULE_OPTIONS],
    ["## Options of HmacProtected", ROUTE_OPTIONS],
  ])("%s: the table has every option, no other, and its default", (heading, options) => {
    const described = Object.entries(options).map(([name, option]) => [name, defaultOf(option)]);
    expect(Object.fromEntries(rowsOf(README, heading))).toEqual(Object.fromEntries(described));
  });
});

/** The default of an option, as the tables write it. */
function defaultOf({ presence, says, default: value }: Described): string {
  if (presence === "required") return "required";
  if (says !== undefined) return says;
  if (typeof value === "number") return value.toLocaleString("en");
  return `\`${JSON.stringify(value)}\``;
}

type Described = Pick<Option<never, unknown>, "presence" | "says"> & { readonly default: unknown };

describe("every document", () => {
  it.each(documents())("%s: links, paths, scripts and lacre commands exist", async (path) => {
    expect(brokenLinks(path)).toEqual([]);
    expect(missingPaths(path)).toEqual([]);
    const named = [...read(path).matchAll(/\bnpm (?:run (?:-s )?|(?=(?:test|start)\b))([\w:-]+)/g)];
    for (const [, script = ""] of named)
      expect([path, scripts]).toEqual([path, expect.arrayContaining([script])]);
    for (const [, command = ""] of proseOf(path).matchAll(/`(?:npx )?lacre (\w+)/g))
      expect([command, (await lacre([command, "--help"])).code]).toEqual([command, 0]);
  });

  it.each(documents())("%s speaks of the project alone", (path) => {
    expect(read(path)).not.toMatch(/\.\.\/shared|\/work\/|registry\.npmjs|\bTODO\b|\bFIXME\b/);
  });
});
