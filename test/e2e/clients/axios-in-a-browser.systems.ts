import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { All, Controller, Get, Header, Req } from "@nestjs/common";
import { build } from "esbuild";
import { chromium, type Browser, type Page } from "playwright-core";
import { HmacProtected, HmacPublic } from "@lacre/nestjs";
import { DEMO_KEY, startApp, type RunningApp } from "../../support/app.js";
import { need } from "../../support/run.js";
import { SigningServer } from "../../support/signing-server.js";

/** What runs in the page: axios and the signer as a browser gets them, from the built packages. */
const SCRIPT = `
  import axios from "axios";
  import { signAxios } from "@lacre/client/axios";
  const signed = { appId: "demo", apiKey: ${JSON.stringify(DEMO_KEY)}, maxAnswerBytes: 1_000_000 };
  Object.assign(globalThis, { call: signAxios(axios.create(), signed) });`;
let bundle = "";
const html = (): string => `<!doctype html><script type="module">${bundle}</script>`;

@Controller()
@HmacProtected({ body: "stream" })
class ApiController {
  @Get("page")
  @HmacPublic()
  @Header("Content-Type", "text/html; charset=utf-8")
  page() {
    return html();
  }

  @All("api{/*rest}")
  async echo(@Req() request: IncomingMessage) {
    const hash = createHash("sha256");
    for await (const part of request) hash.update(part as Buffer);
    const { method, url, headers } = request;
    return { method, url, type: headers["content-type"], sha256: hash.digest("hex") };
  }
}

const sha256 = (bytes: string | Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

// XMLHttpRequest sends what no adapter of Node does: an empty query, and no Content-Type where there is no content.
describe("axios in a browser", () => {
  let server: RunningApp;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    need("chromium", "apt-get install chromium");
    const { outputFiles } = await build({
      stdin: { contents: SCRIPT, resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      platform: "browser",
      format: "esm",
    });
    bundle = (outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script");
    server = await startApp("express", {
      controllers: [ApiController],
      create: { bodyParser: false },
    });
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--no-sandbox"],
    });
    page = await browser.newPage();
    await page.goto(`${server.url}/page`);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const FORM = "application/x-www-form-urlencoded";
  it.each<[string, string, object]>([
    [
      "params",
      `call.get("/api", { params: { id: [1], q: "a b&\u{e9}'" } })`,
      {
        method: "GET",
        url: "/api?id%5B%5D=1&q=a+b%26%C3%A9%27",
      },
    ],
    ["a question mark and no query", `call.get("api/a?")`, { url: "/api/a" }],
    [
      "an awkward target",
      `call.get("/api//b/%2F?x=%20&y=a+b&x=&z#there")`,
      {
        url: "/api//b/%2F?x=%20&y=a+b&x=&z",
      },
    ],
    [
      "JSON",
      `call.post("/api", { n: 1 })`,
      {
        method: "POST",
        type: "application/json",
        sha256: sha256('{"n":1}'),
      },
    ],
    ["nothing", `call.post("/api")`, { type: FORM, sha256: sha256("") }],
    [
      "a form",
      `call.put("/api", new URLSearchParams({ a: "b c" }))`,
      {
        type: `${FORM};charset=utf-8`,
        sha256: sha256("a=b+c"),
      },
    ],
    [
      "a Blob",
      `call.patch("/api", new Blob(["x"], { type: "image/png" }))`,
      {
        method: "PATCH",
        type: "image/png",
        sha256: sha256("x"),
      },
    ],
    [
      "bytes",
      `call.post("/api", new Uint8Array([0, 255]))`,
      {
        sha256: sha256(Uint8Array.of(0, 255)),
      },
    ],
    [
      "multipart",
      `call.postForm("/api", { a: 1, file: new Blob(["x"]) })`,
      {
        type: expect.stringMatching(/^multipart\/form-data; boundary=/),
      },
    ],
    [
      "fetch",
      `call.post("/api", { n: 1 }, { adapter: "fetch" })`,
      {
        type: "application/json",
        sha256: sha256('{"n":1}'),
      },
    ],
    [
      "text",
      `call.get("/api/a", { responseType: "text" }).then(({ data }) => ({ data: JSON.parse(data) }))`,
      {
        url: "/api/a",
      },
    ],
    [
      "a Blob as the answer",
      `call.get("/api/a", { responseType: "blob" }).then(async ({ data }) => ({ data: JSON.parse(await data.text()) }))`,
      {
        url: "/api/a",
      },
    ],
  ])("signs what is sent: %s", async (_name, sent, received) => {
    const answer: unknown = await page
      .evaluate(`${sent}.then(({ data }) => data)`)
      .catch((error: Error) => `${error.message} ${server.lastCode()}`);
    expect(answer).toMatchObject(received);
  });

  it.each(["xhr", "fetch"])("reads no further in a flood of content: %s", async (adapter) => {
    const flooding = await SigningServer.start();
    const other = await browser.newPage();
    try {
      flooding.manner = "flood";
      flooding.floodBytes = 2 ** 34; // far more than the page could hold
      await other.route("**/page", (route) =>
        route.fulfill({ contentType: "text/html", body: html() }),
      );
      await other.goto(`${flooding.url}/page`);
      const sent = `call.get("/x", { responseType: "text", adapter: "${adapter}" })`;
      const told = await other.evaluate(`${sent}.catch(({ message }) => message)`);
      expect(told).toMatch(/^content-too-large: /);
    } finally {
      await other.close();
      await flooding.close();
    }
  });

  it("is turned away with the key of nobody", async () => {
    const status = await page.evaluate(`fetch("/api").then(({ status }) => status)`);
    expect(status).toBe(401);
  });
});
