// Runs the public test suites found in a folder: `npm run test:conformance -- <folder>`.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { acquiaSuite } from "./suites/acquia2.mjs";
import { aspnetSuite } from "./suites/aspnet-hmac.mjs";
import { classicSigV4 } from "./suites/aws-sigv4-classic.mjs";
import { hawkSuite } from "./suites/hawk.mjs";
import { documentedSigV4 } from "./suites/aws-sigv4-documented.mjs";
import { flaskTimestamp, sharedKeys, webhooks } from "./suites/body-signatures.mjs";
import { azureHmacs, azureStorage } from "./suites/azure.mjs";
import { rfc4231 } from "./suites/rfc4231.mjs";
import { messageSignatures } from "./suites/rfc9421.mjs";
import { structuredFields } from "./suites/structured-fields.mjs";
import { wycheproof } from "./suites/wycheproof.mjs";
import { Tally } from "./suites/tally.mjs";

/** Where each suite lies, and what runs it. */
const SUITES = {
  "acquia/fixtures.json": acquiaSuite,
  "aspnet/vectors.json": aspnetSuite,
  "aws-sigv4/classic": classicSigV4,
  "aws-sigv4/documented-examples.json": documentedSigV4,
  "flask-timestamp/vectors.json": flaskTimestamp,
  "hawk/hawk-vectors.json": hawkSuite,
  "azure/azure-hmac-sha256.json": azureHmacs,
  "azure/azure-storage-sharedkey.json": azureStorage,
  "rfc4231/rfc4231.json": rfc4231,
  "shared-key/vectors.json": sharedKeys,
  "webhooks/webhook-vectors.json": webhooks,
  "rfc9421/rfc9421-hmac-and-base.json": messageSignatures,
  ...Object.fromEntries(
    [
      "binary",
      "boolean",
      "dictionary",
      "examples",
      "item",
      "list",
      "listlist",
      "number",
      "param-dict",
      "param-list",
      "param-listlist",
      "string",
      "token",
    ].map((name) => [`structured-fields/${name}.json`, structuredFields]),
  ),
  "wycheproof/hmac_sha256_test.json": wycheproof,
  "wycheproof/hmac_sha384_test.json": wycheproof,
  "wycheproof/hmac_sha512_test.json": wycheproof,
};

const [folder] = process.argv.slice(2);
if (folder === undefined) stop("Say where the suites are: npm run test:conformance -- <folder>");
const found = Object.entries(SUITES).filter(([path]) => existsSync(join(folder, path)));
if (found.length === 0) stop(`${folder} holds no known suite: ${Object.keys(SUITES).join(", ")}`);

let passed = 0;
let failed = 0;
for (const [path, run] of found) {
  const tally = new Tally();
  await run(join(folder, path), tally);
  tally.print(path);
  passed += tally.passed;
  failed += tally.failures.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function stop(message) {
  console.error(message);
  process.exit(1);
}
