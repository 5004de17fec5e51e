// What mozilla/hawk prints in its API.md and tests: normalised strings and MACs, bewits, headers that must fail.
import { readFileSync } from "node:fs";
import { hawk } from "@lacre/schemes/hawk";
import { HeaderLines, Secret } from "@lacre/core";
import { Bench } from "./bench.mjs";

const SHORT_KEY = "a key of 13 characters is too short to be registered here";

export async function hawkSuite(path, tally) {
  const { vectors, header_must_fail: mustFail } = JSON.parse(readFileSync(path, "utf8"));
  const scheme = hawk({ sha1: true, presigned: 3600, acknowledgeWeakness: true });
  for (const vector of vectors)
    if (vector.bewit !== undefined) await checkBewit(vector, tally);
    else if (vector.name.startsWith("response")) checkResponse(vector, scheme, tally);
    else await checkRequest(vector, scheme, tally);

  for (const header of mustFail) {
    const bench = benchFor({ id: "123", key: "k".repeat(31) + "x" }, scheme, "example.com:8080");
    const headers = [
      ["Host", "example.com:8080"],
      ["Authorization", header],
    ];
    const request = { method: "GET", target: "/", headers, content: Buffer.alloc(0) };
    const verdict = await bench.verdict(request);
    const expected = header.startsWith("Hawk") ? "credentials-malformed" : "credentials-missing";
    tally.equal(`must fail: ${header}`, verdict, expected);
  }
}

/** The head of the request that a normalised string was made of, under our own header. */
function headOf({ normalized, credentials, mac }) {
  const [, ts, nonce, method, target, host, port, hash, ext] = normalized.split("\n");
  const urlScheme = port === "443" ? "https" : "http";
  const authority = port === "443" || port === "80" ? host : `${host}:${port}`;
  const attributes = { id: credentials.id, ts, nonce, hash, ext, mac };
  const authorization = Object.entries(attributes)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}="${value}"`)
    .join(", ");
  const headers = [["Authorization", `Hawk ${authorization}`]];
  return {
    method,
    target,
    host: authority,
    authority,
    urlScheme,
    headers,
    ts: Number(ts),
    hash,
    ext,
  };
}

async function checkRequest(vector, scheme, tally) {
  const { name, normalized, credentials, mac, authorization, payload } = vector;
  const head = headOf(vector);
  const request = { ...head, headers: HeaderLines.fromEntries(head.headers) };
  const { claims, text } = scheme.header.read(request);
  tally.equal(`${name}: normalised`, text(), normalized);
  const secret = new Secret(Buffer.from(credentials.key));
  tally.equal(`${name}: MAC`, secret.macBy(claims.recipe, text()), mac);
  if (credentials.key.length < 32) return tally.exclude(`${name} (request)`, SHORT_KEY);
  if (head.hash !== "" && payload === undefined)
    return tally.exclude(`${name} (request)`, "its payload is not given");
  const bench = benchFor(credentials, scheme, head.authority, head.ts);
  const lines = [["Host", head.host], ...head.headers];
  if (authorization !== undefined) lines[1] = ["Authorization", authorization];
  if (vector.content_type) lines.push(["Content-Type", vector.content_type]);
  const whole = { method: head.method, target: head.target, headers: lines };
  const content = Buffer.from(payload ?? "");
  tally.equal(`${name}: request`, await bench.verdict({ ...whole, content }), "accepted");
  tally.equal(
    `${name}: request, content changed`,
    await benchFor(credentials, scheme, head.authority, head.ts).verdict({
      ...whole,
      content: Buffer.concat([content, Buffer.from(" ")]),
    }),
    payload === undefined ? "content-undigested" : "content-mismatch",
  );
}

async function checkBewit({ name, credentials, normalized, bewit }, tally) {
  const [, exp, , , target, host, port] = normalized.split("\n");
  const [path, query] = target.split("?");
  const targets =
    query === undefined
      ? [`${path}?bewit=${bewit}`]
      : [`${path}?${query}&bewit=${bewit}`, `${path}?bewit=${bewit}&${query}`];
  const scheme = hawk({ presigned: 3600 });
  for (const each of targets)
    for (const [seconds, expected] of [
      [-10, "accepted"],
      [0, "timestamp-too-old"],
    ]) {
      const bench = benchFor(credentials, scheme, `${host}:${port}`, Number(exp) + seconds);
      const headers = [["Host", `${host}:${port}`]];
      const request = { method: "GET", target: each, headers, content: Buffer.alloc(0) };
      tally.equal(`${name}: ${each} ${seconds} s`, await bench.verdict(request), expected);
      tally.equal(`${name}: normalised`, bench.authentic?.canonicalRequest, normalized);
    }
}

function checkResponse(vector, scheme, tally) {
  const { name, normalized, credentials, mac } = vector;
  const { hash, ext, ts, ...head } = headOf(vector);
  const field = `Hawk mac="${mac}", hash="${hash}", ext="${ext}"`;
  const headers = HeaderLines.fromEntries([
    ["Server-Authorization", field],
    ["Content-Type", vector.content_type ?? "text/plain"],
  ]);
  const request = {
    head: { ...head, headers: HeaderLines.fromEntries([]) },
    claims: {
      recipe: { algorithm: "sha256" },
      nonce: normalized.split("\n")[2],
      timestampSeconds: ts,
    },
  };
  const { responses } = scheme;
  const response = { status: 200, headers };
  const { recipe, text, cover } = responses.read(response, field, request);
  tally.equal(`${name}: normalised`, text, normalized);
  const secret = new Secret(Buffer.from(credentials.key));
  tally.equal(`${name}: MAC`, secret.macBy(recipe, text), mac);
  if (vector.payload === undefined) return;
  const claim = cover();
  tally.equal(`${name}: content`, claim.matches(Buffer.from(vector.payload)), true);
  tally.equal(`${name}: other content`, claim.matches(Buffer.from(`${vector.payload} `)), false);
}

function benchFor(
  { id, key, algorithm = "sha256" },
  scheme,
  authority,
  nowSeconds = 1_353_788_437,
) {
  return new Bench({
    scheme,
    app: { appId: id, apiKey: key, encoding: "text", algorithm, schemes: ["hawk"] },
    origin: `http://${authority}`,
    nowSeconds,
    presignedSeconds: 3600,
  });
}
