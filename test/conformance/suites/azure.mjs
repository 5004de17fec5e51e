// What is published of Azure's two formats: texts, and their signatures.
import { readFileSync } from "node:fs";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import {
  contentOf,
  HeaderLines,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
} from "@lacre/core";

const NO_SLASH = "its test gives the path without a slash, which no request-target is";

export async function azureStorage(path, tally) {
  for (const vector of JSON.parse(readFileSync(path, "utf8")).vectors) {
    const { name, account, account_key_base64: secret, string_to_sign: text } = vector;
    const lite = vector.authorization.startsWith("SharedKeyLite ");
    const scheme = azureSharedKey({ service: name.startsWith("table") ? "table" : "blob", lite });
    const request = name.startsWith("table")
      ? tableRequestOf(text, account)
      : blobRequestOf(text, account);
    await check(tally, {
      ...{ name, scheme, text, secret, encoding: "base64", appId: account },
      request: { ...request, content: "", authorization: vector.authorization },
      exclusion: request.target.startsWith("/") ? undefined : NO_SLASH,
      signature: vector.signature,
    });
  }
}

export async function azureHmacs(path, tally) {
  for (const vector of JSON.parse(readFileSync(path, "utf8")).vectors) {
    const { name, secret, method, target, body: content, string_to_sign: text } = vector;
    const hasCredential = vector.authorization.includes("Credential=");
    const appId = hasCredential ? "partner" : "webhooks";
    // Neither the Credential nor the case of the names is signed: an AppId has no colon, and names are in lower case.
    const authorization = vector.authorization
      .replace(/Credential=[^&]*/, `Credential=${appId}`)
      .replace(/SignedHeaders=[^&]*/, (list) => list.replace("Content-Type", "content-type"));
    await check(tally, {
      ...{ name, text, secret, appId },
      scheme: azureHmac(hasCredential ? {} : { appId }),
      encoding: vector.key_decoding === "utf8" ? "text" : "base64",
      request: { method, target, headers: Object.entries(vector.headers), content, authorization },
      signature: vector.signature,
    });
  }
}

/** Text, signature, and the whole request. */
async function check(tally, vector) {
  const { name, scheme, request, text, secret, encoding, appId, signature } = vector;
  const headers = request.headers.some(([each]) => each === "host")
    ? request.headers
    : [["host", "account.example.com"], ...request.headers];
  const host = headers.find(([each]) => each === "host")[1];
  const apps = readApps([{ appId, apiKey: secret, encoding, schemes: [scheme.name] }], [scheme]);
  const lines = HeaderLines.fromEntries([...headers, ["Authorization", request.authorization]]);
  const { method, target } = request;
  const reading = scheme.header.read({ method, target, headers: lines, host });
  tally.equal(`${name}: text`, reading.text(), text);
  const made = apps[0].keys[0].secret.macBy(reading.claims.recipe, text);
  tally.equal(`${name}: signature`, made, signature);
  if (vector.exclusion !== undefined) return tally.exclude(`${name} (request)`, vector.exclusion);

  const date = headers.find(([each]) => each === "x-ms-date" || each === "date")[1];
  const clock = { nowMs: () => Date.parse(date) };
  const verifier = new Verifier({
    schemes: [scheme],
    keys: new MemoryKeyStore(apps),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    clock,
  });
  const route = { schemes: [scheme.name], signedHeaders: [], scopes: [], stream: false };
  const rawHeaders = [...headers, ["Authorization", request.authorization]].flat();
  let verdict = "accepted";
  try {
    const front = { origins: Origins.of([`https://${host}`]), pathPrefix: "" };
    const received = receive({ method, target, rawHeaders }, front);
    await verifier.verify(received, contentOf(Buffer.from(request.content)), route);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    verdict = error.code;
  }
  tally.equal(`${name}: request`, verdict, "accepted");
}

/** The request that a text for blobs is made of: no field of the twelve first lines but the method is in these. */
function blobRequestOf(text, account) {
  const [method, ...rest] = text.split("\n");
  const lines = rest.slice(11);
  const headers = lines
    .filter((line) => line.startsWith("x-ms-"))
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]);
  const [resource, ...parameters] = lines.slice(headers.length);
  const query = parameters.map((line) => line.replace(":", "=")).join("&");
  return { method, headers, target: `${resource.slice(account.length + 1)}?${query}` };
}

function tableRequestOf(text, account) {
  const lines = text.split("\n");
  const [date, resource] = lines.slice(-2);
  const headers = [["x-ms-date", date]];
  return {
    method: lines.length > 2 ? lines[0] : "GET",
    headers,
    target: resource.slice(account.length + 1),
  };
}
