import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { request as rawRequest } from "node:http";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Operations } from "../../../apps/console/src/access/operations.js";
import { DEFAULT_ADDRESS_LIMITS } from "../../../apps/console/src/start/settings.js";
import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";

const HTML = { accept: "text/html,application/xhtml+xml" };

/** As a path is written: fetch would tidy it up. */
function statusOf(url: string, path: string, headers = {}): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = rawRequest({ hostname, port, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    request.on("error", reject).end();
  });
}

/** What stands before and around the routes. */
export function serverCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lacre-page-"));
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<!doctype html><title>The page</title>");
    writeFileSync(join(folder, "assets", "index-1f.js"), "let plain;");
    writeFileSync(join(folder, "assets", "index-1f.js.br"), brotliCompressSync("let plain;"));
    const settings = { localMetrics: true };
    lacre = await TestConsole.start(databases(), { pageFolder: folder, settings });
  });
  afterAll(async () => {
    await lacre.close();
    rmSync(folder, { recursive: true });
  });

  it("tells programs 404 and 405 as problems, with what is allowed", async () => {
    const nothing = await lacre.ask("/v1/nothing");
    expect([nothing.status, nothing.body.code]).toEqual([404, "not-found"]);
    expect(nothing.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    const wrong = await lacre.ask("/v1/ping", { method: "DELETE" });
    expect([wrong.status, wrong.body.code]).toEqual([405, "method-not-allowed"]);
    expect(wrong.headers.get("allow")).toBe("GET, HEAD");
    const withId = await lacre.ask("/v1/openapi.json", { method: "PUT" });
    expect([withId.status, withId.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("tells people the same in their language, without anything inline", async () => {
    const pages = [
      ["/v1/nothing", "GET", "pt-BR,pt;q=0.9,en;q=0.8", 404, "Não há nada aqui"],
      ["/v1/nothing", "GET", "es-419", 404, "Aquí no hay nada"],
      ["/v1/nothing", "GET", "de", 404, "There is nothing here"],
      ["/v1/ping", "POST", "es", 405, "Así no"],
    ] as const;
    for (const [path, method, language, status, title] of pages) {
      const headers = { ...HTML, "accept-language": language };
      const answer = await lacre.ask(path, { method, headers });
      expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(title)]);
      expect(answer.body).not.toMatch(/<style|style=|<script/);
      const [, style] = /href="(\/[\w.]+css)"/.exec(answer.body) ?? [];
      const sheet = await lacre.ask(style ?? "/");
      expect([sheet.status, sheet.headers.get("content-type")]).toEqual([
        200,
        "text/css; charset=utf-8",
      ]);
    }
  });

  it("sends the page for whatever a person opens, and its files with right caching", async () => {
    for (const path of ["/", "/apps/orders", "/enrol"]) {
      const answer = await lacre.ask(path, { headers: HTML });
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
      expect(answer.body).toContain("The page");
    }
    const asset = await lacre.ask("/assets/index-1f.js", { headers: { "accept-encoding": "br" } });
    expect(asset.body).toBe("let plain;");
    expect(asset.headers.get("content-encoding")).toBe("br");
    expect(asset.headers.get("cache-control")).toMatch(/immutable/);
    const etag = asset.headers.get("etag") ?? "";
    const headers = { "if-none-match": etag };
    expect(await statusOf(lacre.url, "/assets/index-1f.js", headers)).toBe(304);
    for (const path of ["/assets/none.js", "/%2e%2e/package.json", "/assets/..%2findex.html"])
      expect((await lacre.ask(path)).status).toBe(404);
  });

  it("says that what it answers hangs on Accept, wherever it does", async () => {
    for (const path of ["/", "/apps/orders", "/v1/nothing"])
      for (const accept of ["*/*", "application/json", "text/html"]) {
        const { headers } = await lacre.ask(path, { headers: { accept } });
        const varies = (headers.get("vary") ?? "").split(/, */);
        expect([path, accept, varies]).toEqual([
          ...[path, accept],
          expect.arrayContaining(["Accept"]),
        ]);
      }
    // Who takes anything and opens the door gets the page; who mistypes a path gets the page as a browser only.
    const root = await lacre.ask("/", { headers: { accept: "*/*" } });
    expect([root.status, root.body]).toEqual([200, expect.stringContaining("The page")]);
    const refused = await lacre.ask("/apps/orders", {
      headers: { accept: "application/json, text/html;q=0" },
    });
    expect([refused.status, refused.body.code]).toEqual([404, "not-found"]);
  });

  it("says what a browser must not do, in every answer", async () => {
    for (const path of ["/", "/v1/ping", "/v1/nothing"]) {
      const { headers } = await lacre.ask(path, { headers: HTML });
      expect(headers.get("content-security-policy")).toMatch(
        /^default-src 'none';script-src 'self'/,
      );
      expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
      expect(headers.get("strict-transport-security")).toBeNull();
      expect(headers.get("x-powered-by")).toBeNull();
    }
  });

  it("reads JSON alone, and only so much of it", async () => {
    const send = (body: string, type: string) =>
      fetch(`${lacre.url}/v1/nothing`, { method: "POST", body, headers: { "content-type": type } });
    expect((await send("a=1", "application/x-www-form-urlencoded")).status).toBe(415);
    expect((await send("{}", "text/plain")).status).toBe(415);
    expect((await send("{", "application/json")).status).toBe(400);
    const large = JSON.stringify("x".repeat(70_000));
    expect((await send(large, "application/json")).status).toBe(413);
  });

  it("gives each request an id that ends no line", async () => {
    const given = await lacre.ask("/v1/ping", { headers: { "x-request-id": "abc-1" } });
    expect(given.headers.get("x-request-id")).toBe("abc-1");
    const made = await lacre.ask("/v1/ping", { headers: { "x-request-id": "a b" } });
    expect(made.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
  });

  it("shows metrics to this machine alone, by route and not by path", async () => {
    await lacre.ask("/v1/ping?secret=1");
    await lacre.ask("/v1/somewhere");
    const { body, status } = await lacre.ask("/metrics");
    expect(status).toBe(200);
    expect(body).toContain(
      'lacre_console_request_seconds_count{method="GET",route="/v1/ping",status="200"}',
    );
    expect(body).not.toMatch(/secret|somewhere/);
    const { port } = new URL(lacre.url);
    const statuses = async (headers: object): Promise<number | undefined> =>
      statusOf(lacre.url, "/metrics", headers);
    for (const host of ["127.0.0.1", `localhost:${port}`, `[::1]:${port}`])
      expect([host, await statuses({ host })]).toEqual([host, 200]);
    expect(await statuses({ "x-prometheus-scrape-timeout-seconds": "10" })).toBe(200);
    const passedOn = [
      ...[{ host: "console.example.com" }, { host: "127.0.0.1.example.com" }],
      ...[{ "x-forwarded-for": "127.0.0.1" }, { "x-forwarded-host": "localhost" }],
      ...[{ "x-forwarded-proto": "https" }, { forwarded: "for=127.0.0.1" }, { via: "1.1 a" }],
    ];
    for (const headers of passedOn)
      expect([headers, await statuses(headers)]).toEqual([headers, 404]);
  });

  it("says that it is well", async () => {
    expect((await lacre.ask("/v1/health")).body).toEqual({ status: "ok" });
  });

  it("describes every route in a document that is valid", async () => {
    const { body } = await lacre.ask("/v1/openapi.json");
    for (const { method, path } of lacre.app.get(Operations).routes)
      expect(body.paths[path.replaceAll(/:(\w+)/g, "{$1}")]).toHaveProperty(method.toLowerCase());
    const config = await createConfig({ extends: ["spec"] });
    const faults = await lintFromString({ source: JSON.stringify(body), config });
    expect(faults.map(({ message, location }) => [message, location[0]?.pointer])).toEqual([]);
    const query = body.paths["/v1/audit"].get.parameters.map((one: { name: string }) => one.name);
    expect(query).toEqual(expect.arrayContaining(["actor", "from", "cursor", "limit"]));
  });

  it("is not led astray by how a path is written", async () => {
    for (const path of [
      "//v1/audit",
      "/v1//audit",
      "/v1/%2e%2e/v1/audit",
      "/v1/audit%2f",
      "/V1/AUDIT/",
    ])
      expect([path, await statusOf(lacre.url, path)]).not.toEqual([path, 200]);
    expect(await statusOf(lacre.url, "/v1/%E0%A4")).toBe(404);
  });
}

/** What an address may send, and whom the console believes about addresses. */
export function addressCases(databases: () => Databases): void {
  let lacre: TestConsole;
  beforeAll(async () => {
    const addressLimits = { perMinute: 9, signInPerMinute: 2 };
    const trustedProxies = ["127.0.0.1"];
    lacre = await TestConsole.start(databases(), { settings: { addressLimits, trustedProxies } });
  });
  afterAll(() => lacre.close());

  it("shows no metrics to anybody unless it was told to", async () => {
    expect(await statusOf(lacre.url, "/metrics")).toBe(404);
  });

  it("turns an address away that sends too much, whoever it says it is, and no other", async () => {
    const from = (address: string) =>
      lacre.ask("/v1/audit", { headers: { "x-forwarded-for": `6.6.6.6, ${address}` } });
    for (let i = 0; i < 9; i += 1) expect((await from("10.0.0.1")).status).toBe(401);
    const over = await from("10.0.0.1");
    expect([over.status, over.body.code]).toEqual([429, "slow-down"]);
    expect(Number(over.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await from("10.0.0.2")).status).toBe(401);
  });

  it("counts sign-ins apart, and does not count among them what goes on with a session", async () => {
    const post = async (path: string): Promise<number> => {
      const headers = { "x-forwarded-for": "10.0.0.3" };
      return (await lacre.ask(path, { method: "POST", headers, body: {} })).status;
    };
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push(await post("/v1/token"));
    for (let i = 0; i < 3; i += 1) statuses.push(await post("/v1/passkeys/options"));
    statuses.push(await post("/v1/token"));
    expect(statuses).toEqual([403, 403, 403, 403, 200, 200, 429, 403]);
  });

  it("lets an office of 200 behind one address come in, and stay in, within its limits", () => {
    const { perMinute, signInPerMinute } = DEFAULT_ADDRESS_LIMITS;
    // By passkeys, which are two requests each, within four minutes; a page that is worked with asks 30 times a minute.
    expect(signInPerMinute * 4).toBeGreaterThanOrEqual(200 * 2);
    expect(perMinute).toBeGreaterThanOrEqual(200 * 30);
  });
}
