/* The demo's /docs as a person uses it: Authorize, "Try it out", read the answer. */
import { createHash } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Module, Post, Query, type INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ApiBody, ApiConsumes, ApiQuery, DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import type { Verdict } from "@lacre/core";
import { HmacProtected } from "@lacre/nestjs";
import { createHmacDocument, hmacSwaggerUi } from "@lacre/nestjs/swagger";
import { DemoModule } from "../../apps/demo/src/demo.module.js";
import { serveDocs } from "../../apps/demo/src/docs.js";
import { freshKeys } from "../../apps/demo/src/keys.js";
import { buildSwaggerPlugIn } from "../support/browser-bundle.js";
import { startChromium } from "../support/chromium.js";

/** What the demo has no route for: a query, a form without a file. */
@Controller("more")
@HmacProtected({ signedHeaders: ["x-tenant"] })
class MoreController {
  @Get()
  @ApiQuery({ name: "q", type: String })
  search(@Query() query: object) {
    return query;
  }

  @Post()
  @ApiConsumes("application/x-www-form-urlencoded")
  @ApiBody({ schema: { type: "object", properties: { note: { type: "string" } } } })
  form(@Body() body: object) {
    return body;
  }
}

// Nothing but files of this origin may run, and nothing may be made of strings.
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

const keys = freshKeys();
const verdicts: Verdict[] = [];
const received: IncomingMessage[] = [];
const complaints: string[] = [];
let app: INestApplication;
let url: string;
let browser: Browser;
let shared: BrowserContext;
let page: Page;

beforeAll(async () => {
  buildSwaggerPlugIn();
  const demo = DemoModule.with({
    keys,
    origins: "*",
    bootFence: false,
    observer: { observe: (verdict) => void verdicts.push(verdict) },
  });
  class AppModule {}
  Module({ imports: [demo], controllers: [MoreController] })(AppModule);
  app = await NestFactory.create(AppModule, { logger: false });
  app.use(
    (_: unknown, response: { setHeader(name: string, value: string): void }, next: () => void) => {
      response.setHeader("Content-Security-Policy", CSP);
      next();
    },
  );
  serveDocs(app);
  const config = new DocumentBuilder().setOpenAPIVersion("3.1.0").build();
  const swaggerOptions = {
    persistAuthorization: true,
    requestInterceptor: (request: { url: string }) => {
      request.url += "?by=interceptor";
      return request;
    },
  };
  SwaggerModule.setup(
    "kept",
    app,
    createHmacDocument(app, config),
    hmacSwaggerUi({ swaggerOptions }),
  );
  await app.listen(0, "127.0.0.1");
  const server = app.getHttpServer() as Server;
  server.prependListener("request", (request) => received.push(request));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await startChromium();
  shared = await browser.newContext();
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

async function openPage(path: string, where = shared): Promise<void> {
  page = await where.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser reports each 4xx as well.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  await page.goto(url + path);
  await page.locator(".opblock").first().waitFor();
}

beforeEach(() => {
  for (const list of [verdicts, received, complaints]) list.length = 0;
});
afterEach(async () => {
  await page.close();
  expect(complaints).toEqual([]);
});

const dialog = (): Locator =>
  page.locator(".auth-container").filter({ has: page.locator("code", { hasText: /^lacre1$/ }) });

async function authorize(appId: string, apiKey: string): Promise<void> {
  await page.locator("button.authorize").first().click();
  await dialog().getByLabel("AppId").fill(appId);
  await dialog().getByLabel("ApiKey").fill(apiKey);
  await dialog().locator("button.authorize").click();
  await dialog().getByText("Authorized").waitFor();
  await page.locator(".close-modal").click();
}

/** Opens an operation, fills it in, sends it; the status and the content that the page shows. */
async function tryOut(
  operation: string,
  fill: (block: Locator) => Promise<void> = async () => {},
): Promise<{ status: string; text: string; curl: string }> {
  const block = page.locator(`[id$="-${operation}"].opblock`);
  await block.locator(".opblock-summary-control").click();
  await block.locator(".try-out__btn").click();
  await fill(block);
  await block.locator("button.execute").click();
  const live = block.locator(".live-responses-table .response").first();
  await live.waitFor();
  return {
    status: (await live.locator(".response-col_status").innerText()).trim().split("\n")[0] ?? "",
    text: await live.locator(".response-col_description").innerText(),
    curl: await block.locator(".curl-command").innerText(),
  };
}

const outcomes = (): string[] =>
  verdicts.map((verdict) =>
    verdict.outcome === "accepted"
      ? verdict.principal.appId
      : verdict.outcome === "refused"
        ? verdict.code
        : verdict.contact,
  );
const sentTo = (target: string): IncomingMessage | undefined =>
  received.find((request) => request.url === target);

describe("nobody authorized", () => {
  beforeEach(() => openPage("/docs"));

  it("sends unsigned, and shows 401", async () => {
    expect((await tryOut("OrdersController_list")).status).toBe("401");
    expect(outcomes()).toEqual(["credentials-missing"]);
  });

  it("says at once that an ApiKey is none, and that SigV4 is not for browsers", async () => {
    await page.locator("button.authorize").first().click();
    await dialog().getByLabel("AppId").fill("orders");
    await dialog().getByLabel("ApiKey").fill("lk1_tooShort");
    expect(await dialog().getByRole("alert").innerText()).toBe(
      "An ApiKey is lk1_ and 43 more characters.",
    );
    await dialog().getByLabel("ApiKey").fill(keys.orders);
    expect(await dialog().getByRole("alert").count()).toBe(0);
    expect(await page.content()).not.toContain(keys.orders);
    expect(await page.locator(".auth-container").allInnerTexts()).toEqual([
      expect.stringContaining("LACRE1-HMAC-SHA256"),
      expect.stringContaining("This page cannot sign requests of this scheme."),
    ]);
  });

  it("shows why it cannot sign with an ApiKey that is none, and sends nothing", async () => {
    await authorize("orders", "lk1_tooShort");
    const { text } = await tryOutBroken("OrdersController_list");
    expect(text).toContain("apiKey");
    expect(sentTo("/orders")).toBeUndefined();
  });
});

/** As tryOut, where there is no answer to show. */
async function tryOutBroken(operation: string): Promise<{ text: string }> {
  const block = page.locator(`[id$="-${operation}"].opblock`);
  await block.locator(".opblock-summary-control").click();
  await block.locator(".try-out__btn").click();
  await block.locator("button.execute").click();
  const live = block.locator(".live-responses-table");
  await live.waitFor();
  return { text: await live.innerText() };
}

describe("authorized", () => {
  beforeEach(async () => {
    await openPage("/docs");
    await authorize("orders", keys.orders);
  });
  afterEach(async () => {
    // Wherever the ApiKey could have gone: the page, the browser's storage, the network.
    for (const key of [keys.orders, keys.orders.slice(4)]) {
      expect(await page.content()).not.toContain(key);
      expect(
        await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])"),
      ).not.toContain(key);
      for (const request of received)
        expect(JSON.stringify([request.url, request.rawHeaders])).not.toContain(key);
    }
  });

  it("signs a GET", async () => {
    const { status, text } = await tryOut("OrdersController_list");
    expect([status, outcomes()]).toEqual(["200", ["orders"]]);
    expect(text).toContain("[]");
  });

  it("signs JSON, and shows neither ApiKey nor signature as curl", async () => {
    const { status, text, curl } = await tryOut("OrdersController_create", (block) =>
      block.locator("textarea").fill('{ "item": "té 🍵" }'),
    );
    expect([status, outcomes()]).toEqual(["201", ["orders"]]);
    expect(text).toContain('"item": "té 🍵"');
    expect(curl).toContain("curl -X 'POST'");
    expect(curl).not.toMatch(/authorization|LACRE1|digest/i);
  });

  it("signs a form with a file", async () => {
    const buffer = Buffer.from([0, 255, 13, 10, 45, 45]);
    const { status, text } = await tryOut("UploadsController_form", (block) =>
      block
        .locator("input[type=file]")
        .setInputFiles({ name: "é.bin", mimeType: "application/octet-stream", buffer }),
    );
    expect([status, outcomes()]).toEqual(["201", ["orders"]]);
    expect(text).toContain(createHash("sha256").update(buffer).digest("hex"));
  });

  it("signs a file that is streamed", async () => {
    const buffer = Buffer.alloc(300_000, 7);
    const { status, text } = await tryOut("UploadsController_stream", (block) =>
      block
        .locator("input[type=file]")
        .setInputFiles({ name: "a.bin", mimeType: "application/octet-stream", buffer }),
    );
    expect([status, outcomes()]).toEqual(["200", ["orders"]]);
    expect(text).toContain(createHash("sha256").update(buffer).digest("hex"));
  });

  it("asks for a header that the route wants signed, and signs a query as it is sent", async () => {
    const { status, text } = await tryOut("MoreController_search", async (block) => {
      await block.getByPlaceholder("q", { exact: true }).fill("a b&c=d+é/'%2F\"");
      await block.getByPlaceholder("x-tenant").fill("7");
    });
    expect([status, outcomes()]).toEqual(["200", ["orders"]]);
    expect(text).toContain(String.raw`"q": "a b&c=d+é/'%2F\""`);
  });

  it("signs a form", async () => {
    const { status, text } = await tryOut("MoreController_form", async (block) => {
      await block.getByPlaceholder("x-tenant").fill("7");
      await block.locator(".parameters-col_description input[type=text]").last().fill("a b&é=+");
    });
    expect([status, outcomes()]).toEqual(["201", ["orders"]]);
    expect(text).toContain('"note": "a b&é=+"');
  });

  it("leaves what is public unsigned", async () => {
    expect((await tryOut("OrdersController_health")).status).toBe("200");
    expect(sentTo("/orders/health")?.headers.authorization).toBeUndefined();
  });

  it("leaves SigV4 unsigned", async () => {
    expect((await tryOut("AwsController_echo_get")).status).toBe("401");
    expect(sentTo("/aws")?.headers.authorization).toBeUndefined();
  });

  it("forgets the ApiKey on a reload", async () => {
    await page.reload();
    await page.locator(".opblock").first().waitFor();
    expect((await tryOut("OrdersController_list")).status).toBe("401");
    expect(outcomes()).toEqual(["credentials-missing"]);
  });

  it("forgets the ApiKey on Logout", async () => {
    await page.locator("button.authorize").first().click();
    await dialog()
      .getByRole("button", { name: /remove/i })
      .click();
    await page.locator(".close-modal").click();
    expect((await tryOut("OrdersController_list")).status).toBe("401");
    expect(outcomes()).toEqual(["credentials-missing"]);
  });
});

describe("authorized wrongly", () => {
  beforeEach(() => openPage("/docs"));

  it("shows 401 for another app's key", async () => {
    await authorize("orders", keys.reader);
    const { status, text } = await tryOut("OrdersController_list");
    expect([status, outcomes()]).toEqual(["401", ["signature-mismatch"]]);
    expect(text).toContain("Unauthorized");
  });

  it("shows 403 without the scope", async () => {
    await authorize("reader", keys.reader);
    const { status } = await tryOut("OrdersController_remove", (block) =>
      block.getByPlaceholder("id").fill("1"),
    );
    expect([status, outcomes()]).toEqual(["403", ["scope-insufficient"]]);
  });
});

describe("an OpenAPI 3.1 document, with options of the application", () => {
  beforeEach(async () => {
    await openPage("/kept", await browser.newContext());
    await authorize("orders", keys.orders);
  });

  it("signs what the application's interceptor made of the request", async () => {
    expect((await tryOut("OrdersController_list")).status).toBe("200");
    expect(outcomes()).toEqual(["orders"]);
    expect(sentTo("/orders?by=interceptor")?.headers.authorization).toContain("LACRE1-HMAC-SHA256");
  });

  it("keeps the ApiKey in localStorage with persistAuthorization, as Swagger UI does with every credential", async () => {
    expect(await page.evaluate("JSON.stringify(localStorage)")).toContain(keys.orders);
    await page.reload();
    await page.locator(".opblock").first().waitFor();
    expect((await tryOut("OrdersController_list")).status).toBe("200");
    expect(outcomes()).toEqual(["orders"]);
  });
});
