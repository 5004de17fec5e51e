import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { blocksOf, ROOT } from "../docs/markdown.js";
import { need, run } from "../support/run.js";
import {
  API,
  AWKWARD,
  exported,
  FORM_API,
  HOSTILE_API,
  startDemo,
  type RunningDemo,
} from "./export.js";

const NEWMAN = "newman@6.2.2";
const BRUNO = "@usebruno/cli@4.1.0";
/** What a value of a variable may hold, and a URL may not. */
const ID = '7 {x}"é';

let demo: RunningDemo;
let folder: string;

beforeAll(async () => {
  need("npm", "it comes with Node: https://nodejs.org");
  folder = mkdtempSync(join(tmpdir(), "lacre-export-"));
  demo = await startDemo();
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void demo.outcomes());

const installed = new Map<string, Promise<string>>();

/** Installs the tool itself, once, from the registry that npm is set up with. */
function install(program: string, specifier: string): Promise<string> {
  const before = installed.get(program);
  if (before !== undefined) return before;
  const home = mkdtempSync(join(folder, "tool-"));
  writeFileSync(join(home, "package.json"), '{ "private": true }');
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", specifier];
  const path = run("npm", args, { cwd: home }).then(({ code, stderr }) => {
    if (code === 0) return join(home, "node_modules", ".bin", program);
    throw new Error(
      `npm cannot install ${specifier}, which this test runs. Is the registry reachable?\n${stderr}`,
    );
  });
  installed.set(program, path);
  return path;
}

const DESCRIBED = {
  openapi: "3.1.0",
  paths: {
    "/a/{p}": {
      get: {
        parameters: [
          { in: "path", name: "p", style: "matrix", example: ["a", "b"] },
          { in: "query", name: "list", example: ["a,b", "c"] },
          { in: "query", name: "joined", explode: false, example: ["a,b", "c"] },
          { in: "query", name: "deep", style: "deepObject", example: { n: 1 } },
          { in: "cookie", name: "sid", example: "a b" },
          { in: "cookie", name: "tid", example: "2" },
        ],
      },
    },
  },
};
const AS_DESCRIBED = [
  "/a/;p=a,b?list=a%2Cb&list=c&joined=a%2Cb,c&deep%5Bn%5D=1",
  "sid=a%20b; tid=2",
] as const;

/** A server that keeps the target and the cookies of whatever comes. */
async function echo() {
  const seen: (readonly [string | undefined, string | undefined])[] = [];
  const server = createServer(({ url, headers }, response) => {
    seen.push([url, headers.cookie]);
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** A server that keeps all that comes, as it came. */
async function recorder() {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const parts = [`${request.method} ${request.url}`, ...request.rawHeaders];
    request.on("data", (chunk: Buffer) => parts.push(String(chunk)));
    request.on("end", () => {
      seen.push(parts.join("\n"));
      response.end("ok");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, close: () => new Promise((resolve) => server.close(resolve)) };
}

/** How many requests a run of the hostile document makes. */
const HOSTILE_REQUESTS = 7;

describe("Postman's own sandbox, in newman", () => {
  let newman: string;
  beforeAll(async () => void (newman = await install("newman", NEWMAN)));

  interface Variable {
    key: string;
    value: string;
  }
  /** As a user does after the import: sets the key, and whatever else a request of theirs needs. */
  function setUp(path: string, more: Record<string, string> = {}, url = demo.url): string {
    const file = `${path.replace(/\.json$/, "")}.environment.json`;
    const environment = JSON.parse(readFileSync(file, "utf8")) as { values: Variable[] };
    expect(environment.values.map(({ key, value }) => [key, value])).toEqual([
      ["baseUrl", url],
      ["appId", "orders"],
      ["apiKey", ""],
    ]);
    const all = { apiKey: demo.keys.orders, ...more };
    environment.values = [
      ...environment.values.filter(({ key }) => !Object.hasOwn(all, key)),
      ...Object.entries(all).map(([key, value]) => ({ key, value, enabled: true })),
    ];
    writeFileSync(file, JSON.stringify(environment));
    return file;
  }

  interface Item {
    name: string;
    request: Record<string, unknown>;
  }
  const edit = (path: string, item: Item[], more: object = {}): void => {
    const collection = JSON.parse(readFileSync(path, "utf8")) as { item: Item[] };
    writeFileSync(path, JSON.stringify({ ...collection, item, ...more }));
  };

  interface Report {
    run: {
      executions: {
        item: { name: string };
        response?: { code: number; stream: { data: number[] } };
      }[];
      failures: { error: { message: string } }[];
    };
  }
  async function runCollection(path: string, environment: string) {
    const report = join(folder, "report.json");
    const reporting = ["--reporters", "json", "--reporter-json-export", report];
    const { code, stderr } = await run(newman, ["run", path, "-e", environment, ...reporting]);
    const { executions, failures } = (JSON.parse(readFileSync(report, "utf8")) as Report).run;
    return {
      code,
      stderr,
      statuses: executions.map(({ response }) => response?.code),
      bodies: executions.map(({ response }) => Buffer.from(response?.stream.data ?? []).toString()),
      failures: failures.map(({ error }) => error.message),
    };
  }

  it("signs what an API describes", async () => {
    const path = join(folder, "api.json");
    expect(await exported("postman", path, demo.url, { openapi: API })).toContain(
      "lacre: note: left out POST /uploads: a script cannot see the bytes of multipart/form-data",
    );
    const { code, statuses, bodies, failures } = await runCollection(path, setUp(path));
    // The id of the last is no number, which the demo says after it has accepted the request.
    expect([code, failures]).toEqual([1, [expect.stringContaining("to be below 400")]]);
    expect(statuses).toEqual([200, 201, 400]);
    expect(JSON.parse(bodies[1] as string)).toMatchObject({ item: 'té "x"\n' });
    expect(demo.outcomes()).toEqual(["accepted", "accepted", "accepted"]);
  });

  it("signs a form, and awkward targets", async () => {
    const path = join(folder, "awkward.json");
    await exported("postman", path, demo.url, { openapi: FORM_API, requests: AWKWARD });
    const { bodies } = await runCollection(path, setUp(path, { id: ID }));
    expect(JSON.parse(bodies[0] as string)).toMatchObject({ item: "a b*(~)é&=+'" });
    // No route has the path of the third, so nothing judges it.
    expect(demo.outcomes()).toEqual(["accepted", "accepted", "accepted", "accepted"]);
  });

  it("signs what users add: variables, parameters, text, a body with GET, disabled parts", async () => {
    const path = join(folder, "added.json");
    await exported("postman", path, demo.url, { requests: ["GET /orders"] });
    const url = {
      raw: "{{baseUrl}}/orders/:id?a=1",
      host: ["{{baseUrl}}"],
      path: ["orders", ":id"],
      query: [
        { key: "a", value: "{{item}}" },
        { key: "b", value: "2", disabled: true },
      ],
      variable: [{ key: "id", value: "{{id}}" }],
    };
    const raw = (text: string, language = "json") => ({
      body: { mode: "raw", raw: text, options: { raw: { language } } },
    });
    const header = [
      { key: "X-{{item}}", value: " {{item}} " },
      { key: "X-Off", value: "é", disabled: true },
    ];
    const post = { method: "POST", url: "{{baseUrl}}/orders" };
    edit(path, [
      { name: "parameters", request: { method: "DELETE", url, header } },
      { name: "raw", request: { ...post, ...raw('  {"item": "{{item}} é {{$guid}}"}\r\n') } },
      { name: "text", request: { ...post, ...raw("{{item}}", "text") } },
      { name: "get", request: { method: "GET", url: "{{baseUrl}}/orders", ...raw("{}") } },
    ]);
    const { bodies } = await runCollection(path, setUp(path, { id: ID, item: "tea" }));
    expect(JSON.parse(bodies[1] as string)).toMatchObject({
      item: expect.stringMatching(/^tea é [\da-f-]{36}$/),
    });
    expect(demo.outcomes()).toEqual(["accepted", "accepted", "accepted", "accepted"]);
  });

  it("sends no key that a document asks for", async () => {
    const path = join(folder, "hostile.json");
    const server = await recorder();
    await exported("postman", path, server.url, { openapi: HOSTILE_API });
    const environment = setUp(path, {}, server.url);
    const { code, failures } = await runCollection(path, environment);
    expect([code, failures, server.seen.length]).toEqual([0, [], HOSTILE_REQUESTS]);
    expect(server.seen.join("\n")).toContain("{ {apiKey}}");
    expect(server.seen.join("\n")).not.toContain(demo.keys.orders);
    await server.close();
  });

  it("lets the authorization of a folder not take the signature's place", async () => {
    const path = join(folder, "folder.json");
    await exported("postman", path, demo.url, { requests: ["GET /orders"] });
    const auth = { type: "bearer", bearer: [{ key: "token", value: "x" }] };
    const request = { method: "GET", url: "{{baseUrl}}/orders" };
    edit(path, [{ name: "in the collection", request }], { auth });
    const { statuses } = await runCollection(path, setUp(path));
    expect([statuses, demo.outcomes()]).toEqual([[200], ["accepted"]]);
  });

  it("sends nothing that it cannot sign", async () => {
    const path = join(folder, "unsignable.json");
    await exported("postman", path, demo.url, { requests: ["GET /orders"] });
    const to = { method: "POST", url: "{{baseUrl}}/orders" };
    const form = [{ key: "a", value: "1" }];
    const set = (key: string, value = "x") => ({ key, value });
    edit(path, [
      { name: "multipart", request: { ...to, body: { mode: "formdata", formdata: form } } },
      { name: "file", request: { ...to, body: { mode: "file", file: { src: path } } } },
      { name: "auth", request: { ...to, auth: { type: "bearer", bearer: [set("token")] } } },
      { name: "set", request: { ...to, header: [set("Content-Digest")] } },
      { name: "twice", request: { ...to, header: [set("X-A"), set("x-a")] } },
      { name: "odd", request: { ...to, header: [set("x_a")] } },
      { name: "byte", request: { ...to, header: [set("X-A", "é")] } },
      { name: "unknown", request: { ...to, url: "{{baseUrl}}/orders/{{nothing}}" } },
      { name: "dots", request: { ...to, url: "{{baseUrl}}/a/%2e./orders" } },
      { name: "user", request: { ...to, url: "http://me:you@127.0.0.1/orders" } },
    ]);
    const { code, statuses, failures, stderr } = await runCollection(path, setUp(path));
    expect(code).not.toBe(0);
    expect(statuses).toEqual(Array.from({ length: 10 }, () => undefined));
    expect(demo.outcomes()).toEqual([]);
    const reasons = [
      "the bytes of a formdata body",
      "the bytes of a file body",
      "No Auth",
      "Leave out the header Content-Digest",
      "x-a is set twice",
      "x_a cannot be signed",
      "X-A holds more than printable ASCII",
      "{{nothing}}, which has no value",
      ". or .. as a segment",
      "without a user name",
    ];
    for (const reason of reasons) expect(failures).toContainEqual(expect.stringContaining(reason));
    expect(failures.join() + stderr).not.toContain(demo.keys.orders);
  });

  it("sends nothing where the sandbox is too old to skip a request", async () => {
    const path = join(folder, "old.json");
    await exported("postman", path, demo.url, { requests: ["GET /orders"] });
    const collection = readFileSync(path, "utf8");
    const old = collection.replace("if (pm.execution && pm.execution.skipRequest)", "if (false)");
    expect(old).not.toBe(collection);
    writeFileSync(path, old);
    const { statuses, failures } = await runCollection(path, setUp(path, { apiKey: "none" }));
    expect([statuses, demo.outcomes()]).toEqual([[undefined], []]);
    expect(failures[0]).toContain("apiKey is no key");
  });

  it.each([
    ["none", ""],
    ["one cut short", "short"],
    ["one with a blank", "blank"],
    ["one with a bit too many", "bit"],
  ])("sends nothing without a key: %s", async (_, kind) => {
    const path = join(folder, `key-${kind || "none"}.json`);
    await exported("postman", path, demo.url, { requests: ["GET /orders"] });
    const key = demo.keys.orders;
    const apiKey = { short: key.slice(0, -1), blank: `${key} `, bit: `${key.slice(0, -1)}B` }[kind];
    const { statuses, failures } = await runCollection(path, setUp(path, { apiKey: apiKey ?? "" }));
    expect([statuses, demo.outcomes()]).toEqual([[undefined], []]);
    expect(failures[0]).toContain("apiKey is no key");
    expect(failures.join()).not.toContain(key.slice(4, 20));
  });

  it("is refused with another key, and fails", async () => {
    const path = join(folder, "other.json");
    const rightPath = join(folder, "right.json");
    for (const each of [path, rightPath])
      await exported("postman", each, demo.url, { requests: ["GET /orders"] });
    const right = await runCollection(rightPath, setUp(rightPath));
    expect([right.code, right.statuses, demo.outcomes()]).toEqual([0, [200], ["accepted"]]);
    const other = setUp(path, { apiKey: demo.keys.reader });
    const { code, statuses, failures } = await runCollection(path, other);
    expect([code, statuses, demo.outcomes()]).toEqual([1, [401], ["signature-mismatch"]]);
    expect(failures).toEqual([expect.stringContaining("expected 401 to be below 400")]);
  });

  it("sends the cookies of an API, and lists as it says", async () => {
    const path = join(folder, "described.json");
    const server = await echo();
    await exported("postman", path, server.url, { openapi: DESCRIBED });
    const environment = `${path.replace(/\.json$/, "")}.environment.json`;
    const values = readFileSync(environment, "utf8");
    writeFileSync(
      environment,
      values.replace('"apiKey",\n      "value": ""', `"apiKey", "value": "${demo.keys.orders}"`),
    );
    const { code } = await runCollection(path, environment);
    expect([code, server.seen]).toEqual([0, [AS_DESCRIBED]]);
    await server.close();
  });
});

describe.each(["safe", "developer"])("Bruno's own program, in %s mode", (sandbox) => {
  let bru: string;
  beforeAll(async () => void (bru = await install("bru", BRUNO)));

  interface Result {
    error: string | null;
    response: { status: number | string; data: unknown };
  }
  async function runFolder(path: string, variables: Record<string, string>) {
    const report = join(folder, "bruno.json");
    const { apiKey = demo.keys.orders, ...more } = variables;
    const set = Object.entries(more).flatMap(([key, value]) => ["--env-var", `${key}=${value}`]);
    const args = ["run", "--env", "lacre", "--sandbox", sandbox, ...set, "--output", report];
    const { code, stdout, stderr } = await run(bru, args, {
      cwd: path,
      env: { LACRE_API_KEY: apiKey },
    });
    const [{ results }] = JSON.parse(readFileSync(report, "utf8")) as [{ results: Result[] }];
    return {
      code,
      printed: stdout + stderr,
      errors: results.map(({ error }) => error),
      statuses: results.map(({ response }) => response.status),
      bodies: results.map(({ response }) => response.data),
    };
  }
  const place = (name: string): string => join(folder, `${name}-${sandbox}`);

  /** A file as Bruno's editor writes it. */
  const add = (path: string, name: string, lines: string): void =>
    writeFileSync(join(path, `${name}.bru`), `meta {\n  name: ${name}\n  type: http\n}\n${lines}`);

  it("signs what an API describes, a form, and awkward targets", async () => {
    const path = place("api");
    await exported("bruno", path, demo.url, { openapi: API, requests: AWKWARD });
    const { errors, statuses, bodies } = await runFolder(path, { id: ID });
    expect(errors.filter((error) => error !== null)).toEqual([]);
    expect(statuses.slice(0, 3)).toEqual([200, 201, 400]);
    expect(bodies[1]).toMatchObject({ item: 'té "x"\n' });
    expect(demo.outcomes()).toEqual(Array.from({ length: 6 }, () => "accepted"));

    const form = place("form");
    await exported("bruno", form, demo.url, { openapi: FORM_API });
    expect((await runFolder(form, {})).bodies).toMatchObject([{ item: "a b*(~)é&=+'" }]);
    expect(demo.outcomes()).toEqual(["accepted"]);
  });

  it("signs what users add: variables, parameters, text", async () => {
    const path = place("added");
    await exported("bruno", path, demo.url, { requests: ["GET /orders"] });
    const off = "settings {\n  encodeUrl: false\n}\n";
    add(
      path,
      "a",
      `delete {\n  url: {{baseUrl}}/orders/:id?a={{item}}\n  body: none\n}\nparams:path {\n  id: {{id}}\n}\nheaders {\n  X-A:  {{item}}\n  ~X-Off: é\n}\n${off}`,
    );
    add(
      path,
      "b",
      `post {\n  url: {{baseUrl}}/orders\n  body: json\n}\nbody:json {\n  \n   { "item": "{{item}}"  }  \n\n}\n${off}`,
    );
    add(
      path,
      "c",
      `post {\n  url: {{baseUrl}}/orders\n  body: text\n}\nbody:text {\n  {{item}}\n}\n${off}`,
    );
    const item = 'tea "green"';
    const { errors, bodies } = await runFolder(path, { id: ID, item });
    expect(errors.filter((error) => error !== null)).toEqual([]);
    expect(bodies).toContainEqual(expect.objectContaining({ item }));
    expect(demo.outcomes()).toEqual(Array.from({ length: 4 }, () => "accepted"));
  });

  it("sends nothing that it cannot sign", async () => {
    const path = place("unsignable");
    await exported("bruno", path, demo.url, { requests: ["GET /orders"] });
    rmSync(join(path, "1 GET orders.bru"));
    const to = (body: string) => `post {\n  url: {{baseUrl}}/orders\n  body: ${body}\n`;
    add(path, "a", `${to("multipartForm")}}\nbody:multipart-form {\n  a: 1\n}\n`);
    add(path, "b", `${to("file")}}\nbody:file {\n  file: @file(bruno.json) @contentType(a/b)\n}\n`);
    add(path, "c", `${to("none")}  auth: bearer\n}\nauth:bearer {\n  token: x\n}\n`);
    add(path, "d", `${to("none")}}\nheaders {\n  x_a: 1\n}\n`);
    add(path, "e", `${to("graphql")}}\nbody:graphql {\n  { a }\n}\n`);
    add(path, "f", "get {\n  url: {{baseUrl}}/{{nothing}}\n  body: none\n}\n");
    add(path, "g", `${to("json")}}\nbody:json {\n  { item }\n}\n`);
    const { code, errors, printed } = await runFolder(path, {});
    expect(code).not.toBe(0);
    expect(demo.outcomes()).toEqual([]);
    expect(errors).toEqual([
      expect.stringContaining("the bytes of this body"),
      expect.stringContaining("the bytes of this body"),
      expect.stringContaining("No Auth"),
      expect.stringContaining("x_a cannot be signed"),
      expect.stringContaining("the bytes of this body"),
      expect.stringContaining("{{nothing}}, which has no value"),
      expect.stringContaining("The body is no JSON"),
    ]);
    expect(printed).not.toContain(demo.keys.orders);
  });

  it("sends nothing without a key, and is refused with another one", async () => {
    const path = place("keys");
    await exported("bruno", path, demo.url, { requests: ["GET /orders"] });
    const right = await runFolder(path, {});
    expect([right.code, demo.outcomes()]).toEqual([0, ["accepted"]]);
    const without = await runFolder(path, { apiKey: "" });
    expect(without.errors).toEqual([expect.stringContaining("apiKey is no key")]);
    expect(demo.outcomes()).toEqual([]);
    const { code, statuses } = await runFolder(path, { apiKey: demo.keys.reader });
    expect([code, statuses, demo.outcomes()]).toEqual([1, [401], ["signature-mismatch"]]);
  });

  it("sends no key that a document asks for, and nothing of the environment", async () => {
    const path = place("hostile");
    const server = await recorder();
    await exported("bruno", path, server.url, { openapi: HOSTILE_API });
    const { code, errors } = await runFolder(path, {});
    expect([code, errors.filter((error) => error !== null)]).toEqual([0, []]);
    expect(server.seen.length).toBe(HOSTILE_REQUESTS);
    expect(server.seen.join("\n")).toContain("{ {apiKey}}");
    expect(server.seen.join("\n")).not.toContain(demo.keys.orders);
    await server.close();
  });

  it("sends the cookies of an API, and lists as it says", async () => {
    const path = place("described");
    const server = await echo();
    await exported("bruno", path, server.url, { openapi: DESCRIBED });
    expect([(await runFolder(path, {})).code, server.seen]).toEqual([0, [AS_DESCRIBED]]);
    await server.close();
  });
});

describe("Insomnia's format", () => {
  // A reader that is not of this project: real YAML, and Bruno's importer of Insomnia's exports.
  const READ = `
    const document = require("js-yaml").load(require("node:fs").readFileSync(0, "utf8"));
    const { insomniaToBruno } = require("@usebruno/converters");
    const form = (fields) => fields.map(({ name, value }) => [name, value]);
    const read = ({ name, request: { method, url, body } }) =>
      [name, method, url, body.json ?? form(body.formUrlEncoded)];
    const [folder] = insomniaToBruno(document).items;
    console.log(JSON.stringify({ document, read: folder.items.map(read) }));`;

  it("is what another reader takes for it", async () => {
    const bru = await install("bru", BRUNO);
    const path = join(folder, "insomnia.yaml");
    await exported("insomnia", path, demo.url, { openapi: API, requests: AWKWARD });
    const { code, stdout, stderr } = await run(process.execPath, ["-e", READ], {
      cwd: join(dirname(bru), "..", ".."),
      input: readFileSync(path, "utf8"),
    });
    expect([code, stderr]).toEqual([0, ""]);
    const { document, read } = JSON.parse(stdout) as { document: object; read: unknown[][] };
    expect(document).toMatchObject({
      type: "collection.insomnia.rest/5.0",
      schema_version: "5.1",
      environments: {
        data: { baseUrl: demo.url, appId: "orders" },
        subEnvironments: [{ meta: { isPrivate: true }, data: { apiKey: "" } }],
      },
    });
    const targets = ["/orders", "/orders/a%2Fb%20c", ...AWKWARD.map((line) => line.split(" ")[1])];
    expect(read.slice(1).map(([, , url]) => url)).toEqual(
      targets.map((target) => `{{baseUrl}}${target}`),
    );
    expect(JSON.parse(read[1]?.[3] as string)).toMatchObject({ item: 'té "x"\n' });
  });
});

describe("docs/recipes/postman-bruno-insomnia.md", () => {
  it("has commands that work", async () => {
    const main = join(ROOT, "apps", "cli", "dist", "lacre.js");
    if (!existsSync(main)) throw new Error("The program is not built. Build it: npm run build");
    const home = mkdtempSync(join(folder, "recipe-"));
    const programs = mkdtempSync(join(folder, "bin-"));
    const command = (name: string, line: string): void => {
      writeFileSync(join(programs, name), `#!/bin/sh\n${line} "$@"\n`);
      chmodSync(join(programs, name), 0o755);
    };
    // "npx lacre" without a package that is installed.
    command("npx", `shift; exec "${process.execPath}" "${join(ROOT, "apps/cli/bin/lacre.js")}"`);
    command("newman", `exec "${await install("newman", NEWMAN)}"`);
    command("bru", `exec "${await install("bru", BRUNO)}"`);
    const sh = async (code = ""): Promise<void> => {
      const { code: ended, ...printed } = await run(
        "sh",
        ["-e", "-c", code.replaceAll("http://127.0.0.1:3000", demo.url)],
        { cwd: home, env: { PATH: `${programs}:${process.env["PATH"]}` } },
      );
      expect([code, ended, printed]).toEqual([code, 0, expect.anything()]);
    };

    const blocks = blocksOf("docs/recipes/postman-bruno-insomnia.md").map(({ code }) => code);
    const [exportPostman, newman, exportBruno, bru, exportInsomnia, ...others] = blocks;
    expect(others).toEqual([]);
    await sh(exportPostman);
    const environment = join(home, "orders.environment.json");
    const set = readFileSync(environment, "utf8").replace(
      '"apiKey",\n      "value": ""',
      `"apiKey", "value": "${demo.keys.orders}"`,
    );
    writeFileSync(environment, set);
    await sh(newman);
    expect(demo.outcomes()).toEqual(["accepted", "accepted"]);
    const { "/orders": orders } = API.paths;
    writeFileSync(join(home, "api.json"), JSON.stringify({ ...API, paths: { "/orders": orders } }));
    writeFileSync(join(home, "orders.key"), `${demo.keys.orders}\n`);
    await sh(exportBruno);
    await sh(bru);
    expect(demo.outcomes()).toEqual(["accepted", "accepted"]);
    await sh(exportInsomnia);
    expect(existsSync(join(home, "orders.yaml"))).toBe(true);
  });
});
