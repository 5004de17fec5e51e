/*
 * The recipe for Next.js, with what npm has: its development server with the files of the page, before an API of
 * Nest's. Needs the package registry.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { Body, Controller, Get, Post, ServiceUnavailableException } from "@nestjs/common";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { generateApiKey } from "@lacre/core";
import { pack, run, strangersEnvironment } from "../package/packed.js";
import { startApp, type RunningApp } from "../support/app.js";
import { ChangingProxy } from "../support/changing-proxy.js";
import { blocksOf } from "./markdown.js";
import { freePort } from "./workshop.js";

const PATH = "docs/recipes/nextjs.md";
const PACKAGES = [
  ...["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"],
  // Next would install these itself, and on CI it would stop.
  ...["typescript@5.9.3", "@types/node@20.19.43", "@types/react@19.3.3"],
];
const FURTHER = {
  "package.json": '{ "private": true, "type": "module" }',
  "app/layout.jsx": "export default ({ children }) => <html><body>{children}</body></html>;",
  // What the page says of whole requests, and of the caches of Next.
  "app/api/passed/route.js": `
    import { call } from "../../../lacre";
    export const POST = async (request) =>
      call(new Request(process.env.LACRE_URL + "/orders", request));
  `,
  "app/api/stored/route.js": `
    import { call } from "../../../lacre";
    export const GET = async (request) =>
      call(process.env.LACRE_URL + "/prices", { cache: "force-cache", next: { revalidate: 60 } });
  `,
  "app/page.jsx": `
    import { call } from "../lacre";
    const Price = async () => (await call(process.env.LACRE_URL + "/prices")).text();
    export const dynamic = "force-dynamic";
    export default () => <p><Price /><Price /></p>;
  `,
  "next-env.d.ts": '/// <reference types="next" />\n',
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      ...{ target: "es2022", lib: ["dom", "es2022"], strict: true, noEmit: true, jsx: "preserve" },
      ...{ module: "esnext", moduleResolution: "bundler", skipLibCheck: true, types: ["node"] },
    },
    include: ["next-env.d.ts", "lacre.ts", "app/**/route.ts"],
  }),
};

let isDown = false;

@Controller()
@HmacProtected()
class Api {
  @Post("orders")
  create(@Body() { item }: { item: string }, @HmacPrincipal("appId") createdBy: string) {
    return { item, createdBy };
  }

  @Get("prices")
  prices() {
    if (isDown) throw new ServiceUnavailableException();
    return "7";
  }
}

const apiKey = generateApiKey();
let folder: string;
let api: RunningApp;
let proxy: ChangingProxy;
let next: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lacre-nextjs-"));
  const blocks = Object.fromEntries(blocksOf(PATH).map(({ file, code }) => [file, code]));
  for (const [name, text] of Object.entries({ ...FURTHER, ...blocks })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const tarballs = await pack(["libs/core", "libs/client"], folder);
  await run(folder, "npm", "install", "--no-audit", "--no-fund", ...PACKAGES, ...tarballs);
  api = await startApp("express", {
    controllers: [Api],
    hmac: { apps: { orders: apiKey }, signResponses: true },
  });
  proxy = await ChangingProxy.to(api.url);
  url = await startNext();
});
afterAll(async () => {
  next.kill();
  if (next.exitCode === null && next.signalCode === null) await once(next, "exit");
  await proxy.close();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  proxy.changes = undefined;
  api.verdicts.length = 0;
});

async function startNext(): Promise<string> {
  const port = await freePort();
  const env = { LACRE_URL: proxy.url, LACRE_API_KEY: apiKey, NEXT_TELEMETRY_DISABLED: "1" };
  const args = ["node_modules/next/dist/bin/next", "dev", "-p", String(port)];
  next = spawn(process.execPath, args, { cwd: folder, env: { ...strangersEnvironment(), ...env } });
  let output = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [next.stdout, next.stderr])
      stream?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("Ready in")) resolve();
      });
    next.once("exit", () => reject(new Error(output)));
  });
  return `http://127.0.0.1:${port}`;
}

const headers = { "Content-Type": "application/json", Cookie: "visitor=1" };
const post = (path = "/api/orders") =>
  fetch(`${url}${path}`, { method: "POST", headers, body: '{"item":"tea"}' });
const outcomes = () => api.verdicts.map(({ outcome }) => outcome);

it("the files have types that hold", async () => {
  await run(folder, join("node_modules", ".bin", "tsc"), "-p", "tsconfig.json");
});

it("a handler calls signed, and checks the answer", async () => {
  const answer = await post();
  expect(await answer.text()).toBe('{"item":"tea","createdBy":"orders"}');
  proxy.changes = "requests";
  expect((await post()).status).toBe(401);
  expect(outcomes()).toEqual(["accepted", "refused"]);
  proxy.changes = "answers";
  expect((await post()).status).toBe(500);
});

it("passes a whole request on, signed for the host that it goes to", async () => {
  expect(await (await post("/api/passed")).text()).toBe('{"item":"tea","createdBy":"orders"}');
  expect(outcomes()).toEqual(["accepted"]);
});

it("finds nothing in the cache of its fetch, and renders nothing in place of a second call", async () => {
  for (const path of ["/api/stored", "/api/stored", "/"])
    await (await fetch(`${url}${path}`)).text();
  expect(outcomes()).toEqual(Array(4).fill("accepted"));
});

it("finds what is cached around the call, and keeps no failure", async () => {
  isDown = true;
  expect((await fetch(`${url}/api/prices`)).status).toBe(500);
  isDown = false;
  api.verdicts.length = 0;
  for (let i = 0; i < 3; i++) expect(await (await fetch(`${url}/api/prices`)).text()).toBe("7");
  expect(outcomes()).toEqual(["accepted"]);
});
