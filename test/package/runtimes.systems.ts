/*
 * Bun, Deno and further versions of Node, with what npm will hand out: the README's server and client, a server with
 * every kind of route, and the calling side. Bun and Deno are given the sources as they are: both compile TypeScript
 * by themselves. Needs the package registry, from which the runtimes come too.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { generateApiKey } from "@lacre/core";
import { blocksOf } from "../docs/markdown.js";
import { freePort } from "../docs/workshop.js";
import { send, signed, type WireRequest } from "../support/wire.js";
import { pack, run } from "./packed.js";

const fixture = fileURLToPath(new URL("fixtures/runtimes", import.meta.url));
const apiKey = generateApiKey();
const signer = { appId: "orders", apiKey };

let work: string;
let folder: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lacre-runtimes-"));
  folder = join(work, "app");
  const tarballs = await pack(
    ["core", "stores", "node", "nestjs", "client"].map((name) => `libs/${name}`),
    work,
  );
  await cp(fixture, folder, { recursive: true });
  await run(folder, "npm", "install", "--no-audit", "--no-fund", ...tarballs);
});
afterAll(() => rm(work, { recursive: true, force: true }));

const started: ChildProcess[] = [];
afterAll(() => started.forEach((child) => child.kill()));

/** The runtimes that are tested: the oldest of each line of Node under `engines`. `node` is the one at hand. */
const RUNTIMES = ["bun", "deno", "node22", "node24", "node26"] as const;
type Runtime = (typeof RUNTIMES)[number] | "node";

/** A file of the fixture under a runtime: Node gets what tsc makes of it. */
async function commandOf(runtime: Runtime, file: string): Promise<[string, ...string[]]> {
  if (runtime === "bun") return [join(folder, "node_modules/.bin/bun"), file];
  if (runtime === "deno") return [join(folder, "node_modules/.bin/deno"), "run", "-A", file];
  const tsc = fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url));
  await run(folder, tsc, "-p", "tsconfig.json", "--noCheck", "--outDir", "dist");
  const node =
    runtime === "node" ? process.execPath : join(folder, "node_modules", runtime, "bin/node");
  return [node, join("dist", file.replace(/ts$/, "js"))];
}

/** Starts a server, and waits for the line that says so. */
async function serve(runtime: Runtime, file: string, line: RegExp, ...args: string[]) {
  const [program, ...given] = await commandOf(runtime, file);
  const env = { ...process.env, ORDERS_KEY: apiKey, NODE_OPTIONS: "" };
  const child = spawn(program, [...given, ...args], { cwd: folder, env });
  started.push(child);
  const deadline = setTimeout(() => child.kill(), 60_000); // then its output ends
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  for await (const text of createInterface({ input: child.stdout })) {
    const found = line.exec(text);
    if (found !== null) {
      clearTimeout(deadline);
      child.stdout.resume();
      const stop = async () => {
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      };
      return { port: Number(found[1]), stop };
    }
    output += `${text}\n`;
  }
  clearTimeout(deadline);
  throw new Error(`${runtime} ${file} has not started:\n${output}`);
}

/** Nest says that it has started just before it listens. */
async function answerOf(url: string): Promise<Response> {
  for (let tries = 1; ; tries++)
    try {
      return await fetch(url);
    } catch (error) {
      if (tries === 50) throw error;
      await wait(100);
    }
}

async function call(runtime: Runtime, file: string, ...args: string[]): Promise<string> {
  const [program, ...given] = await commandOf(runtime, file);
  process.env.ORDERS_KEY = apiKey;
  return run(folder, program, ...given, ...args);
}

const portUnder = (runtime: Runtime): RegExp =>
  new RegExp(`^PORT (\\d+) ${runtime === "node" ? "node\\d+" : runtime}$`);

const ALL_IS_WELL = {
  accepted: [200, { caller: "orders", query: { a: " b", c: "é" } }],
  posted: [201, { caller: "orders", body: { tea: "té" } }],
  changed: 401,
  replayed: [200, 401],
  answer: [200, { answer: "signed" }],
};
const resultOf = (output: string): unknown => JSON.parse(/^RESULT (.*)$/m.exec(output)?.[1] ?? "0");

describe.each(RUNTIMES)("%s", (runtime) => {
  it("runs the README's server and its client", async () => {
    const port = await freePort();
    for (const name of ["main.ts", "call.ts"]) {
      const { code = "" } = blocksOf("README.md").find(({ file }) => file === name) ?? {};
      await writeFile(join(folder, name), code.replaceAll("3000", String(port)));
    }
    const server = await serve(runtime, "main.ts", /Nest application successfully started/);
    try {
      const unsigned = await answerOf(`http://localhost:${port}/orders`);
      expect(unsigned.status).toBe(401);
      // The first waits until the memory of nonces is old enough.
      for (const caller of ["node", runtime] as const)
        expect(await call(caller, "call.ts")).toMatch(
          /^200 \{\s*caller: ["']orders["'],\s*orders: \[\]/,
        );
    } finally {
      await server.stop();
    }
  });

  it("calls a server of Node's", async () => {
    const server = await serve("node", "server.ts", portUnder("node"), "express");
    try {
      const output = await call(runtime, "calls.ts", `http://127.0.0.1:${server.port}`);
      expect(resultOf(output)).toEqual(ALL_IS_WELL);
    } finally {
      await server.stop();
    }
  });

  describe.each(["express", "fastify"])("with %s", (platform) => {
    let server: Awaited<ReturnType<typeof serve>>;
    beforeAll(async () => {
      server = await serve(runtime, "server.ts", portUnder(runtime), platform);
    });
    afterAll(() => server.stop());

    const orders = (
      request: Partial<Parameters<typeof signed>[1]> = {},
      spoilt: Partial<WireRequest> = {},
    ) =>
      send(server.port, {
        ...signed(server.port, { method: "GET", target: "/orders", ...request }, signer),
        ...spoilt,
      });
    const upload = (body: Uint8Array, spoilt: Partial<WireRequest> = {}) =>
      orders(
        {
          method: "POST",
          target: "/orders/uploads",
          headers: [["Content-Type", "application/octet-stream"]],
          body,
        },
        spoilt,
      );

    it("serves a client of Node's", async () => {
      const output = await call("node", "calls.ts", `http://127.0.0.1:${server.port}`);
      expect(resultOf(output)).toEqual(ALL_IS_WELL);
    });

    it.each([
      "/orders?x=%20&y=a+b&x=&z",
      "/orders?%41=%7e&b=%2F%2f",
      "/orders?",
      "/orders?q='()!*;,:@$",
      "/orders??a=b?c",
    ])("sees the target as it was sent: %s", async (target) => {
      expect((await orders({ target })).status).toBe(200);
      expect((await orders({ target }, { target: `${target}&` })).status).toBe(401);
    });

    it.each(["/orders/../orders", "/./orders", "//orders", "/%6frders"])(
      "runs nothing for another spelling than was signed: %s",
      async (sent) => {
        expect((await orders({}, { target: sent })).status).not.toBe(200);
      },
    );

    it("counts the lines of a header", async () => {
      const request = signed(
        server.port,
        { method: "GET", target: "/orders", headers: [["X-Tenant", "7"]] },
        signer,
      );
      const { headers } = request;
      const authorization = headers.find(([name]) => name.toLowerCase() === "authorization") as [
        string,
        string,
      ];
      const host = headers[0] as [string, string];
      for (const line of [["X-Tenant", "7"], ["X-Tenant", "8"], authorization, host] as const)
        for (const lines of [
          [...headers, line],
          [line, ...headers],
        ])
          expect([400, 401]).toContain(
            (await send(server.port, { ...request, headers: lines })).status,
          );
      expect((await send(server.port, request)).status).toBe(200);
    });

    it("sees content on a request that was signed without", async () => {
      for (const chunked of [false, true])
        for (const method of ["GET", "POST"]) {
          const body = Buffer.from('{"tea":1}');
          const { status } = await orders({ method }, { body, chunked });
          expect([method, chunked, status]).toEqual([method, chunked, status === 400 ? 400 : 401]);
        }
    });

    it("reads content of a length and in chunks, large and small", async () => {
      for (const bytes of [2, 20_000, 900_000])
        for (const chunked of [false, true]) {
          const body = Buffer.from(JSON.stringify("x".repeat(bytes)));
          const headers: [string, string][] = [["Content-Type", "application/json"]];
          const request = { method: "POST", headers, body };
          const array = Buffer.from(`[${body.toString()}]`);
          expect((await orders({ ...request, body: array }, { chunked })).status).toBe(201);
          const changed = Buffer.from(array);
          changed[changed.length - 3] = 0x79;
          expect(changed.equals(array)).toBe(false);
          expect(
            (await orders({ ...request, body: array }, { chunked, body: changed })).status,
          ).toBe(401);
        }
    });

    it("streams content, and gives the end to nobody before it is judged", async () => {
      const content = Buffer.alloc(300_000, 7);
      expect(await upload(content)).toMatchObject({ status: 201, body: '{"bytes":300000}' });
      const changed = Buffer.from(content).fill(8, 299_000);
      expect((await upload(content, { body: changed })).status).toBe(401);
      expect((await upload(content, { body: changed, chunked: true })).status).toBe(401);
      expect((await upload(content, { chunked: true })).status).toBe(201);
    });

    it("runs one of many copies that come at once", async () => {
      const copy = signed(server.port, { method: "GET", target: "/orders" }, signer);
      const answers = await Promise.all(Array.from({ length: 50 }, () => send(server.port, copy)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
    });
  });
});
