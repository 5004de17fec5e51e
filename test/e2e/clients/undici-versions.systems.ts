/*
 * signUndici as npm will hand it out, beside real versions of undici: of those that it needs the oldest and the newest,
 * and those that it refuses. Needs the package registry. undici 8 needs a newer Node, which comes from there too.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { DEMO_KEY } from "../../support/app.js";
import { SigningServer } from "../../support/signing-server.js";
import { finish, pack, run } from "../../package/packed.js";

const PROGRAM = `
import { signUndici } from "@lacre/client/undici";
import * as undici from "undici";

const [url, apiKey] = process.argv.slice(2);
const say = (name, what) => console.log(name + ": " + what);
const outcome = async (ask) => ask().then(String, (error) => (error.cause ?? error).message);
const options = { appId: "demo", apiKey, verifyResponses: "require" };
try {
  const dispatcher = signUndici(new undici.Agent(), options);
  say("request", await outcome(async () => (await undici.request(url, { dispatcher })).body.text()));
  say("fetch", await outcome(async () => (await undici.fetch(url, { dispatcher })).text()));
  say("Node's fetch", await outcome(async () => (await fetch(url, { dispatcher })).text()));
} catch (error) {
  say("signUndici", error.message);
}
process.exit(0);
`;
const REFUSED = /^signUndici: dispatcher: must be a dispatcher of the package undici, version 7/;
const SERVED = /^request: \/x\nfetch: \/x\n/;
const MIXED = /Node's fetch: dispatcher: is of another undici than the fetch/;

let work: string;
let server: SigningServer;
let tarballs: string[];
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lacre-undici-versions-"));
  tarballs = await pack(["libs/core", "libs/client"], work);
  server = await SigningServer.start();
});
afterAll(async () => {
  await server.close();
  await rm(work, { recursive: true, force: true });
});

it.each<[string, string | undefined, RegExp[]]>([
  ["5.29.0", undefined, [REFUSED]],
  ["6.23.0", undefined, [REFUSED]],
  ["7.0.0", undefined, [SERVED, /Node's fetch: \/x\n/]],
  ["7.30.2", undefined, [SERVED, /Node's fetch: \/x\n/]],
  ["8.13.1", "24.21.0", [SERVED, MIXED]],
])("undici %s", async (version, node, expected) => {
  const folder = join(work, version);
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await writeFile(join(folder, "program.js"), PROGRAM);
  const runtime = `node-${process.platform}-${process.arch}`;
  const further = node === undefined ? [] : [`${runtime}@${node}`];
  const named = [...tarballs, `undici@${version}`, ...further];
  await run(folder, "npm", "install", "--no-audit", "--no-fund", "--force", ...named);
  const program =
    node === undefined ? process.execPath : join(folder, "node_modules", runtime, "bin", "node");
  const args = ["program.js", `${server.url}/x`, DEMO_KEY];
  // Who freezes is stopped, and has said nothing.
  const { stdout } = await finish(folder, "timeout", ["20", program, ...args]);
  for (const line of expected) expect(stdout).toMatch(line);
});
