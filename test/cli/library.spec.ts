import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { readApps, REFUSAL_CODES, lacre1, type AppDefinition } from "@lacre/core";
import { github } from "@lacre/schemes/github";
import {
  causesOf,
  checkSteps,
  explain,
  readRequest,
  UsageError,
  type CheckedRequest,
  type RecordedRequest,
  type Terms,
} from "lacre/explain";
import { read } from "../docs/markdown.js";
import { vectors, type Vector } from "./vectors.js";

/* The door as another app uses it. The requests are those of docs/vectors, which another program has written. */

const day = (seconds: number | undefined) =>
  seconds === undefined ? undefined : new Date(seconds * 1000);
const APPS = vectors.apps.map(({ appId, keys }) => ({
  appId,
  keys: keys.map((key) => ({
    ...key,
    notBefore: day(key.notBefore),
    expiresAt: day(key.expiresAt),
  })),
})) as AppDefinition[];

const [example] = vectors.cases as [Vector];
const API_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const KEY = Buffer.from(API_KEY.slice(4), "base64url");
const OTHER_KEY = "lk1_p1sUQko5nGrtpC7f7UKeA8hPmrL3sd5OB1hvBoF1Wyk";
const TERMS: Terms = {
  apps: APPS,
  origins: ["https://api.example.test"],
  atSeconds: 1_700_000_010,
};

const rawOf = ({ request: { method, target, headers, content } }: Vector): string =>
  [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    "",
    Buffer.from(content, "base64").toString("latin1"),
  ].join("\r\n");
const RAW = rawOf(example);

const recordedOf = ({ request }: Vector): RecordedRequest => ({
  kind: "raw",
  method: request.method,
  target: request.target,
  headers: request.headers,
  content: Buffer.from(request.content, "base64"),
  complete: true,
});

const check = async (raw: string, terms: Partial<Terms> = {}): Promise<CheckedRequest> =>
  checkSteps(await readRequest(raw), { ...TERMS, ...terms });
const outcomes = ({ steps }: CheckedRequest): string =>
  steps.map(({ outcome }) => ({ passed: "p", failed: "F" })[outcome as "passed"] ?? "-").join("");
const codeOf = ({ verdict }: CheckedRequest): string =>
  verdict.outcome === "refused" ? verdict.code : "accepted";

describe("checkSteps", () => {
  it("says of each step of a good request that it has passed, and that the nonce is not checked", async () => {
    const checked = await check(RAW);
    expect(checked.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(outcomes(checked)).toBe("ppppppppppp-");
    expect(checked.steps[11]).toMatchObject({
      name: "Nonce",
      outcome: "not-checked",
      detail: expect.stringContaining("Nothing was claimed"),
    });
    expect(checked).toMatchObject({
      verdict: { outcome: "accepted" },
      proven: true,
      appId: "demo",
      scheme: "lacre1",
      signedHeaders: ["content-digest", "content-type", "host"],
      timestamp: 1_700_000_000,
      canonicalRequest: example.canonicalRequest,
      canonicalSha256: createHash("sha256")
        .update(example.canonicalRequest ?? "")
        .digest("hex"),
      assumptions: [],
    });
    expect(checked.keyId).toMatch(/^[0-9a-f]{8}$/);
  });

  it("burns nothing: the same request is good again, with apps as a server holds them too", async () => {
    const apps = readApps(APPS, [lacre1]);
    for (let i = 0; i < 2; i++) expect(codeOf(await check(RAW, { apps }))).toBe("accepted");
  });

  it("leaves no trace in an app: which of its keys a server tries first is none of its matter", async () => {
    const definition = { appId: "demo", keys: [{ apiKey: OTHER_KEY }, { apiKey: API_KEY }] };
    const apps = readApps([definition], [lacre1]);
    const tried = () => apps[0]?.keysFor("lacre1", "sha256", 0).map(({ id }) => id);
    const before = tried();
    expect((await check(RAW, { apps })).keyId).toBe(before?.[1]);
    expect(tried()).toEqual(before);
  });

  it("says of a URL that is good many times that it has no nonce to check, unless the route wants one", async () => {
    const vector = vectors.cases.find(
      ({ valid, request: { target } }) =>
        valid && /&Lacre-Signature=/.test(target) && !/Nonce/.test(target),
    ) as Vector;
    const { now: atSeconds, origins, presignedSeconds } = vector;
    const terms = { apps: APPS, origins, atSeconds, presignedSeconds };
    const nonceOf = ({ steps }: CheckedRequest) => steps[11]?.outcome;
    expect(nonceOf(await checkSteps(recordedOf(vector), terms))).toBe("passed");
    expect(nonceOf(await checkSteps(recordedOf(vector), { ...terms, once: true }))).toBe(
      "not-checked",
    );
  });

  it.each([
    ["its body changed", RAW.replace('{"n":1}', '{"n":2}'), {}, "content-mismatch", 8],
    [
      "a header changed",
      RAW.replace("application/json", "text/plain"),
      {},
      "signature-mismatch",
      7,
    ],
    ["another key", RAW, { apps: [{ appId: "demo", apiKey: OTHER_KEY }] }, "signature-mismatch", 7],
    ["an unknown app", RAW, { apps: [{ appId: "orders", apiKey: API_KEY }] }, "app-unknown", 7],
    [
      "a revoked key",
      RAW,
      { apps: [{ appId: "demo", apiKey: API_KEY, state: "revoked" as const }] },
      "key-unusable",
      7,
    ],
    ["301 s of age", RAW, { atSeconds: 1_700_000_301 }, "timestamp-too-old", 10],
    ["a time to come", RAW, { atSeconds: 1_699_999_990 }, "timestamp-too-new", 10],
    ["days of age", RAW, { atSeconds: 1_700_100_000 }, "timestamp-absurd", 4],
    ["another host", RAW, { origins: ["https://other.test"] }, "host-unknown", 1],
    ["no signature", RAW.replace(/Authorization.*\r\n/, ""), {}, "credentials-missing", 2],
    ["two signatures", RAW.replace(/(Authorization.*\r\n)/, "$1$1"), {}, "credentials-repeated", 2],
    ["a short nonce", RAW.replace("c2FtcGxlLW5vbmNlLTAx", "x"), {}, "nonce-malformed", 3],
    [
      "a header more that must be signed",
      RAW,
      { signedHeaders: ["x-tenant"] },
      "header-unsigned",
      9,
    ],
    ["a scope missing", RAW, { scopes: ["orders:write"] }, "scope-insufficient", 11],
    ["too much content", RAW, { maxBodyBytes: 3 }, "content-too-large", 8],
    [
      "another scheme on the route",
      RAW,
      { schemes: ["lacre1", "hawk"], routeSchemes: ["hawk"] },
      "scheme-refused",
      2,
    ],
  ])("stops a request with %s at its step", async (_name, raw, terms, code, step) => {
    const checked = await check(raw, terms);
    expect([codeOf(checked), outcomes(checked)]).toEqual([
      code,
      `${"p".repeat(step - 1)}F${"-".repeat(12 - step)}`,
    ]);
    expect(checked.steps[step - 1]?.detail).toContain(code);
    expect(checked.verdict).toMatchObject({ explanation: expect.not.stringMatching(/ --[a-z]/) });
    expect(checked.steps.slice(step).every(({ outcome }) => outcome === "not-reached")).toBe(true);
    expect(checked.proven).toBe(step > 7);
  });

  it("holds a request against the networks of its app where it is told from where it came", async () => {
    const bound = { ...(APPS[0] as AppDefinition), networks: ["203.0.113.0/24"] };
    for (const apps of [[bound], readApps([bound], [lacre1])]) {
      const outside = await check(RAW, { apps, address: "198.51.100.7" });
      expect([codeOf(outside), outcomes(outside)]).toEqual(["network-not-allowed", "ppppppppppF-"]);
      expect(outside.steps[10]?.detail).toContain("it came from 198.51.100.7");
      const inside = await check(RAW, { apps, address: "203.0.113.7" });
      expect([codeOf(inside), inside.assumptions]).toEqual(["accepted", []]);
      expect(inside.steps[10]?.detail).toContain("the app may send from 203.0.113.7");
      const anywhere = await check(RAW, { apps });
      expect(codeOf(anywhere)).toBe("accepted");
      expect(anywhere.assumptions).toEqual([
        "the networks of apps are not looked at, since no address is given",
      ]);
    }
  });

  it("tells which revoked key made a signature, and that an unknown app has none", async () => {
    const revoked = { appId: "demo", apiKey: API_KEY, id: "first", state: "revoked" as const };
    const { verdict } = await check(RAW, { apps: [revoked] });
    expect(verdict).toMatchObject({
      note: "made with the key first, which is revoked",
      deadKey: { id: "first", why: "revoked" },
    });
    const why = await explain(await readRequest(RAW), { ...TERMS, apps: [revoked] });
    expect([why.causes, why.signature]).toEqual([[], undefined]);
    expect(why.likely?.causes).toEqual([
      "The caller signs with the key first of the app, which is revoked.",
    ]);
    const { steps } = await check(RAW, { apps: [{ appId: "orders", apiKey: OTHER_KEY }] });
    expect(steps[4]?.detail).toContain("no app is called demo");
  });

  // The specification names, step by step, the codes that each step refuses with.
  const [, section = ""] = /^## 9\. [^]*?\n(1\. [^]*?)^\*\*/m.exec(read("docs/protocol.md")) ?? [];
  const specified = section.split(/^(?=\d+\. )/m);

  it("judges every vector as it is to be judged, and names the step that refuses so", async () => {
    expect(specified).toHaveLength(12);
    for (const vector of vectors.cases) {
      const { now, origins, signedHeaders, presignedSeconds } = vector;
      const terms = { apps: APPS, origins, atSeconds: now, signedHeaders, presignedSeconds };
      const checked = await checkSteps(recordedOf(vector), terms);
      expect([vector.name, codeOf(checked)]).toEqual([vector.name, vector.refusal ?? "accepted"]);
      const failed = checked.steps.filter(({ outcome }) => outcome === "failed");
      expect([vector.name, failed.length]).toEqual([vector.name, vector.refusal === null ? 0 : 1]);
      if (vector.refusal === null) expect(checked.canonicalRequest).toBe(vector.canonicalRequest);
      const [{ step } = { step: 1 }] = failed;
      if (vector.refusal !== null)
        expect([vector.name, specified[step - 1]]).toEqual([
          vector.name,
          expect.stringContaining(`\`${vector.refusal}\``),
        ]);
    }
  });

  it("holds the sender's text against the server's", async () => {
    const server = example.canonicalRequest ?? "";
    const raw = RAW.replace("/v1/items", "/v2/items");
    const { difference } = await check(raw, { signedText: server });
    expect(difference).toMatchObject({ equal: false, firstDifference: server.indexOf("1/items") });
    expect(difference?.rows.filter(({ state }) => state === "differs")).toMatchObject([
      { field: "target", client: ["/v1/items?tag=a%20b"], server: ["/v2/items?tag=a%20b"] },
    ]);
    expect((await check(RAW, { signedText: server })).difference?.equal).toBe(true);
    await expect(check(RAW, { signedText: "GET /" })).rejects.toThrow(UsageError);
  });

  it("takes schemes by name, with what the request shows, and as they are", async () => {
    const body = '{"action":"opened"}';
    const secret = "0123456789abcdef0123456789abcdef";
    const mac = createHmac("sha256", secret).update(body).digest("hex");
    const raw = `POST /hooks HTTP/1.1\r\nHost: api.example.test\r\nX-GitHub-Delivery: 1\r\nX-Hub-Signature-256: sha256=${mac}\r\n\r\n${body}`;
    const apps = [
      { appId: "demo", apiKey: API_KEY },
      { appId: "gh", apiKey: secret, encoding: "text" as const, schemes: ["github"] },
    ];
    const clock = { nowMs: () => TERMS.atSeconds * 1000 };
    const own = github({ appId: "gh", clock, acknowledgeWeakness: true });
    for (const schemes of [
      ["lacre1", "github"],
      [lacre1, own],
    ])
      expect(await check(raw, { apps, schemes })).toMatchObject({
        verdict: { outcome: "accepted" },
        appId: "gh",
        scheme: "github",
      });
    const cut = raw.replace("Host", "Content-Length: 99\r\nHost");
    // Where the signature is over the content, that is missed before the signature is compared.
    for (const [each, terms, code] of [
      [cut, {}, "content-incomplete"],
      [raw, { maxBodyBytes: 3 }, "content-too-large"],
    ] as const) {
      const checked = await check(each, { apps, schemes: ["lacre1", "github"], ...terms });
      expect([codeOf(checked), outcomes(checked)]).toEqual([code, "pppppF------"]);
    }
    const several = [
      ...apps,
      { ...apps[1], appId: "gh2", apiKey: `${secret}2` },
    ] as AppDefinition[];
    await expect(check(raw, { apps: several, schemes: ["lacre1", "github"] })).rejects.toThrow(
      "appId",
    );
    await expect(check(RAW, { schemes: ["nobody"] })).rejects.toThrow('schemes: "nobody" is not');
    const signed = RAW.replace(
      /Authorization: .*/,
      "Authorization: AWS4-HMAC-SHA256 Credential=demo/20231114/eu-1/orders/aws4_request, SignedHeaders=host, Signature=00",
    );
    const { assumptions } = await check(signed, { schemes: ["lacre1", "aws-sigv4"], origins: "*" });
    expect(assumptions).toEqual([
      expect.stringContaining("any host"),
      "aws-sigv4: region eu-1, as the request says",
      "aws-sigv4: service orders, as the request says",
    ]);
  });

  it("refuses terms that no server has", async () => {
    await expect(check(RAW, { atSeconds: NaN })).rejects.toThrow("atSeconds");
    const twice = [
      { appId: "demo", apiKey: API_KEY },
      { appId: "demo", apiKey: OTHER_KEY },
    ];
    await expect(check(RAW, { apps: twice })).rejects.toThrow("given twice");
  });
});

describe("readRequest", () => {
  const { method, target, headers } = example.request;
  const har = {
    request: {
      method,
      url: `https://api.example.test${target}`,
      headers: headers.map(([name, value]) => ({ name, value })),
      postData: { text: '{"n":1}' },
    },
  };
  const flags = headers.map(([name, value]) => `-H '${name}: ${value}'`).join(" \\\n  ");
  const curl = `$ curl -X POST 'https://api.example.test${target}' \\\n  ${flags} \\\n  --data-raw '{"n":1}' | jq`;
  const cmd = `curl -X POST "https://api.example.test${target}" ^\r\n  ${headers
    .map(([name, value]) => `-H "${name}: ${value}"`)
    .join(" ^\r\n  ")} ^\r\n  --data-raw "{\\"n\\":1}"`;

  it.each([
    ["raw", RAW],
    ["raw", `\n\n  ${RAW.replaceAll("\r\n", "\n")}`],
    ["curl", curl],
    ["curl", cmd],
    ["har", JSON.stringify(har)],
    [
      "har",
      JSON.stringify({ log: { entries: [{ request: { ...har.request, headers: [] } }, har] } }),
    ],
  ])("reads what is pasted as %s", async (kind, pasted) => {
    const request = await readRequest(pasted);
    expect(request).toMatchObject({ kind, method, target, complete: true });
    expect(Buffer.from(request.content).toString()).toBe('{"n":1}');
    expect(codeOf(await checkSteps(request, TERMS))).toBe("accepted");
  });

  it("reads the header lines of a browser that have the request line in them", async () => {
    const lines = headers.filter(([name]) => name !== "Host" && !name.startsWith("Content"));
    const pasted = [":method: POST", `:path: ${target}`, ":authority: api.example.test"]
      .concat(
        lines.map(([name, value]) => `${name}: ${value}`),
        "content-length: 7",
      )
      .join("\n");
    expect(await readRequest(pasted)).toMatchObject({
      kind: "headers",
      method,
      target,
      complete: false,
    });
  });

  it.each([
    ["", "There is nothing"],
    ["hello", "This is no request"],
    ["npx lacre curl --app-id demo https://a.test/", "with --dry-run behind lacre curl"],
    ["# holds the key\nnpx -y lacre curl --app-id demo https://a.test/", "with --dry-run"],
    ["lacre sign GET https://a.test/", "headers that lacre sign prints"],
    ["$ lacre presign https://a.test/", "for the URL that it prints"],
    ["{ nothing", "no JSON object"],
    [`fetch("https://api.example.test")`, "A call of fetch is not read"],
    ["GET / HTTP/2\nHost: a", "HTTP/2 is not read"],
    ["GET / HTTP/1.1\nHost : a", "no header line"],
    ["Host: a\nX: 1", "header lines alone"],
    [example.canonicalRequest ?? "", "the text that is signed"],
    ['{"log":{"entries":[]}}', "No request of the HAR file"],
    [JSON.stringify({ request: { ...har.request, postData: { text: "\uFFFD" } } }), "is not text"],
    [`curl -H "Authorization: $TOKEN" https://a.test`, "variable $TOKEN"],
    [`GET /${"x".repeat(65_536)} HTTP/1.1\nHost: a`, "more than 65536 bytes"],
    [`curl '${"'".repeat(2000)} ${API_KEY}'`, "The URL's host"],
    ["x".repeat(4 * 1024 * 1024 + 1), "more than 4194304 bytes"],
  ])("says of %.60j what is wrong, and what was expected", async (pasted, message) => {
    const reading = readRequest(pasted);
    await expect(reading).rejects.toThrow(UsageError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow("Paste one request: raw");
    await expect(reading).rejects.toThrow(/^[^]{1,700}$/);
    await expect(reading).rejects.not.toThrow(API_KEY.slice(4));
  });

  const folder = mkdtempSync(join(tmpdir(), "lacre-library-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(["-d @", "--data-binary @", "--json @", "--data-urlencode a@", "-T ", "-H @"])(
    "opens no file that a command names: %s",
    async (option) => {
      const path = join(folder, "private");
      writeFileSync(path, "x-secret: s3cr3t\n");
      const reading = readRequest(`curl ${option}${path} https://a.test/`);
      await expect(reading).rejects.toThrow(/no file is read here/);
      await expect(reading).rejects.not.toThrow(/s3cr3t/);
      await expect(readRequest(`curl ${option}- https://a.test/`)).rejects.toThrow(UsageError);
    },
  );
});

/** The worked example, signed by this hand. */
function signedWith(key: Buffer, text: string): string {
  const mac = createHmac("sha256", key).update(text, "latin1").digest("hex");
  return RAW.replace(example.mac ?? "", mac);
}

describe("explain", () => {
  const text = example.canonicalRequest ?? "";
  const explained = async (raw: string, terms: Partial<Terms> = {}) =>
    explain(await readRequest(raw), { ...TERMS, ...terms });
  const idsOf = ({ causes }: Awaited<ReturnType<typeof explain>>) => causes.map(({ id }) => id);

  it("finds nothing wrong with what is right", async () => {
    const found = await explained(RAW);
    expect(found).toMatchObject({ signature: "fits", causes: [], rows: [] });
    expect(found.likely).toBeUndefined();
    expect(found.note).toContain("The request is right.");
  });

  it.each([
    ["key-as-text", signedWith(Buffer.from(API_KEY), text), {}],
    ["key-with-line-end", signedWith(Buffer.concat([KEY, Buffer.from("\n")]), text), {}],
    ["text-with-line-end", signedWith(KEY, `${text}\n`), {}],
    ["space-plus", signedWith(KEY, text.replace("%20", "+")), {}],
    ["key-other", signedWith(Buffer.alloc(32, 7), text), {}],
    ["clock-off", RAW, { atSeconds: 1_700_000_400 }],
  ])("finds %s, and says whom it concerns", async (id, raw, terms) => {
    const found = await explained(raw, terms);
    expect(idsOf(found)).toContain(id);
    const cause = found.causes.find((each) => each.id === id);
    expect(cause?.concerns).toContain("caller");
    expect(found.note).toContain(cause?.says);
    expect(found.note).toContain(cause?.cure);
    expect(found.note).toContain("Request: POST /v1/items\n");
    expect(found.likely?.code).toBe(codeOf(found.checked));
  });

  it("finds mistakes with the text where the key cannot be seen, and none with the key", async () => {
    const apps = readApps(APPS, [lacre1]);
    expect(idsOf(await explained(signedWith(KEY, `${text}\n`), { apps }))).toEqual([
      "text-with-line-end",
    ]);
    expect(idsOf(await explained(signedWith(Buffer.from(API_KEY), text), { apps }))).toEqual([
      "key-other",
    ]);
  });

  it("says what was signed beside what was sent, and what the proxy can mend", async () => {
    const found = await explained(signedWith(KEY, text.replace("a%20b", "a+b")));
    expect(found.rows.filter(({ state }) => state === "differs")).toMatchObject([
      { field: "target", client: ["/v1/items?tag=a+b"], server: ["/v1/items?tag=a%20b"] },
    ]);
    const moved = text.replace("host:api.example.test", "host:internal.test");
    const other = await explained(RAW, { signedText: moved });
    expect(other.causes).toMatchObject([{ id: "host-changed", concerns: ["proxy", "server"] }]);
    expect(other.note).toContain("differ in: header:host");
  });
});

describe("no key and no right signature", () => {
  const text = example.canonicalRequest ?? "";
  const otherBytes = Buffer.from(OTHER_KEY.slice(4), "base64url");
  const changed = RAW.replace("application/json", "text/plain");
  const changedText = text.replace("application/json", "text/plain");

  it.each([
    ["the key is another", RAW, text, OTHER_KEY, otherBytes],
    ["a header has changed", changed, changedText, API_KEY, KEY],
    [
      "the app is another",
      RAW.replace("=demo,", "=demo1,"),
      text.replace("demo", "demo1"),
      OTHER_KEY,
      otherBytes,
    ],
  ])("is in anything that comes out, where %s", async (_name, raw, right, apiKey, bytes) => {
    const mac = createHmac("sha256", bytes).update(right, "latin1");
    const digest = mac.digest();
    const request = await readRequest(raw);
    const definition = { appId: /=(demo1?),/.exec(raw)?.[1] ?? "", apiKey };
    for (const apps of [[definition], readApps([definition], [lacre1])]) {
      const terms = { ...TERMS, apps, signedText: text };
      const out = [
        await checkSteps(request, terms),
        await explain(request, terms),
        await explain(request, { ...terms, signedText: undefined }),
      ];
      const all = JSON.stringify(out);
      expect(all).toContain(createHash("sha256").update(right, "latin1").digest("hex"));
      for (const secret of [bytes, digest])
        for (const encoding of ["hex", "base64", "base64url", "latin1"] as const)
          expect(all.toLowerCase()).not.toContain(
            secret.toString(encoding).slice(0, 20).toLowerCase(),
          );
    }
  });

  it("and nothing of a presigned URL's credentials in the note", async () => {
    const vector = vectors.cases.find(
      ({ valid, request }) => valid && request.target.includes("Lacre-Signature="),
    ) as Vector;
    const { now, origins, presignedSeconds } = vector;
    const terms = { apps: APPS, origins, atSeconds: now + 90_000, presignedSeconds };
    const { note, checked } = await explain(recordedOf(vector), terms);
    expect(checked.verdict.outcome).toBe("refused");
    expect(note).not.toContain(vector.mac);
    expect(note).not.toContain("Lacre-");
  });
});

describe("causesOf", () => {
  it.each(REFUSAL_CODES)("says of %s what is likely, in whole sentences", (code) => {
    const { page, means, callerSaw, causes, cures } = causesOf({ code });
    expect(page).toBe(`@lacre/core/errors.md#${code}`);
    for (const sentence of [means, callerSaw, ...causes, ...cures])
      expect(sentence).toMatch(/^[^a-z].*\.$/);
    // Nobody here has a command line.
    for (const scheme of [undefined, "lacre1", "aws-sigv4", "hawk"])
      expect(causesOf({ code, scheme }).known.join()).not.toMatch(/(?:^| )--[a-z]/);
    expect(read("docs/errors.md")).toContain(means);
  });

  it("adds what is known of this one", () => {
    const known = causesOf({
      code: "signature-mismatch",
      note: "made with the key old, which is revoked",
      scheme: "hawk",
      proven: false,
      keyFingerprints: ["0a1b2c3d"],
    }).known.join("\n");
    expect(known).toContain("Made with the key old, which is revoked.");
    expect(known).toContain("0a1b2c3d");
    expect(known).toContain("may be anybody");
    expect(
      causesOf({ code: "timestamp-too-old", scheme: "aws-sigv4", proven: true }).known,
    ).toContain("The signature was right: whoever sent this holds the key.");
    expect(causesOf({ code: "nonce-seen", scheme: "nobody" }).known).toEqual([]);
  });

  it("refuses what is no code", () => {
    expect(() => causesOf({ code: "toString" as never })).toThrow(UsageError);
  });
});
