import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Body, Controller, Logger, Post } from "@nestjs/common";
import { Signer } from "@lacre/core";
import { HmacProtected } from "@lacre/nestjs";
import { DEMO_KEY, startApp, type RunningApp } from "../support/app.js";
import { API_KEY, Desk, NOW, digestField, make, wire } from "./explain-bench.js";
import { lacre } from "./lacre.js";
import { vectors, type Vector } from "./vectors.js";

const desk = new Desk();
afterAll(() => desk.close());

const sha256Hex = (text: string): string => createHash("sha256").update(text).digest("hex");
const worked = vectors.cases.find(({ name }) => name === "worked-example") as Vector;

const PLAN = {
  method: "POST",
  target: "/v1/items?tag=a%20b",
  headers: [["Content-Type", "application/json"]] as [string, string][],
  body: '{"n":1}',
};
const made = make(PLAN);
const authorization = made.headers.at(-1)?.[1] ?? "";

const CURL = `$ curl -sS -X POST \\
  -H 'Content-Type: application/json' \\
  -H "Content-Digest: ${digestField(PLAN.body)}" \\
  -H 'Authorization: ${authorization}' \\
  --data-raw $'{"n":1}' --path-as-is -L \\
  'http://api.example.test/v1/items?tag=a%20b' 2>&1 | jq . # tea
`;

// As Chrome and Edge on Windows copy a request, and as they did before 2024.
const forCmd = (text: string): string =>
  `^"${text
    .replaceAll('"', '\\"')
    .replace(/[^a-zA-Z0-9\s_\-:=+~'/.',?;()*`]/g, "^$&")
    .replace(/%(?=[a-zA-Z0-9_])/g, "%^")}^"`;
const CURL_FOR_CMD = [
  `curl ${forCmd("http://api.example.test/v1/items?tag=a%20b")}`,
  ...made.headers.slice(1).map(([name, value]) => `-H ${forCmd(`${name}: ${value}`)}`),
  `--data-raw ${forCmd(PLAN.body)}`,
].join(" ^\r\n  ");
const OLD_CURL_FOR_CMD = [
  'curl "http://api.example.test/v1/items?tag=a%20b"',
  ...made.headers.slice(1).map(([name, value]) => `-H "${name}: ${value}"`),
  `--data-raw "${PLAN.body.replaceAll('"', '""')}" --compressed`,
].join(" ^\r\n  ");

const harEntry = (plan: typeof PLAN) => {
  const { method, target, headers, body } = make(plan);
  return {
    request: {
      method,
      url: `https://api.example.test${target}`,
      headers: headers
        .filter(([name]) => name !== "Host")
        .map(([name, value]) => ({ name: name.toLowerCase(), value })),
      postData: { mimeType: "application/json", text: body.toString() },
    },
  };
};
const OPEN_ENTRY = {
  request: { method: "GET", url: "https://api.example.test/health", headers: [] },
};
const har = (...entries: object[]): string => JSON.stringify({ log: { version: "1.2", entries } });

describe("a view of lacre explain", () => {
  // The text of the worked example comes from docs/vectors, written by another program.
  it("made of a request is the canonical request of the vector", async () => {
    expect(make({ ...PLAN, nonce: "c2FtcGxlLW5vbmNlLTAx" }).text).toBe(worked.canonicalRequest);
    const text = String(worked.canonicalRequest);
    const { code, json } = await desk.explain(wire(made), text);
    expect(json["client"]).toEqual({ kind: "raw", canonicalSha256: sha256Hex(text) });
    expect({ code, equal: json["equal"] }).toEqual({ code: 0, equal: true });
  });

  it.each<[string, string, string | Buffer]>([
    ["raw", "raw", wire(made)],
    ["raw with bare LF", "raw", wire(made).toString("latin1").replaceAll("\r\n", "\n")],
    ["canonical", "canonical", made.text],
    ["canonical, as console.log ends it", "canonical", `${made.text}\n`],
    ["canonical in UTF-16", "canonical", Buffer.from(`\uFEFF${made.text}\r\n`, "utf16le")],
    ["canonical as a string of JSON", "canonical", JSON.stringify(made.text)],
    [
      "an observer's verdict",
      "canonical",
      JSON.stringify({ canonicalRequest: made.text, code: "" }),
    ],
    ["curl", "curl", CURL],
    ["curl for cmd of Windows", "curl", CURL_FOR_CMD],
    ["the older form of it", "curl", OLD_CURL_FOR_CMD],
    ["har", "har", har(OPEN_ENTRY, harEntry(PLAN), OPEN_ENTRY)],
    ["an entry of a har", "har", JSON.stringify(harEntry(PLAN))],
    [
      "headers with a browser's",
      "headers",
      `:method: POST\n:path: ${PLAN.target}\n:authority: api.example.test\n${made.headers
        .slice(1)
        .map(([name, value]) => `${name}: ${value}`)
        .join("\n")}\n`,
    ],
  ])("%s", async (_name, kind, view) => {
    const server = view.toString("latin1").includes("\r\n\r\n") ? made.text : wire(made);
    const { code, err, json } = await desk.explain(view, server, { key: API_KEY });
    expect(err).toBe("");
    expect(json).toMatchObject({ equal: true, client: { kind }, causes: [{ id: "key-fits" }] });
    expect((json["rows"] as { state: string }[]).map(({ state }) => state)).not.toContain(
      "unknown",
    );
    expect(code).toBe(0);
  });

  it("of headers alone tells less, and differs in nothing it does not tell", async () => {
    const lines = made.headers.slice(2).map(([name, value]) => `${name}: ${value}`);
    const { code, json } = await desk.explain(lines.join("\n"), wire(made));
    const unknown = (json["rows"] as { field: string; state: string }[])
      .filter(({ state }) => state === "unknown")
      .map(({ field }) => field);
    expect(unknown).toEqual(["method", "target", "header:content-type", "header:host"]);
    expect(code).toBe(0);
  });

  it("is the entry of a HAR file that is asked for", async () => {
    const other = { ...PLAN, target: "/v1/other" };
    const file = har(harEntry(other), harEntry(PLAN), OPEN_ENTRY);
    const targetOf = async (...args: string[]) => {
      const { json } = await desk.explain(file, made.text, { args });
      const rows = json["rows"] as { field: string; client: string[] }[];
      return rows.find(({ field }) => field === "target")?.client[0];
    };
    expect(await targetOf()).toBe(PLAN.target);
    expect(await targetOf("--entry", "1")).toBe("/v1/other");
    expect(await targetOf("--entry", "3")).toBe("/health");
  });

  it("comes from the standard input", async () => {
    const server = desk.file("server", made.text);
    const { code } = await lacre(["explain", "--client", "-", "--server", server], {
      stdin: wire(made),
    });
    expect(code).toBe(0);
  });
});

/** The case as bytes, if a parser can be given such. */
function bytesOf({ request }: Vector): Buffer | undefined {
  const { method, target, headers, content } = request;
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const head = [`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n");
  const body = Buffer.from(content, "base64");
  const odd = headers.some(([name]) => /^(?:transfer-encoding|content-length)$/i.test(name));
  return odd || /[\0\x0a\x0d]/.test([method, target, ...headers.flat()].join(""))
    ? undefined
    : Buffer.concat([Buffer.from(head, "latin1"), body]);
}

describe("lacre explain, by docs/vectors/lacre1.json", () => {
  const cases = vectors.cases.flatMap((vector) => {
    const bytes = bytesOf(vector);
    const text = vector.canonicalRequest;
    return bytes === undefined || text === null ? [] : [{ name: vector.name, vector, bytes, text }];
  });
  // A recording does not tell the scheme, and http on port 443 is not what to expect.
  const HTTP_443 = "host-http-443";
  const valid = cases.filter(({ name, vector }) => vector.valid && name !== HTTP_443);

  it("has enough cases to mean something", () => {
    expect(valid.length).toBeGreaterThan(40);
    expect(cases.length - valid.length).toBeGreaterThan(100);
  });

  it.each(valid)("$name: the request and its text are the same", async ({ bytes, text }) => {
    const { code, causes, err } = await desk.explain(bytes, text);
    expect({ code, causes, err }).toEqual({ code: 0, causes: ["key-unknown"], err: "" });
  });

  it("http on port 443 is taken for https, and said so", async () => {
    const { bytes = "", text = "" } = cases.find(({ name }) => name === HTTP_443) ?? {};
    const { causes, json } = await desk.explain(bytes, text);
    expect(causes).toEqual(["host-default-port"]);
    expect(JSON.stringify(json)).toContain("An http origin on port 443 keeps it");
  });

  // Whatever a sender did wrong, the program answers, and the text it shows is of the request that came.
  it.each(cases.filter(({ vector }) => !vector.valid))(
    "$name: is explained, or not a request",
    async ({ bytes, text }) => {
      const { code, err, out } = await desk.explain(bytes, text, { key: API_KEY });
      expect(err).not.toContain("unexpected");
      expect(code === 2 ? out : err).toBe("");
    },
  );
});

describe("lacre explain, for people", () => {
  it("shows both values of a line, and the first byte that differs", async () => {
    const client = desk.file("client", CURL);
    const server = desk.file("server", wire(make({ ...PLAN, target: "/v1/items?tag=a+b" })));
    const { code, out } = await lacre(["explain", "--client", client, "--server", server]);
    expect(code).toBe(1);
    expect(out).toContain(`client: a curl command; canonical request of 236 bytes, SHA-256 `);
    expect(out).toContain(`
= method           POST
! target
    client  /v1/items?tag=a%20b
    server  /v1/items?tag=a+b
                           ^ byte 15: 25 % / 2B +
= content-digest   sha-256=:K/0U9D0X/HzqJOCReoh5tLL4gLi67sG52Q+6rWVecb0=:
`);
    expect(out).toContain("\nThe views differ: target.\n");
    expect(out).toMatch(/\n1\. A space in the query is %20 .* \[space-plus\]\n {3}Cure: Build/);
    expect(out).not.toContain("\n2. ");
  });

  it("escapes what does not print, and cuts what is long", async () => {
    const long = (end: string): string => `/${"a".repeat(300)}${end}/z`;
    const text = (end: string, name: string): string =>
      make({ target: long(end), headers: [["X-Name", name]] }).text;
    const { out } = await lacre([
      "explain",
      "--client",
      desk.file("client", text("b", "caf\u00e9\u001b[31m")),
      "--server",
      desk.file("server", text("c", "cafe")),
    ]);
    expect(out).toContain(`    client  …${"a".repeat(40)}b/z\n`);
    expect(out).toContain(`${" ".repeat(12 + 41)}^ byte 301: 62 b / 63 c\n`);
    expect(out).toContain("caf\\xE9\\x1B[31m\n");
    expect(out).not.toMatch(/[^\x0a\x20-\x7e…]/);
  });

  it("says what is not there, and what a verifier would refuse whatever the key", async () => {
    const client = desk.file("client", make({ headers: [["X-Tenant", "7"]] }).text);
    const sent = make({ headers: [["X-Tenant", "7"]] });
    const headers = sent.headers.filter(([name]) => name !== "X-Tenant");
    const server = desk.file("server", wire({ ...sent, headers }));
    const { out } = await lacre(["explain", "--client", client, "--server", server]);
    expect(out).toContain("! x-tenant\n    client  7\n    server  (not there)\n");
    expect(out).toContain("The server's view alone would be refused: header-missing (x-tenant). A");
  });
});

describe("lacre explain --server-sha256", () => {
  const hashed = (text: string) => ["--server-sha256", sha256Hex(text)];
  const run = async (view: string, args: string[], key?: string) => {
    const env = key === undefined ? {} : { LACRE_API_KEY: key };
    const file = desk.file("client", view);
    const outcome = await lacre(["explain", "--json", "--client", file, ...args], { env });
    const { causes } = JSON.parse(outcome.out) as { causes: { id: string }[] };
    return { code: outcome.code, causes: causes.map(({ id }) => id) };
  };

  it("says whether the client's text has that hash", async () => {
    expect(await run(CURL, hashed(made.text))).toEqual({ code: 0, causes: ["key-unknown"] });
    expect(await run(CURL, hashed(made.text), API_KEY)).toEqual({ code: 0, causes: ["key-fits"] });
    expect(await run(CURL, hashed(`${made.text}x`))).toEqual({ code: 1, causes: [] });
  });

  it.each([
    ["space-plus", { target: "/v1/items?tag=a+b" }],
    ["path-prefix-stripped", { target: "/items?tag=a%20b" }],
    ["query-unsigned", { target: "/v1/items" }],
    ["trailing-slash", { target: "/v1/items/?tag=a%20b" }],
    ["double-encoding", { target: "/v1/items?tag=a%2520b" }],
    ["redirect-followed", { method: "GET" }],
    [
      "charset-added",
      { headers: [["Content-Type", "application/json; charset=utf-8"]] as [string, string][] },
    ],
  ])("finds %s by the hash alone", async (id, change) => {
    const { code, causes } = await run(CURL, hashed(make({ ...PLAN, ...change }).text));
    expect({ code, causes }).toEqual({ code: 1, causes: [id] });
  });
});

describe("lacre explain beside a real server", () => {
  @Controller("items")
  @HmacProtected()
  class ItemsController {
    @Post()
    create(@Body() body: object) {
      return body;
    }
  }
  let server: RunningApp;
  const logged: string[] = [];
  beforeAll(async () => {
    Logger.overrideLogger(false);
    jest
      .spyOn(Logger.prototype, "warn")
      .mockImplementation((line) => void logged.push(String(line)));
    server = await startApp("express", {
      controllers: [ItemsController],
      hmac: { diagnostics: "respond" },
    });
  });
  afterAll(() => server.close());
  afterEach(() => void (logged.length = 0));

  it("reads its log and its answer", async () => {
    const body = '{"item":"tea"}';
    const target = "/items?note=a%20b";
    const url = `${server.url}${target}`;
    const headers = [["content-type", "application/json"]] as const;
    const signed = new Signer({ appId: "demo", apiKey: DEMO_KEY }).sign({
      method: "POST",
      url,
      headers,
      content: Buffer.from(body),
    });
    const answer = await fetch(url.replace("%20", "+"), {
      method: "POST",
      headers: [...headers, ...signed.headers].map(([name, value]): [string, string] => [
        name,
        value,
      ]),
      body,
    });
    expect(answer.status).toBe(401);
    const { code, causes } = await desk.explain(signed.canonicalRequest, await answer.text());
    expect({ code, causes }).toEqual({ code: 1, causes: ["space-plus"] });

    const [, sha256 = ""] = /canonical sha256 ([0-9a-f]{64})/.exec(logged.join("\n")) ?? [];
    const client = desk.file("client", signed.canonicalRequest);
    const byHash = await lacre(["explain", "--client", client, "--server-sha256", sha256]);
    expect(byHash.out).toContain("[space-plus]");
  });
});

it("names what a request of another format has, and not its value", async () => {
  const other = 'GET / HTTP/1.1\nHost: a.test\nAuthorization: Acme id="a", mac="c2VjcmV0"\n\n';
  const server = desk.file("server", other);
  const args = ["explain", "--client", desk.file("client", other), "--server", server];
  const { code, out } = await lacre(args);
  expect(code).toBe(1);
  expect(out).toContain("credentials-missing. Note: the request has Authorization: Acme");
  expect(out).toContain("lacre verify --scheme");
  expect(out).not.toContain("c2VjcmV0");
});

describe("lacre explain, used wrongly", () => {
  const HAWK_TEXT = "hawk.1.header\n1353832234\nj4h3g2\nGET\n/\na.test\n80\n\n\n";
  const ok = (): string[] => ["--client", desk.file("client", made.text)];
  const sha = ["--server-sha256", "0".repeat(64)];
  const view = (content: string, ...more: string[]): string[] => [
    "--client",
    desk.file("view", content),
    ...sha,
    ...more,
  ];
  it.each<[() => string[], string]>([
    [() => [], "The client's view is missing"],
    [() => [...ok(), "--file", desk.file("other", "a")], "--client and --file are the same"],
    [ok, "Give the server's view"],
    [() => [...ok(), ...sha, "--server", desk.file("s", made.text)], "Give the server's view"],
    [() => ["--client", "-", "--server", "-"], "one view only"],
    [() => [...ok(), "--server-sha256", "abc"], "is no SHA-256"],
    [() => [...ok(), ...sha, "--entry", "0"], "--entry is no number"],
    [() => [...ok(), ...sha, "--at", "noon"], "--at is no moment"],
    [() => [...ok(), ...sha, "--client-kind", "pdf"], "Allowed choices"],
    [() => [...ok(), ...sha, "--api-key", API_KEY], "never given as an argument"],
    [() => [...ok(), ...sha, "--scheme", "aws-sigv4"], "needs --region and --service"],
    [() => ["--client", "/no/such/file", ...sha], "there is no such file"],
    [() => [...ok(), ...sha, "--realm", "a"], "belongs to --scheme acquia2"],
    [() => [...ok(), ...sha, "--scheme", "hawks"], "Allowed choices are"],
    [
      () => [...ok(), "--server", desk.file("s", `GET\n/\n\nhost:a\n\nhost\n${sha256Hex("")}`)],
      "The client's view is of LACRE1, the server's of AWS Signature Version 4",
    ],
    [() => view("hello\n"), "What kind of view this is"],
    [() => view(""), "view is empty"],
    [() => view(" \r\n"), "view is empty"],
    [() => [...ok(), "--server", desk.file("s", "")], "s is empty"],
    [
      () =>
        view(
          '$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\nInvoke-WebRequest -UseBasicParsing -Uri "https://a.test/"',
        ),
      "A command of PowerShell is not read. Copy the request as cURL",
    ],
    [
      () => view('Invoke-RestMethod -Uri "https://a.test/"', "--scheme", "github"),
      "A command of PowerShell is not read. Copy the request as cURL",
    ],
    [
      () => view('await fetch("https://a.test/", {"method": "GET"});'),
      "A call of fetch is not read. Copy the request as cURL",
    ],
    [() => view(HAWK_TEXT), "no canonical request of LACRE1"],
    [() => view(HAWK_TEXT, "--client-kind", "headers"), "no canonical request of LACRE1"],
    [() => view(HAWK_TEXT, "--client-kind", "canonical"), "no canonical request of LACRE1"],
    [() => view("{"), "is no JSON object"],
    [() => view('"LACRE1-'), "is no string of JSON"],
    [() => view("{}"), "No request of the HAR file"],
    [() => view(har(OPEN_ENTRY)), "export the HAR with sensitive data"],
    [() => view(har(OPEN_ENTRY), "--entry", "2"), "There is no entry 2"],
    [() => view("LACRE1-HMAC-SHA256\ndemo"), "This is no canonical request"],
    [() => view(`curl -H "X: $TOKEN" http://a.test/`), "holds the variable $TOKEN"],
    [() => view("curl -F a=b http://a.test/"), "-F makes a boundary"],
    [() => view("wget http://a.test/", "--client-kind", "curl"), "does not begin with curl"],
    [() => view("Authorization: x\n"), "not tell the whole canonical request"],
    [
      () => view('GET / HTTP/1.1\nHost: a.test\nAuthorization: Acme id="a"\n\n'),
      "the request has Authorization: Acme",
    ],
    [
      () => view('GET / HTTP/1.1\nHost: a.test\nAuthorization: Hawk id="a"\n\n'),
      "A server would refuse it: credentials-malformed",
    ],
    [
      () =>
        view(
          "POST / HTTP/1.1\nHost: a.test\nX-Hub-Signature-256: sha256=00\nStripe-Signature: t=1,v1=00\n\n",
        ),
      "signed as github and as stripe. Name the one to look at: --scheme",
    ],
    [() => view("GET / HTTP/2\n\n"), "HTTP/2 is not read"],
  ])("%# exit code 2 and one line: %s %s", async (args, message) => {
    const { code, out, err } = await lacre(["explain", ...args()]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).not.toContain(API_KEY.slice(4));
  });

  it("needs no key", async () => {
    const { code, err } = await lacre(["explain", ...ok(), ...sha]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
  });

  it("takes a key whose AppId is that of the request", async () => {
    const views = ["--client", desk.file("c", wire(made)), "--server", desk.file("s", made.text)];
    const { code, out } = await lacre(["explain", ...views, "--at", String(NOW)], {
      env: { LACRE_API_KEY: API_KEY },
    });
    expect(code).toBe(0);
    expect(out).toContain("The client's signature fits the client's view and this key.");
  });
});
