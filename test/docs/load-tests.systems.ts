/*
 * docs/recipes/load-tests.md with the real tools, in a folder of their own. Needs the package registry, and Go for k6, which
 * it builds: that takes two minutes the first time, and some seconds from then on.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Headers, Post } from "@nestjs/common";
import { HmacProtected } from "@lacre/nestjs";
import { finish, pack, run as runInShell, strangersEnvironment } from "../package/packed.js";
import { DEMO_KEY, startApp, type RunningApp } from "../support/app.js";
import { need, run, type Outcome } from "../support/run.js";
import { blocksOf, filesOf } from "./markdown.js";

const PAGE = "docs/recipes/load-tests.md";
const TOOLS = [
  ...["autocannon@9.0.0", "@artilleryio/int-core@2.16.0"],
  ...["artillery-plugin-ensure@1.27.0"],
];
/** What `artillery run` of 2.0.21 does with a script: its engine alone, since the program comes with 600 MB of other things. */
const ARTILLERY = `
const { readFileSync } = require("node:fs");
const { runner: { runner, runnerFuncs } } = require("@artilleryio/int-core");
const { parse } = require("yaml");
const { Plugin } = require("artillery-plugin-ensure");
const text = readFileSync("load.yml", "utf8").replace("{{ $env.LACRE_URL }}", process.env.LACRE_URL);
const written = parse(text);
let beforeExit;
global.artillery = {
  version: "2.0.21",
  runtimeOptions: {},
  log: console.log,
  ext: ({ method }) => { beforeExit = method; },
  globalEvents: { emit() {} },
};
new Plugin({ config: { plugins: { ensure: written.config.plugins.ensure } } });
delete written.config.plugins; // the program starts them, not its engine
runnerFuncs.loadProcessor(written, { scriptPath: "load.yml" }).then(async (script) => {
  const events = await runner(script, undefined, {});
  events.on("done", async (report) => {
    console.log(JSON.stringify(report.counters));
    await beforeExit({ report });
    process.exit(global.artillery.suggestedExitCode ?? 0);
  });
  events.run();
});
`;
const K6 = "go.k6.io/k6@v1.8.1";

/** What came in the header of a POST. */
const items = new Set<string>();

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return [];
  }
  @Post()
  make(@Body() order: unknown, @Headers("x-item") item?: string) {
    if (item !== undefined) items.add(item);
    return order;
  }
}

describe(PAGE, () => {
  let app: RunningApp;
  let folder: string;
  let files: Record<string, string>;
  beforeAll(async () => {
    need("go", "https://go.dev/dl");
    app = await startApp("fastify", { controllers: [OrdersController] });
    folder = await mkdtemp(join(tmpdir(), "lacre-load-"));
    files = filesOf(PAGE);
    for (const [name, code] of Object.entries(files)) await writeFile(join(folder, name), code);
    await writeFile(join(folder, "package.json"), '{ "private": true }');
    await writeFile(join(folder, "artillery.cjs"), ARTILLERY);
    const tarballs = await pack(["libs/core", "libs/schemes", "libs/client", "apps/cli"], folder);
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"];
    await Promise.all([
      runInShell(folder, "npm", "install", ...flags, ...tarballs, ...TOOLS),
      finish(folder, "go", ["install", K6], { GOBIN: folder }),
    ]);
  });
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => void (app.verdicts.length = 0));

  const environment = () => ({
    ...(strangersEnvironment() as Record<string, string>),
    LACRE_URL: app.url,
    LACRE_APP_ID: "demo",
    LACRE_API_KEY: DEMO_KEY,
    SECONDS: "2",
  });
  const start = (program: string, ...args: string[]): Promise<Outcome> =>
    run(program, args, { cwd: folder, env: environment() });
  const k6 = (script: string, ...flags: string[]) => {
    const { LACRE_URL, LACRE_APP_ID, LACRE_API_KEY } = environment();
    const variables = Object.entries({ LACRE_URL, LACRE_APP_ID, LACRE_API_KEY });
    const given = variables.flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    return start(join(folder, "k6"), "run", "--quiet", ...flags, ...given, script);
  };

  /** Writes one of the files with something changed behind the signature. */
  async function spoilt(name: string, from: string, to: string): Promise<void> {
    const code = files[name] ?? "";
    expect(code.split(from)).toHaveLength(2);
    await writeFile(join(folder, name), code.replace(from, to));
  }

  /** How the requests of a run came out, those that were accepted first. */
  function outcomes(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const verdict of app.verdicts) {
      const name = verdict.outcome === "refused" ? verdict.code : verdict.outcome;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  const allAccepted = (atLeast: number): void => {
    // A nonce that came twice would be refused.
    expect(Object.keys(outcomes())).toEqual(["accepted"]);
    expect(outcomes()["accepted"]).toBeGreaterThan(atLeast);
  };
  const contentRefused = (): void => {
    const { accepted = 0, ...others } = outcomes();
    expect(Object.keys(others)).toEqual(["content-mismatch"]);
    // The GETs have no content.
    expect(accepted).toBeGreaterThan(0);
  };

  it("autocannon signs each request", async () => {
    const { code, stderr } = await start(process.execPath, "cannon.mjs");
    expect([code, stderr]).toEqual([0, ""]);
    allAccepted(20);
  });

  it("autocannon tells of those that are refused", async () => {
    await spoilt("cannon.mjs", "return { ...request,", "return { ...request, body: `${body} `,");
    expect((await start(process.execPath, "cannon.mjs")).code).toBe(1);
    expect(outcomes()["accepted"]).toBeUndefined();
    expect(outcomes()["content-mismatch"]).toBeGreaterThan(0);
  });

  it("artillery signs each request, with its variables filled in", async () => {
    await spoilt("load.yml", "duration: 10", "duration: 2");
    const { code, stdout } = await start(process.execPath, "artillery.cjs");
    expect([code, stdout]).toEqual([0, expect.stringContaining('"http.codes.200":')]);
    allAccepted(20);
    expect([...items].toSorted()).toEqual(["coffee", "tea"]);
  });

  it("artillery tells of those that are refused", async () => {
    await spoilt("load.yml", "duration: 10", "duration: 1");
    await spoilt(
      "sign.mjs",
      "request.followRedirect = false;",
      "request.body &&= `${request.body} `;",
    );
    const { code, stdout } = await start(process.execPath, "artillery.cjs");
    expect([code, stdout]).toEqual([1, expect.stringContaining('"http.codes.401":')]);
    contentRefused();
  });

  it("artillery sends nothing with a function that it would fill in later, and fails", async () => {
    await writeFile(join(folder, "sign.mjs"), files["sign.mjs"] ?? "");
    const ofJson = 'json:\n            item: "{{ item }}"';
    await spoilt("load.yml", ofJson, ofJson.replace("item }}", "$randomString(4) }}"));
    const spoiltOnce = (await readFile(join(folder, "load.yml"), "utf8")).replace(
      "on: 10",
      "on: 1",
    );
    await writeFile(join(folder, "load.yml"), spoiltOnce);
    const { code, stdout } = await start(process.execPath, "artillery.cjs");
    expect([code, stdout]).toEqual([1, expect.stringContaining("artillery fills this in after")]);
    expect(Object.keys(outcomes())).toEqual(["accepted"]);
  });

  it("k6 signs each request", async () => {
    const { code, stdout } = await k6("k6.js", "--duration", "2s");
    expect([code, stdout]).toEqual([0, expect.stringContaining("100.00%")]);
    allAccepted(20);
  });

  it("k6 tells of those that are refused", async () => {
    await spoilt("k6.js", "orders`, body,", "orders`, `${body} `,");
    expect((await k6("k6.js", "--duration", "1s")).code).not.toBe(0);
    contentRefused();
  });

  it("k6 and autocannon send what is signed beforehand, each request once", async () => {
    const [script = ""] = blocksOf(PAGE).flatMap(({ kind, code }) =>
      kind === "sh" && code.includes("--requests") ? [code.replace("seq 1000", "seq 100")] : [],
    );
    for (const send of [() => k6("lines.js"), () => start(process.execPath, "lines.mjs")]) {
      expect(await start("sh", "-c", script)).toMatchObject({ code: 0, stderr: "" });
      expect((await readFile(join(folder, "signed.jsonl"), "utf8")).split("\n")).toHaveLength(101);
      const { code, stderr } = await send();
      expect([code, stderr]).toEqual([0, expect.any(String)]);
      allAccepted(98);
      app.verdicts.length = 0;
    }
  });
});
