import { readdirSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Verdict } from "@lacre/nestjs";
import { DemoModule } from "../../apps/demo/src/demo.module.js";
import { freshKeys } from "../../apps/demo/src/keys.js";
import { blocksOf, read, ROOT } from "./markdown.js";
import { portOf, Workshop } from "./workshop.js";

const PATH = "docs/clients.md";
const FILES = blocksOf(PATH)
  .filter(({ kind }) => kind === "ts")
  .map(({ file }) => file);

describe(PATH, () => {
  const keys = freshKeys();
  const verdicts: Verdict[] = [];
  const printed = jest.spyOn(console, "log").mockImplementation(() => {});
  let workshop: Workshop;
  let app: INestApplication;

  beforeAll(async () => {
    workshop = new Workshop(PATH);
    app = await NestFactory.create(
      DemoModule.with({
        keys,
        origins: "*",
        bootFence: false,
        observer: { observe: (verdict) => void verdicts.push(verdict) },
      }),
      { logger: false },
    );
    await app.listen(0, "127.0.0.1");
    Object.assign(process.env, {
      LACRE_URL: `http://127.0.0.1:${portOf(app)}`,
      LACRE_APP_ID: "orders",
      LACRE_API_KEY: keys.orders,
    });
  });
  afterAll(async () => {
    workshop.close();
    await app.close();
    printed.mockRestore();
  });
  beforeEach(() => {
    verdicts.length = 0;
    printed.mockClear();
  });

  it("has a block for each JavaScript client", () => {
    expect(FILES).toEqual(
      ["fetch", "undici", "axios", "got", "nest", "supertest", "signer"].map(
        (name) => `with-${name}.ts`,
      ),
    );
  });

  it("compiles", () => {
    expect(workshop.typeErrors()).toBe("");
  });

  it.each(FILES)("%s gets in, and prints the answer", async (file) => {
    await workshop.run(file);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(["accepted"]);
    const [status, content] = printed.mock.calls.at(-1) ?? [];
    expect(status).toBe(201);
    expect(JSON.parse(String(content))).toMatchObject({ item: "tea", createdBy: "orders" });
  });

  it("says of no package that it was tried, but of those in the tests", () => {
    const [, table = ""] = read(PATH).split("\n## Where it was tried\n");
    const tried = [...table.matchAll(/`((?:@[\w-]+\/)?[\w.-]+)@(\d[\w.]*)`/g)];
    const { packages } = JSON.parse(read("package-lock.json")) as {
      packages: Record<string, { version?: string }>;
    };
    const tests = readdirSync(`${ROOT}test`, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(?:ts|json)$/.test(path) && !path.includes("node_modules"))
      .map((path) => read(`test/${path}`));
    const isTried = ([, name = "", version = ""]: RegExpMatchArray) =>
      packages[`node_modules/${name}`]?.version === version ||
      tests.some((text) => text.includes(name) && text.includes(version));
    expect(tried.filter((each) => !isTried(each)).map(([text]) => text)).toEqual([]);
    expect(tried.length).toBeGreaterThan(20);
  });
});
