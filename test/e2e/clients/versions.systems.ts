/*
 * The clients as npm will hand them out, beside the oldest and the newest version of each library that
 * libs/client/README.md names. Needs the package registry. Some versions need a newer Node, which comes from there too.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, request as sendOn, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { finish, pack, run } from "../../package/packed.js";
import { DEMO_KEY } from "../../support/app.js";
import { SigningServer } from "../../support/signing-server.js";

/** The table of libs/client/README.md: which versions of a library are tried. */
const TABLE = new Map(
  readFileSync(join(import.meta.dirname, "../../../libs/client/README.md"), "utf8")
    .split("\n")
    .flatMap((line) => {
      const cells = /^\| (.+) \| (\d.+) \| (\d.+) \|$/.exec(line)?.slice(1) ?? [];
      const [names = [], from = [], to = []] = cells.map((cell) => cell.split(", "));
      return names.map((name, i) => [name, { from: from[i] ?? "", to: to[i] ?? "" }] as const);
    }),
);

/** What is installed together, and with which Node it runs where that is not this one. */
const SETS = [
  { which: "from", beside: { rxjs: "7.8.0", "reflect-metadata": "0.2.0" }, node: undefined },
  { which: "to", beside: { rxjs: "7.8.2", "reflect-metadata": "0.2.2" }, node: "24.21.0" },
] as const;

const LIBRARIES = ["undici", "axios", "got", "supertest", "@nestjs/axios"];

let work: string;
let server: SigningServer;
let between: Server;
let tarballs: string[];
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lacre-versions-"));
  tarballs = await pack(["libs/core", "libs/client"], work);
  server = await SigningServer.start();
  between = changing(server);
  between.listen(0, "127.0.0.1");
  await once(between, "listening");
});
afterAll(async () => {
  between.closeAllConnections();
  between.close();
  await server.close();
  await rm(work, { recursive: true, force: true });
});

/** Passes requests on: those to /changed with other content, and those to /answer-changed with another answer. */
function changing(to: SigningServer): Server {
  const contentIn = async (message: IncomingMessage): Promise<Buffer> => {
    const parts: Buffer[] = [];
    for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
    return Buffer.concat(parts);
  };
  const other = (content: Buffer): Buffer => Buffer.from(content.map((byte) => byte ^ 1));
  return createServer((request, response) => {
    void (async () => {
      const { method, url = "", rawHeaders } = request;
      const content = await contentIn(request);
      const onward = sendOn(to.url + url, {
        method,
        headers: rawHeaders as unknown as Record<string, string>,
        setHost: false,
      });
      onward.end(url === "/changed" ? other(content) : content);
      const [answer] = (await once(onward, "response")) as [IncomingMessage];
      const body = await contentIn(answer);
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      response.end(url === "/answer-changed" ? other(body) : body);
    })();
  });
}

describe.each(SETS)("the versions that are tried $which", ({ which, beside, node }) => {
  let folder: string;
  let program = process.execPath;
  beforeAll(async () => {
    folder = join(work, which);
    await mkdir(folder);
    await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
    await copyFile(join(import.meta.dirname, "calls.mjs"), join(folder, "calls.mjs"));
    const runtime = `node-${process.platform}-${process.arch}`;
    if (node !== undefined) program = join(folder, "node_modules", runtime, "bin", "node");
    const others = Object.entries({ ...beside, ...(node !== undefined && { [runtime]: node }) });
    const wanted = [
      ...others,
      ...[...TABLE].map(([library, row]) => [library, row[which]] as const),
    ];
    const named = [...tarballs, ...wanted.map(([library, version]) => `${library}@${version}`)];
    await run(folder, "npm", "install", "--no-audit", "--no-fund", "--save-exact", ...named);
  });

  it.each(LIBRARIES)("%s", async (library) => {
    const manifest = join(folder, "node_modules", library, "package.json");
    const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
    expect(version).toBe(TABLE.get(library)?.[which]);
    const { port } = between.address() as AddressInfo;
    const args = ["60", program, "calls.mjs", library, `http://127.0.0.1:${port}`];
    const { stdout } = await finish(folder, "timeout", args, { API_KEY: DEMO_KEY });
    expect(JSON.parse(stdout)).toEqual({
      sent: [200, "/sent"],
      changed: [401, "content-mismatch"],
      "answer-changed": "content-mismatch",
    });
  });
});
