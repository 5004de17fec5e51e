import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import {
  Body,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Post,
  Redirect,
  Sse,
} from "@nestjs/common";
import { MemoryNonceStore } from "@lacre/core";
import { HmacProtected, HmacSignedResponse, type NonceStore } from "@lacre/nestjs";
import {
  signFetch,
  type ClientOptions,
  type ResponseRefusal,
  type SignedFetch,
} from "@lacre/client";
import { signAxios } from "@lacre/client/axios";
import axios from "axios";
import { of } from "rxjs";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { Workshop } from "./workshop.js";

/** What took effect. */
const MADE: string[] = [];

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Post()
  create(@Body() { item }: { item: string }) {
    if (item === "gone") throw new NotFoundException();
    MADE.push(item);
    if (item === "crash") throw new Error("after the effect");
    if (item === "long") return "x".repeat(2_000_000);
    return { item };
  }

  @Get()
  list() {
    return ["tea"];
  }

  @Get("none")
  @HttpCode(204)
  none() {}

  @Get("moved")
  @Redirect("/orders")
  moved() {}

  @Get("endless")
  endless() {
    return "x".repeat(2_000_000);
  }

  @Sse("events")
  @HmacSignedResponse({ stream: true })
  events() {
    return of({ data: "tea" });
  }
}

interface Passed {
  readonly status: number;
  readonly headers: readonly string[];
  readonly content: Buffer;
}

/** A proxy in whose place nginx stands: what it does to answers. */
const WAYS = {
  "passes on": (answer: Passed) => answer,
  "sends twice": (answer: Passed) => answer,
  fails: () => own(502),
  limits: () => own(413),
  moves: () => own(301),
  "takes signatures off": (answer: Passed) => without(answer, "lacre-signature"),
  keeps: (answer: Passed) => (kept ??= answer),
  "rewrites the content": (answer: Passed) => ({
    ...answer,
    content: Buffer.from(answer.content.toString().replace("tea", "tee")),
  }),
  "rewrites Location": (answer: Passed) => {
    const headers = answer.headers.map((line) => (line === "/orders" ? "/api/orders" : line));
    return { ...answer, headers };
  },
  compresses: (answer: Passed) => {
    const shorter = without(answer, "content-length");
    const headers = [...shorter.headers, "Content-Encoding", "gzip"];
    return { ...shorter, headers, content: gzipSync(answer.content) };
  },
} satisfies Record<string, (answer: Passed) => Passed>;

let kept: Passed | undefined;
const own = (status: number): Passed => ({
  status,
  headers: ["Content-Type", "text/html", "Location", "/"],
  content: Buffer.from("<html>"),
});
const without = (answer: Passed, name: string): Passed => ({
  ...answer,
  headers: answer.headers.filter((_, i, all) => all[i - (i % 2)]?.toLowerCase() !== name),
});

async function contentOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

const PATH = "docs/recipes/requiring-signed-answers.md";
const workshop = new Workshop(PATH);
afterAll(() => workshop.close());

describe.each(PLATFORMS)("requiring signed answers of %s", (platform) => {
  let app: RunningApp;
  let url: string;
  let way: keyof typeof WAYS;
  let isStoreDown = false;

  const mayFail = (store: NonceStore): NonceStore => ({
    claim: async (...claim) => {
      if (isStoreDown) throw new Error("down");
      return store.claim(...claim);
    },
  });

  const pass = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method, rawHeaders, url: path } = incoming;
    const content = await contentOf(incoming);
    const to = { host: "127.0.0.1", port: app.port, method, path, headers: rawHeaders };
    const ask = async () => (await once(request(to).end(content), "response")) as [IncomingMessage];
    if (way === "sends twice") (await ask())[0].resume();
    const [answer] = await ask();
    const { statusCode: status = 0, rawHeaders: headers } = answer;
    const passed = WAYS[way]({ status, headers, content: await contentOf(answer) });
    response.writeHead(passed.status, [...passed.headers]).end(passed.content);
  };
  const proxy = createServer((incoming, response) => void pass(incoming, response));

  beforeAll(async () => {
    app = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { signResponses: true, maxBodyBytes: 1000, nonces: mayFail(new MemoryNonceStore()) },
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await app.close();
  });
  beforeEach(() => {
    way = "passes on";
    kept = undefined;
    isStoreDown = false;
    MADE.length = 0;
  });

  const client = (options: Partial<ClientOptions> = {}) =>
    signFetch(fetch, { appId: "demo", apiKey: DEMO_KEY, verifyResponses: "require", ...options });
  const strict = client();

  /** What the page says of an answer: its status, or the fault, the status and whom it concerns. */
  async function outcome(path: string, init: RequestInit = {}, call = strict): Promise<unknown> {
    const { concernOf } = await workshop.run("orders.ts");
    return call(`${url}${path}`, init).then(
      ({ status }) => status,
      (error: ResponseRefusal) => [
        ...[error.fault, error.answer?.status],
        (concernOf as (error: ResponseRefusal) => string)(error),
      ],
    );
  }
  const post = (item: string): RequestInit => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ item }),
  });

  it("refuses what the page says, with the faults that it says", async () => {
    const missing = (status: number, concern = "operations") => [
      "signature-missing",
      status,
      concern,
    ];
    for (const [made, status] of [
      ["fails", 502],
      ["limits", 413],
      ["moves", 301],
    ] as const) {
      way = made;
      expect(await outcome("/orders")).toEqual(missing(status));
    }
    way = "passes on";
    expect(await outcome("/nowhere")).toEqual(missing(404));
    expect(await outcome("/orders/events")).toEqual(missing(200, "security"));
    way = "takes signatures off";
    expect(await outcome("/orders")).toEqual(missing(200, "security"));
    way = "keeps";
    expect(await outcome("/orders")).toBe(200);
    expect(await outcome("/orders")).toEqual(["signature-mismatch", 200, "security"]);
    way = "rewrites Location";
    expect(await outcome("/orders/moved")).toEqual(["signature-mismatch", 302, "security"]);
    way = "rewrites the content";
    expect(await outcome("/orders")).toEqual(["content-mismatch", 200, "security"]);
    way = "compresses";
    expect(await outcome("/orders")).toEqual(["header-unsigned", 200, "security"]);
    way = "passes on";
    const stranger = client({ apiKey: DEMO_KEY.replace("AAEC", "BAEC") });
    expect(await outcome("/orders", {}, stranger)).toEqual(["signature-mismatch", 401, "keys"]);
    const small = client({ maxAnswerBytes: 3 });
    expect(await outcome("/orders", {}, small)).toEqual(["content-too-large", 200, "security"]);
  });

  it("lets through what the server says, good or bad", async () => {
    expect(await outcome("/orders", post("tea"))).toBe(201);
    expect(await outcome("/orders", post("gone"))).toBe(404);
    expect(await outcome("/orders", post("x".repeat(2000)))).toBe(413);
    expect(await outcome("/orders", { ...post("tea"), body: "{" })).toBe(400);
    expect(await outcome("/orders/none")).toBe(204);
    expect(await outcome("/orders", { method: "HEAD" })).toBe(200);
    expect(await outcome("/orders/endless")).toBe(500);
    expect(await outcome("/orders/moved")).toBe(302);
    const options = { appId: "demo", apiKey: DEMO_KEY, verifyResponses: "require" } as const;
    const api = signAxios(axios.create({ baseURL: url, validateStatus: () => true }), options);
    const etag = String((await api.get("/orders")).headers["etag"] ?? "");
    const again = await api.get("/orders", { headers: { "If-None-Match": etag } });
    expect(again.status).toBe(platform === "express" ? 304 : 200); // Fastify makes no ETag
  });

  it("can be foreseen by watching", async () => {
    const { watching } = await workshop.run("watch.ts");
    const seen: unknown[] = [];
    const call = (watching as (call: SignedFetch, tell: (what: unknown) => void) => SignedFetch)(
      client({ verifyResponses: "if-present" }),
      (what) => seen.push(what),
    );
    expect(await outcome("/orders", {}, call)).toBe(200);
    expect(await outcome("/orders", post("gone"), call)).toBe(404);
    expect(seen).toEqual([]);
    expect(await outcome("/nowhere?x=1", {}, call)).toBe(404);
    way = "takes signatures off";
    expect(await outcome("/orders", {}, call)).toBe(200);
    expect(seen).toEqual([
      { status: 404, path: "/nowhere" },
      { status: 200, path: "/orders" },
    ]);
    way = "rewrites the content";
    expect(await outcome("/orders", {}, call)).toEqual(["content-mismatch", 200, "security"]);
  });

  it("gives on a 401 that is signed under a random key, of which watching does not tell", async () => {
    const { watching } = await workshop.run("watch.ts");
    const tell = jest.fn();
    const call = (watching as (call: SignedFetch, tell: () => void) => SignedFetch)(
      client({ verifyResponses: "if-present", apiKey: DEMO_KEY.replace("AAEC", "BAEC") }),
      tell,
    );
    expect(await outcome("/orders", {}, call)).toBe(401);
    expect(tell).not.toHaveBeenCalled();
  });

  it("leaves a program with yes, no, or a question that it asks again", async () => {
    const told: string[] = [];
    const { order } = await workshop.run("orders.ts");
    const send = order as (...given: unknown[]) => Promise<string>;
    const ask = (item: string, call = strict) =>
      send(call, `${url}/orders`, { id: "1", item }, (concern: string, { message }: Error) =>
        told.push(`${concern}: ${message}`),
      );
    expect([await ask("tea"), await ask("gone")]).toEqual(["done", "refused"]);
    expect([await ask("crash"), await ask("long")]).toEqual(["unknown", "unknown"]);
    way = "sends twice";
    expect(await ask("coffee")).toBe("unknown"); // the 401 of the second copy
    expect(MADE).toEqual(["tea", "crash", "long", "coffee"]);
    way = "passes on";
    isStoreDown = true;
    expect(await ask("later", client({ retries: 0 }))).toBe("later");
    expect(MADE).not.toContain("later");
    isStoreDown = false;
    expect(told).toEqual([]);
    for (way of ["fails", "compresses"] as const) expect(await ask("tea")).toBe("unknown");
    expect(told).toEqual([
      expect.stringMatching(
        /^operations: signature-missing: unsigned: .*\(502 from http:.*\/orders\), which begins: <html>$/,
      ),
      expect.stringMatching(/^security: header-unsigned: content-encoding \(201 from /),
    ]);
  });
});
