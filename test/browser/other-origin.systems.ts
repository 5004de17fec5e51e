/*
 * Signed answers in a page of another origin, which sees no header that the server does not expose. The servers allow
 * the origin as any application does, and say nothing of the headers that signing needs.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import compress from "@fastify/compress";
import cors from "@fastify/cors";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  HttpException,
  Post,
  StreamableFile,
  UseGuards,
  type INestApplication,
} from "@nestjs/common";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { Throttle, ThrottlerModule } from "@nestjs/throttler";
import compression from "compression";
import type { Browser, Page } from "playwright-core";
import { HmacProtected, HmacSignedResponse } from "@lacre/nestjs";
import { HmacThrottlerGuard } from "@lacre/nestjs/throttler";
import { DEMO_KEY, startApp, type Platform, type RunningApp } from "../support/app.js";
import { bundleForBrowsers } from "../support/browser-bundle.js";
import { startChromium } from "../support/chromium.js";
import { pageWith, servePages, type PageServer } from "../support/page-server.js";

const LONG = { rows: Array.from({ length: 500 }, (_, row) => ({ row })) };

@Controller()
@HmacProtected()
@HmacSignedResponse()
class SignedController {
  @Get("orders")
  list() {
    return { orders: ["té"] };
  }

  @Post("orders")
  @Header("Location", "/orders/42")
  create(@Body() order: object) {
    return order;
  }

  @Delete("orders")
  @HttpCode(204)
  remove(): void {}

  @Get("busy")
  @Header("Retry-After", "7")
  busy(): never {
    throw new HttpException("too many", 429);
  }

  @Get("limited")
  @UseGuards(HmacThrottlerGuard)
  @Throttle({ default: { limit: 1, ttl: 60_000 } })
  limited() {
    return {};
  }

  @Get("total")
  @HmacSignedResponse({ headers: ["X-Total"] })
  @Header("X-Total", "3")
  @Header("X-Other", "4")
  total() {
    return [1, 2, 3];
  }

  @Get("long")
  long() {
    return LONG;
  }

  @Get("gzip")
  @Header("Content-Encoding", "gzip")
  gzip() {
    return new StreamableFile(gzipSync("[1,2,3]"), { type: "application/json" });
  }
}

@Controller()
@HmacProtected()
class UnsignedController {
  @Get("orders")
  list() {
    return [];
  }
}

/** The middleware that people write who do not want a package for it. */
function allowByHand({ method }: IncomingMessage, response: ServerResponse, next: () => void) {
  response.setHeader("Access-Control-Allow-Origin", "*");
  if (method !== "OPTIONS") return next();
  response.setHeader("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
  response.setHeader("Access-Control-Allow-Headers", "Authorization, *");
  response.writeHead(204).end();
}

const METHODS = ["GET", "HEAD", "POST", "DELETE"];
const WAYS: readonly {
  name: string;
  platform: Platform;
  allow(app: INestApplication): unknown;
  /** What the page adds to each call. */
  init?: string;
}[] = [
  { name: "Express, enableCors()", platform: "express", allow: (app) => app.enableCors() },
  { name: "Express, by hand", platform: "express", allow: (app) => app.use(allowByHand) },
  {
    name: "Express, with cookies and *",
    platform: "express",
    allow: (app) =>
      app.enableCors({ origin: pages.origin, credentials: true, exposedHeaders: "*" }),
    init: `{ credentials: "include" }`,
  },
  {
    name: "Fastify, enableCors()",
    platform: "fastify",
    allow: (app) => app.enableCors({ methods: METHODS }),
  },
  {
    name: "Fastify, register(@fastify/cors)",
    platform: "fastify",
    allow: (app) => (app as NestFastifyApplication).register(cors, { methods: METHODS }),
  },
  {
    name: "Fastify, with cookies and headers of its own",
    platform: "fastify",
    allow: (app) =>
      app.enableCors({
        origin: pages.origin,
        credentials: true,
        methods: METHODS,
        allowedHeaders: ["Authorization", "Content-Digest", "Content-Type", "X-Tenant"],
        exposedHeaders: ["X-Other"],
      }),
    init: `{ credentials: "include" }`,
  },
];

const WRONG_KEY = "lk1_YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8";

let browser: Browser;
let pages: PageServer;
beforeAll(async () => {
  browser = await startChromium();
  const { code } = await bundleForBrowsers('export * from "@lacre/client";', {
    conditions: ["@lacre/source"],
  });
  pages = await servePages({ "/": pageWith("/bundle.js"), "/bundle.js": code });
});
afterAll(async () => {
  pages?.close();
  await browser?.close();
});

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What a script of the page sees of an answer, or the error.
 * @param init of the call, as the page would write it
 * @param options as the page would write them
 */
const callFrom = (page: Page, url: string, init = "{}", options = "{}"): Promise<Seen | string> =>
  page.evaluate(`(async () => {
    const key = { appId: "demo", apiKey: ${JSON.stringify(DEMO_KEY)}, verifyResponses: "require" };
    const call = bundle.signFetch(fetch, { ...key, ...${options} });
    try {
      const response = await call(${JSON.stringify(url)}, ${init});
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      };
    } catch (error) {
      return String(error);
    }
  })()`);

const startSigning = (platform: Platform, main: (app: INestApplication) => Promise<void>) =>
  startApp(platform, {
    controllers: [SignedController],
    imports: [ThrottlerModule.forRoot([{ limit: 1000, ttl: 60_000 }])],
    main,
  });

describe.each(WAYS)("$name", ({ platform, allow, init: always = "{}" }) => {
  let api: RunningApp;
  let page: Page;
  const call = (path: string, init = "{}", options = "{}") =>
    callFrom(page, api.url + path, `{ ...${always}, ...${init} }`, options);

  beforeAll(async () => {
    api = await startSigning(platform, async (app) => void (await allow(app)));
    page = await browser.newPage();
    await page.goto(pages.origin);
  });
  afterAll(async () => {
    await page?.close();
    await api?.close();
  });
  beforeEach(() => void (api.verdicts.length = 0));

  it.each<[string, string, string, object]>([
    ["JSON", "/orders", "{}", { status: 200, body: '{"orders":["té"]}' }],
    [
      "an address, for a request with a header of its own",
      "/orders",
      `{ method: "POST", headers: { "X-Tenant": "7", "Content-Type": "application/json" }, body: '{"n":1}' }`,
      { status: 201, headers: { location: "/orders/42" }, body: '{"n":1}' },
    ],
    ["204", "/orders", `{ method: "DELETE" }`, { status: 204, body: "" }],
    ["the answer to HEAD", "/orders", `{ method: "HEAD" }`, { status: 200, body: "" }],
    ["429, with the pause", "/busy", "{}", { status: 429, headers: { "retry-after": "7" } }],
    ["a header that is signed too", "/total", "{}", { status: 200, headers: { "x-total": "3" } }],
  ])("hands on %s", async (_, path, init, seen) => {
    expect(await call(path, init)).toMatchObject(seen);
    expect(api.verdicts).toMatchObject([{ outcome: "accepted" }]);
  });

  it("hands on the 429 of a limit", async () => {
    expect(await call("/limited")).toMatchObject({ status: 200 });
    expect(await call("/limited")).toMatchObject({
      status: 429,
      headers: { "retry-after": expect.stringMatching(/^\d+$/) },
    });
  });

  it.each(["-3_600_000", "+3_600_000"])("learns the time with a clock off by %s ms", async (by) => {
    const options = `{ clock: { nowMs: () => Date.now() ${by} } }`;
    expect(await call("/orders", "{}", options)).toMatchObject({ status: 200 });
    expect(api.verdicts).toMatchObject([{ outcome: "refused" }, { outcome: "accepted" }]);
  });

  it("shows the challenge of a 401, and by which id the log knows it", async () => {
    const wrong = `apiKey: "${WRONG_KEY}"`;
    const answer = await call("/orders", "{}", `{ ${wrong}, verifyResponses: "if-present" }`);
    expect(answer).toMatchObject({
      status: 401,
      headers: {
        "www-authenticate": expect.stringMatching(/^LACRE1-HMAC-SHA256\b/),
        "lacre-signature": expect.any(String),
      },
    });
    const [verdict] = api.verdicts as { requestId: string }[];
    expect((answer as Seen).headers["x-request-id"]).toBe(verdict?.requestId);
    expect(await call("/orders", "{}", `{ ${wrong} }`)).toMatch(
      new RegExp(`signature-mismatch: .*401 from ${api.url}/orders, request id \\S+\\)`),
    );
  });

  it("refuses what was changed on its way", async () => {
    const changing = `bundle.signFetch((url, init) => fetch(url, { ...init, body: '{"n":2}' }), {
      appId: "demo", apiKey: "${DEMO_KEY}", verifyResponses: "require",
    })`;
    const status = await page.evaluate(
      `${changing}("${api.url}/orders", { ...${always}, method: "POST", body: '{"n":1}' }).then(({ status }) => status)`,
    );
    expect([status, api.lastCode()]).toEqual([401, "content-mismatch"]);
  });

  it("says what can be done about an answer that the browser has decoded", async () => {
    expect(await call("/gzip")).toMatch(
      /content-mismatch: the answer was decoded \(gzip\) before its bytes could be checked: have the server send its signed answers uncompressed/,
    );
  });
});

describe.each<Platform>(["express", "fastify"])("a compressing %s", (platform) => {
  let api: RunningApp;
  let page: Page;
  beforeAll(async () => {
    api = await startSigning(platform, async (app) => {
      if (platform === "express") app.use(compression({ threshold: 0 }));
      else await (app as NestFastifyApplication).register(compress as never, { threshold: 0 });
      app.enableCors();
    });
    page = await browser.newPage();
    await page.goto(pages.origin);
  });
  afterAll(async () => {
    await page?.close();
    await api?.close();
  });

  it("is understood where it leaves signed answers alone", async () => {
    const answer = await callFrom(page, `${api.url}/long`);
    // @fastify/compress does not look at Cache-Control: no-transform.
    if (platform === "fastify") expect(answer).toMatch(/content-mismatch: .*uncompressed/);
    else expect(answer).toMatchObject({ status: 200, body: JSON.stringify(LONG) });
  });
});

describe.each<Platform>(["express", "fastify"])("%s that signs no answers", (platform) => {
  let api: RunningApp;
  let page: Page;
  beforeAll(async () => {
    api = await startApp(platform, {
      controllers: [UnsignedController],
      hmac: { bootFence: true, futureSkew: 2 },
      main: (app) => app.enableCors(),
    });
    page = await browser.newPage();
    await page.goto(pages.origin);
  });
  afterAll(async () => {
    await page?.close();
    await api?.close();
  });

  it("shows when to come again, and the client does", async () => {
    const url = `${api.url}/orders`;
    const once = await callFrom(page, url, "{}", `{ verifyResponses: "if-present", retries: 0 }`);
    expect(once).toMatchObject({
      status: 503,
      headers: {
        "retry-after": expect.stringMatching(/^\d+$/),
        "x-request-id": expect.any(String),
      },
    });
    const answer = await callFrom(page, url, "{}", `{ verifyResponses: "if-present" }`);
    expect(answer).toMatchObject({ status: 200 });
  });
});
