import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { send, type WireRequest } from "../support/wire.js";
import { API, AWKWARD, exported, startDemo, type RunningDemo } from "./export.js";
import {
  bruno,
  insomnia,
  insomniaFolder,
  postman,
  scriptOf,
  type Edited,
  type Surroundings,
} from "./export-sandboxes.js";
import { lacre } from "./lacre.js";

const SANDBOXES = { postman, bruno, insomnia };
const TOOLS = ["postman", "bruno", "insomnia"] as const;

let demo: RunningDemo;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lacre-export-"));
  demo = await startDemo();
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void demo.outcomes());

const JSON_TYPE = ["Content-Type", "application/json"] as const;
const ACCEPTED: [string, Edited][] = [
  ["GET", { method: "GET", url: "{{baseUrl}}/orders" }],
  ["HEAD", { method: "HEAD", url: "{{baseUrl}}/orders" }],
  ["GET of no path", { method: "GET", url: "{{baseUrl}}/orders?" }],
  [
    "awkward target",
    { method: "GET", url: `{{baseUrl}}${(AWKWARD[0] as string).slice("GET ".length)}` },
  ],
  [
    "awkward path",
    {
      method: "DELETE",
      url: "{{baseUrl}}/orders/%2f;v=1,2:@&=+$!*'()é[]{}|^`\"<>%zz?{{id}}={{id}}",
    },
  ],
  [
    "JSON",
    {
      method: "POST",
      url: "{{baseUrl}}/orders",
      headers: [JSON_TYPE, ["X-Tenant", "  {{id}} "]],
      text: '{"item":"{{id}} é"}',
    },
  ],
  [
    "form",
    {
      method: "POST",
      url: "{{baseUrl}}/orders",
      form: [
        ["item", "{{id}} a b*(~)é&=+'"],
        ["b", ""],
      ],
    },
  ],
];

describe.each(TOOLS)("the script in an export for %s", (tool) => {
  let script: string;
  let around: Surroundings;
  beforeAll(async () => {
    const out = join(folder, `script-${tool}`);
    await exported(tool, out, demo.url, { requests: ["GET /orders"] });
    script = scriptOf[tool](out);
    const variables = { baseUrl: demo.url, appId: "orders", apiKey: demo.keys.orders, id: "7" };
    around = { variables };
  });
  const make = (edited: Edited, more: Record<string, string> = {}): Promise<WireRequest> =>
    SANDBOXES[tool](script, edited, { ...around, variables: { ...around.variables, ...more } });
  const outcome = async (request: WireRequest): Promise<string[]> => {
    await send(demo.port, request);
    return demo.outcomes();
  };

  it.each(ACCEPTED)("signs what is sent: %s", async (_, edited) => {
    expect(await outcome(await make(edited))).toEqual(["accepted"]);
  });

  it("signs path parameters where the tool leaves them to the script", async () => {
    const edited = {
      method: "DELETE",
      url: `{{baseUrl}}/orders/${tool === "postman" ? "a%2Fb" : ":id"}`,
      parameters: { id: "a/b" },
    };
    const request = await make(edited);
    expect(request.target).toMatch(/^\/orders\/a%2Fb(\?|$)/);
    expect(await outcome(request)).toEqual(["accepted"]);
  });

  it("covers method, target, headers and content", async () => {
    const post = ACCEPTED.find(([name]) => name === "JSON")?.[1] as Edited;
    const spoilt = async (spoil: (request: WireRequest) => Partial<WireRequest>) => {
      const request = await make(post);
      const changed = { ...request, ...spoil(request) };
      expect(changed).not.toEqual(request);
      return outcome(changed);
    };
    const without = (name: RegExp) => (request: WireRequest) => ({
      headers: request.headers.filter(([header]) => !name.test(header)),
    });
    const replaced = (name: RegExp, by: string) => (request: WireRequest) => ({
      headers: request.headers.map(
        ([header, value]) => [header, name.test(header) ? by : value] as const,
      ),
    });
    const mismatch = ["signature-mismatch"];
    expect(await spoilt(() => ({ body: Buffer.from('{"item":"8 é"}') }))).toEqual([
      "content-mismatch",
    ]);
    expect(await spoilt(({ target }) => ({ target: `${target}?x` }))).toEqual(mismatch);
    expect(await spoilt(replaced(/^content-type$/i, "application/json; x=1"))).toEqual(mismatch);
    expect(await spoilt(replaced(/^x-tenant$/i, "8"))).toEqual(mismatch);
    expect(await spoilt(without(/^x-tenant$/i))).toEqual(["header-missing"]);
    expect(await spoilt(without(/^content-digest$/i))).toEqual(["header-missing"]);
    expect(await spoilt(without(/^authorization$/i))).toEqual(["credentials-missing"]);
  });

  it("makes a nonce for each request", async () => {
    const nonces = new Set<string | undefined>();
    for (let i = 0; i < 20; i++) {
      const { headers } = await make({ method: "GET", url: "{{baseUrl}}/orders" });
      const [, value = ""] = headers.find(([name]) => name === "Authorization") ?? [];
      nonces.add(/Nonce=([\w-]{32,36}),/.exec(value)?.[1]);
    }
    expect(nonces.size).toBe(20);
    expect(nonces.has(undefined)).toBe(false);
  });

  const to = { method: "POST", url: "{{baseUrl}}/orders" };
  const set = (name: string, value = "x"): Edited => ({ ...to, headers: [[name, value]] });
  const unseen = { postman: "formdata", bruno: "multipartForm", insomnia: "multipart/form-data" };
  it.each([
    ["a multipart body", { ...to, unseen: unseen[tool] }, "cannot see the bytes"],
    ["another authorization", { ...to, auth: "bearer" }, "the signature takes its place"],
    ["an Authorization header", set("authorization"), "Leave out the header authorization"],
    ["a digest", set("Content-Digest"), "Leave out the header Content-Digest"],
    ["a host", set("Host"), "Leave out the header Host"],
    ["an underscore", set("x_a"), "x_a cannot be signed"],
    ["a byte beyond ASCII", set("X-A", "é"), "more than printable ASCII"],
    ["a line feed", set("X-A", "1\r\nX-B: 2"), "more than printable ASCII"],
    ["no variable", { ...to, url: "{{base}}/orders" }, "{{base}}"],
    ["no scheme", { ...to, url: "example.com/orders" }, "http:// or https://"],
    ["a user name", { ...to, url: "http://a:b@example.com/" }, "without a user name"],
    ["a presigned URL", { ...to, url: "{{baseUrl}}/?Lacre-Expires=1" }, "presigned"],
    ["dots", { ...to, url: "{{baseUrl}}/a/.%2E/b" }, ". or .."],
    ["TRACE", { ...to, method: "TRACE" }, "TRACE"],
    ["small letters", { ...to, method: "patch" }, "patch"],
  ])("refuses %s", async (_, edited, reason) => {
    // Insomnia's own words for a variable that is not there.
    const expected =
      tool === "insomnia" && reason === "{{base}}" ? "undefined value: base" : reason;
    await expect(make(edited)).rejects.toThrow(expected);
  });

  it.each(["", "lk1_", "short", "blank", "bit", "standard"])(
    "refuses the key: %s",
    async (kind) => {
      const key = demo.keys.orders;
      const broken = {
        short: key.slice(0, -1),
        blank: `${key}\n`,
        // The last character has four bits to spare: docs/protocol.md, section 8.
        bit: `${key.slice(0, -1)}B`,
        standard: `lk1_+/${key.slice(6)}`,
      };
      const apiKey = broken[kind as keyof typeof broken] ?? kind;
      const made = make({ method: "GET", url: "{{baseUrl}}/orders" }, { apiKey });
      await expect(made).rejects.toThrow("apiKey is no key");
      await expect(made).rejects.not.toThrow(key.slice(6, 20));
    },
  );

  it.each(["", "a b", "a,b", "é"])("refuses the AppId %j", async (appId) => {
    const made = make({ method: "GET", url: "{{baseUrl}}/orders" }, { appId });
    await expect(made).rejects.toThrow("appId is no AppId");
  });
});

describe("docs/protocol.md, section 1.1", () => {
  it("is what the script makes", async () => {
    const out = join(folder, "worked.json");
    await exported("postman", out, "https://api.example.test", { requests: ["GET /"] });
    const { headers, target } = await postman(
      scriptOf.postman(out),
      {
        method: "POST",
        url: "HTTPS://API.example.test:443/v1/items?tag=a b",
        headers: [["Content-Type", "\tapplication/json "]],
        text: '{"n":1}',
      },
      {
        variables: { appId: "demo", apiKey: "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8" },
        nowMs: 1_700_000_000_999,
        nonce: "c2FtcGxlLW5vbmNlLTAx",
      },
    );
    const example = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");
    const line = (name: string): string =>
      new RegExp(`^${name}: (.*)$`, "m").exec(example)?.[1] as string;
    expect(target).toBe("/v1/items?tag=a%20b");
    expect(Object.fromEntries(headers)).toMatchObject({
      Host: "api.example.test",
      "Content-Digest": line("Content-Digest"),
      Authorization: line("Authorization"),
    });
  });
});

describe("lacre export", () => {
  const place = (name: string): string => join(folder, name);
  const url = ["--url", "https://api.example.com/v1/"];
  const get = ["--request", "GET /orders"];

  it("writes requests with examples for what an API describes", async () => {
    const out = place("api.json");
    const said = await exported("postman", out, "https://api.example.com/v1/", { openapi: API });
    expect(said).toContain("left out POST /uploads: a script cannot see the bytes of multipart/");
    const { info, item } = JSON.parse(readFileSync(out, "utf8")) as Record<string, object>;
    expect(info).toMatchObject({ name: "Orders" });
    const order = { item: 'té "x"\n', parts: [{ item: 'té "x"\n' }] };
    const written = item as { name: string; request: { body?: { raw: string } } }[];
    expect(written).toMatchObject([
      {
        name: "List orders",
        request: {
          method: "GET",
          url: "{{baseUrl}}/orders?q=a%20b%2Bc%2Fd%26e%3D%C3%A9%25&list%5B%5D=3",
          header: [{ key: "X-Tenant", value: "7" }],
        },
      },
      { name: "Create an order", request: { header: [{ value: "application/json" }] } },
      { name: "removeOrder", request: { url: "{{baseUrl}}/orders/a%2Fb%20c" } },
    ]);
    expect(JSON.parse(written[1]?.request.body?.raw as string)).toMatchObject(order);
  });

  it("writes the same for Bruno and Insomnia", async () => {
    await exported("bruno", place("bruno"), "https://api.example.com/v1", { openapi: API });
    expect(readdirSync(place("bruno")).sort()).toEqual([
      ".gitignore",
      "1 List orders.bru",
      "2 Create an order.bru",
      "3 removeOrder.bru",
      "bruno.json",
      "collection.bru",
      "environments",
    ]);
    const read = (name: string) => readFileSync(join(place("bruno"), name), "utf8");
    expect(read("3 removeOrder.bru")).toContain("url: {{baseUrl}}/orders/a%2Fb%20c\n");
    expect(read("environments/lacre.bru")).toBe(
      "vars {\n  baseUrl: https://api.example.com/v1\n  appId: orders\n}\nvars:secret [\n  apiKey\n]\n",
    );

    await exported("insomnia", place("api.yaml"), "https://api.example.com/v1", { openapi: API });
    // Insomnia takes no text for its own that begins in another way.
    expect(readFileSync(place("api.yaml"), "utf8")).toMatch(
      /^type: collection\.insomnia\.rest\/5\.0\nschema_version:\n {2}"5\.1"\nname:\n {2}"Orders"\n/,
    );
    const { children } = insomniaFolder<never>(place("api.yaml")) as unknown as {
      children: unknown[];
    };
    expect(children).toMatchObject([
      { method: "GET", url: expect.stringMatching(/^\{\{ _\.baseUrl \}\}\/orders\?q=a%20b/) },
      { method: "POST", body: { mimeType: "application/json" } },
      { method: "DELETE", url: "{{ _.baseUrl }}/orders/a%2Fb%20c" },
    ]);
  });

  it("gives every tool the same text to sign with", async () => {
    const scripts: string[] = [];
    for (const tool of TOOLS) {
      await exported(tool, place(`same-${tool}`), "http://127.0.0.1:3000", { requests: ["GET /"] });
      scripts.push(
        scriptOf[tool](place(`same-${tool}`)).split(
          /^\/\/ (?:Postman|Bruno|Insomnia):/m,
        )[0] as string,
      );
    }
    expect(scripts[0]).toContain("function sign(");
    expect(new Set(scripts.map((text) => text.trim())).size).toBe(1);
  });

  it.each(TOOLS)("writes no key for %s, wherever one is", async (tool) => {
    const key = demo.keys.orders;
    const out = place(`key-${tool}`);
    const wrote = await lacre(["export", tool, ...url, ...get, "--out", out], {
      env: { LACRE_API_KEY: key, LACRE_APP_ID: "orders" },
    });
    expect(wrote.code).toBe(0);
    const files = tool === "bruno" ? readdirSync(out, { recursive: true }) : [""];
    for (const file of files) {
      if (String(file) === "environments") continue;
      expect(readFileSync(join(out, String(file)), "utf8")).not.toContain(key.slice(4));
    }

    const given = ["--request", `GET /orders?key=${key}`];
    const refused = await lacre(["export", tool, ...url, ...given, "--out", place("never")]);
    expect(refused).toMatchObject({ code: 2, out: "" });
    expect(refused.err).toContain("The input holds an ApiKey");
    expect(refused.err).not.toContain(key);
  });

  it("overwrites nothing", async () => {
    writeFileSync(place("there.environment.json"), "mine");
    const { code, err } = await lacre([
      ...["export", "postman", ...url, ...get, "--out", place("there.json")],
    ]);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("there.environment.json is there already"),
    ]);
    expect(readFileSync(place("there.environment.json"), "utf8")).toBe("mine");
    expect(readdirSync(folder)).not.toContain("there.json");
  });

  it.each([
    [
      ["soapui", ...url, ...get, "--out", "x"],
      '"soapui" is none of the tools: postman, bruno, insomnia',
    ],
    [["postman", ...url, ...get], "Give --out"],
    [["postman", ...get, "--out", "x"], "Give --url"],
    [["postman", ...url, "--out", "x"], "Give --openapi FILE or --request"],
    [["postman", "--url", "ftp://x", ...get, "--out", "x"], "no http or https URL"],
    [["postman", "--url", "http://x/?a=1", ...get, "--out", "x"], "--url is the beginning"],
    [["postman", ...url, "--request", "/orders", "--out", "x"], "Write it as 'GET /items"],
    [["postman", ...url, "--openapi", "none.json", "--out", "x"], "there is no such file"],
  ])("%j: says what is missing", async (args, reason) => {
    const { code, out, err } = await lacre(["export", ...args]);
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(reason)]);
    expect(err).toMatch(/^lacre: .*\n$/);
  });

  it("reads YAML as it reads JSON", async () => {
    const yaml = "openapi: 3.0.3\npaths:\n  /items:\n    get:\n      summary: List items\n";
    const args = ["export", "postman", ...url, "--openapi", "-", "--out", place("yaml.json")];
    const { code, err } = await lacre(args, { stdin: yaml });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(readFileSync(place("yaml.json"), "utf8")).toContain('"name": "List items"');
  });

  it.each([
    ["openapi: 3.0.0\n", "no OpenAPI 3 document"],
    ["openapi: [3.0.0\n", "neither JSON nor YAML"],
    ["openapi: 3.0.0\npaths: {}\n", "There is no request to write"],
    ['{"swagger":"2.0","paths":{}}', "no OpenAPI 3 document"],
    ["[]", "no OpenAPI 3 document"],
    ['{"openapi":"3.1.0","paths":{}}', "There is no request to write"],
  ])("is given %j as a description", async (stdin, reason) => {
    const args = ["export", "postman", ...url, "--openapi", "-", "--out", place("never.json")];
    const { code, err } = await lacre(args, { stdin });
    expect([code, err]).toEqual([2, expect.stringContaining(reason)]);
  });

  it("ends for a description that refers to itself, and takes nothing from elsewhere", async () => {
    const openapi = {
      openapi: "3.1.0",
      paths: {
        "/a": { $ref: "#/paths/~1a" },
        "/b": { $ref: "other.json#/x" },
        "/c": {
          put: {
            requestBody: { content: { "application/json": { schema: { $ref: "#/s" } } } },
          },
        },
        "/d": { get: { parameters: [{ $ref: "#/__proto__/x" }] } },
      },
      s: { type: "array", items: { allOf: [{ $ref: "#/s" }] } },
    };
    await exported("postman", place("self.json"), "http://127.0.0.1:1", { openapi });
    const { item } = JSON.parse(readFileSync(place("self.json"), "utf8")) as { item: object[] };
    expect(item).toMatchObject([{ name: "PUT /c" }, { name: "GET /d" }]);
  });
});
