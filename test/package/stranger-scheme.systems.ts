/*
 * A scheme of somebody else's, as its page shows it: against the packed packages alone, their declarations included.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { ACME_PAGE, acmeVectors } from "../docs/acme.js";
import { blocksOf } from "../docs/markdown.js";
import { pack, StrangersPackage } from "./packed.js";

/** What an application does with its scheme: it judges, and signs. */
const MAIN = `
import { readFileSync } from "node:fs";
import { Signer } from "@lacre/core";
import { acme } from "./acme.js";
import { differences, type Vectors } from "./acme.vectors.js";
import { callAs } from "./call.js";

const vectors = JSON.parse(readFileSync("acme.json", "utf8")) as Vectors;
const { appId, apiKey, now, cases } = vectors;
const [sent] = cases;
if (sent === undefined) throw new Error("no vectors");
const clock = { nowMs: () => now * 1000 };
const signer = new Signer({ appId, apiKey, encoding: "text", scheme: acme, clock });
const { headers } = signer.sign({
  method: sent.method,
  url: \`https://\${sent.host}\${sent.target}\`,
  content: Buffer.from(sent.body),
});
const wrong = cases.map((each) => ({ ...each, refusal: "nonce-seen" }));
console.log(
  JSON.stringify({
    differences: await differences(vectors),
    found: (await differences({ ...vectors, cases: wrong })).length,
    headers,
    client: typeof callAs(apiKey),
  }),
);
`;

let work: string;
let stranger: StrangersPackage;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "lacre-stranger-"));
  const page = Object.fromEntries(blocksOf(ACME_PAGE).map(({ file, code }) => [file, code]));
  const files = Object.fromEntries(
    ["acme.ts", "acme.vectors.ts", "call.ts"].map((name) => [name, page[name] ?? ""]),
  );
  stranger = await StrangersPackage.create(
    join(work, "stranger"),
    { ...files, "main.ts": MAIN, "acme.json": JSON.stringify(acmeVectors()) },
    await pack(["libs/core", "libs/client"], work),
  );
});
afterAll(() => rm(work, { recursive: true, force: true }));

it("compiles, judges its vectors right, and signs as Acme's own program does", async () => {
  const { appId, now, cases } = acmeVectors();
  await stranger.compile();
  expect(JSON.parse(await stranger.run("main.js"))).toEqual({
    differences: [],
    found: cases.length,
    headers: [
      ["x-acme-app", appId],
      ["x-acme-time", String(now)],
      ["x-acme-signature", cases[0]?.signature],
    ],
    client: "function",
  });
});
