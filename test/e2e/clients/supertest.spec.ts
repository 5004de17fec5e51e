import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { signSupertest } from "@lacre/client/supertest";
import { Body, Controller, Get, Param, Post, Query } from "@nestjs/common";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import supertest from "supertest";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../../support/app.js";

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get(":id")
  one(@Param("id") id: string, @Query() query: object, @HmacPrincipal("appId") appId: string) {
    return { id, query, appId };
  }

  @Post()
  create(@Body() body: unknown) {
    return { body };
  }
}

describe.each(PLATFORMS)("supertest, against %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { signResponses: true },
    });
  });
  afterAll(() => server.close());

  const agent = (apiKey = DEMO_KEY) =>
    signSupertest(supertest.agent(server.app.getHttpServer()), {
      appId: "demo",
      apiKey,
      verifyResponses: "require",
    });

  it("signs a query that is put together late", async () => {
    const { body } = await agent()
      .get("/orders/a%20b")
      .query({ q: "é &" })
      .query("x=%2F")
      .expect(200);
    expect(body).toEqual({ id: "a b", query: { q: "é &", x: "/" }, appId: "demo" });
  });

  it("signs JSON and forms as they are sent", async () => {
    await agent()
      .post("/orders")
      .send({ n: 1 })
      .expect(201, { body: { n: 1 } });
    if (platform === "express")
      await agent().post("/orders").type("form").send({ a: "b c" }).expect(201);
  });

  it("reads no more of an answer than it may hold", async () => {
    const short = signSupertest(supertest.agent(server.app.getHttpServer()), {
      appId: "demo",
      apiKey: DEMO_KEY,
      maxAnswerBytes: 10,
    });
    await expect(short.get("/orders/1")).rejects.toThrow(/content-too-large/);
  });

  it("signs every call anew, and shows the refusal of a wrong key", async () => {
    const caller = agent();
    await caller.get("/orders/1").expect(200);
    await caller.get("/orders/1").expect(200);
    const stranger = signSupertest(supertest.agent(server.app.getHttpServer()), {
      appId: "demo",
      apiKey: "lk1_HR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw",
    });
    await stranger.get("/orders/1").expect(401);
    expect(server.lastCode()).toBe("signature-mismatch");
  });
});
