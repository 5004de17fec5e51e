import { createHmac } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Verdict } from "@lacre/core";
import { DemoModule } from "../../../apps/demo/src/demo.module.js";
import { freshKeys } from "../../../apps/demo/src/keys.js";
import {
  Driver,
  type Answer,
  type Headers,
  type ToSign,
  type ToVerify,
} from "../../clients/driver.js";
import { installRequests, LANGUAGES } from "../../clients/languages.js";
import {
  answeringServer,
  digestOf,
  signAnswer,
  type Algorithm,
} from "../../clients/signed-answers.js";
import { ANSWERS, KEYS, LISTED, REFUSED, SENDERS, VALID } from "../../clients/vector-cases.js";
import { blocksOf, read, ROOT } from "../../docs/markdown.js";
import { UNSIGNED_NAMES, UNSIGNED_PREFIXES } from "../../docs/unsigned-names.js";
import { run } from "../../support/run.js";
import { send } from "../../support/wire.js";

const keys = freshKeys();
const orders = { appId: "orders", apiKey: keys.orders, algorithm: "sha256" } as const;
const README = "docs/clients.md";
const verdicts: Verdict[] = [];
const asked: IncomingMessage[] = [];
let app: INestApplication;
let answers: Server;
let port: number;
let url: string;
let signedUrl: string;
let folder: string;

beforeAll(async () => {
  app = await NestFactory.create(
    DemoModule.with({
      keys,
      origins: "*",
      bootFence: false,
      observer: { observe: (verdict) => void verdicts.push(verdict) },
    }),
    { logger: false },
  );
  await app.listen(0, "127.0.0.1");
  ({ port } = app.getHttpServer().address() as AddressInfo);
  url = `http://127.0.0.1:${port}`;
  answers = answeringServer(keys.orders, asked);
  await new Promise<void>((resolve) => answers.listen(0, "127.0.0.1", resolve));
  signedUrl = `http://127.0.0.1:${(answers.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "lacre-languages-"));
});
afterAll(async () => {
  await app.close();
  answers.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  verdicts.length = 0;
  asked.length = 0;
});

const codes = () =>
  verdicts.map((verdict) => (verdict.outcome === "refused" ? verdict.code : verdict.outcome));
const folderFor = (name: string) => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};
const done = (answer: Answer | undefined): readonly string[] => {
  if (answer?.ok !== true) throw new Error(answer?.message ?? "no answer");
  return answer.values;
};
/** By name, so that a failure says which case it was. */
const byName = <T>(cases: readonly { name: string }[], values: readonly T[]) =>
  Object.fromEntries(cases.map(({ name }, i) => [name, values[i]]));

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const NO_KEYS = [
  ...["", "lk1_", KEY.slice(4), KEY.slice(0, -1), `${KEY}A`, `${KEY}=`, `${KEY}\n`, `${KEY} `],
  ...[` ${KEY}`, `${KEY}\r\n`, `\n${KEY}`, `x\n${KEY}`, KEY.replace("lk1_", "LK1_")],
  ...[KEY.replace("lk1_", "lk2_"), `${KEY.slice(0, -1)}9`, KEY.replace("B", "+")],
  ...[KEY.replace("B", "/"), KEY.replace("B", "é"), KEY.replace("B", " "), KEY.replace("B", "\n")],
];

/** The answer of section 11 to the request of section 1.1. */
const EXAMPLE: ToVerify = {
  appId: "demo",
  apiKey: KEY,
  algorithm: "sha256",
  requestSignature: "e7dae6ec7a9b250b77d1403574183485fd4428c1f83280ebf8f9a8c9a7c06565",
  method: "POST",
  status: 201,
  headers: [
    ["Content-Digest", "sha-256=:F7TbBk4X9IeOORF35spiO3mJEfNAFLyeeJIJk9fdJ60=:"],
    ["Content-Type", "application/json"],
    ["Location", "/v1/items/42"],
    [
      "Lacre-Signature",
      "LACRE1-HMAC-SHA256-RESPONSE Timestamp=1700000001, SignedHeaders=content-digest;content-type;location, Signature=6a891fba2c40f858d4d6b0f58864906eae6a317b93d7773bc5d16baa7751219d",
    ],
  ],
  content: '{"id":42}',
};
const EMPTY: ToVerify = {
  ...EXAMPLE,
  status: 204,
  headers: [
    [
      "lacre-signature",
      "LACRE1-HMAC-SHA256-RESPONSE Timestamp=1700000001, SignedHeaders=, Signature=48d372884c017beb31e62d2f3bb8c829c7a9adb54b9a2a9dd88ceb647d0adbe0",
    ],
  ],
  content: "",
};

/** An answer that is signed rightly whatever it says, with these headers in its list and those beside it. */
function signed(
  list: Headers,
  {
    content = "",
    method = "GET",
    beside = [] as Headers,
    status = 200,
    algorithm = "sha256" as Algorithm,
    timestamp = 1700000001,
  } = {},
): ToVerify {
  const requestSignature = "a5".repeat({ sha256: 32, sha384: 48, sha512: 64 }[algorithm]);
  const { appId, apiKey } = EXAMPLE;
  const signature = signAnswer({
    ...{ appId, apiKey, algorithm, requestSignature, status, timestamp, signed: list },
  });
  const headers = [...list, ...beside, ["Lacre-Signature", signature] as const];
  return { appId, apiKey, algorithm, requestSignature, method, status, headers, content };
}

/** Changes the value of one header of the example. Fails if that leaves it as it was. */
function spoil(name: string, change: (value: string) => string, answer = EXAMPLE): ToVerify {
  const headers = answer.headers.map(([header, value]) => [
    header,
    header === name ? change(value) : value,
  ]) as unknown as Headers;
  expect(headers).not.toEqual(answer.headers);
  return { ...answer, headers };
}

const ofSignature = (change: (value: string) => string) => spoil("Lacre-Signature", change);
const DIGEST = ["content-digest", digestOf("tea")] as const;

const GOOD_ANSWERS = (): Record<string, ToVerify> => ({
  "worked example": EXAMPLE,
  "worked example without content": EMPTY,
  "parameters in another order, without spaces": ofSignature((value) =>
    value.replace(/(Timestamp=\d+), (SignedHeaders=[^,]*), (Signature=\w+)/, "$3,$2,$1"),
  ),
  "blanks round values": spoil("Location", (value) => ` \t${value}\t `),
  "sha-512 of the content": signed([["content-digest", digestOf("tea", 512)]], { content: "tea" }),
  "SHA-384": signed([DIGEST], { content: "tea", algorithm: "sha384" }),
  "SHA-512": signed([DIGEST], { content: "tea", algorithm: "sha512" }),
  "a header of no account that nobody signed, twice": signed([], {
    beside: [
      ["set-cookie", "a"],
      ["set-cookie", "b"],
    ],
  }),
  "bytes that are no text": signed([["content-digest", digestOf("\0\xff\r\n")]], {
    content: "\0\xff\r\n",
  }),
  "an empty value": signed([["x-note", ""]]),
  "status 503": signed([["retry-after", "5"]], { status: 503 }),
  "a 401 for the clock": signed([["lacre-clock", "out-of-window"]], { status: 401 }),
});

const BAD_ANSWERS = (): Record<string, ToVerify> => ({
  "another body": { ...EXAMPLE, content: '{"id":43}' },
  "no body": { ...EXAMPLE, content: "" },
  "a body where none was signed": { ...EMPTY, content: "x" },
  "a body in the answer to a HEAD": signed([DIGEST], { content: "tea", method: "HEAD" }),
  "a body with a 304": signed([DIGEST], { content: "tea", status: 304 }),
  "another status": { ...EXAMPLE, status: 200 },
  "the answer to another request": {
    ...EXAMPLE,
    requestSignature: EXAMPLE.requestSignature.replace("e7", "e8"),
  },
  "another app's": { ...EXAMPLE, appId: "demo1" },
  "another key": { ...EXAMPLE, apiKey: KEY.replace("AAEC", "BAEC") },
  "another algorithm's": { ...EXAMPLE, algorithm: "sha512" },
  "a changed header": spoil("Location", () => "/v1/items/43"),
  "a header less": {
    ...EXAMPLE,
    headers: EXAMPLE.headers.filter(([name]) => name !== "Location"),
  },
  "a signed header twice": {
    ...EXAMPLE,
    headers: [...EXAMPLE.headers, ["Location", "/v1/items/42"]],
  },
  "a signed header once more, in another case": {
    ...EXAMPLE,
    headers: [...EXAMPLE.headers, ["location", "/evil"]],
  },
  "no signature": {
    ...EXAMPLE,
    headers: EXAMPLE.headers.filter(([name]) => name !== "Lacre-Signature"),
  },
  "two signatures": {
    ...EXAMPLE,
    headers: [
      ...EXAMPLE.headers,
      ...EXAMPLE.headers.filter(([name]) => name === "Lacre-Signature"),
    ],
  },
  "another time": ofSignature((value) => value.replace("=1700000001", "=1700000002")),
  "a MAC in capitals": ofSignature((value) => value.replace(/\w+$/, (mac) => mac.toUpperCase())),
  "a MAC cut short": ofSignature((value) => value.slice(0, -2)),
  "the request's algorithm": ofSignature((value) => value.replace("-RESPONSE", "")),
  "two spaces": ofSignature((value) => value.replace(", ", ",  ")),
  "a parameter more": ofSignature((value) => `${value}, Nonce=abcdefghijklmnop`),
  "a parameter twice": ofSignature((value) => `${value}, Timestamp=1700000001`),
  "a parameter less": ofSignature((value) => value.replace("Timestamp=1700000001, ", "")),
  "a comma at the end": ofSignature((value) => `${value},`),
  "a list with an empty name": signed([
    ["", ""],
    ["location", "/"],
  ]),
  "a time of nine digits": signed([], { timestamp: 170000001 }),
  "a list of 33 names": signed(
    Array.from({ length: 33 }, (_, i) => [`x-${String(i).padStart(2, "0")}`, ""] as const),
  ),
  "a name with an underscore": signed([["x_note", "1"]]),
  "an unsorted list": signed([["location", "/"], DIGEST], { content: "tea" }),
  "a list in capitals": signed([["Location", "/"]]),
  "a value that is no US-ASCII": signed([["location", "/café"]]),
  "content without a digest": signed([], { content: "tea" }),
  "content with a digest that is not signed": signed([], { content: "tea", beside: [DIGEST] }),
  "a digest of other content": signed([DIGEST], { content: "Tea" }),
  "a digest in hexadecimal": signed([["content-digest", "sha-256=:2bfd14:"]], { content: "tea" }),
  ...Object.fromEntries(
    ["content-type", "content-encoding", "location", "retry-after", "lacre-clock"].map((name) => [
      `${name} that is not signed`,
      signed([], { beside: [[name, "x"]] }),
    ]),
  ),
});

const now = () => String(Math.floor(Date.now() / 1000));

it("what signs answers for these tests agrees with the worked examples", () => {
  const { requestSignature, appId, apiKey } = EXAMPLE;
  const common = {
    requestSignature,
    appId,
    apiKey,
    algorithm: "sha256",
    timestamp: 1700000001,
  } as const;
  const list = EXAMPLE.headers
    .slice(0, 3)
    .map(([name, value]) => [name.toLowerCase(), value] as const);
  expect(signAnswer({ ...common, status: 201, signed: list })).toBe(EXAMPLE.headers[3]?.[1]);
  expect(signAnswer({ ...common, status: 204, signed: [] })).toBe(EMPTY.headers[0]?.[1]);
});

it("the vectors have cases of each kind", () => {
  expect(VALID.length).toBeGreaterThanOrEqual(76);
  expect(REFUSED.length).toBeGreaterThanOrEqual(95);
  expect(LISTED.length).toBeGreaterThanOrEqual(25);
  expect(ANSWERS.length).toBeGreaterThanOrEqual(120);
  expect(SENDERS.filter(({ made }) => made !== null).length).toBeGreaterThanOrEqual(50);
  expect(SENDERS.filter(({ made }) => made === null).length).toBeGreaterThanOrEqual(50);
  expect(KEYS.length).toBeGreaterThanOrEqual(40);
});

/** Runs a program of the README against the demo. */
async function runsAsShown(command: string, args: string[], more: Record<string, string> = {}) {
  const env = { LACRE_URL: url, LACRE_APP_ID: "orders", LACRE_API_KEY: keys.orders, ...more };
  const { code, stdout, stderr } = await run(command, args, { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^201 \{"id":\d+,"item":"tea","createdBy":"orders"\}\s*$/);
  expect(codes()).toEqual(["accepted"]);
}

it("every client says whether these tests run it, and every block of the README is run or says not", () => {
  const run = [...LANGUAGES.map(({ file }) => file), "clients/python/httpie_lacre.py"]; // by httpie.systems.ts
  const all = readdirSync(join(ROOT, "clients"), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:py|java|go|php|rb|sh|cs)$/.test(path))
    .map((path) => `clients/${path}`);
  for (const file of all)
    expect([file, read(file).slice(0, 4000)]).toEqual([
      file,
      expect.stringMatching(
        run.includes(file)
          ? /tests of\s+\W*the project run this file|tests of the project\s+\W*run this file/
          : /Not run by the tests of this project/,
      ),
    ]);
  expect(all.length).toBe(run.length + 1);
  const ours = ["ts", "sh"]; // run by test/docs/clients.spec.ts and clients.systems.ts
  const kinds = blocksOf(README).map(({ kind }) => kind);
  expect(kinds.filter((kind) => !ours.includes(kind))).toEqual([
    ...["python", "python", "java", "go", "php", "ruby", "bash", "csharp"],
  ]);
  expect(read(README)).toMatch(/^Not run by the tests of this project\.\n\n```csharp$/m);
});

describe.each(LANGUAGES)("the client in $name", (language) => {
  let driver: Driver;
  beforeAll(async () => {
    driver = new Driver(await language.driver(folderFor(`driver-${language.name}`)));
  });

  /** No variable of bash can hold a NUL. */
  const holds = (text: string) => language.name !== "bash" || !/\0|\\u0000/.test(text);

  it("takes nothing for an ApiKey that is none", async () => {
    expect((await driver.key(NO_KEYS)).map(({ ok }, i) => [NO_KEYS[i], ok])).toEqual(
      NO_KEYS.map((text) => [text, false]),
    );
    expect(await driver.key([KEY])).toEqual([{ ok: true, values: [] }]);
  });

  it(`refuses to sign the ${REFUSED.length} vectors that a sender can see are wrong`, async () => {
    const given = await driver.sign(REFUSED.map(({ request }) => request));
    expect(
      byName(
        REFUSED,
        given.map(({ ok }) => ok),
      ),
    ).toEqual(
      byName(
        REFUSED,
        REFUSED.map(() => false),
      ),
    );
  });

  it("refuses a line feed in whatever it is given", async () => {
    const [right] = VALID.map(({ request }) => request);
    if (right === undefined) throw new Error("no vector");
    const spoilt = (["appId", "nonce", "method", "scheme", "host", "target"] as const).flatMap(
      (name) =>
        [`${right[name]}\n`, `\n${right[name]}`, `${right[name]}\nX`, `X\n${right[name]}`].map(
          (value) => ({ ...right, [name]: value }),
        ),
    );
    for (const line of [
      ["X-Note\n", "a"],
      ["\nX-Note", "a"],
      ["X-Note", "a\n"],
      ["X-Note", "\na"],
    ])
      spoilt.push({ ...right, headers: [line as [string, string]] });
    const given = await driver.sign(spoilt);
    expect(spoilt.filter((_, i) => given[i]?.ok !== false)).toEqual([]);
    expect((await driver.sign([right]))[0]?.ok).toBe(true);
  });

  it(`makes canonical request and MAC of all ${VALID.length} valid vectors`, async () => {
    const given = await driver.sign(VALID.map(({ request }) => request));
    expect(
      byName(
        VALID,
        given.map((answer) => done(answer).slice(0, 2)),
      ),
    ).toEqual(
      byName(
        VALID,
        VALID.map(({ canonicalRequest, mac }) => [canonicalRequest, mac]),
      ),
    );
  });

  it(`signs what must be signed, and nothing that may not, in ${LISTED.length} vectors`, async () => {
    const given = await driver.sign(LISTED.map(({ request }) => request));
    const lists = given.map((answer) => /SignedHeaders=([^,]*)/.exec(done(answer)[2] ?? "")?.[1]);
    expect(byName(LISTED, lists)).toEqual(
      byName(
        LISTED,
        LISTED.map(({ list }) => list),
      ),
    );
  });

  it("makes of the senders of the vectors what they say, or refuses", async () => {
    const senders = SENDERS.filter(({ request }) => holds(JSON.stringify(request)));
    const given = await driver.sign(senders.map(({ request }) => request));
    const values = given.map((answer) => (answer.ok ? answer.values : null));
    expect(byName(senders, values)).toEqual(
      byName(
        senders,
        senders.map(({ made }) => made),
      ),
    );
  });

  it("takes the keys of the vectors for keys, and no others", async () => {
    const texts = KEYS.filter(({ text }) => holds(text));
    const given = await driver.key(texts.map(({ text }) => text));
    expect(
      byName(
        texts,
        given.map(({ ok }) => ok),
      ),
    ).toEqual(
      byName(
        texts,
        texts.map(({ valid }) => valid),
      ),
    );
  });

  it("leaves unsigned what others add, unless it is named", async () => {
    const families = UNSIGNED_PREFIXES.map((prefix) => `${prefix}x`);
    const sets = [UNSIGNED_NAMES, families].map((all) => all.map((name) => [name, "x"] as const));
    const [right] = VALID.map(({ request }) => request);
    if (right === undefined) throw new Error("no vector");
    const given = await driver.sign(
      sets.flatMap((set) => {
        const request = { ...right, headers: [["X-Tenant", "t"] as const, ...set], content: "" };
        const named = set.map(([name]) => name.toUpperCase());
        return [request, { ...request, signedHeaders: named }];
      }),
    );
    const lists = given.map((answer) => /SignedHeaders=([^,]*)/.exec(done(answer)[2] ?? "")?.[1]);
    const all = (names: readonly string[]) => ["host", "x-tenant", ...names].toSorted().join(";");
    expect(lists).toEqual([all([]), all(UNSIGNED_NAMES), all([]), all(families)]);
  });

  it("cannot be told to sign what may not be signed", async () => {
    const [right] = VALID.map(({ request }) => request);
    if (right === undefined) throw new Error("no vector");
    const names = [
      "Cookie",
      "x-forwarded-for",
      "proxy-x",
      "authorization",
      "content-length",
      "x_y",
    ];
    const given = await driver.sign(names.map((name) => ({ ...right, signedHeaders: [name] })));
    expect(given.map(({ ok }, i) => [names[i], ok])).toEqual(names.map((name) => [name, false]));
  });

  it("sends what it leaves unsigned, to a server that takes it either way", async () => {
    const headers: Headers = [
      ...[["User-Agent", "a/1 (b; c)"] as const, ["Accept", "application/json"] as const],
      ...[
        ["sec-fetch-mode", "cors"] as const,
        ["cf-ray", "8"] as const,
        ["X-Request-Id", "r1"] as const,
      ],
    ];
    const request = { ...orders, method: "GET", headers };
    const signedHeaders = headers.map(([name]) => name);
    const ask = (to: string) => [
      { ...request, url: to },
      { ...request, url: to, signedHeaders },
    ];
    (await driver.call(ask(signedUrl))).map(done);
    const sent = asked.map((it) => signedHeaders.map((name) => it.headers[name.toLowerCase()]));
    const values = headers.map(([, value]) => value);
    expect(sent).toEqual([values, values]);
    const lists = asked.map(
      (it) => /SignedHeaders=([^,]*)/.exec(it.headers.authorization ?? "")?.[1],
    );
    expect(lists).toEqual(["host", "accept;cf-ray;host;sec-fetch-mode;user-agent;x-request-id"]);
    await driver.call(ask(`${url}/orders`));
    expect(codes()).toEqual(["accepted", "accepted"]);
  });

  it("is refused by the demo where one thing is changed, and taken where nothing is", async () => {
    const sign = async () => {
      const request: ToSign = {
        ...orders,
        ...{ timestamp: now(), nonce: Buffer.from(String(Math.random())).toString("base64url") },
        ...{ method: "POST", scheme: "http", host: `127.0.0.1:${port}`, target: "/orders?a=%2F" },
        headers: [["Content-Type", "application/json"]],
        content: '{"item":"tea"}',
      };
      const [, , authorization = ""] = done((await driver.sign([request]))[0]);
      return {
        method: request.method,
        target: request.target,
        body: Buffer.from(request.content),
        headers: [
          ["Host", request.host],
          ["Content-Type", "application/json"],
          ["Content-Digest", digestOf(request.content)],
          ["Authorization", authorization],
        ] as [string, string][],
      };
    };
    const right = await sign();
    for (const wrong of [
      { ...right, target: "/orders?a=%2f" },
      { ...right, method: "PUT" },
      { ...right, body: Buffer.from('{"item":"tee"}') },
      { ...right, headers: right.headers.map(([n, v]) => [n, v.replace("json", "jsom")] as const) },
      { ...right, headers: right.headers.filter(([name]) => name !== "Content-Digest") },
    ]) {
      expect((await send(port, wrong)).status).toBe(wrong.method === "PUT" ? 404 : 401);
    }
    expect((await send(port, right)).status).toBe(201);
    expect((await send(port, right)).status).toBe(401);
    expect(codes()).toEqual([
      ...["signature-mismatch", "content-mismatch", "signature-mismatch", "header-missing"],
      ...["accepted", "nonce-seen"],
    ]);
  });

  it("calls the demo: GET, POST, HEAD, DELETE, and again", async () => {
    const given = await driver.call([
      { ...orders, method: "GET", url: `${url}/orders?x=a%20b&y=%2F&z=` },
      {
        ...{ ...orders, method: "POST", url: `${url}/orders`, content: '{"item":"café"}' },
        headers: [["Content-Type", "application/json"]],
      },
      { ...orders, method: "GET", url: `${url}/orders?x=a%20b&y=%2F&z=` },
      { ...orders, method: "HEAD", url: `${url}/orders` },
      { ...orders, method: "DELETE", url: `${url}/orders/999999` },
      { ...orders, method: "DELETE", url: `${url}/orders/%39%399999` },
      // Without a Content-Type of the caller's: whatever the library adds must be signed.
      { ...orders, method: "POST", url: `${url}/orders`, content: "a=1" },
      { ...orders, method: "POST", url: `${url}/orders` },
      { ...orders, method: "GET", url: `${url}/orders#part`, headers: [["X-Note", ""]] },
    ]);
    expect(given.map((answer) => done(answer)[0])).toEqual([
      ...["200", "201", "200", "200", "404", "404", "201", "201", "200"],
    ]);
    expect(done(given[1])[1]).toContain('"createdBy":"orders"');
    expect(codes()).toEqual(given.map(() => "accepted"));
  });

  it("is refused under another app's key, and without the scope", async () => {
    const given = await driver.call([
      { ...orders, apiKey: keys.reader, method: "GET", url: `${url}/orders` },
      { ...orders, algorithm: "sha512", method: "GET", url: `${url}/orders` },
      { ...orders, appId: "reader", apiKey: keys.reader, method: "DELETE", url: `${url}/orders/1` },
    ]);
    expect(given.map((answer) => done(answer)[0])).toEqual(["401", "401", "403"]);
    expect(codes()).toEqual(["signature-mismatch", "key-unusable", "scope-insufficient"]);
  });

  it("sends the target that it signed, or refuses to, however odd it is", async () => {
    const targets = [
      ...["/orders?", "/orders?q=a+b&&=%2f'()*!~$@:;,", "/orders?a=%zz", "/orders?a[]={b}|^`\\"],
      ...[
        '/orders?"',
        "/orders?<>",
        "/orders?a=b?c=d",
        "/orders?a=b c",
        "/orders?é",
        "/orders?%41",
      ],
      ...["/orders?a=/../b/./c//d", "/x/../orders", "/./orders", "//orders", "/%6frders"],
    ];
    const given = await driver.call(
      targets.map((target) => ({ ...orders, method: "GET", url: url + target })),
    );
    // A path that the demo does not know is 404: it has no rule.
    const statuses = given.map((answer) => (answer.ok ? answer.values[0] : "refused"));
    for (const [i, status] of statuses.entries())
      expect([targets[i], status]).toEqual([
        targets[i],
        expect.stringMatching(/^(?:200|404|refused)$/),
      ]);
    expect(codes().filter((code) => code !== "accepted")).toEqual([]);
    expect(statuses.filter((status) => status === "200").length).toBeGreaterThanOrEqual(4);
  });

  it("signs what it sends where the URL has no path, or a host in capitals", async () => {
    const urls = [signedUrl, `${signedUrl}?x=1`, `${signedUrl}/#part`, `${signedUrl}?x=1#part`];
    urls.push(signedUrl.replace("127.0.0.1", "LocalHost"));
    (await driver.call(urls.map((it) => ({ ...orders, method: "GET", url: it })))).map(done);
    expect(asked.map((request) => request.url)).toEqual(["/", "/?x=1", "/", "/?x=1", "/"]);
    for (const { method, url: target, headers } of asked) {
      const [, timestamp, nonce, mac] =
        /Timestamp=(\d+), Nonce=([\w-]+), SignedHeaders=host, Signature=(\w+)$/.exec(
          headers.authorization ?? "",
        ) ?? [];
      const host = `host:${headers.host?.toLowerCase()}`;
      const text = [
        "LACRE1-HMAC-SHA256",
        "orders",
        timestamp,
        nonce,
        method,
        target,
        host,
        "",
        "host",
      ];
      expect(mac).toBe(
        createHmac("sha256", Buffer.from(keys.orders.slice(4), "base64url"))
          .update(text.join("\n"))
          .digest("hex"),
      );
    }
  });

  it("follows no redirect", async () => {
    const given = await driver.call([{ ...orders, method: "GET", url: `${signedUrl}/away` }]);
    expect(done(given[0])[0]).toBe("302");
    expect(asked.map((request) => request.url)).toEqual(["/away"]);
  });

  it("never lets a header break out of its line", async () => {
    const values = ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rb", "a\x7f"];
    values.push(...["a\0", "a\0b"].filter(holds));
    const given = await driver.call(
      values.map((value) => ({
        ...{ ...orders, method: "GET", url: `${signedUrl}/signed` },
        headers: [["X-Note", value]] as Headers,
      })),
    );
    expect(given.map(({ ok }) => ok)).toEqual(values.map(() => false));
    expect(asked).toEqual([]);
  });

  if (language.verifies) {
    it(`finds in the ${ANSWERS.length} answers of the vectors what is wrong with them, or nothing`, async () => {
      const given = await driver.verify(ANSWERS.map(({ answer }) => answer));
      const found = given.map((it) =>
        it.ok ? null : (/response: ([a-z-]+): ./.exec(it.message)?.[1] ?? it.message),
      );
      expect(byName(ANSWERS, found)).toEqual(
        byName(
          ANSWERS,
          ANSWERS.map(({ fault }) => fault),
        ),
      );
    });

    it("takes no answer that the server did not sign for this request", async () => {
      const bad = BAD_ANSWERS();
      const given = await driver.verify(Object.values(bad));
      expect(Object.keys(bad).filter((_, i) => given[i]?.ok !== false)).toEqual([]);
    });

    it("takes the worked examples of section 11, and what else is signed rightly", async () => {
      const good = GOOD_ANSWERS();
      const given = await driver.verify(Object.values(good));
      expect(Object.fromEntries(Object.keys(good).map((name, i) => [name, given[i]]))).toEqual(
        Object.fromEntries(
          Object.keys(good).map((name) => [name, { ok: true, values: ["1700000001"] }]),
        ),
      );
    });

    it("reads signed answers off the wire", async () => {
      const given = await driver.call(
        [...["GET /signed", "GET /spoilt", "GET /empty", "GET /away"], "HEAD /signed"].map((it) => {
          const [method = "", path = ""] = it.split(" ");
          return { ...orders, method, url: signedUrl + path };
        }),
      );
      const [right, spoilt, empty, away, head] = given.map(done);
      expect(right).toEqual(["200", '{"caf\xe9":1}', "yes"]);
      expect(spoilt).toEqual(["200", '{"caf\xe9":2}', expect.stringContaining("content-mismatch")]);
      expect(empty).toEqual(["204", "", "yes"]);
      expect(away?.[2]).toBe("yes");
      expect(head).toEqual(["200", "", "yes"]); // with the digest of what a GET would get
    });
  } else {
    it("says that it does not check answers", () => {
      expect(read(language.file).slice(0, 1500)).toMatch(/does not verify signed answers/i);
    });
  }

  it("runs as the README shows", async () => {
    const [block] = blocksOf(README).filter(({ kind }) => kind === language.fence);
    const [command, ...args] = await language.program(
      folderFor(`program-${language.name}`),
      block?.code ?? "",
    );
    await runsAsShown(command, args);
  });
});

describe("LacreAuth, for Python's requests", () => {
  let driver: Driver;
  let place: string;
  let packages: string;
  beforeAll(async () => {
    const python = LANGUAGES.find(({ name }) => name === "Python") as (typeof LANGUAGES)[number];
    place = folderFor("requests");
    packages = await installRequests(place);
    driver = new Driver(await python.driver(place), { PYTHONPATH: packages });
  });

  it("runs as the README shows", async () => {
    const [, block] = blocksOf(README).filter(({ kind }) => kind === "python");
    cpSync(join(ROOT, "clients/python/lacre.py"), join(place, "lacre.py"));
    writeFileSync(join(place, "with_requests.py"), block?.code ?? "");
    await runsAsShown("python3", [join(place, "with_requests.py")], { PYTHONPATH: packages });
  });

  it("signs path_url, and the body and the headers that requests made", async () => {
    const json = [["Content-Type", "application/json"]] as const;
    const given = await driver.call(
      [
        { ...orders, method: "GET", url: `${url}/orders?x=a%20b&y=%2F&z=` },
        { ...orders, method: "GET", url: `${url}/orders?x=é&y=a b#part` },
        { ...orders, method: "POST", url: `${url}/orders`, headers: json, content: '{"item":1}' },
        { ...orders, method: "POST", url: `${url}/orders`, content: "a=1" },
        { ...orders, method: "GET", url: `${url}/orders` },
        { ...orders, apiKey: keys.reader, method: "GET", url: `${url}/orders` },
      ],
      "requests",
    );
    expect(given.map((answer) => done(answer)[0])).toEqual([
      ...["200", "200", "201", "201", "200", "401"],
    ]);
    expect(codes()).toEqual([...Array.from({ length: 5 }, () => "accepted"), "signature-mismatch"]);
  });

  it("signs the headers of requests' own where they are named", async () => {
    const request = { ...orders, method: "GET", url: signedUrl };
    const named = ["User-Agent", "accept", "accept-encoding"];
    const both = [request, { ...request, signedHeaders: named }];
    (await driver.call(both, "requests")).map(done);
    const lists = asked.map((it) => /SignedHeaders=([^,]*)/.exec(it.headers.authorization ?? ""));
    expect(lists.map((it) => it?.[1])).toEqual(["host", "accept;accept-encoding;host;user-agent"]);
    await driver.call(
      both.map((it) => ({ ...it, url: `${url}/orders` })),
      "requests",
    );
    expect(codes()).toEqual(["accepted", "accepted"]);
  });

  it("signs forms, JSON and multipart that requests serialises", async () => {
    // The driver hands on what it is given; these go through requests' own serialisers.
    const given = await driver.call(
      [{ ...orders, method: "POST", url: `${url}/orders` }],
      "serialise",
    );
    expect(done(given[0])).toEqual(["201", "201", "201"]);
    expect(codes()).toEqual(["accepted", "accepted", "accepted"]);
  });

  it("refuses what no server would accept", async () => {
    const given = await driver.call(
      [
        { ...orders, method: "GET", url: `${url}/orders?Lacre-Nonce=1` },
        { ...orders, method: "GET", url: `${url}/orders`, headers: [["X_Note", "1"]] },
        { ...orders, method: "GET", url: `${url}/orders`, headers: [["Host", "evil.test"]] },
        { ...orders, method: "GET", url: `${url}/orders`, headers: [["Authorization", "Basic x"]] },
      ],
      "requests",
    );
    expect(given.map(({ ok }) => ok)).toEqual([false, false, false, false]);
    expect(codes()).toEqual([]);
  });

  it("checks signed answers with the signature of the request", async () => {
    const given = await driver.call(
      [
        ...["/signed", "/spoilt"].map((path) => ({
          ...{ ...orders, method: "GET", url: signedUrl + path },
        })),
        { ...orders, method: "HEAD", url: `${signedUrl}/signed` },
      ],
      "requests",
    );
    expect(given.map((answer) => done(answer)[2])).toEqual([
      ...["yes", expect.stringContaining("content-mismatch"), "yes"],
    ]);
  });

  it("signs what a LacreSession sends each time anew, however it was prepared", async () => {
    const json = [["Content-Type", "application/json"]] as const;
    const given = await driver.call(
      [
        { ...orders, method: "GET", url: `${url}/orders` },
        { ...orders, method: "POST", url: `${url}/orders`, headers: json, content: '{"item":1}' },
      ],
      "prepared",
    );
    expect(given.map(done)).toEqual(
      ["200", "201"].map((status) => Array.from({ length: 5 }, () => status)),
    );
    expect(codes()).toEqual(Array.from({ length: 10 }, () => "accepted"));
  });

  it("sends nothing with another auth from a LacreSession", async () => {
    const given = await driver.call([{ ...orders, method: "GET", url: signedUrl }], "other auth");
    expect(done(given[0])).toEqual([
      expect.stringMatching(/^auth: leave it out/),
      ...Array.from({ length: 2 }, () => expect.stringMatching(/^Authorization: .*leave it out/)),
    ]);
    expect(asked).toEqual([]);
  });

  it("sends nothing through an adapter that would send it again", async () => {
    const given = await driver.call([{ ...orders, method: "GET", url: signedUrl }], "repeating");
    expect(done(given[0])).toEqual([
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^max_retries: 0/)),
      "200",
    ]);
    expect(asked.length).toBe(1);
  });

  it("follows no redirect in a LacreSession", async () => {
    const given = await driver.call(
      [{ ...orders, method: "GET", url: `${signedUrl}/away` }],
      "session",
    );
    expect(done(given[0])[0]).toBe("302");
    expect(asked.map((request) => request.url)).toEqual(["/away"]);
  });
});
