/*
 * The calling side on a page of jest-environment-jsdom, as npm will hand it out: without the globals that it needs, and
 * with those that the recipe gives it. Needs the package registry.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { blocksOf } from "./markdown.js";
import { finish, pack, run } from "../package/packed.js";
import { DEMO_KEY } from "../support/app.js";
import { SigningServer } from "../support/signing-server.js";

const PAGE = "docs/recipes/workers-and-other-runtimes.md";

/** Prints what each client says on a page as jsdom makes it. */
const BARE = `
  const { signFetch } = require("@lacre/client");
  const { signAxios } = require("@lacre/client/axios");
  const axios = require("axios");
  const signed = { appId: "demo", apiKey: ${JSON.stringify(DEMO_KEY)} };
  test("says what is missing", () => {
    // Some versions of jest find the cryptography of Node for it, others that of the web.
    expect(() => signFetch(globalThis.fetch, signed)).toThrow(
      /^signFetch: needs Request, Response, TextEncoder(, crypto\\.subtle)?, which this environment does not have\\. In jest-environment-jsdom, give the page those of Node/,
    );
    expect(() => signAxios(axios.create(), signed)).toThrow(
      /^signAxios: needs Response, TextDecoder, TextEncoder(, crypto\\.subtle)?, which this/,
    );
  });`;

const FURTHER = `
  const { signFetch } = require("@lacre/client");
  const { signAxios } = require("@lacre/client/axios");
  const axios = require("axios");
  const { LACRE_URL: url, LACRE_APP_ID: appId, LACRE_API_KEY: apiKey } = process.env;
  const signed = { appId, apiKey, verifyResponses: "require", retries: 0 };
  const form = new FormData();
  form.set("a", "é");
  const call = signFetch(fetch, signed);
  test.each([
    ["a string", "té"],
    ["bytes", new Uint8Array([0, 255])],
    ["a buffer", new Uint8Array([0, 255]).buffer],
    ["a form", new URLSearchParams({ a: "é" })],
    ["multipart", form],
    ["a Blob", new Blob(["té"], { type: "text/plain" })],
  ])("sends %s", async (_name, body) => {
    const signal = AbortSignal.timeout(5_000);
    expect((await call(url + "/orders", { method: "POST", body, signal })).status).toBe(200);
  });
  test("sends a Request", async () => {
    const request = new Request(url + "/orders", { method: "PUT", body: "té" });
    expect((await call(request)).status).toBe(200);
  });
  test("sends with axios", async () => {
    const api = signAxios(axios.create({ adapter: "fetch" }), signed);
    expect((await api.post(url + "/orders", { item: "té" })).status).toBe(200);
  });`;

let folder: string;
let server: SigningServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lacre-jsdom-"));
  const tarballs = await pack(["libs/core", "libs/client"], folder);
  await writeFile(join(folder, "package.json"), '{ "private": true }');
  const named = [...tarballs, "jest@30.5.2", "jest-environment-jsdom@30.5.2", "axios@1"];
  await run(folder, "npm", "install", "--no-audit", "--no-fund", ...named);
  await writeFile(join(folder, "bare.test.js"), BARE);
  await writeFile(join(folder, "further.test.js"), FURTHER);
  for (const { file, code } of blocksOf(PAGE))
    if (file === "jsdom-with-fetch.js" || file === "orders.test.js")
      await writeFile(join(folder, file), code);
  server = await SigningServer.start();
});
beforeEach(() => server.reset());
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function jest(environment: string, file: string): Promise<string> {
  const program = join(folder, "node_modules", ".bin", "jest");
  const args = ["--ci", "--colors=false", "--env", environment, file];
  const env = { LACRE_URL: server.url, LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY };
  return (await finish(folder, program, args, env)).stderr;
}

it("names all that jsdom lacks", async () => {
  expect(await jest("jsdom", "bare.test.js")).toContain("Tests:       1 passed");
});

it("signs in a test of a page that has it", async () => {
  server.reply = () => ({ status: 200, body: '[{"item":"tea"}]' });
  expect(await jest("./jsdom-with-fetch.js", "orders.test.js")).toContain("Tests:       1 passed");
  expect(server.received.map(({ target, code }) => [target, code])).toEqual([
    ["/orders", undefined],
  ]);
  server.manner = "body";
  await expect(jest("./jsdom-with-fetch.js", "orders.test.js")).rejects.toThrow("content-mismatch");
});

it("signs every kind of content there", async () => {
  server.reply = ({ target }) => ({ status: 200, body: target });
  expect(await jest("./jsdom-with-fetch.js", "further.test.js")).toContain("Tests:       8 passed");
  expect(server.received.map(({ code }) => code)).toEqual(Array(8).fill(undefined));
  const types = server.received.map(({ headers }) => headers["content-type"]);
  expect(types).toEqual([
    ...["text/plain;charset=UTF-8", undefined, undefined],
    "application/x-www-form-urlencoded;charset=UTF-8",
    expect.stringMatching(/^multipart\/form-data; boundary=/),
    ...["text/plain", "text/plain;charset=UTF-8", "application/json"],
  ]);
});
