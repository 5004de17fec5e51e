import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Controller, Get, Post, Req, VersioningType, type INestApplication } from "@nestjs/common";
import express from "express";
import { fastify } from "fastify";
import { createGate, type ServerGate } from "@lacre/node";
import { HmacProtected, type NonceStore, type Observer, type Verdict } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, takeAnything, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * What an observer is told of the request beside the verdict: its method, its route, how long it took, how much came.
 */

@Controller({ path: "orders/:shop", version: "2" })
@HmacProtected()
class OrdersController {
  @Get(":id")
  one() {
    return "ran";
  }

  @Post(["make", "create/:id"])
  make() {
    return "ran";
  }

  @Post("streamed")
  @HmacProtected({ body: "stream" })
  async streamed(@Req() request: AsyncIterable<Buffer> & { raw?: AsyncIterable<Buffer> }) {
    for await (const _part of request.raw ?? request);
    return "ran";
  }
}

const SLOW_MS = 30;
/** Answers late, as one on a server does. */
const slow: NonceStore = {
  claim: () => new Promise((resolve) => setTimeout(() => resolve("fresh"), SLOW_MS)),
};

const spoilt = (request: WireRequest): WireRequest => ({
  ...request,
  headers: request.headers.map(([name, value]) => [
    name,
    name === "authorization" ? value.replace(/.$/, (last) => (last === "0" ? "1" : "0")) : value,
  ]),
});

describe.each(PLATFORMS)("on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { nonces: slow },
      main: (app: INestApplication) => {
        takeAnything(app);
        app.setGlobalPrefix("api");
        app.enableVersioning({ type: VersioningType.URI });
      },
    });
  });
  afterAll(() => server.close());

  const make = (method: string, target: string, body?: string): WireRequest =>
    signed(server.port, {
      method,
      target,
      ...(body !== undefined && {
        headers: [["Content-Type", "application/json"]],
        body: Buffer.from(body),
      }),
    });
  const last = (): Verdict => server.verdicts.at(-1) as Verdict;

  it.each<[string, string, string | undefined, string]>([
    ["GET", "/api/v2/orders/7/8?a=1", undefined, "/api/v2/orders/:shop/:id"],
    ["GET", "/api/v2/orders/%37/x%2Fy", undefined, "/api/v2/orders/:shop/:id"],
    ["POST", "/api/v2/orders/7/make", "{}", "/api/v2/orders/:shop/make"],
    ["POST", "/api/v2/orders/7/create/9", "{}", "/api/v2/orders/:shop/create/:id"],
  ])(
    "%s %s has the pattern of its route, let in or refused",
    async (method, target, body, route) => {
      const request = make(method, target, body);
      expect((await send(server.port, request)).status).toBeLessThan(300);
      expect(last()).toMatchObject({ outcome: "accepted", method });
      expect(last().route).toBe(route);
      // With content this one is refused at the door, where Express has chosen no route yet.
      expect((await send(server.port, spoilt(request))).status).toBe(401);
      expect(last()).toMatchObject({ outcome: "refused", code: "signature-mismatch", method });
      expect(last().route).toBe(route);
    },
  );

  it("strangers make no pattern", async () => {
    const before = server.verdicts.length;
    for (const target of ["/API/V2/Orders/x/y", "//api/v2/orders/x/y", "/api/v2/orders/x/y/"])
      await send(server.port, { method: "GET", target, headers: [["Host", "h"]] });
    for (const { route } of server.verdicts.slice(before))
      expect(route).toBe("/api/v2/orders/:shop/:id");
  });

  it("the duration is from the arrival, the claim is a part of it, and bytes are those of the wire", async () => {
    const startedMs = performance.now();
    await send(server.port, make("POST", "/api/v2/orders/7/make", '{"a":"é"}'));
    const tookMs = performance.now() - startedMs;
    const { durationMs, bytes, claim } = last();
    expect(bytes).toBe(10);
    expect(claim).toEqual({
      outcome: "fresh",
      afterMs: expect.any(Number),
      durationMs: expect.any(Number),
    });
    const { afterMs = 0, durationMs: claimMs = 0 } = claim ?? {};
    expect(claimMs).toBeGreaterThanOrEqual(SLOW_MS - 2); // timers may be early by one
    expect(afterMs).toBeGreaterThanOrEqual(0);
    expect(afterMs + claimMs).toBeLessThanOrEqual(durationMs);
    expect(durationMs).toBeLessThanOrEqual(tookMs);
  });

  it("what is refused before its claim has none, and what has no credentials no bytes", async () => {
    await send(server.port, spoilt(make("GET", "/api/v2/orders/7/8")));
    expect(last()).toMatchObject({ proven: false, bytes: 0 });
    expect(last()).not.toHaveProperty("claim");
    await send(server.port, {
      method: "GET",
      target: "/api/v2/orders/7/8",
      headers: [["Host", "h"]],
    });
    expect(last()).not.toHaveProperty("bytes");
  });

  it("who made it is proven where the MAC was right, and only then is there a key", async () => {
    const good = make("POST", "/api/v2/orders/7/streamed", '{"a":1}');
    await send(server.port, { ...good, body: Buffer.from('{"a":2}') });
    expect(last()).toMatchObject({
      code: "content-mismatch",
      proven: true,
      appId: "demo",
      keyId: expect.stringMatching(/^[0-9a-f]{8}$/),
      timestamp: expect.any(Number),
    });
    await send(server.port, spoilt(make("GET", "/api/v2/orders/7/8")));
    expect(last()).toMatchObject({ code: "signature-mismatch", proven: false, appId: "demo" });
    expect(last()).not.toHaveProperty("keyId");
    expect(last()).not.toHaveProperty("timestamp");
  });

  it("by how much a caller's clock is off can be seen, of those who have the key", async () => {
    const signedAt = Math.floor(Date.now() / 1000) - 400;
    const clock = { nowMs: () => signedAt * 1000 };
    const order = { method: "GET", target: "/api/v2/orders/7/8" };
    await send(server.port, signed(server.port, order, { clock }));
    expect(last()).toMatchObject({ code: "timestamp-too-old", proven: true, timestamp: signedAt });
    await send(server.port, spoilt(signed(server.port, order, { clock })));
    expect(last()).toMatchObject({ code: "signature-mismatch", proven: false });
    expect(last()).not.toHaveProperty("timestamp");
    await send(server.port, make("GET", order.target));
    expect(last()).toMatchObject({ principal: { timestamp: expect.any(Number) } });
  });

  it("where it came from is the peer, whatever a stranger says", async () => {
    const order = { method: "GET", target: "/api/v2/orders/7/8" };
    const headers = [["X-Forwarded-For", "198.51.100.7"]] as const;
    await send(server.port, signed(server.port, { ...order, headers }));
    expect(last()).toMatchObject({ outcome: "accepted", address: "127.0.0.1" });
    await send(server.port, spoilt(signed(server.port, { ...order, headers })));
    expect(last()).toMatchObject({ outcome: "refused", address: "127.0.0.1" });
  });
});

describe("without Nest", () => {
  const told: Verdict[] = [];
  const observer: Observer = { observe: (verdict) => void told.push(verdict) };
  const gate = createGate(
    { apps: { demo: DEMO_KEY }, origins: "*", bootFence: false, observer },
    { warn: () => undefined },
  );

  const refused = async (server: Server, target: string): Promise<Verdict | undefined> => {
    const { port } = server.address() as AddressInfo;
    const before = told.length;
    const headers = [["Host", "h"]] as const;
    expect((await send(port, { method: "GET", target, headers })).status).toBe(401);
    expect(told).toHaveLength(before + 1);
    return told.at(-1);
  };

  it("a plain server has no patterns", async () => {
    const server = createServer((request, response) => void gate.admit(request, response));
    await once(server.listen(0, "127.0.0.1"), "listening");
    expect(await refused(server, "/orders/7")).not.toHaveProperty("route");
    server.close();
  });

  it("Express: that of the route, with the place where its router is mounted", async () => {
    const app = express();
    const router = express.Router();
    router.get("/orders/:id", gate.middleware());
    app.use("/shop", router);
    app.get("/own/:id", gate.middleware());
    app.use("/open", gate.middleware());
    const server = app.listen(0, "127.0.0.1");
    await once(server, "listening");
    expect(await refused(server, "/own/7")).toMatchObject({ route: "/own/:id" });
    expect(await refused(server, "/shop/orders/7")).toMatchObject({ route: "/shop/orders/:id" });
    expect(await refused(server, "/sHOp/orders/7")).toMatchObject({ route: "/shop/orders/:id" });
    expect(await refused(server, "/open/7")).not.toHaveProperty("route");
    server.close();
  });

  it("Fastify: that of the route, and none for what is nowhere", async () => {
    const app = fastify();
    app.addHook("onRequest", (gate as ServerGate).hook() as never);
    app.get("/own/:id", () => "ran");
    await app.listen({ port: 0, host: "127.0.0.1" });
    expect(await refused(app.server, "/own/7")).toMatchObject({
      route: "/own/:id",
      requestId: "req-1",
    });
    expect(await refused(app.server, "/nowhere/7")).not.toHaveProperty("route");
    await app.close();
  });
});
