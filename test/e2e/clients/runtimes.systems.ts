/*
 * The calling side in workerd, which is what Cloudflare Workers run in, in Bun and in Deno, as npm will hand it out.
 * Needs the package registry, from which the runtimes come too.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { build } from "esbuild";
import { blocksOf, ROOT } from "../../docs/markdown.js";
import { freePort } from "../../docs/workshop.js";
import { pack, run } from "../../package/packed.js";
import { DEMO_KEY } from "../../support/app.js";
import { ChangingProxy } from "../../support/changing-proxy.js";
import { SigningServer } from "../../support/signing-server.js";
import {
  CLIENTS_ELSEWHERE,
  CLIENTS_IN_A_WORKER,
  EDGE,
  SIGNER_IN_A_WORKER,
} from "./runtime-programs.js";

const RUNTIMES = ["bun@1.4.5", "deno@2.9.6", "workerd@1.20261117.1"];
const PAGE = "docs/recipes/workers-and-other-runtimes.md";
const ALL_IS_WELL = {
  get: [200, "/orders?x=%20&y=a+b"],
  post: [201, '{"item":"tea","to":"té"}'],
  changed: [401, "content-mismatch"],
};
const REFUSED = ["ResponseRefusal", "content-mismatch"];
const ALL_ARE_SPOILT = { get: REFUSED, post: REFUSED, changed: REFUSED };

let folder: string;
let server: SigningServer;
let proxy: ChangingProxy;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lacre-clients-elsewhere-"));
  const { devDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const libraries = ["axios", "got", "supertest", "undici"].map(
    (name) => `${name}@${devDependencies[name]}`,
  );
  const tarballs = await pack(["libs/core", "libs/client"], folder);
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const named = [...tarballs, ...RUNTIMES, ...libraries];
  await run(folder, "npm", "install", "--no-audit", "--no-fund", ...named);
  server = await SigningServer.start();
  proxy = await ChangingProxy.to(server.url);
});
beforeEach(() => {
  server.reset();
  server.reply = ({ method, target, body }) =>
    method === "POST" ? { status: 201, body } : { status: 200, body: target };
});
afterAll(async () => {
  for (const { pid, exitCode } of started)
    if (pid !== undefined && exitCode === null) process.kill(-pid);
  await proxy.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const started: ChildProcess[] = [];
const bin = (name: string): string => join(folder, "node_modules", ".bin", name);

/** Starts what listens on a port, with all that it starts itself, and waits until it does. */
async function serve(port: number, program: string, ...args: string[]): Promise<string> {
  const child = spawn(bin(program), args, { cwd: folder, detached: true, stdio: "pipe" });
  started.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => (said += part.toString()));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`${url}/is-it-there`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer !== undefined) return url;
    await wait(100);
  }
  throw new Error(`${program} does not listen:\n${said}`);
}

/** What an edge adds to a request that it hands to a worker; and what its own sender can decode. */
const FROM_THE_EDGE = {
  "Accept-Encoding": "gzip, br",
  "CF-Connecting-IP": "203.0.113.7",
  "CF-Ray": "8f00ba4",
  "CF-Visitor": '{"scheme":"https"}',
  "CDN-Loop": "cloudflare",
  "X-Forwarded-For": "203.0.113.7",
  "X-Forwarded-Proto": "https",
  "X-Real-IP": "203.0.113.7",
  "X-Request-ID": "r-1",
  "X-Tenant": "7",
  Authorization: "Bearer of-the-user",
};

async function itSendsOn(edge: string): Promise<void> {
  server.reset();
  const { host } = new URL(server.url);
  const init = { method: "POST", headers: FROM_THE_EDGE, body: '{"item":"tea"}' };
  const answer = await fetch(`${edge}/orders?x=1`, init);
  expect([answer.status, await answer.text()]).toEqual([201, init.body]);
  const { headers = {}, target, code } = server.last ?? {};
  expect([target, code]).toEqual(["/orders?x=1", undefined]);
  expect(headers).toMatchObject({ host, "cf-ray": "8f00ba4", "accept-encoding": "identity" });
  expect(headers["authorization"]).toContain(
    "SignedHeaders=content-digest;content-type;host;x-tenant,",
  );
}

describe("workerd", () => {
  /** Runs a worker as Wrangler would bundle it. */
  async function work(name: string, contents: string, flags: readonly string[] = []) {
    const port = await freePort();
    await build({
      stdin: { contents, loader: "ts", resolveDir: folder },
      bundle: true,
      format: "esm",
      platform: "browser",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:workers", "node:*"],
      outfile: join(folder, `${name}.js`),
      logLevel: "silent",
    });
    const vars = { LACRE_URL: server.url, LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY };
    const bindings = Object.entries({ ...vars, CHANGING: proxy.url }).map(
      ([variable, text]) => `(name = "${variable}", text = "${text}")`,
    );
    await writeFile(
      join(folder, `${name}.capnp`),
      `using Workerd = import "/workerd/workerd.capnp";
       const config :Workerd.Config = (
         services = [
           (name = "main", worker = (
             modules = [(name = "worker", esModule = embed "${name}.js")],
             compatibilityDate = "2026-01-01",
             compatibilityFlags = ${JSON.stringify(flags)},
             bindings = [${bindings.join(", ")}],
             globalOutbound = "internet",
           )),
           (name = "internet", network = (allow = ["private", "local", "public"])),
         ],
         sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
       );`,
    );
    return serve(port, "workerd", "serve", `${name}.capnp`);
  }

  it.each([
    ["alone", []],
    ["with nodejs_compat", ["nodejs_compat"]],
  ])("signs what it calls %s, and refuses spoilt answers", async (_how, flags) => {
    const worker = await work(`calling${flags.length}`, CLIENTS_IN_A_WORKER, flags);
    const ask = async (): Promise<unknown> => (await fetch(worker)).json();
    expect(await ask()).toEqual({ fetch: ALL_IS_WELL, axios: ALL_IS_WELL });
    server.manner = "body";
    expect(await ask()).toEqual({ fetch: ALL_ARE_SPOILT, axios: ALL_ARE_SPOILT });
  });

  it("has Signer with nodejs_compat", async () => {
    const answer = await fetch(await work("signer", SIGNER_IN_A_WORKER, ["nodejs_compat"]));
    expect([answer.status, await answer.text(), server.last?.code]).toEqual([
      ...[201, "tea", undefined],
    ]);
  });

  it("sends on what came in, as the recipe says", async () => {
    const { code = "" } = blocksOf(PAGE).find(({ file }) => file === "worker.ts") ?? {};
    const worker = await work("onward", code);
    await itSendsOn(worker);
    await fetch(`${worker}/orders?x=1`, { headers: { Cookie: "session=1" } });
    expect([server.last?.code, server.last?.headers["cookie"]]).toEqual([undefined, undefined]);
    expect((await fetch(`${worker}/elsewhere`)).status).toBe(404);
  });
});

describe.each([
  ["bun", []],
  ["deno", ["run", "--no-prompt", "--allow-net", "--allow-env"]],
] as const)("%s", (program, options) => {
  const ask = async (file: string, ...args: string[]): Promise<string> =>
    run(folder, "timeout", "60", bin(program), ...options, file, ...args);

  it("runs the README's call", async () => {
    const { code = "" } = blocksOf("README.md").find(({ file }) => file === "call.ts") ?? {};
    const call = code
      .replace("http://localhost:3000", server.url)
      .replace('"orders"', '"demo"')
      .replace('process.env.ORDERS_KEY ?? ""', JSON.stringify(DEMO_KEY));
    await writeFile(join(folder, "call.ts"), call);
    server.reply = () => ({ status: 200, body: "[]" });
    expect(await ask("call.ts")).toMatch(/^200 \[\]/);
    expect(server.received.map(({ code: refused, target }) => [target, refused])).toEqual([
      ["/orders", undefined],
    ]);
  });

  it("signs with each library that works there, and refuses spoilt answers", async () => {
    await writeFile(join(folder, "clients.mjs"), CLIENTS_ELSEWHERE);
    const results = async (): Promise<unknown> => {
      // supertest and got look at the whole environment of Deno and at files.
      const output = await run(
        folder,
        "timeout",
        ...["60", bin(program), ...(program === "deno" ? ["run", "--allow-all"] : [])],
        ...["clients.mjs", server.url, proxy.url],
      );
      return JSON.parse(/^RESULT (.*)$/m.exec(output)?.[1] ?? "null");
    };
    const names = ["fetch", "undici", "axios, http", "axios, fetch", "got", "supertest"];
    const each = (result: unknown): unknown => ({
      ...Object.fromEntries(names.map((name) => [name, result])),
      // Bun puts a stand-in of its own in the place of the package.
      ...(program === "bun" && {
        undici: expect.stringMatching(
          /^dispatcher: must be a dispatcher of the package undici, .* Bun/,
        ),
      }),
    });
    expect(await results()).toEqual(each(ALL_IS_WELL));
    server.manner = "body";
    expect(await results()).toEqual(each(ALL_ARE_SPOILT));
  });

  it("sends on what came in", async () => {
    await writeFile(join(folder, "edge.mjs"), EDGE);
    const port = await freePort();
    await itSendsOn(await serve(port, program, ...options, "edge.mjs", server.url, String(port)));
  });
});
