/*
 * Somebody else's stores, as their pages show them: against the packed packages alone, their declarations included.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { blocksOf } from "../docs/markdown.js";
import { pack, StrangersPackage } from "./packed.js";

/** The code of a page by the names of its files. */
const codeOf = (page: string, ...names: string[]): Record<string, string> => {
  const blocks = blocksOf(`docs/recipes/${page}`);
  return Object.fromEntries(
    names.map((name) => [name, blocks.find(({ file }) => file === name)?.code ?? ""]),
  );
};

/** The page's store with one fault: a claim that looks first and records then. */
const RACING = `
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { nonceStoreCases } from "@lacre/stores/contract";

for (const { name, run } of nonceStoreCases(async () => {
  const seen = new Set<string>();
  return {
    store: {
      claim: async (key: string) => {
        const isThere = seen.has(key);
        await turn();
        seen.add(key);
        return isThere ? "seen" as const : "fresh" as const;
      },
    },
    remainingMs: async () => 60_000,
    close: async () => undefined,
  };
}))
  test(name, run);
`;

/** An application that judges requests by the keys of the page's store. */
const SERVES = `
import { contentOf, generateApiKey, MemoryNonceStore, Origins, readSchemes, receive, Signer, Verifier } from "@lacre/core";
import { rowKeyStore, type Row } from "./row-key-store.js";

const apiKey = generateApiKey();
const rows = new Map<string, Row>([
  ["shop", { appId: "shop", apiKey }],
  ["broken", { appId: "broken", apiKey: "too short" }],
]);
let isDown = false;
const schemes = readSchemes();
const verifier = new Verifier({
  schemes,
  keys: rowKeyStore(async (appId) => {
    if (isDown) throw new Error("no connection");
    return rows.get(appId);
  }, schemes),
  nonces: new MemoryNonceStore({ fence: false }),
  window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
});

async function call(appId: string, key = apiKey): Promise<string> {
  const url = "https://api.example.test/orders";
  const { headers } = new Signer({ appId, apiKey: key }).sign({ method: "GET", url });
  const rawHeaders = [["host", "api.example.test"], ...headers].flat();
  const head = receive(
    { method: "GET", target: "/orders", rawHeaders },
    { origins: Origins.of(["https://api.example.test"]), pathPrefix: "" },
  );
  const route = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
  return verifier.verify(head, contentOf(Buffer.alloc(0)), route).then(
    (principal) => principal.appId,
    ({ status, code }: { status: number; code: string }) => \`\${status} \${code}\`,
  );
}

const other = generateApiKey();
const verdicts = [await call("shop"), await call("shop", other), await call("stranger"), await call("broken")];
isDown = true;
verdicts.push(await call("shop"), await call("late"), await call("shop", other));
console.log(JSON.stringify(verdicts));
`;

let work: string;
let stranger: StrangersPackage;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lacre-stranger-"));
  stranger = await StrangersPackage.create(
    join(work, "stranger"),
    {
      ...codeOf("your-own-nonce-store.md", "folder-nonce.store.ts", "folder-nonce.store.test.ts"),
      ...codeOf("your-own-key-store.md", "row-key-store.ts"),
      "racing.test.ts": RACING,
      "serves.ts": SERVES,
    },
    await pack(["libs/core", "libs/stores"], work),
  );
  await stranger.compile();
});
afterAll(() => rm(work, { recursive: true, force: true }));

it("passes the contract of nonce stores under node:test", async () => {
  const report = await stranger.run("folder-nonce.store.test.js");
  expect(report).toMatch(/^# pass [1-9]\d$/m);
  expect(report).toMatch(/^# (?:fail|skipped|todo|cancelled) 0$/m);
});

it("does not pass it with a claim that looks first", async () => {
  await expect(stranger.run("racing.test.js")).rejects.toThrow(
    /^not ok \d+ - gives a nonce to one of 64 at once$/m,
  );
});

it("gives a Verifier its keys, and says when it cannot", async () => {
  expect(JSON.parse(await stranger.run("serves.js"))).toEqual([
    "shop",
    "401 signature-mismatch",
    "401 app-unknown",
    "503 app-unreadable",
    "shop", // kept
    "503 keys-unavailable",
    "503 signature-mismatch", // in an outage no status tells a right MAC from a wrong one
  ]);
});
