// What signing and verifying cost, beside hawk and beside the bare cryptography. `npm run bench`
import { createHash, createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";
import { IncomingMessage } from "node:http";
import { cpus } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import {
  checkBody,
  contentOf,
  generateApiKey,
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Signer,
  Verifier,
} from "@lacre/core";
import hawk from "hawk";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
// A round takes 20 ms or more of each contestant, in batches so small that a request is still in the processor's cache
// when its turn comes, as one that has just arrived is.
const BATCHES = 60;
const BATCH = 100;
const WARM_UP_ROUNDS = 4;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const HOST = "api.example.com";
const TARGET = "/v1/orders/8f14e45f-ceea-467f-a8b4-2bb7fe9bd0b5?expand=lines&currency=EUR";
const URL = `https://${HOST}${TARGET}`;
const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) node-fetch/3.3.2";
const ACCEPT = "application/json, text/plain, */*";

let serial = 0;
const CONTENT = Buffer.from(jsonOf(1024));

/**
 * Each contestant: `prepare(n)` outside the clock, then `run(prepared)` against it.
 *
 * "verify": from a head that was taken in to the proof of who made head and content; no memory of nonces, on either
 * side. "admit": all that a server does, from raw header lines to the principal, a nonce's claim included.
 */
const tables = {
  "verify GET": verifiers("GET", undefined, false),
  "verify POST": verifiers("POST", CONTENT, false),
  "admit GET": verifiers("GET", undefined, true),
  "admit POST": verifiers("POST", CONTENT, true),
  "sign GET": signers("GET", undefined),
  "sign POST": signers("POST", CONTENT),
};

const results = {};
for (const [name, contestants] of Object.entries(tables)) results[name] = await race(contestants);
print(results);

/**
 * The contestants in turn, the first one another each round: what disturbs the machine for a while disturbs all of
 * them, and the median forgets it.
 */
async function race(contestants) {
  const names = Object.keys(contestants);
  const microseconds = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + WARM_UP_ROUNDS) % names.length];
      const { prepare, run } = contestants[name];
      let elapsed = 0n;
      for (let batch = 0; batch < BATCHES; batch++) {
        const prepared = prepare(BATCH);
        collectGarbage({ type: "minor" }); // what preparing left behind is not charged to the contestant
        const start = process.hrtime.bigint();
        await run(prepared);
        elapsed += process.hrtime.bigint() - start;
      }
      if (round >= 0) microseconds[name].push(Number(elapsed) / 1000 / (BATCHES * BATCH));
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(microseconds[name])]));
}

function verifiers(method, content, isWhole) {
  return {
    floor: floor(method, content, { compares: true }),
    "no hash": floor(method, content, { compares: true, hashes: false }),
    lacre1: ourVerifier(lacre1, generateApiKey(), "lk1", method, content, isWhole),
    "aws-sigv4": ourVerifier(sigV4(), secretText(), "text", method, content, isWhole),
    hawk: hawkVerifier(method, content, isWhole),
  };
}

function signers(method, content) {
  return {
    floor: floor(method, content, { compares: false }),
    "no hash": floor(method, content, { compares: false, hashes: false }),
    lacre1: ourSigner("lacre1", generateApiKey(), method, content),
    "aws-sigv4": ourSigner(sigV4(), secretText(), method, content),
    hawk: hawkSigner(method, content),
  };
}

/** node:crypto alone: one hash of the content, one HMAC over a text of the length of ours, one comparison. */
function floor(method, body, { compares, hashes = true }) {
  const key = createSecretKey(randomBytes(32));
  const signer = new Signer({ appId: "orders", apiKey: generateApiKey() });
  const text = flat(signer.sign(toSign(method, body)).canonicalRequest);
  const content = body ?? Buffer.alloc(0);
  const mac = createHmac("sha256", key).update(text).digest();
  const digest = createHash("sha256").update(content).digest();
  return {
    prepare: (n) => n,
    run(n) {
      let right = 0;
      for (let i = 0; i < n; i++) {
        if (!hashes || createHash("sha256").update(content).digest()[0] === digest[0]) right++;
        const made = createHmac("sha256", key).update(text).digest();
        if (!compares || timingSafeEqual(made, mac)) right++;
      }
      expectAll(right, 2 * n);
    },
  };
}

function ourVerifier(scheme, apiKey, encoding, method, content, isWhole) {
  const app = { appId: "orders", apiKey, encoding, schemes: [scheme.name] };
  const signer = new Signer({ appId: app.appId, apiKey, encoding, scheme });
  const verifier = new Verifier({
    schemes: [scheme],
    keys: new MemoryKeyStore(readApps([app], [scheme])),
    nonces: new MemoryNonceStore({ fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
  });
  const front = { origins: Origins.of([`https://${HOST}`]), pathPrefix: "" };
  const route = { schemes: [scheme.name], signedHeaders: [], scopes: [], stream: false };
  const bytes = content ?? Buffer.alloc(0);
  const headOf = () => ({ method, ...rawHeadersOf(signer, method, content) });
  if (!isWhole)
    return {
      prepare: (n) => Array.from({ length: n }, () => receive(headOf(), front)),
      async run(requests) {
        let right = 0;
        for (const request of requests) {
          const received = contentOf(bytes);
          const authentic = await verifier.begin(request, received).authenticate(route);
          const intact = checkBody(authentic, received, await received.settle());
          if (intact.app.appId === "orders") right++;
        }
        expectAll(right, requests.length);
      },
    };
  return {
    prepare: (n) => Array.from({ length: n }, headOf),
    async run(heads) {
      let right = 0;
      for (const head of heads) {
        const request = receive(head, front);
        const principal = await verifier.verify(request, contentOf(bytes), route);
        if (principal.appId === "orders") right++;
      }
      expectAll(right, heads.length);
    },
  };
}

/** What Node hands a server for one signed request: about what browsers and libraries send. */
function rawHeadersOf(signer, method, content) {
  // SigV4 has no nonce: what makes its requests unique is their target.
  const target = `${TARGET}&n=${1e7 + serial++}`;
  const { headers } = signer.sign({ ...toSign(method, content), url: `https://${HOST}${target}` });
  const sent = [...commonHeaders(content), ...headers];
  // Off the wire every value is a flat string of its own, and so here.
  return { target: flat(target), rawHeaders: sent.flat().map(flat) };
}

function commonHeaders(content) {
  return [
    ["Host", HOST],
    ["User-Agent", USER_AGENT],
    ["Accept", ACCEPT],
    ["Accept-Encoding", "gzip, deflate, br"],
    ["Connection", "keep-alive"],
    ...(content === undefined
      ? []
      : [
          ["Content-Type", "application/json"],
          ["Content-Length", `${content.length}`],
        ]),
  ];
}

function flat(text) {
  return Buffer.from(text, "latin1").toString("latin1");
}

function ourSigner(scheme, apiKey, method, content) {
  const signer = new Signer({ appId: "orders", apiKey, scheme });
  const request = toSign(method, content);
  return {
    prepare: (n) => n,
    run(n) {
      let right = 0;
      for (let i = 0; i < n; i++) if (signer.sign(request).headers.length > 0) right++;
      expectAll(right, n);
    },
  };
}

function toSign(method, content) {
  return { method, url: URL, headers: content && [["content-type", "application/json"]], content };
}

function hawkVerifier(method, content, isWhole) {
  const credentials = { id: "orders", key: generateApiKey(), algorithm: "sha256", user: "orders" };
  const payload = content?.toString("utf8");
  const seen = new Set();
  const options = {
    timestampSkewSec: 300,
    ...(payload !== undefined && { payload }),
    ...(isWhole && { nonceFunc: remember }),
  };
  async function remember(key, nonce, ts) {
    const once = `${key}\n${ts}\n${nonce}`;
    if (seen.has(once)) throw new Error("nonce seen");
    seen.add(once);
  }
  const find = async (id) => (id === credentials.id ? credentials : null);
  const nonceOf = () => randomBytes(12).toString("base64url"); // its own, of 6 characters, come twice now and then
  const requestOf = () => {
    const { header } = hawk.client.header(URL, method, {
      credentials,
      nonce: nonceOf(),
      ...(payload !== undefined && { payload, contentType: "application/json" }),
    });
    const request = new IncomingMessage({ encrypted: true });
    request.method = method;
    request.url = TARGET;
    const lines = [...commonHeaders(content), ["Authorization", header]].flat().map(flat);
    request._addHeaderLines(lines, lines.length);
    if (!isWhole) void request.headers; // which Node makes of the lines when it is asked
    return request;
  };
  return {
    prepare: (n) => Array.from({ length: n }, requestOf),
    async run(requests) {
      let right = 0;
      for (const request of requests) {
        const { credentials: found } = await hawk.server.authenticate(request, find, options);
        if (found.id === "orders") right++;
      }
      expectAll(right, requests.length);
    },
  };
}

function hawkSigner(method, content) {
  const credentials = { id: "orders", key: generateApiKey(), algorithm: "sha256" };
  const payload = content?.toString("utf8");
  return {
    prepare: (n) => n,
    run(n) {
      let right = 0;
      for (let i = 0; i < n; i++) {
        const { header } = hawk.client.header(URL, method, {
          credentials,
          ...(payload !== undefined && { payload, contentType: "application/json" }),
        });
        if (header.length > 0) right++;
      }
      expectAll(right, n);
    },
  };
}

function sigV4() {
  return awsSigV4({ region: "eu-central-1", service: "execute-api" });
}

function secretText() {
  return randomBytes(30).toString("base64");
}

function jsonOf(bytes) {
  const order = { id: "8f14e45f", currency: "EUR", lines: [], note: "" };
  for (let i = 0; JSON.stringify(order).length < bytes - 60; i++)
    order.lines.push({ sku: `A-${1000 + i}`, quantity: i + 1, price: 9.99 });
  order.note = "x".repeat(bytes - JSON.stringify(order).length);
  return JSON.stringify(order);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
}

function expectAll(right, n) {
  if (right !== n) throw new Error(`${n - right} of ${n} operations went wrong`);
}

function print(results) {
  const ratio = (a, b) => `${(a / b).toFixed(2)} ×`;
  const us = (a) => a.toFixed(2);
  console.log(
    `Node ${process.version}, ${cpus()[0]?.model ?? "unknown CPU"}, medians of ${ROUNDS} interleaved rounds\n\n` +
      "verify: from a head that was taken in to the proof of who made head and content, without replay protection.\n" +
      "admit: from raw header lines to the principal, with it. floor: node:crypto alone.\n",
  );
  console.log(
    "| | lacre1 ÷ floor | aws-sigv4 ÷ floor | hawk ÷ floor | hawk ÷ lacre1 | hawk ÷ aws-sigv4 |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const [name, { floor, lacre1, "aws-sigv4": sigv4, hawk }] of Object.entries(results))
    console.log(
      `| ${name} | ${ratio(lacre1, floor)} | ${ratio(sigv4, floor)} | ${ratio(hawk, floor)} | ${ratio(hawk, lacre1)} | ${ratio(hawk, sigv4)} |`,
    );
  console.log("\n| µs an operation | floor | floor without its hash | lacre1 | aws-sigv4 | hawk |");
  console.log("|---|---|---|---|---|---|");
  for (const [name, { floor, "no hash": bare, lacre1, "aws-sigv4": sigv4, hawk }] of Object.entries(
    results,
  ))
    console.log(
      `| ${name} | ${us(floor)} | ${us(bare)} | ${us(lacre1)} | ${us(sigv4)} | ${us(hawk)} |`,
    );
}
