/*
 * The declarations of @lacre/client, as npm will hand them out, in projects that read them most strictly: a page without
 * the types of Node, a worker of Cloudflare's, and a server. Needs the package registry.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { blocksOf } from "../docs/markdown.js";
import { pack, run } from "./packed.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMPILERS = ["tsc", "tsc6"].map((name) => join(ROOT, "node_modules", ".bin", name));

/** Values that are there or not: with `exactOptionalPropertyTypes` that is another type than an absent property. */
const MAYBE = `
declare const maybe: {
  retries: number | undefined;
  clock: { nowMs(): number } | undefined;
  keys: readonly string[] | undefined;
  content: Uint8Array | undefined;
};
const loose = { appId: "orders", apiKey: "lk1_x", retries: maybe.retries, clock: maybe.clock };
`;

const ON_A_PAGE = `${MAYBE}
import { signFetch, type ClientOptions, type SignedFetch } from "@lacre/client";
import { signAxios } from "@lacre/client/axios";
import * as swaggerUi from "@lacre/client/swagger-ui";
import axios from "axios";

const options: ClientOptions = { appId: "orders", apiKey: "lk1_x", verifyResponses: "require" };
const call: SignedFetch = signFetch(window.fetch.bind(window), options);
const sameAsFetch: typeof fetch = call;
const ring = signFetch(sameAsFetch, { appId: "orders", keys: async () => ["lk1_x", "lk1_y"] });
const init: RequestInit = { method: "POST", body: new FormData(), signal: AbortSignal.timeout(300) };
const response: Response = await call(new Request("/orders", init));
await ring(new URL("/orders", location.href), init);
const given = signFetch(fetch, { ...loose, keys: maybe.keys });
console.log(response.status, signAxios(axios.create(), loose), given, swaggerUi);
`;

const ON_A_SERVER = `${MAYBE}
import { signFetch } from "@lacre/client";
import { Signer } from "@lacre/client/signer";
import { signSupertest } from "@lacre/client/supertest";

const signer = new Signer({ appId: "orders", apiKey: "lk1_x", clock: maybe.clock });
const { headers } = signer.sign({ method: "POST", url: "https://a.test/", content: maybe.content });
const pluggable = { use: (plugin: (request: object) => void) => void plugin };
console.log(headers[0]?.[1], signFetch(fetch, loose), signSupertest(pluggable, { ...loose, origin: undefined }));
`;

const WORKER = blocksOf("docs/recipes/workers-and-other-runtimes.md").find(
  ({ file }) => file === "worker.ts",
);
/** What Wrangler makes of its configuration. */
const VARS = `declare namespace Cloudflare {
  interface Env { LACRE_URL: string; LACRE_APP_ID: string; LACRE_API_KEY: string }
}`;
const OF_CLOUDFLARE = "@cloudflare/workers-types";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lacre-browser-types-"));
  const tarballs = await pack(["libs/core", "libs/client"], folder);
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await run(
    folder,
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    ...tarballs,
    "axios@1",
    `${OF_CLOUDFLARE}@5`,
  );
  await writeFile(join(folder, "page.ts"), ON_A_PAGE);
  await writeFile(join(folder, "server.ts"), ON_A_SERVER);
  await writeFile(
    join(folder, "worker.ts"),
    `/// <reference path="./vars.d.ts" />\n${WORKER?.code}`,
  );
  await writeFile(join(folder, "vars.d.ts"), VARS);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const OF_NODE = { typeRoots: [join(ROOT, "node_modules", "@types")], types: ["node"] };

describe.each([
  ["page.ts", { lib: ["ES2022", "DOM"], types: [] }],
  ["worker.ts", { lib: ["ES2022"], types: [OF_CLOUDFLARE] }],
  ["server.ts", { lib: ["ES2023"], ...OF_NODE }],
])("%s", (file, environment) => {
  it.each([
    ["esnext", "bundler"],
    ["nodenext", "nodenext"],
  ])("compiles with module %s and moduleResolution %s", async (module, moduleResolution) => {
    const compilerOptions = {
      ...{ target: "es2022", module, moduleResolution, noEmit: true },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ skipLibCheck: false, ...environment },
    };
    const config = join(folder, `${module}.${file}.json`);
    await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }));
    for (const compiler of COMPILERS)
      expect(await run(folder, compiler, "-p", config, "--pretty", "false")).toBe("");
  });
});
