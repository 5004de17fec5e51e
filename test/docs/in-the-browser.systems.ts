/* The programs of "In the browser", in Chromium, against the server of the same page on Express and on Fastify. */
import { execSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  All,
  Body,
  Controller,
  Get,
  Headers,
  Module,
  Redirect,
  Req,
  StreamableFile,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { Browser, BrowserContext, Page } from "playwright-core";
import {
  generateApiKey,
  HmacPrincipal,
  HmacProtected,
  HmacSignedResponse,
  type AppDefinition,
  type Principal,
} from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, type Platform } from "../support/app.js";
import { bundleForBrowsers } from "../support/browser-bundle.js";
import { startChromium } from "../support/chromium.js";
import { servePages, typeOf, type Files, type PageServer } from "../support/page-server.js";
import { blocksOf, read } from "./markdown.js";
import { freePort, modulesIn, Workshop } from "./workshop.js";

const PAGE = "docs/recipes/in-the-browser.md";
const KEY = { appId: "user-7", apiKey: DEMO_KEY };
const DOT = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** What the tests ask beside the page's own server: what has come, and what was signed of it. */
@Controller("api")
@HmacProtected()
@HmacSignedResponse()
class EchoController {
  @All("echo")
  echo(
    @Req() { method }: { method: string },
    @Headers() headers: Record<string, string>,
    @Body() body: unknown,
    @HmacPrincipal() { appId, signedHeaders }: Principal,
  ) {
    return {
      of: appId,
      method,
      signed: signedHeaders,
      body: body ?? null,
      cookie: headers["cookie"] ?? null,
      mode: headers["sec-fetch-mode"],
      referer: headers["referer"] ?? null,
      cached: headers["cache-control"] ?? null,
    };
  }

  @Get("dot.png")
  dot() {
    return new StreamableFile(DOT, { type: "image/png" });
  }

  @Get("moved")
  @Redirect("/api/echo")
  moved(): void {}
}

/** Somebody on the way, between the signer and the server. */
const CHANGING = {
  requests: `(url, init) => fetch(url, { ...init, ...(init.body && { body: '{"n":2}' }) })`,
  answers: `async (url, init) => {
    const { status, headers } = await fetch(url, init);
    return new Response("changed", { status, headers });
  }`,
};

/** A program of the page, for a browser. */
async function program(
  name: string,
  edit = (code: string) => code,
  format: "esm" | "iife" = "esm",
): Promise<string> {
  const block = blocksOf(PAGE).find(({ file }) => file === name);
  const conditions = ["@lacre/source"];
  return (await bundleForBrowsers(edit(block?.code ?? ""), { conditions, format })).code;
}

/** @param api where the page of another origin calls */
async function programs(api: string, edit = (code: string) => code): Promise<Files> {
  const names = ["page.js", "service-worker.js", "register.js", "worker.js", "use-worker.js"];
  const all = names.map(async (name) => [
    `/${name}`,
    await program(name, (code) => edit(code.replace("https://api.example.com", api))),
  ]);
  return {
    ...Object.fromEntries(await Promise.all(all)),
    "/": '<!doctype html><meta charset="utf-8"><title>page</title>',
  };
}

interface Reply {
  type(type: string): Reply;
  send(text: string): unknown;
}

function serve(app: INestApplication, files: Files): void {
  for (const [path, text] of Object.entries(files))
    app
      .getHttpAdapter()
      .get(path, (_: unknown, reply: Reply) => reply.type(typeOf(path)).send(text));
}

/** What another origin may say of its `Referer`. */
const POLICIES = ["origin", "no-referrer", "unsafe-url"];

/** A page of somebody else, with a form for the API. */
const formOf = (policy: string, api: string): Files => ({
  [`/form/${policy}/`]: `<!doctype html><meta name="referrer" content="${policy}">
    <form method="post" action="${api}/api/echo"><input name="a"><button>Win</button></form>`,
});

let browser: Browser;
beforeAll(async () => void (browser = await startChromium()));
afterAll(() => browser?.close());

it("has TypeScript that compiles", () => {
  const workshop = new Workshop(PAGE);
  expect(workshop.typeErrors()).toBe("");
  workshop.close();
});

it("has a command that bundles each file for browsers", () => {
  const workshop = new Workshop(PAGE);
  const [, command = ""] = /^(npx esbuild .*)$/m.exec(read(PAGE)) ?? [];
  const options = { cwd: workshop.folder, encoding: "utf8", stdio: "pipe" } as const;
  execSync(`${command} --conditions=@lacre/source`, options);
  const programs = blocksOf(PAGE).flatMap(({ kind, file }) => (kind === "js" ? [file] : []));
  const made = programs.map((file) => readFileSync(join(workshop.folder, "public", file), "utf8"));
  expect(made.filter((code) => /\b(?:from|import)\s*"/.test(code))).toEqual([]);
  workshop.close();
});

describe.each(PLATFORMS)("%s", (platform: Platform) => {
  let app: INestApplication;
  let url: string;
  let workshop: Workshop;
  let pages: PageServer;
  let context: BrowserContext;
  let sessions: Map<string, AppDefinition>;

  beforeAll(async () => {
    url = `http://127.0.0.1:${await freePort()}`;
    // A service worker that calls the other origin.
    pages = await servePages({
      ...(await programs(url, (code) =>
        code.replace('new URL("/api/", location.href).href', `"${url}/api/"`),
      )),
      "/session/key": JSON.stringify(KEY),
      ...Object.assign({}, ...POLICIES.map((policy) => formOf(policy, url))),
    });
    workshop = new Workshop(PAGE, {
      "https://api.example.com": url,
      "https://app.example.com": pages.origin,
      "origins:": 'bootFence: false, diagnostics: "respond", origins:',
    });
    const names = await workshop.run("notes.ts");
    const { allowPages } = await workshop.run("allow-pages.ts");
    sessions = names.sessions as Map<string, AppDefinition>;
    sessions.set("7", KEY);
    class AppModule {}
    Module({
      imports: modulesIn(names),
      controllers: [names.NotesController as Type, names.SessionController as Type, EchoController],
    })(AppModule);
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter();
    app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
    (allowPages as (app: INestApplication) => void)(app);
    serve(app, await programs(url));
    for (const [what, changing] of Object.entries(CHANGING)) {
      const spoil = (code: string): string =>
        code.replace("signFetch(fetch,", `signFetch(${changing},`);
      serve(app, {
        [`/changing-${what}.js`]: await program("service-worker.js", spoil, "iife"),
        [`/worker-changing-${what}.js`]: await program("worker.js", spoil),
        [`/use-worker-changing-${what}.js`]: await program("use-worker.js", (code) =>
          code.replace("/worker.js", `/worker-changing-${what}.js`),
        ),
      });
    }
    serve(app, {
      "/use-worker-lost.js": await program("use-worker.js", (code) =>
        code.replace("/worker.js", "/lost.js"),
      ),
    });
    await app.listen(Number(new URL(url).port), "127.0.0.1");
  });
  afterAll(async () => {
    await app?.close();
    pages?.close();
    workshop?.close();
  });

  /** A page of somebody who is signed in. */
  async function open(at: string): Promise<Page> {
    context = await browser.newContext();
    await context.addCookies([{ name: "session", value: "7", url }]);
    const page = await context.newPage();
    await page.goto(at);
    return page;
  }

  /** What a page gets of what it asks for with the browser's own `fetch`. */
  const asked = (page: Page, target: string, init = "{}") =>
    page.evaluate(
      `fetch(${JSON.stringify(target)}, ${init}).then(
        async (response) => [response.status, await response.json()],
        String,
      )`,
    );

  it("calls from a page of another origin", async () => {
    const page = await open(pages.origin);
    const added = await page.evaluate(`import("/page.js").then((page) => page.addNote({ n: 1 }))`);
    expect(added).toEqual({ of: "user-7", note: { n: 1 } });
    const status = await page.evaluate(
      `import("/page.js").then(({ call }) => call("${url}/api/notes", { method: "DELETE" })).catch(String)`,
    );
    expect(status).toMatch(/signature-missing: unsigned: .*\(404 from/); // there is no such route
    await context.close();
  });

  it("gives nobody a key who is not signed in", async () => {
    const page = await open(url);
    await context.clearCookies();
    expect(await asked(page, "/session/key")).toMatchObject([401, {}]);
    await context.close();
  });

  describe.each(["same", "another"])("a service worker, and an API of %s origin", (origin) => {
    let page: Page;
    let api: string;
    beforeAll(async () => {
      page = await open(origin === "same" ? url : pages.origin);
      api = origin === "same" ? "/api" : `${url}/api`;
      await page.evaluate(`import("/register.js").then(() => {})`);
    });
    afterAll(() => context.close());

    it("signs what the page fetches, and nothing that the browser adds", async () => {
      expect(await asked(page, `${api}/echo`)).toEqual([
        200,
        {
          of: "user-7",
          method: "GET",
          signed: ["host"],
          body: null,
          cookie: origin === "same" ? "session=7" : null,
          mode: "cors",
          referer: expect.stringContaining(new URL(page.url()).origin),
          cached: null,
        },
      ]);
    });

    it.each([
      [
        "JSON",
        `{ method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": "k" }, body: '{"n":1}' }`,
        ["content-digest", "content-type", "host", "idempotency-key"],
        { n: 1 },
      ],
      [
        "a form",
        `{ method: "POST", body: new URLSearchParams({ a: "b c" }) }`,
        ["content-digest", "content-type", "host"],
        { a: "b c" },
      ],
    ])("signs the content of a POST: %s", async (_, init, signed, body) => {
      const answer = await asked(page, `${api}/echo`, init);
      expect(answer).toMatchObject([200, { method: "POST", signed, body }]);
    });

    it("keeps cookies, cache and referrer as the page wants them", async () => {
      const init = `{ credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" }`;
      const seen = { cookie: null, referer: null, cached: "no-cache" };
      expect(await asked(page, `${api}/echo`, init)).toMatchObject([200, seen]);
    });

    it("lets a script see no redirect", async () => {
      expect(await asked(page, `${api}/moved`)).toBe("TypeError: Failed to fetch");
    });

    it("shows an image", async () => {
      const width = await page.evaluate(`new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve(image.naturalWidth);
        image.onerror = () => reject(new Error("no image"));
        ${origin === "same" ? "" : `image.crossOrigin = "anonymous";`}
        image.src = "${api}/dot.png";
      })`);
      expect(width).toBe(1);
    });

    it("leaves the rest alone", async () => {
      if (origin === "same") expect(await asked(page, "/api")).toMatchObject([404, {}]);
      const target = `${url}/session/key`;
      if (origin === "same") expect(await asked(page, target)).toEqual([200, KEY]);
      else expect(await asked(page, target)).toMatchObject([401, {}]);
    });
  });

  describe("a service worker of the API's own origin", () => {
    let page: Page;
    beforeAll(async () => {
      page = await open(url);
      await page.evaluate(`import("/register.js").then(() => {})`);
    });
    afterAll(() => context.close());
    const shown = async (): Promise<unknown> => JSON.parse(await page.innerText("pre"));

    it("signs what asks for the same origin alone", async () => {
      const answer = await asked(page, "/api/echo", `{ mode: "same-origin" }`);
      expect(answer).toMatchObject([200, { mode: "same-origin", signed: ["host"] }]);
    });

    it("leaves alone what a web worker has signed", async () => {
      const called = await page.evaluate(
        `import("/use-worker.js").then(({ callInWorker }) => callInWorker("/api/notes"))`,
      );
      expect(called).toMatchObject({ status: 200 });
    });

    it("signs a page that is opened, and follows its redirect, signed anew", async () => {
      await page.goto(`${url}/api/echo`);
      expect(await shown()).toMatchObject({ of: "user-7", method: "GET", signed: ["host"] });
      await page.goto(`${url}/api/moved`);
      expect(page.url()).toBe(`${url}/api/echo`);
      expect(await shown()).toMatchObject({ of: "user-7" });
      await page.goto(url);
    });

    it("signs a form that is sent", async () => {
      await page.evaluate(`(() => {
        document.body.innerHTML =
          '<form method="post" action="/api/echo"><input name="a" value="b é"><button>Send</button></form>';
      })()`);
      await page.click("button");
      await page.waitForURL(`${url}/api/echo`);
      expect(await shown()).toMatchObject({
        method: "POST",
        signed: ["content-digest", "content-type", "host"],
        body: { a: "b é" },
      });
      await page.goto(url);
    });

    it.each(POLICIES)("signs no form of another origin, under the policy %p", async (policy) => {
      const stranger = await context.newPage();
      await stranger.goto(`${pages.origin}/form/${policy}/`);
      await stranger.click("button");
      await stranger.waitForURL(`${url}/api/echo`);
      expect(JSON.parse(await stranger.innerText("pre"))).toMatchObject({
        statusCode: 401,
        code: "credentials-missing",
      });
      await stranger.close();
    });

    it("asks for the key again when somebody else has signed in", async () => {
      await page.evaluate(`navigator.serviceWorker.controller.postMessage("signed out")`);
      await context.clearCookies();
      expect(await asked(page, "/api/echo")).toBe("TypeError: Failed to fetch");
      await context.addCookies([{ name: "session", value: "7", url }]);
      expect(await asked(page, "/api/echo")).toMatchObject([200, { of: "user-7" }]);
    });

    it("asks for the key again after a 401, and signs with it from then on", async () => {
      expect(await asked(page, "/api/echo")).toMatchObject([200, {}]);
      sessions.set("7", { ...KEY, apiKey: generateApiKey() });
      try {
        expect(await asked(page, "/api/echo")).toMatchObject([401, { code: "signature-mismatch" }]);
        expect(await asked(page, "/api/echo")).toMatchObject([200, { of: "user-7" }]);
        expect(await asked(page, "/api/echo")).toMatchObject([200, { of: "user-7" }]);
      } finally {
        sessions.set("7", KEY);
      }
    });

    it("asks for the key again when the page says that somebody has signed in", async () => {
      await page.evaluate(`navigator.serviceWorker.controller.postMessage("signed in")`);
      expect(await asked(page, "/api/echo")).toMatchObject([200, { of: "user-7" }]);
    });
  });

  it.each([
    ["requests", [401, { code: "content-mismatch" }]],
    ["answers", "TypeError: Failed to fetch"],
  ])("a service worker whose %s are changed gets nothing through", async (what, seen) => {
    const page = await open(url);
    await page.evaluate(`new Promise((resolve) => {
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
      navigator.serviceWorker.register("/changing-${what}.js");
    }).then(() => {})`);
    const init = `{ method: "POST", headers: { "Content-Type": "application/json" }, body: '{"n":1}' }`;
    const answer = await asked(page, "/api/notes", init);
    if (typeof seen === "string") expect(answer).toBe(seen);
    else expect(answer).toMatchObject(seen);
    await context.close();
  });

  describe.each(["same", "another"])("a web worker, and an API of %s origin", (origin) => {
    let page: Page;
    const api = () => (origin === "same" ? "/api" : `${url}/api`);
    beforeAll(async () => void (page = await open(origin === "same" ? url : pages.origin)));
    afterAll(() => context.close());
    const call = (target: string, init = "{}") =>
      page.evaluate(
        `import("/use-worker.js").then(({ callInWorker }) => callInWorker(${JSON.stringify(target)}, ${init}))`,
      );

    it("signs in the worker, and checks the answer there", async () => {
      expect(await call(`${api()}/notes`)).toMatchObject({
        status: 200,
        text: '{"of":"user-7","notes":[]}',
      });
      const init = `{ method: "POST", headers: { "Content-Type": "application/json" }, body: '{"n":1}' }`;
      expect(await call(`${api()}/notes`, init)).toMatchObject({
        status: 201,
        text: '{"of":"user-7","note":{"n":1}}',
      });
    });

    it("says why it believes nothing of an answer", async () => {
      expect(await call(`${api()}/moved`)).toMatchObject({
        error: expect.stringMatching(/^ResponseRefusal: signature-missing: .*a redirect/),
      });
    });
  });

  it("a web worker that cannot be loaded ends every call, before and after that is known", async () => {
    const page = await open(url);
    const called =
      await page.evaluate(`import("/use-worker-lost.js").then(async ({ callInWorker }) => [
      await callInWorker("/api/notes"),
      await callInWorker("/api/notes"),
    ])`);
    const failure = { error: "the worker could not be loaded" };
    expect(called).toEqual([failure, failure]);
    await context.close();
  });

  it.each([
    ["requests", { status: 401, text: expect.stringContaining('"code":"content-mismatch"') }],
    ["answers", { error: expect.stringMatching(/^ResponseRefusal: content-mismatch: /) }],
  ])("a web worker whose %s are changed believes nothing", async (what, seen) => {
    const page = await open(url);
    const init = `{ method: "POST", headers: { "Content-Type": "application/json" }, body: '{"n":1}' }`;
    const called = await page.evaluate(
      `import("/use-worker-changing-${what}.js").then(({ callInWorker }) => callInWorker("/api/notes", ${init}))`,
    );
    expect(called).toMatchObject(seen);
    await context.close();
  });
});
