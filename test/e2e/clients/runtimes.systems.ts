/*
 * The calling side in workerd, which is what Cloudflare Workers run in, in Bun and in Deno, as npm will hand it out.
 * Needs the package registry, from which the runtimes come too.
 */
import { spawn } from "node:child_process";
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

const RUNTIMES = ["bun@1.4.5", "deno@2.9.6", "workerd@1.20261117.1"];
const PAGE = "docs/recipes/workers-and-other-runtimes.md";
const SIGNED = { appId: "demo", apiKey: DEMO_KEY, verifyResponses: "require", retries: 0 };

/** What every client does here: `calls(get, post)` prints what came of each. */
const COMMON = `
  const signed = ${JSON.stringify(SIGNED)};
  const tea = { item: "tea", to: "té" };
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(tea) };
  const outcome = async (ask) => {
    try {
      return await ask();
    } catch (error) {
      return [error.name, error.fault ?? error.message];
    }
  };
  const calls = async (get, post, { url, changing }) => ({
    get: await outcome(() => get(url + "/orders?x=%20&y=a+b")),
    post: await outcome(() => post(url + "/orders")),
    changed: await outcome(() => post(changing + "/orders")),
  });
`;
const ALL_IS_WELL = {
  get: [200, "/orders?x=%20&y=a+b"],
  post: [201, '{"item":"tea","to":"té"}'],
  changed: [401, "content-mismatch"],
};
const REFUSED = ["ResponseRefusal", "content-mismatch"];
const ALL_ARE_SPOILT = { get: REFUSED, post: REFUSED, changed: REFUSED };

const CLIENTS = `
  import { signFetch } from "@lacre/client";
  import { signAxios } from "@lacre/client/axios";
  import { signGot } from "@lacre/client/got";
  import { signSupertest } from "@lacre/client/supertest";
  import { signUndici } from "@lacre/client/undici";
  import axios from "axios";
  import got from "got";
  import supertest from "supertest";
  import * as undici from "undici";
  ${COMMON}
  const [url, changing] = process.argv.slice(-2);
  const results = {};
  const client = async (name, make) => {
    try {
      const { get, post } = make();
      results[name] = await calls(get, post, { url, changing });
    } catch (error) {
      results[name] = error.message;
    }
  };
  const ofFetch = async (response) => [response.status, await response.text()];
  await client("fetch", () => {
    const call = signFetch(fetch, signed);
    return { get: async (to) => ofFetch(await call(to)), post: async (to) => ofFetch(await call(to, json)) };
  });
  await client("undici", () => {
    const dispatcher = signUndici(new undici.Agent(), signed);
    const call = async (to, init) => {
      const { statusCode, body } = await undici.request(to, { dispatcher, ...init });
      return [statusCode, await body.text()];
    };
    return { get: call, post: (to) => call(to, json) };
  });
  for (const adapter of ["http", "fetch"])
    await client("axios, " + adapter, () => {
      const made = { adapter, validateStatus: () => true, responseType: "text", transformResponse: (data) => data };
      const api = signAxios(axios.create(made), signed);
      const seen = ({ status, data }) => [status, data];
      return { get: async (to) => seen(await api.get(to)), post: async (to) => seen(await api.post(to, tea)) };
    });
  await client("got", () => {
    const api = signGot(got.extend({ throwHttpErrors: false }), signed);
    const seen = ({ statusCode, body }) => [statusCode, body];
    return { get: async (to) => seen(await api(to)), post: async (to) => seen(await api.post(to, { json: tea })) };
  });
  await client("supertest", () => {
    const seen = ({ status, text }) => [status, text];
    const agent = (to) => signSupertest(supertest.agent(new URL(to).origin), signed);
    return {
      get: async (to) => seen(await agent(to).get(to.slice(new URL(to).origin.length))),
      post: async (to) => seen(await agent(to).post(new URL(to).pathname).send(tea)),
    };
  });
  console.log("RESULT " + JSON.stringify(results));
  process.exit(0);
`;

/** Sends on what comes in, for one request. */
const EDGE = `
  import { signFetch } from "@lacre/client";
  const [url, port] = process.argv.slice(-2);
  const call = signFetch(fetch, ${JSON.stringify(SIGNED)});
  const onward = (incoming) => call(new Request(url + "/orders?x=1", incoming));
  const options = { port: Number(port), hostname: "127.0.0.1" };
  if (globalThis.Deno) Deno.serve(options, onward);
  else Bun.serve({ ...options, fetch: onward });
`;

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
  for (const pid of started) process.kill(-pid);
  await proxy.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const started: number[] = [];
const bin = (name: string): string => join(folder, "node_modules", ".bin", name);

/** Starts what listens on a port, with all that it starts itself, and waits until it does. */
async function serve(port: number, program: string, ...args: string[]): Promise<string> {
  const child = spawn(bin(program), args, { cwd: folder, detached: true, stdio: "pipe" });
  started.push(child.pid as number);
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
  async function work(name: string, contents: string, loader: "js" | "ts"): Promise<string> {
    const port = await freePort();
    await build({
      stdin: { contents, loader, resolveDir: folder },
      bundle: true,
      format: "esm",
      platform: "browser",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:workers"],
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

  const CALLING = `
    import { env } from "cloudflare:workers";
    import { signFetch } from "@lacre/client";
    import { signAxios } from "@lacre/client/axios";
    import axios from "axios";
    ${COMMON}
    const call = signFetch(fetch, signed);
    const api = signAxios(axios.create({ validateStatus: () => true, transformResponse: (data) => data }), signed);
    const ofFetch = async (response) => [response.status, await response.text()];
    const ofAxios = ({ status, data }) => [status, data];
    export default {
      async fetch() {
        const where = { url: env.LACRE_URL, changing: env.CHANGING };
        return Response.json({
          fetch: await calls(
            async (to) => ofFetch(await call(to)),
            async (to) => ofFetch(await call(to, json)),
            where,
          ),
          axios: await calls(
            async (to) => ofAxios(await api.get(to)),
            async (to) => ofAxios(await api.post(to, tea)),
            where,
          ),
        });
      },
    };`;

  it("signs what it calls, and refuses spoilt answers", async () => {
    const worker = await work("calling", CALLING, "js");
    const ask = async (): Promise<unknown> => (await fetch(worker)).json();
    expect(await ask()).toEqual({ fetch: ALL_IS_WELL, axios: ALL_IS_WELL });
    server.manner = "body";
    expect(await ask()).toEqual({ fetch: ALL_ARE_SPOILT, axios: ALL_ARE_SPOILT });
  });

  it("sends on what came in, as the recipe says", async () => {
    const { code = "" } = blocksOf(PAGE).find(({ file }) => file === "worker.ts") ?? {};
    const worker = await work("onward", code, "ts");
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
    await writeFile(join(folder, "clients.mjs"), CLIENTS);
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
