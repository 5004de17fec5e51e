import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Post, Req, UseGuards } from "@nestjs/common";
import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import { GraphQLModule, Query, Resolver } from "@nestjs/graphql";
import { AuthGuard } from "@nestjs/passport";
import express from "express";
import { fastify } from "fastify";
import { MemoryNonceStore, Signer } from "@lacre/core";
import { createGate, type GateOptions } from "@lacre/node";
import { HmacGuard, HmacProtected, type AppDefinition, type AppSource } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { GraphqlOnFastify } from "../support/graphql-on-fastify.js";
import { render, send, type WireRequest } from "../support/wire.js";

/*
 * The networks in an app's record: from elsewhere nothing of it is taken, whatever the headers say.
 */

const FREE_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const ORIGIN = "http://shop.test";
/** On the loopback interface: of the app, of nobody, of two proxies. */
const [INSIDE, OUTSIDE, PROXY, PROXY_BEHIND] = ["127.0.0.2", "127.0.0.3", "127.0.0.8", "127.0.0.9"];

const APPS: readonly AppDefinition[] = [
  { appId: "bound", apiKey: DEMO_KEY, networks: [INSIDE, "198.51.100.0/24", "2001:db8::/32"] },
  { appId: "free", apiKey: FREE_KEY },
];
const OPTIONS: GateOptions = {
  apps: APPS,
  origins: [ORIGIN],
  trustedProxies: [PROXY, PROXY_BEHIND],
  bootFence: false,
};

interface Asked {
  readonly method?: string;
  readonly body?: string;
  readonly app?: string;
  readonly forwardedFor?: string;
}

function ask(
  target: string,
  { method = "GET", body, app = "bound", forwardedFor }: Asked = {},
): WireRequest {
  // oxfmt-ignore
  const signer = new Signer({ appId: app, apiKey: app === "free" ? FREE_KEY : DEMO_KEY });
  const headers: [string, string][] =
    body === undefined ? [] : [["Content-Type", "application/json"]];
  const content = body === undefined ? undefined : Buffer.from(body);
  const added = signer.sign({
    method,
    url: ORIGIN + target,
    headers,
    ...(content !== undefined && { content }),
  }).headers;
  return {
    method,
    target,
    headers: [
      ["Host", "shop.test"],
      ...headers,
      ...added,
      ...(forwardedFor === undefined ? [] : [["X-Forwarded-For", forwardedFor] as const]),
    ],
    ...(content !== undefined && { body: content }),
  };
}

let ran: string[] = [];
beforeEach(() => void (ran = []));
const note = (what: string): string => {
  ran.push(what);
  return "ran";
};

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return note("list");
  }

  @Get("admin")
  @HmacProtected({ scopes: ["admin"] })
  admin() {
    return note("admin");
  }

  @Get("file")
  @HmacProtected({ presigned: 600 })
  file() {
    return note("file");
  }

  @Post()
  add(@Body() { item }: { item: string }) {
    return note(`add ${item}`);
  }

  @Post("streamed")
  @HmacProtected({ body: "stream" })
  async streamed(@Req() request: IncomingMessage & { raw?: IncomingMessage }) {
    note("streamed");
    for await (const _part of request.raw ?? request);
  }
}

@Controller("passport")
@UseGuards(AuthGuard("hmac"))
class PassportController {
  @Get()
  get() {
    return note("passport");
  }
}

@Controller("plain")
@UseGuards(HmacGuard)
class PlainController {
  @Get()
  get() {
    return note("plain");
  }
}

@Resolver()
class OrdersResolver {
  @Query(() => String, { nullable: true })
  @HmacProtected()
  orders() {
    return note("resolver");
  }
}

describe.each(PLATFORMS)("networks of an app, on %s", (platform) => {
  let server: RunningApp;
  const nonces = new MemoryNonceStore({ fence: false });
  let claims = 0;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [OrdersController, PassportController, PlainController],
      providers: [OrdersResolver],
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: (platform === "express" ? ApolloDriver : GraphqlOnFastify) as typeof ApolloDriver,
          autoSchemaFile: true,
        }),
      ],
      hmac: {
        ...OPTIONS,
        nonces: {
          claim: (key: string, expiresAtMs: number) => {
            claims += 1;
            return nonces.claim(key, expiresAtMs);
          },
        },
      },
    });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    claims = 0;
    server.verdicts.length = 0;
  });

  const presigned = (): WireRequest => {
    const signer = new Signer({ appId: "bound", apiKey: DEMO_KEY });
    const { url } = signer.presign({ url: `${ORIGIN}/orders/file`, expiresSeconds: 600 });
    return {
      method: "GET",
      target: url.slice(ORIGIN.length),
      headers: [["Host", "shop.test"]],
    };
  };
  const cases: readonly [string, () => WireRequest, string][] = [
    ["a route", () => ask("/orders"), "list"],
    ["content", () => ask("/orders", { method: "POST", body: '{"item":"tea"}' }), "add tea"],
    ["a stream", () => ask("/orders/streamed", { method: "POST", body: "[1]" }), "streamed"],
    ["a presigned URL", presigned, "file"],
    ['AuthGuard("hmac")', () => ask("/passport"), "passport"],
    ["HmacGuard", () => ask("/plain"), "plain"],
  ];

  it.each(cases)(
    "%s: refused from outside with no trace, and taken from inside",
    async (_, make, what) => {
      const request = make();
      const refused = await send(server.port, request, OUTSIDE);
      expect([refused.status, server.lastCode()]).toEqual([403, "network-not-allowed"]);
      expect(refused.body).toBe('{"statusCode":403,"message":"Forbidden"}');
      expect([ran, claims]).toEqual([[], 0]);
      expect((await send(server.port, request, INSIDE)).status).toBeLessThan(300);
      expect(ran).toEqual([what]);
    },
  );

  it("a resolver of GraphQL: the same", async () => {
    const request = ask("/graphql", { method: "POST", body: '{"query":"{ orders }"}' });
    const refused = await send(server.port, request, OUTSIDE);
    expect(refused.body).toContain("Forbidden");
    expect([ran, claims, server.lastCode()]).toEqual([[], 0, "network-not-allowed"]);
    expect((await send(server.port, request, INSIDE)).body).toContain('"orders":"ran"');
    expect(ran).toEqual(["resolver"]);
  });

  it.each(["127.0.0.2", "198.51.100.7", "127.0.0.8, 127.0.0.2", "127.0.0.2, 127.0.0.8"])(
    "a stranger's X-Forwarded-For (%s) says nothing",
    async (forwardedFor) => {
      expect((await send(server.port, ask("/orders", { forwardedFor }), OUTSIDE)).status).toBe(403);
      expect((await send(server.port, ask("/orders", { forwardedFor }), INSIDE)).status).toBe(200);
      expect(server.verdicts.map(({ address }) => address)).toEqual([OUTSIDE, INSIDE]);
    },
  );

  it.each([
    ["198.51.100.7", 200, "198.51.100.7"],
    ["::ffff:198.51.100.7", 200, "198.51.100.7"],
    ["2001:db8::7", 200, "2001:db8::7"],
    ["[2001:db8::7]:443", 200, "2001:db8::7"],
    ["203.0.113.1, 198.51.100.7, 127.0.0.9", 200, "198.51.100.7"],
    ["203.0.113.1", 403, "203.0.113.1"],
    ["198.51.100.7, 203.0.113.1", 403, "203.0.113.1"],
    ["127.0.0.2,203.0.113.1, 127.0.0.9", 403, "203.0.113.1"],
    ["127.0.0.9", 403, "127.0.0.9"],
    ["unknown", 403, undefined],
    ["198.51.100.7, ", 403, undefined],
    [undefined, 403, undefined],
  ])("a trusted proxy that says %s: %s", async (forwardedFor, status, address) => {
    const asked = forwardedFor === undefined ? {} : { forwardedFor };
    expect((await send(server.port, ask("/orders", asked), PROXY)).status).toBe(status);
    const [verdict] = server.verdicts;
    expect(verdict?.address).toBe(address);
    expect(verdict !== undefined && "address" in verdict).toBe(address !== undefined);
  });

  it("an app without networks may send from anywhere", async () => {
    for (const from of [INSIDE, OUTSIDE, PROXY])
      expect((await send(server.port, ask("/orders", { app: "free" }), from)).status).toBe(200);
  });

  it("tells nobody without the key where an app may send from, and says no scope to whoever is outside", async () => {
    const good = ask("/orders");
    const forged = {
      ...good,
      headers: good.headers.map(([name, value]): [string, string] => [
        name,
        name.toLowerCase() === "authorization"
          ? value.replace(/.$/, (c) => (c === "0" ? "1" : "0"))
          : value,
      ]),
    };
    const answers = [];
    for (const from of [INSIDE, OUTSIDE]) answers.push(await send(server.port, forged, from));
    expect(answers.map(({ status, body }) => [status, body])).toEqual(
      Array(2).fill([401, '{"statusCode":401,"message":"Unauthorized"}']),
    );
    expect(server.lastCode()).toBe("signature-mismatch");
    await send(server.port, ask("/orders/admin"), OUTSIDE);
    expect(server.lastCode()).toBe("network-not-allowed");
    await send(server.port, ask("/orders/admin"), INSIDE);
    expect(server.lastCode()).toBe("scope-insufficient");
  });

  it("the log's line says where it came from, and from where it may", async () => {
    await send(server.port, ask("/orders"), OUTSIDE);
    expect(server.verdicts.at(-1)).toMatchObject({
      message: "network-not-allowed",
      proven: true,
      appId: "bound",
      note: `it came from ${OUTSIDE}; the app may send from ${INSIDE}, 198.51.100.0/24, 2001:db8::/32`,
    });
  });
});

describe("networks of an app, without Nest", () => {
  const open: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });
  const answer: RequestListener = (_request, response) => void response.end(note("ran"));
  const gateOf = (more: Partial<GateOptions> = {}) =>
    createGate({ ...OPTIONS, ...more }, { warn: () => undefined });

  async function plain(more?: Partial<GateOptions>): Promise<number> {
    const gate = gateOf(more);
    const server = createServer((request, response) => {
      void gate.admit(request, response).then((caller) => caller && answer(request, response));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    open.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }
  async function onExpress(): Promise<number> {
    const app = express();
    app.use(gateOf().middleware(), answer);
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }
  async function onFastify(): Promise<number> {
    const app = fastify();
    app.addHook("onRequest", gateOf().hook() as never);
    app.get("/orders", () => note("ran"));
    await app.listen({ port: 0, host: "127.0.0.1" });
    open.push(() => app.close());
    return (app.server.address() as AddressInfo).port;
  }

  it.each([
    ["node:http", plain],
    ["Express", onExpress],
    ["Fastify", onFastify],
  ])("on %s", async (_name, start) => {
    const port = await start();
    const request = ask("/orders");
    expect((await send(port, request, OUTSIDE)).status).toBe(403);
    expect(ran).toEqual([]);
    expect((await send(port, request, INSIDE)).status).toBe(200);
    const forwardedFor = "198.51.100.7";
    expect((await send(port, ask("/orders", { forwardedFor }), PROXY)).status).toBe(200);
    expect((await send(port, ask("/orders", { forwardedFor }), OUTSIDE)).status).toBe(403);
  });

  it("holds for the record of a source", async () => {
    const apps: AppSource = { find: (id) => APPS.find(({ appId }) => appId === id) };
    const port = await plain({ apps });
    expect((await send(port, ask("/orders"), OUTSIDE)).status).toBe(403);
    expect((await send(port, ask("/orders"), INSIDE)).status).toBe(200);
  });

  it.each([[[]], ["127.0.0.0/8"], [["127.0.0.1/8"]], [["everywhere"]]])(
    "a record of a source whose networks are %j is 503, and opens nothing",
    async (networks) => {
      const record = { appId: "bound", apiKey: DEMO_KEY, networks } as AppDefinition;
      const port = await plain({ apps: { find: () => record } });
      expect((await send(port, ask("/orders"), INSIDE)).status).toBe(503);
      expect(ran).toEqual([]);
    },
  );

  it("is refused where nobody knows the address", async () => {
    const gate = gateOf();
    const server = createServer((request, response) => {
      void gate.admit(request, response).then((caller) => caller && answer(request, response));
    });
    const path = join(tmpdir(), `lacre-${randomUUID()}.sock`);
    await once(server.listen(path), "listening");
    open.push(() => server.close());
    const over = async (request: WireRequest): Promise<string> => {
      const socket = connect(path);
      socket.write(render(request));
      let text = "";
      for await (const chunk of socket) text += String(chunk);
      return text.slice(9, 12);
    };
    expect(await over(ask("/orders", { app: "free" }))).toBe("200");
    expect(await over(ask("/orders"))).toBe("403");
    expect(await over(ask("/orders", { forwardedFor: INSIDE }))).toBe("403");
  });
});
