import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Body, Controller, Get, Post } from "@nestjs/common";
import { signedFetch } from "@lacre/client";
import { HmacPrincipal, HmacProtected, type Principal } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list(@HmacPrincipal("appId") appId: string) {
    return { appId };
  }

  @Post()
  create(@Body() body: unknown, @HmacPrincipal() principal: Principal) {
    return { body, appId: principal.appId };
  }
}

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, { controllers: [OrdersController] });
  });
  afterAll(() => server.close());

  it("works", async () => {
    const call = signedFetch({ appId: "demo", apiKey: DEMO_KEY });
    const list = await call(`${server.url}/orders`);
    expect([list.status, await list.text(), server.lastCode()]).toEqual([
      200,
      '{"appId":"demo"}',
      undefined,
    ]);
    const created = await call(`${server.url}/orders`, {
      method: "POST",
      body: JSON.stringify({ n: 1 }),
      headers: { "content-type": "application/json" },
    });
    expect([created.status, await created.text(), server.lastCode()]).toEqual([
      201,
      '{"body":{"n":1},"appId":"demo"}',
      undefined,
    ]);
    const bare = await fetch(`${server.url}/orders`);
    expect([bare.status, await bare.text()]).toEqual([
      401,
      '{"statusCode":401,"message":"Unauthorized"}',
    ]);
  });
});
