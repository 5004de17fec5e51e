import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { Logger, type INestApplication, type Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { Signer } from "@lacre/core";
import { generateApiKey, HmacModule } from "@lacre/nestjs";
import { send } from "../support/wire.js";
import { freePort, portOf, Workshop } from "./workshop.js";

const FENCE_MS = 6_000;

beforeAll(() => {
  Logger.overrideLogger(false);
  jest.useFakeTimers({ now: Date.now(), doNotFake: [...NOT_THE_DATE] });
});
afterAll(() => void jest.useRealTimers());

const NOT_THE_DATE = [
  "hrtime",
  "nextTick",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
  "setTimeout",
  "clearTimeout",
] as const;

const workshops: Workshop[] = [];
function open(path: string, replacements = {}): Workshop {
  const workshop = new Workshop(path, replacements);
  workshops.push(workshop);
  return workshop;
}
afterAll(() => workshops.forEach((workshop) => workshop.close()));

describe("docs/recipes/graphql-and-other-transports.md", () => {
  const keys = { shop: generateApiKey(), office: generateApiKey() };
  interface Answer {
    data?: unknown;
    errors?: { message: string; extensions?: { code: string } }[];
  }
  type GraphqlAs = (appId: string, apiKey: string) => (query: string) => Promise<Answer>;
  let workshop: Workshop;
  let port: number;
  beforeEach(async () => {
    Object.assign(process.env, { SHOP_KEY: keys.shop, OFFICE_KEY: keys.office });
    port = await freePort();
    workshop = open("docs/recipes/graphql-and-other-transports.md", { "3000": String(port) });
  });
  const naked = async (query: string) => {
    const response = await fetch(`http://localhost:${port}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    return { status: response.status, text, answer: JSON.parse(text) as Answer };
  };

  it("protects its resolvers, each by its own rule", async () => {
    const { AppModule } = await workshop.run("app.module.ts");
    const app = await NestFactory.create(AppModule as Type, { logger: false, abortOnError: false });
    await app.listen(port);
    jest.setSystemTime(Date.now() + FENCE_MS);
    try {
      const { graphqlAs } = (await workshop.run("call.ts")) as { graphqlAs: GraphqlAs };
      const [shop, office] = [graphqlAs("shop", keys.shop), graphqlAs("office", keys.office)];
      expect(await shop('mutation { addOrder(item: "tea") }')).toEqual({
        data: { addOrder: "tea" },
      });
      expect(await office("{ orders status }")).toEqual({
        data: { orders: ["tea for shop"], status: "open" },
      });
      const forbidden = await office('mutation { addOrder(item: "tea") }');
      expect(forbidden).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
      const { status, answer } = await naked("{ status a: orders }");
      expect([status, answer.errors?.[0]?.extensions?.code]).toEqual([200, "UNAUTHENTICATED"]);
      expect((await naked("{ status }")).answer).toEqual({ data: { status: "open" } });
      expect((await naked("{ __schema { queryType { name } } }")).text).toContain("Query");
    } finally {
      await app.close();
    }
  });

  it("verifies the whole endpoint in main.ts", async () => {
    const { app } = (await workshop.run("main.ts")) as { app: INestApplication };
    jest.setSystemTime(Date.now() + FENCE_MS);
    try {
      const { graphqlAs } = (await workshop.run("call.ts")) as { graphqlAs: GraphqlAs };
      const schema = "{ __schema { queryType { name } } }";
      expect(await naked(schema)).toMatchObject({
        status: 401,
        answer: { statusCode: 401, message: "Unauthorized" },
      });
      const shop = graphqlAs("shop", keys.shop);
      expect(await shop(schema)).toEqual({ data: { __schema: { queryType: { name: "Query" } } } });
      expect(await shop('mutation { addOrder(item: "cup") }')).toEqual({
        data: { addOrder: "cup" },
      });
    } finally {
      await app.close();
    }
  });
});

describe.each(["express", "fastify"])("docs/recipes/uploads.md on %s", (platform) => {
  const apiKey = generateApiKey();
  const folder = mkdtempSync(join(tmpdir(), "lacre-docs-"));
  const [file, small] = [join(folder, "report.txt"), join(folder, "small.txt")] as const;
  let app: INestApplication;
  let workshop: Workshop;
  beforeAll(async () => {
    writeFileSync(file, Buffer.alloc(2_000_000, 7));
    writeFileSync(small, "tea");
    workshop = open("docs/recipes/uploads.md");
    const isExpress = platform === "express";
    const { FilesController, takeForms } = await workshop.run(
      isExpress ? "files.controller.ts" : "files-on-fastify.ts",
    );
    const module = {
      module: class App {},
      imports: [HmacModule.forRoot({ apps: { orders: apiKey }, origins: "*", bootFence: false })],
      controllers: [FilesController as Type],
    };
    const adapter = isExpress ? new ExpressAdapter() : new FastifyAdapter();
    app = await NestFactory.create(module as never, adapter as ExpressAdapter, {
      logger: false,
      abortOnError: false,
    });
    if (!isExpress)
      await (takeForms as (app: unknown) => Promise<void>)(app as NestFastifyApplication);
    await app.listen(0, "127.0.0.1");
  });
  afterAll(async () => {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("takes a signed form, and none that was changed, is too long, or has no signature", async () => {
    const { upload } = (await workshop.run("upload.ts")) as {
      upload: (url: string, file: string, apiKey: string) => Promise<Response>;
    };
    const url = `http://127.0.0.1:${portOf(app)}/files`;
    const answer = await upload(url, file, apiKey);
    expect([answer.status, await answer.json()]).toEqual([
      201,
      expect.objectContaining({ appId: "orders", name: "report.txt", bytes: 2_000_000 }),
    ]);

    const form = (text: string) =>
      Buffer.from(
        `--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n${text}\r\n--b--\r\n`,
      );
    const post = async (signedText: string, sentText = signedText, length?: number) => {
      const headers: [string, string][] = [["Content-Type", "multipart/form-data; boundary=b"]];
      const signed = new Signer({ appId: "orders", apiKey }).sign({
        method: "POST",
        url,
        headers,
        content: form(signedText),
      });
      const { status } = await send(portOf(app), {
        method: "POST",
        target: "/files",
        headers: [
          ["Host", new URL(url).host],
          ["Content-Length", String(length ?? form(sentText).byteLength)],
          ...headers,
          ...signed.headers,
        ],
        body: form(sentText),
      });
      return status;
    };
    expect(await post("tea")).toBe(201);
    expect(await post("tea", "cup")).toBe(401);
    expect(await post("x".repeat(9_000_001))).toBe(413); // the parser's limit
    expect(await post("x".repeat(10_000_001), "the beginning", 10_000_200)).toBe(413); // the route's
    expect((await upload(url, small, generateApiKey())).status).toBe(401);
    const body = new FormData();
    body.set("file", new Blob(["tea"]), "a");
    expect((await fetch(url, { method: "POST", body })).status).toBe(401);
  });
});

describe.each(["express", "fastify"])("docs/recipes/moving-from-jwt.md on %s", (platform) => {
  const HOST = "api.example.com";
  const shop = { appId: "shop", apiKey: generateApiKey() };
  const secret = "of the tokens, and thirty-two bytes long";
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const token = (key = secret, claims: object = {}) => {
    const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "shop", ...claims })}`;
    return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
  };
  let app: INestApplication;
  let stillJwt: Map<string, number>;
  beforeAll(async () => {
    Object.assign(process.env, { SHOP_KEY: shop.apiKey, JWT_SECRET: secret });
    const workshop = open("docs/recipes/moving-from-jwt.md");
    const { AppModule } = await workshop.run("app.module.ts");
    stillJwt = (await workshop.run("jwt.strategy.ts")).stillJwt as typeof stillJwt;
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter();
    app = await NestFactory.create(AppModule as Type, adapter as ExpressAdapter, {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, "127.0.0.1");
    jest.setSystemTime(Date.now() + FENCE_MS);
  });
  afterAll(() => app.close());

  const get = async (target: string, ...headers: [string, string][]) => {
    const { status, body } = await send(portOf(app), {
      method: "GET",
      target,
      headers: [["Host", HOST], ...headers],
    });
    return [status, status === 200 ? body : ""];
  };
  const signedFor = (target: string, apiKey = shop.apiKey): [string, string][] =>
    new Signer({ ...shop, apiKey }).sign({ method: "GET", url: `https://${HOST}/`, target })
      .headers as [string, string][];

  it("takes either on one route, and signatures alone on the other", async () => {
    const bearer = (value: string): [string, string] => ["Authorization", `Bearer ${value}`];
    expect(await get("/orders", bearer(token()))).toEqual([200, '{"caller":"shop"}']);
    expect([...stillJwt]).toEqual([["shop", 1]]);
    const signed = signedFor("/orders");
    expect(await get("/orders", ...signed)).toEqual([200, '{"caller":"shop"}']);
    expect(await get("/orders", ...signed)).toEqual([401, ""]);
    expect(await get("/orders")).toEqual([401, ""]);
    expect(await get("/orders", bearer(token("another secret")))).toEqual([401, ""]);
    expect(await get("/orders", bearer(token(secret, { exp: 1 })))).toEqual([401, ""]);
    expect(await get("/orders", ...signedFor("/orders", generateApiKey()))).toEqual([401, ""]);
    expect([...stillJwt]).toEqual([["shop", 1]]);

    expect(await get("/invoices", bearer(token()))).toEqual([401, ""]);
    expect(await get("/invoices", ...signedFor("/invoices"))).toEqual([200, '{"caller":"shop"}']);
  });

  it("does not let a token stand in for a signature that is wrong", async () => {
    const wrong = signedFor("/orders", generateApiKey());
    expect(await get("/orders", ...wrong, ["Authorization", `Bearer ${token()}`])).toEqual([
      401,
      "",
    ]);
  });
});

describe("docs/schemes/timestamp-body.md", () => {
  const onExpress = { adapter: () => new ExpressAdapter(), file: "untyped-json.ts" } as const;
  const onFastify = {
    adapter: () => new FastifyAdapter(),
    file: "untyped-json-on-fastify.ts",
  } as const;

  // What the page's Python sends, and every client that gives a text to its library: no Content-Type.
  it.each([
    ["Express", onExpress, [201, { appId: "orders", body: null }]],
    ["Fastify", onFastify, [415]],
  ] as const)("reads JSON without a type on %s, where main.ts says so", async (...row) => {
    const [, { adapter, file }, untaken] = row;
    process.env.SERVICE_KEY = "of the service, thirty-two bytes long";
    const port = await freePort();
    const workshop = open("docs/schemes/timestamp-body.md", { "3000": String(port) });
    const { app, AppModule } = await workshop.run("server.ts");
    await (app as INestApplication).close();
    const { takeUntypedJson } = (await workshop.run(file)) as {
      takeUntypedJson: (app: INestApplication) => void;
    };
    const post = async (isTaken: boolean, content: string, type?: string): Promise<unknown> => {
      const server = await NestFactory.create(AppModule as Type, adapter(), { logger: false });
      if (isTaken) takeUntypedJson(server);
      await server.listen(0, "127.0.0.1");
      jest.setSystemTime(Date.now() + FENCE_MS);
      const time = String(Math.floor(Date.now() / 1000));
      const mac = createHmac("sha256", process.env.SERVICE_KEY ?? "").update(content + time);
      const { status, body } = await send(portOf(server), {
        method: "POST",
        target: "/api",
        headers: [
          ["Host", `localhost:${port}`],
          ["x-hmac-timestamp", time],
          ["x-hmac-sha256", mac.digest("hex")],
          ...(type === undefined ? [] : [["Content-Type", type] as const]),
        ],
        body: Buffer.from(content),
      });
      await server.close();
      const text = Buffer.from(body, "latin1").toString("utf8");
      return status === 201 ? [status, JSON.parse(text)] : [status];
    };
    const message = '{"message":"Hola, microservicio ñ"}';
    expect(await post(false, message)).toEqual(untaken);
    const read = { appId: "orders", body: JSON.parse(message) as unknown };
    expect(await post(true, message)).toEqual([201, read]);
    expect(await post(true, message, "application/json")).toEqual([201, read]);
    expect(await post(true, message, "text/csv")).toEqual([401]); // what is JSON is nothing else
    const form = "application/x-www-form-urlencoded";
    expect(await post(true, "a=1", form)).toEqual([201, { appId: "orders", body: { a: "1" } }]);
    expect(await post(true, "{")).toEqual([400]);
    expect(await post(true, '{"__proto__":{"a":1}}')).toEqual(
      file === onFastify.file ? [400] : [201, { appId: "orders", body: expect.anything() }],
    );
  });
});
