/*
 * The calling side in React Native, as npm will hand it out: its own JavaScript, with Node in place of a phone and of
 * react-native-quick-crypto, which is native code. Needs the package registry.
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import { blocksOf } from "./markdown.js";
import { pack, run } from "../package/packed.js";
import { DEMO_KEY } from "../support/app.js";
import { ReactNative } from "../support/react-native.js";
import { SigningServer } from "../support/signing-server.js";

const PAGE = "docs/recipes/workers-and-other-runtimes.md";
const VERSION = "0.88.1";
/** What of React Native's dependencies its fetch needs, and what takes its types out. */
const NEEDED = ["base64-js@1", "invariant@2", "whatwg-fetch@3", "flow-remove-types@2"];
const SIGNED = { appId: "demo", apiKey: DEMO_KEY, verifyResponses: "require", retries: 0 };

let folder: string;
let server: SigningServer;
let native: ReactNative;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lacre-react-native-"));
  const tarballs = await pack(["libs/core", "libs/client"], folder);
  await writeFile(join(folder, "package.json"), '{ "private": true }');
  const named = [...tarballs, ...NEEDED, "react-native-url-polyfill@4", "axios@1"];
  // Without React Native's own dependencies, which are a build system.
  const alone = ["--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"];
  await run(folder, "npm", "install", ...alone, ...named);
  await run(folder, "npm", "pack", "--silent", `react-native@${VERSION}`);
  await run(folder, "tar", "-xzf", `react-native-${VERSION}.tgz`);
  await mkdir(join(folder, "node_modules"), { recursive: true });
  await rename(join(folder, "package"), join(folder, "node_modules", "react-native"));
  server = await SigningServer.start();
  native = await ReactNative.start(folder);
  await native.load(
    'export * from "@lacre/client"; export * from "@lacre/client/axios"; export { default as axios } from "axios";',
  );
  const given = { signed: SIGNED, url: server.url };
  await native.run(`Object.assign(globalThis, ${JSON.stringify(given)}, { lacre: bundle });`);
});
beforeEach(() => {
  server.reset();
  server.reply = ({ method, target, body }) =>
    method === "POST" ? { status: 201, body } : { status: 200, body: target };
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const asked = (code: string): Promise<unknown> =>
  native.run(`const answer = await ${code}; return [answer.status, await answer.text()];`);

it("names all that React Native lacks, and where to get it", async () => {
  await expect(native.run("lacre.signFetch(fetch, signed);")).rejects.toThrow(
    "signFetch: needs URL.canParse, crypto.randomUUID, crypto.subtle, which this environment does not have. " +
      "Load a polyfill of each first, such as react-native-quick-crypto and react-native-url-polyfill.",
  );
});

it("signs with what the recipe loads", async () => {
  const { code = "" } = blocksOf(PAGE).find(({ file }) => file === "index.js") ?? {};
  await native.load(code);
  await native.run("globalThis.call = lacre.signFetch(fetch, signed);");
  expect(await asked('call(url + "/orders?x=%20&y=a+b#z")')).toEqual([200, "/orders?x=%20&y=a+b"]);
  expect(server.last?.code).toBeUndefined();
  expect(Object.keys(server.last?.headers ?? {}).toSorted()).toEqual(
    ["accept-encoding", "authorization", "connection", "host"], // and no positions of a list
  );
});

it.each([
  ["a string", '"té"', "té", "text/plain;charset=UTF-8"],
  ["bytes", "new Uint8Array([116, 195, 169])", "té", undefined],
  [
    "a form",
    'new URLSearchParams({ a: "é" })',
    "a=%C3%A9",
    "application/x-www-form-urlencoded;charset=UTF-8",
  ],
  ["a Blob", 'new Blob(["té"], { type: "text/x" })', "té", "text/x"],
])("sends %s, and reads the answer as it was sent", async (_name, body, sent, type) => {
  const init = `{ method: "POST", body: ${body} }`;
  expect(await asked(`call(url + "/orders", ${init})`)).toEqual([201, sent]);
  expect(server.last?.headers["content-type"]).toBe(type);
  const request = `new Request(url + "/orders", ${init})`;
  expect(await asked(`call(${request})`)).toEqual([201, sent]);
  expect(server.received.map(({ code }) => code)).toEqual([undefined, undefined]);
});

it("takes a Request without content", async () => {
  expect(await asked('call(new Request(url + "/orders"))')).toEqual([200, "/orders"]);
});

it("refuses a form whose bytes it cannot see, a changed request, and a spoilt answer", async () => {
  const form = 'const form = new FormData(); form.append("a", "b");';
  await expect(
    native.run(`${form} await call(url + "/orders", { method: "POST", body: form });`),
  ).rejects.toThrow("body: is a form, and this environment does not show");
  expect(server.received).toEqual([]);
  const changing = 'lacre.signFetch((to, init) => fetch(to, { ...init, body: "gin" }), signed)';
  expect(await asked(`${changing}(url + "/orders", { method: "POST", body: "tea" })`)).toEqual([
    401,
    "content-mismatch",
  ]);
  server.manner = "body";
  await expect(asked('call(url + "/orders")')).rejects.toThrow("content-mismatch");
});

it("signs with axios too, which needs one thing more", async () => {
  const signedAxios = "lacre.signAxios(lacre.axios.create({ transformResponse: [] }), signed)";
  await expect(native.run(`${signedAxios};`)).rejects.toThrow(
    "signAxios: needs TextDecoder, which this environment does not have.",
  );
  await native.run(
    `globalThis.TextDecoder = __polyfills.TextDecoder; globalThis.api = ${signedAxios}`,
  );
  const post = 'const { status, data } = await api.post(url + "/orders", { item: "té" });';
  expect(await native.run(`${post} return [status, data];`)).toEqual([201, '{"item":"té"}']);
  server.manner = "body";
  await expect(native.run(post)).rejects.toThrow("content-mismatch");
});
