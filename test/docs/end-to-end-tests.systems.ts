/* docs/recipes/end-to-end-tests.md with the real tools, in a folder of their own. Needs the package registry. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Post } from "@nestjs/common";
import { HmacProtected } from "@lacre/nestjs";
import { pack, run as runInShell, strangersEnvironment } from "../package/packed.js";
import { DEMO_KEY, startApp, type RunningApp } from "../support/app.js";
import { run, type Outcome } from "../support/run.js";
import { filesOf } from "./markdown.js";

const PAGE = "docs/recipes/end-to-end-tests.md";
const TOOLS = ["@playwright/test@1.65.1", "httpyac@6.16.7"];

/** Cypress's own program cannot be had here: this does with the task what `cy.task` and `cy.request` do. */
const CALLS_TASK = `
import { sign } from "./sign-task.js";
const { LACRE_URL, SENT } = process.env;
const url = LACRE_URL + "/orders";
const body = JSON.stringify({ item: "tea" });
const asked = { method: "POST", url, headers: { "content-type": "application/json" }, body };
const headers = sign(JSON.parse(JSON.stringify(asked)));
const { status } = await fetch(url, { ...asked, headers, body: SENT ?? body });
console.log(status);
`;

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return [];
  }
  @Post()
  make(@Body() order: unknown) {
    return order;
  }
}

describe(PAGE, () => {
  let app: RunningApp;
  let folder: string;
  beforeAll(async () => {
    app = await startApp("express", { controllers: [OrdersController] });
    folder = await mkdtemp(join(tmpdir(), "lacre-e2e-"));
    for (const [name, code] of Object.entries(filesOf(PAGE)))
      await writeFile(join(folder, name), code);
    const env = { LACRE_URL: app.url, LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY };
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(join(folder, ".env"), lines.join(""), { mode: 0o600 });
    await writeFile(join(folder, "package.json"), '{ "private": true }');
    const tarballs = await pack(["libs/core", "libs/client"], folder);
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts"];
    await runInShell(folder, "npm", "install", ...flags, ...tarballs, ...TOOLS);
  });
  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => void (app.verdicts.length = 0));

  const start = (
    tool: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Outcome> =>
    run(tool, args, {
      cwd: folder,
      env: {
        ...(strangersEnvironment() as Record<string, string>),
        JEST_WORKER_ID: "", // Playwright refuses to run within jest
        LACRE_URL: app.url,
        LACRE_APP_ID: "demo",
        LACRE_API_KEY: DEMO_KEY,
        ...env,
      },
    });
  const bin = (name: string) => join(folder, "node_modules", ".bin", name);
  const outcomes = () =>
    app.verdicts.map((verdict) => (verdict.outcome === "refused" ? verdict.code : "accepted"));

  /** Changes a file for the time of a test. */
  async function spoiling<T>(
    name: string,
    [from, to]: readonly [string, string],
    act: () => Promise<T>,
  ): Promise<T> {
    const path = join(folder, name);
    const code = await readFile(path, "utf8");
    expect(code.split(from)).toHaveLength(2);
    await writeFile(path, code.replace(from, to));
    try {
      return await act();
    } finally {
      await writeFile(path, code);
    }
  }

  it("has TypeScript that compiles", async () => {
    const modules = join(import.meta.dirname, "../../node_modules");
    const files = ["signed-requests.ts", "orders.spec.ts", "sign-task.ts"];
    const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
    const finding = ["--module", "preserve", "--types", "node", "--typeRoots", `${modules}/@types`];
    const tsc = await start(join(modules, ".bin/tsc"), [...flags, ...finding, ...files]);
    expect(tsc).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  const playwright = () =>
    start(bin("playwright"), ["test", "--reporter", "list", "--workers", "1"]);

  it("Playwright signs each request", async () => {
    const { code, stdout } = await playwright();
    expect([code, stdout]).toEqual([0, expect.stringContaining("2 passed")]);
    expect(outcomes()).toEqual(["accepted", "accepted", "credentials-missing"]);
  });

  it("Playwright fails where something else is sent than was signed", async () => {
    const change = ["data: content,", 'data: content && Buffer.from("{}"),'] as const;
    expect((await spoiling("signed-requests.ts", change, playwright)).code).toBe(1);
    expect(outcomes()).toEqual(["content-mismatch", "credentials-missing"]);
  });

  const httpyac = () => start(bin("httpyac"), ["send", "orders.http", "--all"]);

  it("httpyac signs each request", async () => {
    const { code, stdout } = await httpyac();
    expect([code, stdout]).toEqual([0, expect.stringContaining("2 succeeded")]);
    expect(outcomes()).toEqual(["accepted", "accepted"]);
  });

  it("httpyac signs what is sent where the URL is spelt otherwise", async () => {
    await spoiling("orders.http", ["page=1", "q=a b&é=1"], httpyac);
    expect(outcomes()).toEqual(["accepted", "accepted"]);
  });

  it("httpyac fails where something else is sent than was signed", async () => {
    const change = ["request.noRedirect = true;", "request.body &&= `${request.body} `;"] as const;
    expect((await spoiling("httpyac.config.js", change, httpyac)).code).not.toBe(0);
    expect(outcomes()).toEqual(["accepted", "content-mismatch"]);
  });

  it("the task for Cypress signs what is sent", async () => {
    await writeFile(join(folder, "calls-task.mts"), CALLS_TASK);
    const compiler = join(import.meta.dirname, "../../node_modules/.bin/esbuild");
    await start(compiler, ["sign-task.ts", "--outfile=sign-task.js", "--format=esm"]);
    await start(compiler, ["calls-task.mts", "--outfile=calls-task.js", "--format=esm"]);
    await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    const call = (env?: Record<string, string>) => start(process.execPath, ["calls-task.js"], env);
    expect(await call()).toEqual({ code: 0, stdout: "201\n", stderr: "" });
    expect((await call({ SENT: "{}" })).stdout).toBe("401\n");
    expect(outcomes()).toEqual(["accepted", "content-mismatch"]);
  });
});
