import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { CacheModule } from "@nestjs/cache-manager";
import {
  All,
  Controller,
  Get,
  Logger,
  Req,
  type DynamicModule,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { type OpenAPIObject } from "@nestjs/swagger";
import {
  readApps,
  readSchemes,
  Signer,
  UnreadableAppError,
  type KeyStore,
  type Scheme,
} from "@lacre/core";
import {
  generateApiKey,
  HmacModule,
  HmacPrincipal,
  HmacProtected,
  type AppDefinition,
  type HmacModuleOptions,
  type NonceStore,
  type Observer,
  type Principal,
  type SchemeUsage,
  type Verdict,
} from "@lacre/nestjs";
import { nonceKeyv } from "@lacre/stores/cache";
import { readAspnetApps } from "@lacre/schemes/aspnet";
import { box } from "@lacre/schemes/box";
import { DEMO_KEY, startApp } from "../support/app.js";
import { buildSwaggerPlugIn } from "../support/browser-bundle.js";
import {
  AWS_EVENTS,
  type AwsAnswer,
  type AwsEvent,
  type AwsSource,
} from "../support/aws-events.js";
import { Judge } from "../support/judge.js";
import { run } from "../support/run.js";
import { send, type WireRequest } from "../support/wire.js";
import { ACME_PAGE, acmeVectors, type AcmeVectors } from "./acme.js";
import { blocksOf, documents, read, ROOT } from "./markdown.js";
import { boot, freePort, modulesIn, portOf, Workshop } from "./workshop.js";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";

const HOST = "api.example.com";
const FENCE_MS = 6_000;

/** Signs as a caller of https://api.example.com does, and sends to an app on a port of this machine. */
async function call(
  app: INestApplication,
  by: { appId: string; apiKey: string },
  method: string,
  target: string,
  more: {
    headers?: [string, string][];
    sentTarget?: string;
    sentHeaders?: [string, string][];
  } = {},
): Promise<{ status: number; body: string }> {
  const headers = more.headers ?? [];
  const signed = new Signer(by).sign({ method, url: `https://${HOST}/`, target, headers });
  return await send(portOf(app), {
    method,
    target: more.sentTarget ?? target,
    headers: [...(more.sentHeaders ?? [["Host", HOST]]), ...headers, ...signed.headers],
  });
}

async function start(module: unknown, adapter = new ExpressAdapter()): Promise<INestApplication> {
  const app = await NestFactory.create(module as Type, adapter, {
    logger: false,
    abortOnError: false,
  });
  await app.listen(0, "127.0.0.1");
  letTheFencePass();
  return app;
}

/** A memory store refuses what is signed in the first seconds after its start. */
const letTheFencePass = (): void => jest.setSystemTime(Date.now() + FENCE_MS);

/** The same where a scheme takes what was signed so many seconds ahead. */
const letWindowPass = (seconds: number): void =>
  jest.setSystemTime(Date.now() + (seconds + 1) * 1000);

/** Every timer but the date is real. */
const REAL_TIMERS = [
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

beforeAll(() => {
  Logger.overrideLogger(false);
  jest.useFakeTimers({ doNotFake: [...REAL_TIMERS], now: Date.now() });
});
afterAll(() => void jest.useRealTimers());

const workshops: Workshop[] = [];
function open(path: string, replacements = {}): Workshop {
  const workshop = new Workshop(path, replacements);
  workshops.push(workshop);
  return workshop;
}
afterAll(() => workshops.forEach((workshop) => workshop.close()));

const DOCUMENTS = documents("docs").filter((path) => /^docs\/(?:recipes|schemes)\//.test(path));

/** The text of all tests of documents of one kind. */
const testsOf = (ending: string): string =>
  readdirSync(new URL(".", import.meta.url))
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(new URL(name, import.meta.url), "utf8"))
    .join("");
const [SPECS, SYSTEMS] = [testsOf(".spec.ts"), testsOf(".systems.ts")];

/** Documents about packages that are not here: they are compiled where these are installed. */
const isElsewhere = (path: string): boolean =>
  SYSTEMS.includes(`"${path}"`) && !SPECS.includes(`"${path}"`);

const KINDS = ["ts", "js", "sh", "json", "yaml", "ini", "http", "nginx", "abnf", ""];

describe.each(DOCUMENTS)("%s", (path) => {
  it("has TypeScript that compiles, and blocks of known kinds only", () => {
    const kinds = blocksOf(path).map(({ kind }) => kind);
    expect(kinds.filter((kind) => !KINDS.includes(kind))).toEqual([]);
    if (kinds.includes("ts") && !isElsewhere(path)) expect(open(path).typeErrors()).toBe("");
  });

  it("is one that is tested here or beside", () => {
    const hasCode = blocksOf(path).some(({ kind }) => kind === "ts" || kind === "js");
    const isNamed = SPECS.includes(`"${path}"`) || isElsewhere(path);
    expect([path, !hasCode || isNamed]).toEqual([path, true]);
  });
});

describe("protect-an-api", () => {
  let app: INestApplication;
  let verdicts: Verdict[];
  const shop = { appId: "shop", apiKey: generateApiKey() };
  const office = { appId: "office", apiKey: generateApiKey() };
  beforeAll(async () => {
    Object.assign(process.env, { SHOP_KEY: shop.apiKey, OFFICE_KEY: office.apiKey });
    const names = await open("docs/recipes/protect-an-api.md").run("app.module.ts");
    verdicts = names.verdicts as Verdict[];
    app = await start(names.AppModule);
  });
  afterAll(() => app.close());

  it("does what it says", async () => {
    const bare = (target: string) =>
      send(portOf(app), { method: "GET", target, headers: [["Host", HOST]] });
    expect(await call(app, shop, "GET", "/orders")).toMatchObject({
      status: 200,
      body: '{"tenant":7}',
    });
    expect((await bare("/orders")).status).toBe(401);
    expect(await bare("/orders/health")).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    expect((await call(app, shop, "POST", "/orders")).status).toBe(401);
    const headers: [string, string][] = [["X-Tenant", "7"]];
    expect((await call(app, shop, "POST", "/orders", { headers })).body).toBe(
      '{"createdBy":"shop"}',
    );
    expect((await call(app, shop, "DELETE", "/orders/1")).status).toBe(403);
    expect((await call(app, office, "DELETE", "/orders/1")).body).toBe('{"removed":"1"}');
    const codes = verdicts.map((verdict) =>
      verdict.outcome === "refused" ? verdict.code : verdict.outcome,
    );
    expect(codes).toEqual([
      "accepted",
      "credentials-missing",
      "header-unsigned",
      "accepted",
      "scope-insufficient",
      "accepted",
    ]);
  });
});

describe("rotate-a-key", () => {
  @Controller("orders")
  @HmacProtected()
  class OrdersController {
    @Get()
    list(@HmacPrincipal("keyId") keyId: Principal["keyId"]) {
      return keyId;
    }
  }

  it("takes both keys, then the new one alone, and says who still uses the old one", async () => {
    const names = await open("docs/recipes/rotate-a-key.md").run("rings.ts");
    const { both, done, stillOld } = names as {
      both: AppDefinition;
      done: AppDefinition;
      stillOld: Set<string>;
    };
    const { oldKey, newKey } = names as Record<string, string>;
    for (const [ring, whenOld] of [
      [both, 200],
      [done, 401],
    ] as const) {
      stillOld.clear();
      const server = await startApp("express", {
        controllers: [OrdersController],
        hmac: { apps: [ring], observer: names.observer as Observer },
      });
      try {
        const by = (apiKey = "") => call(server.app, { appId: "orders", apiKey }, "GET", "/orders");
        expect(await by(newKey)).toMatchObject({ status: 200, body: "2027" });
        expect(stillOld.size).toBe(0);
        expect((await by(oldKey)).status).toBe(whenOld);
        expect([...stillOld]).toEqual(whenOld === 200 ? ["orders"] : []);
      } finally {
        await server.close();
      }
    }
  });
});

describe("behind-a-proxy", () => {
  @Controller("orders")
  @HmacProtected()
  class OrdersController {
    @Get()
    list() {
      return "ran";
    }
  }

  it("puts the prefix back, and lets the proxy name the host", async () => {
    const apiKey = generateApiKey();
    process.env.ORDERS_KEY = apiKey;
    const names = await open("docs/recipes/behind-a-proxy.md").run("signing.ts");
    const app = await start({
      module: class App {},
      imports: modulesIn(names),
      controllers: [OrdersController],
    });
    try {
      const orders = { appId: "orders", apiKey };
      const by = (forwarded: string, target = "/api/orders") =>
        call(app, orders, "GET", target, {
          sentTarget: "/orders",
          sentHeaders: [
            ["Host", "127.0.0.1:3000"],
            ["X-Forwarded-Host", forwarded],
          ],
        });
      expect((await by(HOST)).status).toBe(200);
      expect((await by(HOST, "/orders")).status).toBe(401);
      expect((await by("api.example.org")).status).toBe(401);
      expect((await by("evil.example")).status).toBe(401);
    } finally {
      await app.close();
    }
  });
});

describe.each(["express", "fastify"])("streamed-upload on %s", (platform) => {
  let app: INestApplication;
  let stored: string;
  let workshop: Workshop;
  const apiKey = generateApiKey();
  const files = mkdtempSync(join(tmpdir(), "lacre-docs-"));
  beforeAll(async () => {
    workshop = open("docs/recipes/streamed-upload.md");
    const { folder, UploadsController } = await workshop.run("uploads.controller.ts");
    const { leaveAlone } = await workshop.run("pass-through.ts");
    stored = folder as string;
    class App {}
    const module = {
      module: App,
      imports: [
        HmacModule.forRoot({
          apps: { orders: apiKey },
          origins: "*",
          bootFence: false,
          maxBodyBytes: 10,
        }),
      ],
      controllers: [UploadsController as Type],
    };
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter();
    app = await NestFactory.create(module as never, adapter as ExpressAdapter, {
      logger: false,
      abortOnError: false,
    });
    if (platform === "fastify")
      (leaveAlone as (app: unknown) => void)(app as NestFastifyApplication);
    await app.listen(0, "127.0.0.1");
  });
  afterAll(async () => {
    await app.close();
    rmSync(stored, { recursive: true, force: true });
    rmSync(files, { recursive: true, force: true });
  });
  beforeEach(() => readdirSync(stored).forEach((name) => rmSync(join(stored, name))));

  it("keeps what came whole, and nothing else", async () => {
    const { upload } = (await workshop.run("upload.ts")) as {
      upload: (signer: Signer, url: string, file: string) => Promise<number>;
    };
    const file = join(files, "file");
    const content = Buffer.alloc(300_000, 7);
    writeFileSync(file, content);
    const url = `http://127.0.0.1:${portOf(app)}/uploads/report`;
    const signer = new Signer({ appId: "orders", apiKey });
    expect(await upload(signer, url, file)).toBe(200);
    expect(readdirSync(stored)).toEqual(["report"]);
    expect(readFileSync(join(stored, "report")).equals(content)).toBe(true);

    // A signer that signs another content than is sent.
    const wrong = {
      sign: (request: Parameters<Signer["sign"]>[0]) =>
        signer.sign({ ...request, content: Buffer.from("other") }),
    };
    expect(await upload(wrong as Signer, `${url}2`, file)).toBe(401);
    expect(readdirSync(stored)).toEqual(["report"]);
  });
});

describe("your-own-key-store", () => {
  @Controller("orders")
  @HmacProtected()
  class OrdersController {
    @Get()
    list(@HmacPrincipal() { keyId, attributes }: Principal) {
      return { keyId, tenant: attributes.tenant };
    }
  }

  it("knows an app, does not know another, forgets a revoked key in time, and fails as 503", async () => {
    const names = await open("docs/recipes/your-own-key-store.md").run("apps.source.ts");
    const rows = names.rows as Map<string, unknown>;
    const app = await start({
      module: class App {},
      imports: modulesIn(names),
      controllers: [OrdersController],
    });
    try {
      const shop = { appId: "shop", apiKey: generateApiKey() };
      const row = (apiKey: string, revoked: boolean) => ({
        scopes: [],
        tenant: 7,
        keys: [{ id: "2026", apiKey, revoked }],
      });
      const asShop = () => call(app, shop, "GET", "/orders");
      expect((await asShop()).status).toBe(401);
      rows.set("shop", row(shop.apiKey, false));
      expect((await asShop()).status).toBe(401);
      jest.setSystemTime(Date.now() + 2_000);
      expect(await asShop()).toMatchObject({ status: 200, body: '{"keyId":"2026","tenant":7}' });
      rows.set("shop", row(shop.apiKey, true));
      jest.setSystemTime(Date.now() + 9_999);
      expect((await asShop()).status).toBe(200);
      jest.setSystemTime(Date.now() + 1);
      expect((await asShop()).status).toBe(401);
      rows.set("shop", row("too short", false));
      jest.setSystemTime(Date.now() + 10_000);
      expect((await asShop()).status).toBe(503);
      const { tell } = names.listener as { tell(appId?: string): void };
      rows.set("shop", row(shop.apiKey, false));
      tell("shop");
      expect((await asShop()).status).toBe(200);
      rows.set("shop", row(shop.apiKey, true));
      tell("shop");
      expect((await asShop()).status).toBe(401);
    } finally {
      await app.close();
    }
  });
});

describe("your-own-key-store without Nest", () => {
  it("finds an app, finds none, cannot read one, and throws when it cannot know", async () => {
    const names = await open("docs/recipes/your-own-key-store.md").run("row-key-store.ts");
    type Rows = (appId: string) => Promise<{ appId: string; apiKey: string } | undefined>;
    const rowKeyStore = names.rowKeyStore as (
      findRow: Rows,
      schemes: readonly Scheme[],
    ) => KeyStore;
    const keys = rowKeyStore(async (appId) => {
      if (appId === "late") throw new Error("no connection");
      if (appId === "stranger") return undefined;
      return { appId, apiKey: appId === "shop" ? generateApiKey() : "too short" };
    }, readSchemes());
    expect(await keys.find("shop")).toMatchObject({ appId: "shop" });
    expect(await keys.find("stranger")).toBeUndefined();
    await expect(keys.find("broken")).rejects.toThrow(UnreadableAppError);
    expect(keys.failing).toBe(false);
    await expect(keys.find("late")).rejects.toThrow("no connection");
    expect(keys.failing).toBe(true);
  });
});

describe("serverless", () => {
  const apiKey = generateApiKey();
  const signer = new Signer({ appId: "orders", apiKey });
  let pages: Workshop;
  beforeAll(() => {
    process.env.ORDERS_KEY = apiKey;
    // There is no Redis here; one memory stands in for it.
    pages = open("docs/recipes/serverless.md", {
      '{ RedisNonceStore } from "@lacre/stores/redis"': '{ MemoryNonceStore } from "@lacre/core"',
      'new RedisNonceStore({ url: process.env.REDIS_URL ?? "" })':
        "new MemoryNonceStore({ clusterOk: true, fence: false })",
    });
  });

  type Handler = (event: AwsEvent, context: object) => Promise<AwsAnswer>;
  const sources = Object.keys(AWS_EVENTS) as AwsSource[];
  const cases = ["express", "fastify"].flatMap((platform) =>
    sources.map((source) => [platform, source] as const),
  );
  const isTable = (source: AwsSource) => /REST|balancer/.test(source);

  describe.each(cases)("on %s, behind a %s", (platform, source) => {
    let handler: Handler;
    beforeAll(async () => {
      process.env.ALB_MULTI_VALUE = String(source.endsWith("multi-value"));
      // A query in the name makes it another module, which reads the environment anew.
      const names = await pages.run(`${platform}.lambda.ts`, source);
      handler = names.handler as Handler;
    });

    const sent = (target: string, method = "GET", type?: string, body?: Buffer): WireRequest => {
      const headers: [string, string][] = type === undefined ? [] : [["Content-Type", type]];
      const content = body === undefined ? {} : { content: body };
      const url = `https://${HOST}/`;
      const signed = signer.sign({ method, url, target, headers, ...content });
      const all = [["Host", HOST], ...headers, ...signed.headers] as const;
      return { method, target, headers: all, ...(body !== undefined && { body }) };
    };
    const statusOf = async (request: WireRequest) =>
      (await handler(AWS_EVENTS[source](request), {})).statusCode;

    const SORTED = ["/orders/7?a=1", "/orders/7?a=%20%2F%27&b=~&c=", "/orders/7?%C3%A9=%2B&z=1"];
    const AS_SENT = ["/orders/7?b=1&a=2&b=3", "/orders/7?a=x+y&flag", "/orders/7?b=%7e,&a=1"];
    const ENCODED = ["/orders/a%20b", "/orders/%C3%A9%22"];

    it("takes what it says", async () => {
      for (const target of ["/orders/7", ...SORTED, ...ENCODED])
        expect([target, await statusOf(sent(target))]).toEqual([target, 200]);
      for (const target of AS_SENT)
        expect([target, await statusOf(sent(target))]).toEqual([
          target,
          isTable(source) ? 401 : 200,
        ]);
      // Of what is repeated, a load balancer without multi-value headers hands over the last.
      const repeated = await statusOf(sent("/orders/7?a=2&a=1"));
      expect(repeated).toBe(source === "load balancer" ? 401 : 200);
      const slash = await statusOf(sent("/orders/a%2Fb"));
      expect(slash).toBe(source === "HTTP API" ? 404 : 200);
      const percent = await statusOf(sent("/orders/a%2525b"));
      expect(percent).toBe(source === "HTTP API" ? 401 : 200);
    });

    it("runs a request once, and none that was changed", async () => {
      const request = sent("/orders/7?a=1&b=2");
      expect(await statusOf({ ...request, target: "/orders/7?a=1&b=3" })).toBe(401);
      expect(await statusOf({ ...request, target: "/orders/7?a=1&b=2&c=" })).toBe(401);
      expect(await statusOf({ ...request, target: "/orders/8?a=1&b=2" })).toBe(401);
      expect(await statusOf(request)).toBe(200);
      expect(await statusOf(request)).toBe(401);
    });

    it("gives the handler what was signed", async () => {
      const { body } = await handler(AWS_EVENTS[source](sent("/orders/7?a=%2B%20&b=%C3%A9")), {});
      expect(JSON.parse(body)).toEqual({ by: "orders", query: { a: "+ ", b: "é" } });
    });

    it("reads content in text and in base64", async () => {
      for (const [type, text, read] of [
        ["application/json", '{"item":"té"}', { item: "té" }],
        ["application/x-www-form-urlencoded", "item=t%C3%A9", { item: "té" }],
      ] as const) {
        const request = sent("/orders", "POST", type, Buffer.from(text));
        const changed = { ...request, body: Buffer.from(text.replace("item", "itom")) };
        expect(await statusOf(changed)).toBe(401);
        const answer = await handler(AWS_EVENTS[source](request), {});
        expect(answer.statusCode).toBe(201);
        expect(JSON.parse(answer.body)).toEqual({ by: "orders", body: read });
      }
    });
  });

  it("has a client that writes what every event preserves", async () => {
    const { sortedQuery } = (await pages.run("raw-target.ts")) as {
      sortedQuery: (parameters: object) => string;
    };
    const query = sortedQuery({ b: "x y", a: ["2", "1"], é: "'", none: undefined });
    expect(query).toBe("%C3%A9=%27&a=2&a=1&b=x%20y");
    expect((await pages.run("call.ts")).find).toBeInstanceOf(Function);
  });

  it("does not start with nonces in the memory of an instance", async () => {
    process.env.AWS_LAMBDA_FUNCTION_NAME = "orders";
    try {
      const module = HmacModule.forRoot({ apps: { orders: apiKey }, origins: "*" });
      await expect(boot(module)).rejects.toThrow("nonces: this is one of several processes");
    } finally {
      delete process.env.AWS_LAMBDA_FUNCTION_NAME;
    }
  });
});

describe("your-own-nonce-store", () => {
  const folder = mkdtempSync(join(tmpdir(), "lacre-nonces-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("takes each request once, in all processes, and none that it cannot know", async () => {
    const names = await open("docs/recipes/your-own-nonce-store.md").run("folder-nonce.store.ts");
    const FolderNonceStore = names.FolderNonceStore as new (folder: string) => NonceStore;
    const [one, other] = [new FolderNonceStore(folder), new FolderNonceStore(folder)];
    await expect((async () => one.claim("app\nearly", Date.now()))()).rejects.toThrow("started");
    await one.start?.();
    await other.start?.();
    expect(other.completeSinceMs).toBe(one.completeSinceMs);
    expect(await one.claim("app\nonce", Date.now() + 60_000)).toBe("fresh");
    expect(await other.claim("app\nonce", Date.now() + 60_000)).toBe("seen");
    rmSync(folder, { recursive: true });
    jest.setSystemTime(Date.now() + 1);
    await other.start?.();
    // Its memory begins anew, and whoever knew the old one takes nothing.
    expect(await other.claim("app\nonce", Date.now() + 60_000)).toBe("fresh");
    await expect((async () => one.claim("app\nanother", Date.now()))()).rejects.toThrow("ENOENT");
  });

  it("removes what is over, and nothing that lives", async () => {
    const names = await open("docs/recipes/your-own-nonce-store.md").run("folder-nonce.store.ts");
    const FolderNonceStore = names.FolderNonceStore as new (
      folder: string,
      clock: object,
    ) => NonceStore & { pathOf(key: string): string };
    const time = { ms: Date.now() };
    const store = new FolderNonceStore(folder, { nowMs: () => time.ms });
    await store.start?.();
    await store.claim("short", time.ms + 1_000);
    await store.claim("long", time.ms + 100_000);
    time.ms += 61_001;
    await store.claim("next", time.ms + 1_000);
    const there = (key: string) => lstatSync(store.pathOf(key), { throwIfNoEntry: false });
    for (const deadlineMs = performance.now() + 10_000; there("short") !== undefined;) {
      expect(performance.now()).toBeLessThan(deadlineMs);
      await new Promise(setImmediate);
    }
    expect(await store.claim("long", time.ms + 1)).toBe("seen");
    expect(await store.claim("next", time.ms + 1)).toBe("seen");
  });
});

describe("rate-limits", () => {
  const shop = { appId: "shop", apiKey: generateApiKey() };
  const office = { appId: "office", apiKey: generateApiKey() };
  let app: INestApplication;
  beforeAll(async () => {
    Object.assign(process.env, { SHOP_KEY: shop.apiKey, OFFICE_KEY: office.apiKey });
    const { AppModule } = await open("docs/recipes/rate-limits.md").run("app.module.ts");
    app = await start(AppModule);
  });
  afterAll(() => app.close());

  const asked = async (
    times: number,
    by: typeof shop,
    target = "/orders",
    method = "GET",
  ): Promise<Record<number, number>> => {
    const seen: Record<number, number> = {};
    for (let i = 0; i < times; i++) {
      const { status } = await call(app, by, method, target);
      seen[status] = (seen[status] ?? 0) + 1;
    }
    return seen;
  };

  it("counts by app: by its record, by the module without one, and by the route", async () => {
    expect(await asked(61, office)).toEqual({ 200: 60, 429: 1 });
    expect(await asked(21, shop)).toEqual({ 200: 20, 429: 1 });
    jest.setSystemTime(Date.now() + 1_001);
    expect(await asked(3, shop, "/orders/exports", "POST")).toEqual({ 201: 2, 429: 1 });
    expect(await asked(100, shop, "/orders/status")).toEqual({ 200: 100 });
    expect(await asked(1, shop)).toEqual({ 200: 1 });
  });

  it("counts by address what is public, and what is refused", async () => {
    const prices = () =>
      send(portOf(app), { method: "GET", target: "/orders/prices", headers: [["Host", HOST]] });
    for (let i = 0; i < 60; i++) expect((await prices()).status).toBe(200);
    expect((await prices()).status).toBe(429);
    const forger = { appId: "shop", apiKey: generateApiKey() };
    expect(await asked(31, forger)).toEqual({ 401: 30, 429: 1 });
    expect(await asked(1, office)).toEqual({ 429: 1 });
    jest.setSystemTime(Date.now() + 60_001);
    expect(await asked(1, office)).toEqual({ 200: 1 });
  });
});

describe.each(["express", "fastify"] as const)("signed-answers on %s", (platform) => {
  it("pays, and believes nothing that was changed", async () => {
    const workshop = open("docs/recipes/signed-answers.md");
    const { PaymentsController } = await workshop.run("payments.controller.ts");
    const { pay } = (await workshop.run("pay.ts")) as {
      pay: (signer: Pick<Signer, "sign" | "check">, url: string, n: number) => Promise<unknown>;
    };
    const server = await startApp(platform, { controllers: [PaymentsController as Type] });
    try {
      const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY });
      const url = `${server.url}/payments`;
      expect(await pay(signer, url, 7)).toEqual({ paid: 7 });
      const inTheMiddle: Pick<Signer, "sign" | "check"> = {
        sign: (request) => signer.sign(request),
        check: (signed, answer) =>
          signer.check(signed, { ...answer, content: Buffer.from('{"paid":8}') }),
      };
      await expect(pay(inTheMiddle, url, 7)).rejects.toThrow("content-mismatch");
    } finally {
      await server.close();
    }
  });
});

describe.each(["express", "fastify"] as const)("presigned-urls on %s", (platform) => {
  it("makes links that are good for ten minutes, or once", async () => {
    const workshop = open("docs/recipes/presigned-urls.md");
    const { ReportsController } = await workshop.run("reports.controller.ts");
    const { linkTo } = (await workshop.run("link.ts")) as {
      linkTo: (signer: Signer, url: string, singleUse?: boolean) => string;
    };
    const server = await startApp(platform, { controllers: [ReportsController as Type] });
    try {
      const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY });
      const get = async (url: string) => {
        const response = await fetch(url);
        return [response.status, (await response.text()).slice(0, 17)];
      };
      const link = linkTo(signer, `${server.url}/reports/7`);
      expect(await get(link)).toEqual([200, "report 7, by link"]);
      expect(await get(link)).toEqual([200, "report 7, by link"]);
      const once = linkTo(signer, `${server.url}/reports/7`, true);
      expect((await get(once))[0]).toBe(200);
      expect((await get(once))[0]).toBe(401);
      jest.setSystemTime(Date.now() + 600_000);
      expect((await get(link))[0]).toBe(401);
    } finally {
      await server.close();
    }
  });
});

describe("aws-sigv4", () => {
  it.each(["with-aws4.js", "with-smithy.js"])("%s calls its server", async (file) => {
    process.env.PARTNER_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"; // of AWS's own examples
    const port = await freePort();
    const workshop = open("docs/schemes/aws-sigv4.md", { "3000": String(port) });
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    letTheFencePass();
    try {
      const { response } = (await workshop.run(file)) as { response: Response };
      expect([response.status, await response.json()]).toEqual([
        200,
        { appId: "partner", body: { n: 1 } },
      ]);
    } finally {
      await app.close();
    }
  });

  it("has curl commands, which readme.systems.ts runs", () => {
    expect(read("docs/schemes/aws-sigv4.md")).toContain("```sh\ncurl ");
  });
});

describe("docs/schemes/aspnet-hmac.md", () => {
  const page = "docs/schemes/aspnet-hmac.md";

  it("takes both ways side by side, and says who still goes the old one", async () => {
    const [settings] = blocksOf(page).filter(({ kind }) => kind === "json");
    const [old] = readAspnetApps(settings?.code).flatMap(({ keys }) => keys);
    const folder = mkdtempSync(join(tmpdir(), "lacre-docs-"));
    const file = join(folder, "appsettings.json");
    writeFileSync(file, settings?.code ?? "");
    const apiKey = generateApiKey();
    process.env.APPSETTINGS = file;
    process.env.ORDERS_KEY = apiKey;
    process.env.ORDERS_OLD_KEY = old?.apiKey;
    const port = await freePort();
    const url = `http://localhost:${port}/api/orders`;
    const workshop = open(page, { "3000": String(port) });
    const { app, usage } = (await workshop.run("server.ts")) as {
      app: INestApplication;
      usage: SchemeUsage;
    };
    letWindowPass(300);
    try {
      const { headers } = new Signer({ appId: "orders", apiKey }).sign({ method: "GET", url });
      const answer = await fetch(url, { headers: Object.fromEntries(headers) });
      expect(await answer.json()).toEqual({ appId: "orders", scheme: "lacre1" });
      expect(usage.report("aspnet-hmac")).toEqual([]);

      const { post } = (await workshop.run("call.ts")) as {
        post: (url: string, body: string) => Promise<Response>;
      };
      const posted = await post(url, '{"n":1}');
      expect([posted.status, await posted.json()]).toEqual([
        201,
        { appId: "orders", body: { n: 1 } },
      ]);
      expect(usage.report("aspnet-hmac")).toMatchObject([{ appId: "orders", requests: 1 }]);
    } finally {
      await app.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("docs/schemes/acquia2.md", () => {
  it("has a server and a client that understand each other", async () => {
    process.env.PIPET_KEY = Buffer.from(generateApiKey().slice(4), "base64url").toString("base64");
    const port = await freePort();
    const workshop = open("docs/schemes/acquia2.md", { "3000": String(port) });
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    letWindowPass(900);
    try {
      const { createTask } = (await workshop.run("call.ts")) as {
        createTask: (url: string, body: string) => Promise<Response>;
      };
      const answer = await createTask(`http://localhost:${port}/v1.0/task`, '{"n":1}');
      expect([answer.status, await answer.json()]).toEqual([
        201,
        { appId: "efdde334-fe7b-11e4-a322-1697f925ec7b", body: { n: 1 } },
      ]);
    } finally {
      await app.close();
    }
  });
});

describe("docs/schemes/hawk.md", () => {
  it("with-hawk.js calls its server", async () => {
    process.env.PARTNER_KEY = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn"; // of Hawk's own examples
    const port = await freePort();
    const workshop = open("docs/schemes/hawk.md", { "3000": String(port) });
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    letWindowPass(60);
    try {
      const { response } = (await workshop.run("with-hawk.js")) as { response: Response };
      expect([response.status, await response.json()]).toEqual([
        200,
        { appId: "partner", body: { n: 1 } },
      ]);
    } finally {
      await app.close();
    }
  });
});

describe("docs/recipes/swagger-ui.md", () => {
  it("describes what it protects, and serves a page that signs", async () => {
    buildSwaggerPlugIn();
    process.env.ORDERS_KEY = generateApiKey();
    const port = await freePort();
    const workshop = open("docs/recipes/swagger-ui.md", { "3000": String(port) });
    const { app, document } = (await workshop.run("main.ts")) as {
      app: INestApplication;
      document: OpenAPIObject;
    };
    try {
      const { "/orders": orders, "/orders/health": health } = document.paths;
      expect([orders?.post?.security, health?.get?.security]).toEqual([
        [{ lacre1: [] }],
        undefined,
      ]);
      expect(orders?.post?.parameters).toMatchObject([{ name: "x-tenant", in: "header" }]);
      const page = await fetch(`http://127.0.0.1:${port}/docs/swagger-ui-init.js`);
      expect(await page.text()).toContain("hmacSwaggerUiPlugin");
    } finally {
      await app.close();
    }
    const { ReportsController } = await workshop.run("reports.controller.ts");
    expect(Reflect.getMetadata("swagger/apiSecurity", ReportsController as object)).toEqual([
      { lacre1: [] },
    ]);
    const { showDocs } = (await workshop.run("page.ts")) as {
      showDocs(show: (options: { plugins: (() => object)[] }) => unknown): { plugins: never[] };
    };
    const { plugins } = showDocs((options) => options) as { plugins: (() => object)[] };
    expect(plugins.map((plugin) => Object.keys(plugin()))).toEqual([
      ["wrapComponents", "statePlugins"],
    ]);
  });
});

describe("docs/recipes/several-processes.md", () => {
  type Signing<Argument> = (apps: object, argument: Argument) => DynamicModule;
  const apps = { orders: generateApiKey() };
  const boot = async (module: DynamicModule): Promise<void> => {
    const app = await NestFactory.create(
      { module: class App {}, imports: [module] },
      { logger: false, abortOnError: false },
    );
    await app.init();
    await app.close();
  };
  const run = (name: string) => open("docs/recipes/several-processes.md").run(name);

  it("Redis: does not start without it", async () => {
    const { signing } = (await run("redis.ts")) as { signing: Signing<string> };
    const nobody = `redis://127.0.0.1:${await freePort()}`;
    await expect(boot(signing(apps, nobody))).rejects.toThrow("url: cannot be used");
  });

  it("Redis: does not start without a sentinel", async () => {
    const { signing } = (await run("sentinel.ts")) as { signing: Signing<object[]> };
    const nobody = [{ host: "127.0.0.1", port: await freePort() }];
    await expect(boot(signing(apps, nobody))).rejects.toThrow("client: cannot be used");
  });

  it("PostgreSQL: does not start without it", async () => {
    const { signing } = (await run("postgres.ts")) as { signing: Signing<string> };
    const nobody = `postgres://nobody:secret@127.0.0.1:${await freePort()}/none`;
    const start = boot(signing(apps, nobody));
    await expect(start).rejects.toThrow("connectionString: the nonce database cannot be used");
    await expect(start).rejects.not.toThrow("secret");
  });

  it("a cache: starts where its store can claim, and nowhere else", async () => {
    const { signing } = (await run("cache.ts")) as { signing: Signing<unknown> };
    await boot(signing(apps, CacheModule.register({ stores: [nonceKeyv()] })));
    const plain = boot(signing(apps, CacheModule.register()));
    await expect(plain).rejects.toThrow("is not known to claim atomically");
  });

  it("a store of one's own claims once", async () => {
    const { SqlNonceStore, signingWith } = (await run("own.ts")) as {
      SqlNonceStore: new (insert: (key: string) => Promise<number>) => NonceStore;
      signingWith: Signing<unknown>;
    };
    const rows = new Set<string>();
    const insert = async (key: string): Promise<number> => {
      const before = rows.size;
      return rows.add(key).size - before;
    };
    const store = new SqlNonceStore(insert);
    expect([await store.claim("a", 1), await store.claim("a", 1)]).toEqual(["fresh", "seen"]);
    await boot(signingWith(apps, insert));
  });
});

describe("docs/recipes/calling-from-nest.md", () => {
  const keys = {
    shop: generateApiKey(),
    "shop-at-bank": generateApiKey(),
    "shop-at-post": generateApiKey(),
  };

  @Controller()
  @HmacProtected({ body: "stream" })
  class OrdersController {
    @All("*rest")
    async answer(
      @HmacPrincipal() { appId, signedHeaders }: Principal,
      @Req() request: AsyncIterable<Buffer>,
    ) {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const signedKey = signedHeaders.includes("idempotency-key");
      return { appId, signedKey, length: Buffer.concat(parts).length };
    }
  }

  it("signs what its services send, each with its own key, and a file", async () => {
    const server = await startApp("express", {
      controllers: [OrdersController],
      hmac: { apps: keys },
      create: { bodyParser: false },
    });
    const folder = mkdtempSync(join(tmpdir(), "lacre-docs-"));
    const contextOf = async (module: unknown) =>
      await NestFactory.createApplicationContext(module as Type, { logger: false });
    Object.assign(process.env, {
      SHOP_KEY: keys.shop,
      BANK_KEY: keys["shop-at-bank"],
      POST_KEY: keys["shop-at-post"],
      ORDERS_URL: server.url,
    });
    try {
      const workshop = open("docs/recipes/calling-from-nest.md");
      const { ShopModule, OrdersClient } = await workshop.run("shop.module.ts");
      const shop = await contextOf(ShopModule);
      const client = shop.get<{ create(order: object, key: string): unknown }>(
        OrdersClient as Type,
      );
      expect(await client.create({ n: 1 }, "1")).toEqual({
        appId: "shop",
        signedKey: true,
        length: 7,
      });
      const { PartnersModule, Partners } = await workshop.run("partners.module.ts");
      const both = await contextOf(PartnersModule);
      const partners = both.get<{ callers(): unknown }>(Partners as Type);
      expect(await partners.callers()).toMatchObject([
        { appId: "shop-at-bank" },
        { appId: "shop-at-post" },
      ]);
      const { upload } = (await workshop.run("upload.ts")) as {
        upload: (url: string, file: string) => Promise<number>;
      };
      writeFileSync(join(folder, "file"), Buffer.alloc(300_000, 7));
      expect(await upload(`${server.url}/files/1`, join(folder, "file"))).toBe(200);
      await Promise.all([shop.close(), both.close()]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await server.close();
    }
  });
});

/** What a module gives to HmacModule.forRoot. */
const optionsOf = (module: unknown): Partial<HmacModuleOptions> =>
  (Reflect.getMetadata("imports", module as object) as DynamicModule[])
    .flatMap(({ providers = [] }) => providers as { useValue?: HmacModuleOptions }[])
    .flatMap(({ useValue }) => useValue ?? [])
    .find(({ schemes }) => schemes !== undefined) ?? {};

describe("receive-webhooks", () => {
  const secrets = {
    STRIPE_SECRET: "whsec_0123456789abcdefghijklmnopqrstuv",
    GITHUB_SECRET: "It's a Secret to Everybody, and thirty-two bytes long",
    SLACK_SECRET: "8f742231b10e8888abcd99yyyzzz85a5",
    BILLING_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  };
  const hmac = (secret: string | Buffer, text: string, encoding: "hex" | "base64" = "hex") =>
    createHmac("sha256", secret).update(text).digest(encoding);

  /** What each sender sends, by its own documents. */
  function messages(): [route: string, type: string, headers: [string, string][], body: string][] {
    const at = Math.floor(Date.now() / 1000);
    const event = '{"id":"evt_1"}';
    const form = "command=%2Fdeploy";
    const key = Buffer.from(secrets.BILLING_SECRET.slice(6), "base64");
    return [
      [
        "stripe",
        "application/json",
        [["Stripe-Signature", `t=${at},v1=${hmac(secrets.STRIPE_SECRET, `${at}.${event}`)}`]],
        event,
      ],
      [
        "github",
        "application/json",
        [["X-Hub-Signature-256", `sha256=${hmac(secrets.GITHUB_SECRET, '{"action":"opened"}')}`]],
        '{"action":"opened"}',
      ],
      [
        "slack",
        "application/x-www-form-urlencoded",
        [
          ["X-Slack-Request-Timestamp", String(at)],
          ["X-Slack-Signature", `v0=${hmac(secrets.SLACK_SECRET, `v0:${at}:${form}`)}`],
        ],
        form,
      ],
      [
        "billing",
        "application/json",
        [
          ["webhook-id", "msg_1"],
          ["webhook-timestamp", String(at)],
          ["webhook-signature", `v1,${hmac(key, `msg_1.${at}.${event}`, "base64")}`],
        ],
        event,
      ],
    ];
  }

  it("takes each sender's messages, once, on its own route alone", async () => {
    Object.assign(process.env, secrets);
    const names = await open("docs/recipes/receive-webhooks.md").run("hooks.module.ts");
    const app = await start(names.HooksModule);
    try {
      const deliver = async (
        route: string,
        [, type, headers, body]: ReturnType<typeof messages>[0],
      ): Promise<number> => {
        const { status } = await send(portOf(app), {
          method: "POST",
          target: `/hooks/${route}`,
          headers: [["Host", HOST], ["Content-Type", type], ...headers],
          body: Buffer.from(body),
        });
        return status;
      };
      for (const message of messages()) {
        const [route] = message;
        const elsewhere = route === "slack" ? "stripe" : "slack";
        expect([route, await deliver(elsewhere, message)]).toEqual([route, 401]);
        expect([route, await deliver(route, message)]).toEqual([
          route,
          route === "slack" ? 200 : 204,
        ]);
        expect([route, await deliver(route, message)]).toEqual([route, 200]); // acknowledged
      }
      expect(names.work).toEqual([
        ["stripe", "evt_1"],
        ["github", "opened"],
        ["slack", "/deploy"],
        ["billing", "msg_1"],
      ]);
    } finally {
      await app.close();
    }
  });

  it("takes several senders of one format, each by its own name and key", async () => {
    const several = {
      ...secrets,
      CONNECT_SECRET: "whsec_zyxwvutsrqponmlkjihgfedcba9876543210",
      CLERK_SECRET: `whsec_${Buffer.from("of Clerk, 24 bytes of it").toString("base64")}`,
      RESEND_SECRET: `whsec_${Buffer.from("of Resend, and a little longer").toString("base64")}`,
      META_APP_SECRET: "614fc3afb7a0f0b7b8a4d1d0a3b1c2d3",
      META_VERIFY_TOKEN: "a word of ours",
    };
    Object.assign(process.env, several);
    const names = await open("docs/recipes/receive-webhooks.md").run("several.module.ts");
    const app = await start(names.SeveralModule);
    const { schemes = [], apps = [] } = optionsOf(names.SeveralModule);
    const at = Math.floor(Date.now() / 1000);
    const body = '{"id":"evt_1"}';
    const svix = (secret: string): [string, string][] => [
      ["svix-id", "msg_1"],
      ["svix-timestamp", String(at)],
      [
        "svix-signature",
        `v1,${hmac(Buffer.from(secret.slice(6), "base64"), `msg_1.${at}.${body}`, "base64")}`,
      ],
    ];
    const striped = (secret: string): [string, string][] => [
      ["stripe-signature", `t=${at},v1=${hmac(secret, `${at}.${body}`)}`],
    ];
    const hub = (secret: string): [string, string][] => [
      ["x-hub-signature-256", `sha256=${hmac(secret, body)}`],
    ];
    const sent: Record<string, [own: [string, string][], twin: [string, string][]]> = {
      stripe: [striped(several.STRIPE_SECRET), striped(several.CONNECT_SECRET)],
      "stripe-connect": [striped(several.CONNECT_SECRET), striped(several.STRIPE_SECRET)],
      clerk: [svix(several.CLERK_SECRET), svix(several.RESEND_SECRET)],
      resend: [svix(several.RESEND_SECRET), svix(several.CLERK_SECRET)],
      github: [hub(several.GITHUB_SECRET), hub(several.META_APP_SECRET)],
      meta: [hub(several.META_APP_SECRET), hub(several.GITHUB_SECRET)],
    };
    try {
      const made = schemes.filter((scheme) => typeof scheme === "object");
      expect(made.map(({ name }) => name)).toEqual(Object.keys(sent));
      for (const scheme of made) {
        const [own, twin] = sent[scheme.name] ?? [[], []];
        const judge = new Judge({
          scheme,
          apps: (apps as AppDefinition[]).filter(({ appId }) => appId === scheme.name),
          origins: [`https://${HOST}`],
          nowSeconds: at,
        });
        const verdictOf = (headers: [string, string][]) =>
          judge.verdict({
            method: "POST",
            target: "/hooks",
            headers: [["host", HOST], ...headers],
            content: body,
          });
        expect([scheme.name, await verdictOf(twin)]).toEqual([scheme.name, "signature-mismatch"]);
        expect([scheme.name, await verdictOf(own)]).toEqual([scheme.name, "accepted"]);
        expect(judge.authentic?.scheme.name).toBe(scheme.name);
      }
    } finally {
      await app.close();
    }
  });

  it("sends what it takes, and keeps the id", async () => {
    Object.assign(process.env, secrets);
    const workshop = open("docs/recipes/send-webhooks.md");
    const { senderTo } = (await workshop.run("send.ts")) as {
      senderTo: (url: string, secret: string) => (id: string, event: object) => Promise<Response>;
    };
    const received: string[] = [];
    const server = createServer((request, response) => {
      received.push(String(request.headers["webhook-id"]));
      const at = String(request.headers["webhook-timestamp"]);
      const key = Buffer.from(secrets.BILLING_SECRET.slice(6), "base64");
      const right = hmac(key, `${received.at(-1)}.${at}.{"n":1}`, "base64");
      response.statusCode = request.headers["webhook-signature"] === `v1,${right}` ? 204 : 400;
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const post = senderTo(`http://127.0.0.1:${port}/`, secrets.BILLING_SECRET);
      expect((await post("msg_7", { n: 1 })).status).toBe(204);
      expect((await post("msg_7", { n: 2 })).status).toBe(400);
      expect(received).toEqual(["msg_7", "msg_7"]);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

describe("webhooks", () => {
  it("has options that are taken, and formats that all differ", async () => {
    const { schemes } = await open("docs/schemes/webhooks.md").run("schemes.ts");
    const names = (schemes as Scheme[]).map(({ name }) => name);
    expect(names).toEqual(["standard-webhooks", "stripe", "github", "slack", "shopify", "twilio"]);
  });

  it("has a ring of both keys of Box", async () => {
    process.env.BOX_PRIMARY = "the primary signature key of an app";
    process.env.BOX_SECONDARY = "the secondary signature key of an app";
    const { boxApp } = await open("docs/schemes/webhooks.md").run("ring.ts");
    const [app] = readApps([boxApp as AppDefinition], [box({ appId: "box" })]);
    expect(app?.keysFor("box", "sha256", Date.now()).map(({ id }) => id)).toEqual([
      "primary",
      "secondary",
    ]);
  });
});

describe.each([
  ["docs/schemes/timestamp-body.md", "SERVICE_KEY", { appId: "orders", body: { n: 1 } }],
  ["docs/schemes/shared-key.md", "CUSTOMER_KEY", { appId: "shop-7", id: "42" }],
] as const)("%s", (path, variable, expected) => {
  it("its caller reaches its server", async () => {
    process.env[variable] = `${path}, thirty-two bytes`;
    const workshop = open(path, { "3000": String(await freePort()) });
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    letTheFencePass();
    try {
      const { response } = (await workshop.run("call.ts")) as { response: Response };
      expect([response.ok, await response.json()]).toEqual([true, expected]);
    } finally {
      await app.close();
    }
  });
});

describe("rfc9421", () => {
  it("by-hand.js calls its server", async () => {
    process.env.PARTNER_KEY = randomBytes(32).toString("base64");
    const port = await freePort();
    const workshop = open("docs/schemes/rfc9421.md", { "3000": String(port) });
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    letTheFencePass();
    try {
      const { response } = (await workshop.run("by-hand.js")) as { response: Response };
      expect([response.status, await response.json()]).toEqual([
        200,
        { appId: "partner", body: { n: 1 } },
      ]);
    } finally {
      await app.close();
    }
  });
});

describe("docs/recipes/add-a-scheme.md", () => {
  const vectors = acmeVectors();
  const { appId, apiKey, now } = vectors;
  const by = { appId, apiKey, encoding: "text" } as const;
  const [sent] = vectors.cases;

  it("has a scheme that imports the contract, and nothing else of Lacre", () => {
    const scheme = blocksOf(ACME_PAGE).find(({ file }) => file === "acme.ts");
    const imported = [...(scheme?.code ?? "").matchAll(/ from "(.*)";/g)].map(([, name]) => name);
    expect(imported).toEqual(["node:crypto", "@lacre/core/scheme"]);
  });

  it("has a scheme that judges its vectors right", async () => {
    const { differences } = await open("docs/recipes/add-a-scheme.md").run("acme.vectors.ts");
    const differencesOf = differences as (vectors: AcmeVectors) => Promise<string[]>;
    expect(vectors.cases.length).toBeGreaterThan(5);
    expect(await differencesOf(vectors)).toEqual([]);
    const cases = vectors.cases.map((each) => ({ ...each, refusal: "nonce-seen" }));
    expect(await differencesOf({ ...vectors, cases })).toHaveLength(cases.length);
  });

  it("has a scheme that signs as Acme's own program does", async () => {
    const { acme } = await open(ACME_PAGE).run("acme.ts");
    const clock = { nowMs: () => now * 1000 };
    const signed = new Signer({ ...by, scheme: acme as Scheme, clock }).sign({
      method: sent?.method ?? "",
      url: `https://${sent?.host}${sent?.target}`,
      content: Buffer.from(sent?.body ?? ""),
    });
    expect(Object.fromEntries(signed.headers)["x-acme-signature"]).toBe(sent?.signature);
  });

  it("has a route that takes what its client signs, once", async () => {
    process.env.SHOP_KEY = apiKey;
    const port = await freePort();
    const workshop = open(ACME_PAGE, { "3000": String(port) });
    const { AcmeModule } = await workshop.run("acme.module.ts");
    const app = await NestFactory.create(AcmeModule as Type, { logger: false });
    await app.listen(port);
    letTheFencePass();
    try {
      const url = `http://localhost:${port}/v1/orders`;
      const { callAs } = (await workshop.run("call.ts")) as {
        callAs: (apiKey: string) => typeof fetch;
      };
      const request = { method: "POST", body: '{"n":1}' };
      expect((await fetch(url, request)).status).toBe(401);
      expect((await callAs(`${apiKey}!`)(url, request)).status).toBe(401);
      const answer = await callAs(apiKey)(url, request);
      expect([answer.status, await answer.json()]).toEqual([201, { appId: "shop" }]);

      const { acme } = await workshop.run("acme.ts");
      const content = Buffer.from('{"n":2}');
      const { headers } = new Signer({ ...by, scheme: acme as Scheme }).sign({
        method: "POST",
        url,
        content,
      });
      const again = { method: "POST", body: content, headers: [...headers] as [string, string][] };
      const statuses = [await fetch(url, again), await fetch(url, again)].map(
        (each) => each.status,
      );
      expect(statuses).toEqual([201, 401]);
    } finally {
      await app.close();
      delete process.env.SHOP_KEY;
    }
  });
});

describe("Azure's formats", () => {
  it.each([
    ["docs/schemes/azure-hmac.md", "PARTNER_SECRET", 32, 200, { key: "color", value: "red" }],
    [
      "docs/schemes/azure-shared-key.md",
      "ACCOUNT_KEY",
      64,
      201,
      { blob: "cat.txt", comp: "block" },
    ],
  ])("%s: with-lacre.js calls its server", async (path, variable, length, status, expected) => {
    process.env[variable] = Buffer.from([...Array(length).keys()]).toString("base64");
    const workshop = open(path, { "3000": String(await freePort()) });
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    letTheFencePass();
    try {
      const { response } = (await workshop.run("with-lacre.js")) as { response: Response };
      expect([response.status, await response.json()]).toEqual([status, expected]);
    } finally {
      await app.close();
    }
  });
});

describe("docs/recipes/testing.md", () => {
  it("has tests that pass, under jest", async () => {
    const workshop = open("docs/recipes/testing.md");
    const { default: base } = (await import(join(ROOT, "jest.config.js"))) as { default: object };
    const config = {
      ...base,
      rootDir: ROOT,
      roots: [workshop.folder],
      testMatch: ["**/*spec.js"],
      testPathIgnorePatterns: [],
      haste: { retainAllFiles: true }, // the workshop stands below node_modules
    };
    const { code, stdout, stderr } = await run(
      process.execPath,
      [join(ROOT, "scripts/jest.mjs"), "--config", JSON.stringify(config), "-w", "1"],
      { cwd: ROOT },
    );
    expect([code, stdout, stderr]).toEqual([0, "", expect.stringContaining("6 passed, 6 total")]);
  });
});

describe.each(["express", "fastify"] as const)("logging-and-metrics on %s", (platform) => {
  const shop = { appId: "shop", apiKey: generateApiKey() };
  let app: INestApplication;
  let workshop: Workshop;
  beforeAll(async () => {
    Object.assign(process.env, { SHOP_KEY: shop.apiKey, LOG_LEVEL: "silent" });
    workshop = open("docs/recipes/logging-and-metrics.md");
    const { AppModule } = await workshop.run("app.module.ts");
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter();
    app = await start(AppModule, adapter as ExpressAdapter);
  });
  afterAll(() => app.close());

  /** Every series that the application exposes, by its name, with the names of its labels. */
  async function seriesOf(): Promise<Map<string, Set<string>>> {
    const { status, body } = await send(portOf(app), {
      method: "GET",
      target: "/metrics",
      headers: [["Host", HOST]],
    });
    expect(status).toBe(200);
    const series = new Map<string, Set<string>>();
    for (const [, name = "", labels = ""] of body.matchAll(/^(\w+)\{(.*)\} [\d.e+-]+$/gm)) {
      const known = series.get(name) ?? new Set();
      for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label);
      series.set(name, known);
    }
    return series;
  }

  it("has one id in all answers, and the dashboard draws what the application exposes", async () => {
    const id = {
      sentHeaders: [
        ["Host", HOST],
        ["X-Request-Id", "of-the-proxy"],
      ] as [string, string][],
    };
    expect(await call(app, shop, "GET", "/orders/7", id)).toMatchObject({ status: 200 });
    const stranger = { appId: "stranger", apiKey: generateApiKey() };
    const refused = await call(app, stranger, "GET", "/orders/7", id);
    expect(refused).toMatchObject({ status: 401 });
    expect((refused as { headers?: Map<string, string> }).headers?.get("x-request-id")).toBe(
      "of-the-proxy",
    );
    const series = await seriesOf();
    expect(series.size).toBeGreaterThan(6);

    const { panels } = JSON.parse(read("docs/grafana/lacre.json")) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const drawn = new Set<string>();
    for (const { expr } of panels.flatMap(({ targets }) => targets)) {
      const names = [...expr.matchAll(/\b(\w+)(?=[{[])/g)].map(([, name = ""]) => name);
      const grouped = [...expr.matchAll(/\bby \((.*?)\)/g)].flatMap(([, list = ""]) =>
        list.split(/,\s*/),
      );
      const matched = [...expr.matchAll(/(\w+)\s*(?:=~|!=|=)\s*"/g)].map(([, label = ""]) => label);
      expect([expr, names.length > 0]).toEqual([expr, true]);
      for (const name of names) {
        drawn.add(name.replace(/_(?:bucket|sum|count)$/, ""));
        const labels = series.get(name) ?? new Set();
        expect([expr, name, series.has(name)]).toEqual([expr, name, true]);
        expect([expr, [...grouped, ...matched].filter((label) => !labels.has(label))]).toEqual([
          expr,
          [],
        ]);
      }
    }
    const exposed = new Set(
      [...series.keys()].map((name) => name.replace(/_(?:bucket|sum|count)$/, "")),
    );
    expect(drawn).toEqual(exposed);
    expect(JSON.stringify([...series])).not.toContain("stranger");
  });

  it("shows an entry whose fields are all explained", () => {
    const path = "docs/recipes/logging-and-metrics.md";
    const [example] = blocksOf(path).filter(({ kind }) => kind === "json");
    const { message } = JSON.parse(example?.code ?? "") as { message: object };
    const [, table = ""] = /\n\| Field \|.*\n((?:\|.*\n)+)/.exec(read(path)) ?? [];
    const cells = table.split("\n").map((row) => row.split(" | ", 1)[0] as string);
    const explained = cells.flatMap((cell) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(Object.keys(message).filter((name) => !explained.includes(name))).toEqual([]);
    const [, declared = ""] =
      /interface LogFields \{(.*?)\n\}/s.exec(read("libs/core/src/log/log-entry.ts")) ?? [];
    const names = [...declared.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(explained));
  });

  it("starts with OpenTelemetry, and with JSON", async () => {
    const { signingWith } = await workshop.run("telemetry.ts");
    await boot((signingWith as (apps: object) => DynamicModule)({ shop: shop.apiKey }));
    const { startWith } = await workshop.run("main.ts");
    const lines: string[] = [];
    const write = jest.spyOn(process.stdout, "write");
    write.mockImplementation((line) => lines.push(String(line)) > 0);
    const json = await (startWith as (module: unknown) => Promise<INestApplication>)({
      module: class Empty {},
    });
    write.mockRestore();
    await json.close();
    Logger.overrideLogger(false);
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toContain("log");
  });
});
