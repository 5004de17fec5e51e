import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { DocumentBuilder } from "@nestjs/swagger";
import { buildSwaggerPlugIn } from "../support/browser-bundle.js";
import { send } from "../support/wire.js";
import { exported, startDemo, type RunningDemo } from "./export.js";
import { insomniaFolder, postman, scriptOf } from "./export-sandboxes.js";
import { lacre } from "./lacre.js";

buildSwaggerPlugIn(); // the door takes it in when it is loaded
const { createHmacDocument } = await import("@lacre/nestjs/swagger");

let demo: RunningDemo;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lacre-openapi-"));
  demo = await startDemo();
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true });
});

interface Item {
  readonly name: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly header: { key: string; value: string }[];
    readonly body?: { raw?: string; urlencoded?: { key: string; value: string }[] };
  };
}
let files = 0;
async function postmanOf(openapi: object): Promise<{ items: Item[]; said: string; out: string }> {
  const out = join(folder, `${files++}.json`);
  const said = await exported("postman", out, demo.url, { openapi });
  const { item } = JSON.parse(readFileSync(out, "utf8")) as { item: Item[] };
  return { items: item, said, out };
}
const document = (operation: object, more: object = {}): object => ({
  openapi: "3.1.0",
  info: { title: "One" },
  paths: { "/a/{p}": { get: operation } },
  ...more,
});

describe("the security of a document", () => {
  it("is that of the demo: what is written gets in, and all else is left out", async () => {
    const described = createHmacDocument(demo.app, new DocumentBuilder().build());
    const { items, said, out } = await postmanOf(described);
    expect(items.map(({ name }) => name)).toEqual([
      "OrdersController_list",
      "OrdersController_create",
      "OrdersController_remove",
      "OrdersController_health",
      "FormatsController_list",
    ]);
    // `@All()` says SEARCH too, which is no operation of OpenAPI.
    const operations = Object.values(described.paths).flatMap((item) =>
      Object.keys(item).filter((method) => method !== "search"),
    );
    const leftOut = said.match(/lacre: note: left out .*/g) ?? [];
    expect(items.length + leftOut.length).toBe(operations.length);
    expect(said).toContain(
      "left out GET /aws: it asks for aws-sigv4, and the script signs with LACRE1 alone.",
    );

    const variables = { baseUrl: demo.url, appId: "orders", apiKey: demo.keys.orders };
    demo.outcomes();
    const statuses = new Map<string, number>();
    for (const { name, request } of items) {
      const { method, url, header, body } = request;
      const headers = header.map(({ key, value }) => [key, value] as const);
      const edited = { method, url, headers, ...(body && { text: body.raw ?? "" }) };
      const { status } = await send(
        demo.port,
        await postman(scriptOf.postman(out), edited, { variables }),
      );
      statuses.set(name, status);
    }
    expect([...statuses].filter(([, status]) => status === 401)).toEqual([]);
    expect(new Set(demo.outcomes())).toEqual(new Set(["accepted"]));
  });

  const schemes = {
    components: {
      securitySchemes: {
        signed: { type: "http", scheme: "LACRE1-HMAC-SHA256" },
        described: { type: "http", scheme: "odd", "x-hmac": { scheme: "lacre1" } },
        lacre1: { type: "http", scheme: "bearer" },
        token: { type: "http", scheme: "bearer" },
        cookie: { $ref: "#/x" },
      },
    },
    x: { type: "apiKey", in: "cookie", name: "sid" },
  };
  it.each([
    ["nothing", undefined, undefined, undefined],
    ["nothing, by its own word", [], [{ token: [] }], undefined],
    ["the document's", undefined, [{ token: [] }], "token"],
    ["its own in place of the document's", [{ signed: [] }], [{ token: [] }], undefined],
    ["as HTTP names it", [{ signed: [] }], undefined, undefined],
    ["as the module describes it", [{ described: [] }], undefined, undefined],
    ["another under its name", [{ lacre1: [] }], undefined, "lacre1"],
    ["one of two", [{ token: [] }, { signed: [] }], undefined, undefined],
    ["both of two", [{ signed: [], token: [] }], undefined, "signed with token"],
    ["none of two", [{ token: [] }, { cookie: [] }], undefined, "token or cookie"],
    ["nothing, or another", [{}, { token: [] }], undefined, undefined],
  ])("asks for %s", async (_, own, all, reason) => {
    const operation = { summary: "one", ...(own && { security: own }) };
    const openapi = document(operation, { ...schemes, ...(all && { security: all }) });
    const args = ["--url", demo.url, "--openapi", "-", "--request", "GET /other"];
    const out = join(folder, `${files++}.json`);
    const { err } = await lacre(["export", "postman", ...args, "--out", out], {
      stdin: JSON.stringify(openapi),
    });
    expect(err).toBe(
      reason === undefined
        ? ""
        : `lacre: note: left out GET /a/{p}: it asks for ${reason}, and the script signs with LACRE1 alone.\n`,
    );
    const { item } = JSON.parse(readFileSync(out, "utf8")) as { item: Item[] };
    expect(item.map(({ name }) => name)).toEqual(
      reason === undefined ? ["one", "GET /other"] : ["GET /other"],
    );
  });

  it("is why nothing is left, and said", async () => {
    const openapi = document({ security: [{ token: [] }] });
    const args = ["export", "postman", "--url", demo.url, "--openapi", "-", "--out"];
    const { code, err } = await lacre([...args, join(folder, "never.json")], {
      stdin: JSON.stringify(openapi),
    });
    expect([code, err]).toEqual([2, expect.stringContaining("it asks for token")]);
  });

  it("takes lacre1 for LACRE1 where nothing describes it", async () => {
    expect((await postmanOf(document({ security: [{ lacre1: [] }] }))).items.length).toBe(1);
  });
});

// The table of examples in section 4.8.12.4 of the OpenAPI Specification 3.1.1, but for undefined values.
const EMPTY = "";
const TEXT = "blue";
const LIST = ["blue", "black", "brown"];
const OBJECT = { R: 100, G: 200, B: 150 };
const TARGETS: [place: string, style: string, explode: boolean, value: unknown, target: string][] =
  [
    ["path", "matrix", false, TEXT, "/a/;p=blue"],
    ["path", "matrix", false, LIST, "/a/;p=blue,black,brown"],
    ["path", "matrix", false, OBJECT, "/a/;p=R,100,G,200,B,150"],
    ["path", "matrix", true, LIST, "/a/;p=blue;p=black;p=brown"],
    ["path", "matrix", true, OBJECT, "/a/;R=100;G=200;B=150"],
    ["path", "label", false, TEXT, "/a/.blue"],
    ["path", "label", false, LIST, "/a/.blue,black,brown"],
    ["path", "label", true, LIST, "/a/.blue.black.brown"],
    ["path", "label", true, OBJECT, "/a/.R=100.G=200.B=150"],
    ["path", "simple", false, LIST, "/a/blue,black,brown"],
    ["path", "simple", false, OBJECT, "/a/R,100,G,200,B,150"],
    ["path", "simple", true, LIST, "/a/blue,black,brown"],
    ["path", "simple", true, OBJECT, "/a/R=100,G=200,B=150"],
    ["query", "form", false, EMPTY, "/a/{p}?p="],
    ["query", "form", false, LIST, "/a/{p}?p=blue,black,brown"],
    ["query", "form", false, OBJECT, "/a/{p}?p=R,100,G,200,B,150"],
    ["query", "form", true, LIST, "/a/{p}?p=blue&p=black&p=brown"],
    ["query", "form", true, OBJECT, "/a/{p}?R=100&G=200&B=150"],
    ["query", "form", true, [], "/a/{p}"],
    ["query", "form", false, ["a,b", "c&d"], "/a/{p}?p=a%2Cb,c%26d"],
    ["query", "spaceDelimited", false, LIST, "/a/{p}?p=blue%20black%20brown"],
    ["query", "spaceDelimited", false, OBJECT, "/a/{p}?p=R%20100%20G%20200%20B%20150"],
    ["query", "pipeDelimited", false, LIST, "/a/{p}?p=blue%7Cblack%7Cbrown"],
    ["query", "deepObject", true, OBJECT, "/a/{p}?p%5BR%5D=100&p%5BG%5D=200&p%5BB%5D=150"],
    [
      "query",
      "deepObject",
      true,
      { a: { b: [1, 2] } },
      "/a/{p}?p%5Ba%5D%5Bb%5D=1&p%5Ba%5D%5Bb%5D=2",
    ],
  ];

describe("parameters", () => {
  const targetOf = async (parameter: object): Promise<string | undefined> => {
    const { items } = await postmanOf(document({ parameters: [{ name: "p", ...parameter }] }));
    return items[0]?.request.url.replace("{{baseUrl}}", "");
  };

  it.each(TARGETS)(
    "in %s as %s, explode %s: %j",
    async (place, style, explode, example, target) => {
      expect(await targetOf({ in: place, style, explode, example })).toBe(target);
    },
  );

  it.each([
    [{ in: "query", example: LIST }, "/a/{p}?p=blue&p=black&p=brown"],
    [{ in: "query", schema: { type: "array", items: { type: "string" } } }, "/a/{p}?p=text"],
    [{ in: "path", example: LIST }, "/a/blue,black,brown"],
    [{ in: "path", example: "a$&b" }, "/a/a%24%26b"],
    [{ in: "path", schema: {} }, "/a/1"],
    [{ in: "query", style: "spaceDelimited", example: LIST }, "/a/{p}?p=blue%20black%20brown"],
    [
      { in: "query", content: { "application/json": { example: { a: [1] } } } },
      "/a/{p}?p=%7B%22a%22%3A%5B1%5D%7D",
    ],
    [
      { in: "query", allowReserved: true, example: "a/b?c:%2f&d+e#f g" },
      "/a/{p}?p=a/b?c:%2f%26d%2Be%23f%20g",
    ],
  ])("by default: %j", async (parameter, target) => {
    expect(await targetOf(parameter)).toBe(target);
  });

  it("in headers and cookies go along", async () => {
    const parameters = [
      { in: "header", name: "X-List", example: LIST },
      { in: "header", name: "X-Object", explode: true, example: OBJECT },
      { in: "header", name: "Cookie", example: "never=1" },
      { in: "cookie", name: "sid", example: "a b;c" },
      { in: "cookie", name: "list", explode: false, example: LIST },
    ];
    const { items, out } = await postmanOf({
      openapi: "3.1.0",
      paths: { "/orders": { get: { parameters } } },
    });
    const headers = items[0]?.request.header.map(({ key, value }) => [key, value] as const) ?? [];
    expect(headers).toEqual([
      ["X-List", "blue,black,brown"],
      ["X-Object", "R=100,G=200,B=150"],
      ["Cookie", "sid=a%20b%3Bc; list=blue,black,brown"],
    ]);
    const variables = { baseUrl: demo.url, appId: "orders", apiKey: demo.keys.orders };
    const edited = { method: "GET", url: "{{baseUrl}}/orders", headers };
    const request = await postman(scriptOf.postman(out), edited, { variables });
    expect(request.headers).toContainEqual(["Cookie", "sid=a%20b%3Bc; list=blue,black,brown"]);
    expect((await send(demo.port, request)).status).toBe(200);
  });
});

describe("a form", () => {
  it("has a list as fields, and an object as JSON, unless it is said otherwise", async () => {
    const example = {
      list: ["a", "b"],
      objects: [{ n: 1 }],
      object: { n: 1 },
      joined: ["a", "b"],
      piped: ["a", "b"],
      deep: { n: 1 },
      none: null,
    };
    const encoding = {
      joined: { explode: false },
      piped: { style: "pipeDelimited" },
      deep: { style: "deepObject" },
      list: { contentType: "text/plain" },
    };
    const content = { "application/x-www-form-urlencoded": { example, encoding } };
    const { items } = await postmanOf({
      openapi: "3.1.0",
      paths: { "/a": { post: { requestBody: { content } } } },
    });
    const fields = items[0]?.request.body?.urlencoded?.map(({ key, value }) => [key, value]);
    expect(fields).toEqual([
      ["list", "a"],
      ["list", "b"],
      ["objects", '{"n":1}'],
      ["object", '{"n":1}'],
      ["joined", "a,b"],
      ["piped", "a|b"],
      ["deep[n]", "1"],
      ["none", ""],
    ]);
  });
});

describe.each(["postman", "bruno", "insomnia"] as const)(
  "the test of an answer, for %s",
  (tool) => {
    /** The script that runs after each answer, as it stands in the export. */
    const testIn = {
      postman: (out: string): string => {
        const { event } = JSON.parse(readFileSync(out, "utf8")) as {
          event: { listen: string; script: { exec: string[] } }[];
        };
        return event.find(({ listen }) => listen === "test")?.script.exec.join("\n") ?? "";
      },
      bruno: (out: string): string => {
        const text = readFileSync(join(out, "collection.bru"), "utf8");
        return /^tests \{\n([\s\S]*?)^\}/m.exec(text)?.[1] ?? "";
      },
      insomnia: (out: string): string =>
        insomniaFolder<{ scripts: { preRequest: string; afterResponse: string } }>(out).scripts
          .afterResponse,
    };

    it.each([
      [200, []],
      [303, []],
      [400, ["the call succeeds"]],
      [401, ["the call succeeds"]],
      [503, ["the call succeeds"]],
    ])("status %i", async (status, failed) => {
      const out = join(folder, `test-${tool}-${status}`);
      await exported(tool, out, demo.url, { requests: ["GET /orders"] });
      const failures: string[] = [];
      const test = (name: string, check: () => void): void => {
        try {
          check();
        } catch {
          failures.push(name);
        }
      };
      const under = (given: number) => ({
        to: {
          be: {
            below(limit: number) {
              if (given >= limit) throw new Error(`${given}`);
            },
          },
        },
      });
      const sandbox = { test, expect: under, response: { code: status, text: () => "" } };
      runInNewContext(testIn[tool](out), {
        pm: sandbox,
        insomnia: sandbox,
        test,
        expect: under,
        res: { getStatus: () => status },
      });
      expect(failures).toEqual(failed);
    });
  },
);
