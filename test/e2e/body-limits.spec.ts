import { afterEach, describe, expect, it } from "@jest/globals";
import type { AddressInfo } from "node:net";
import { Body, Controller, Module, Post, Req, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { ConfigurationError, HmacGuard, HmacModule, HmacProtected } from "@lacre/nestjs";
import express from "express";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

let runs = 0;

@Controller()
class PushController {
  @Post("push")
  @HmacProtected()
  push(@Body() body: { text: string }) {
    runs++;
    return { length: body.text.length };
  }
  @Post("large")
  @HmacProtected({ maxBodyBytes: 3_000_000 })
  large(@Body() body: { text: string }) {
    runs++;
    return { length: body.text.length };
  }
  @Post("small")
  @HmacProtected({ maxBodyBytes: 1000 })
  small(@Body() body: { text: string }) {
    runs++;
    return { length: body.text.length };
  }
  @Post("guarded")
  @UseGuards(HmacGuard)
  guarded(@Body() body: { text: string }) {
    runs++;
    return { length: body.text.length };
  }
  @Post("passport")
  @UseGuards(AuthGuard("hmac"))
  passport(@Body() body: { text: string }) {
    runs++;
    return { length: body.text.length };
  }
  @Post("raw")
  @HmacProtected()
  raw(@Req() request: { rawBody?: Buffer }) {
    return { length: request.rawBody?.length };
  }
  @Post("open")
  open(@Body() body: { text: string }) {
    runs++;
    return { length: body.text.length };
  }
}

/** JSON of so many bytes. */
const jsonOf = (bytes: number): Buffer => Buffer.from(`{"text":"${"x".repeat(bytes - 11)}"}`);
const JSON_TYPE = ["Content-Type", "application/json"] as const;

const post = (port: number, target: string, body: Buffer) =>
  send(port, signed(port, { method: "POST", target, headers: [JSON_TYPE], body }));

async function forged(
  port: number,
  target: string,
  body: Buffer,
  headers: [string, string][] = [],
) {
  const request = signed(port, { method: "POST", target, headers: [JSON_TYPE], body });
  const wrong = request.headers.map(([name, value]): [string, string] => [
    name,
    name.toLowerCase() === "authorization"
      ? value.replace(/.$/, (end) => (end === "0" ? "1" : "0"))
      : value,
  ]);
  expect(wrong).not.toEqual(request.headers);
  return send(port, { ...request, headers: [...wrong, ...headers] });
}

let server: RunningApp;
afterEach(async () => {
  await server?.close();
  runs = 0;
});

describe.each(PLATFORMS)("one limit on %s", (platform) => {
  const start = (options: Partial<Parameters<typeof startApp>[1]> = {}) =>
    startApp(platform, { controllers: [PushController], ...options });

  it("is maxBodyBytes, without a word in main.ts", async () => {
    server = await start();
    for (const target of ["/push", "/guarded", "/passport"]) {
      const answer = await post(server.port, target, jsonOf(457_000));
      expect([target, answer.status, answer.body]).toEqual([target, 201, '{"length":456989}']);
      const whole = await post(server.port, target, jsonOf(1_048_576));
      expect([target, whole.status]).toEqual([target, 201]);
      runs = 0;
      const more = await post(server.port, target, jsonOf(1_048_577));
      expect([target, more.status, runs]).toEqual([target, 413, 0]);
    }
  });

  it("is a route's own where it has one", async () => {
    server = await start();
    expect((await post(server.port, "/large", jsonOf(2_500_000))).status).toBe(201);
    expect((await post(server.port, "/small", jsonOf(1000))).status).toBe(201);
    runs = 0;
    for (const [target, bytes] of [
      ["/large", 3_000_001],
      ["/small", 1001],
      ["/push", 2_500_000],
    ] as const)
      expect((await post(server.port, target, jsonOf(bytes))).status).toBe(413);
    expect(runs).toBe(0);
  });

  it("leaves rawBody and forms as they were", async () => {
    server = await start({ create: { rawBody: true } });
    expect((await post(server.port, "/raw", jsonOf(400_000))).body).toBe('{"length":400000}');
    const body = Buffer.from(`text=${"x".repeat(400_000)}`);
    const headers = [["Content-Type", "application/x-www-form-urlencoded"]] as const;
    const form = signed(server.port, { method: "POST", target: "/push", headers, body });
    expect((await send(server.port, form)).body).toBe('{"length":400000}');
  });

  it.each([-1, 0.5, "1mb", NaN])("stops the start for a route's maxBodyBytes %p", async (value) => {
    class WrongController {
      post() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(WrongController.prototype, "post");
    HmacProtected({ maxBodyBytes: value as number })(
      WrongController.prototype,
      "post",
      descriptor as PropertyDescriptor,
    );
    Post()(WrongController.prototype, "post", descriptor as PropertyDescriptor);
    Controller("wrong")(WrongController);
    await expect(startApp(platform, { controllers: [WrongController] })).rejects.toThrow(
      /maxBodyBytes.*whole number of bytes/,
    );
  });
});

const main =
  (install: (app: NestExpressApplication) => void) =>
  (app: unknown): void =>
    install(app as NestExpressApplication);
const onExpress = (install: (app: NestExpressApplication) => void) =>
  startApp("express", { controllers: [PushController], main: main(install) });

describe("parsers that main.ts installs on Express", () => {
  it("do not make the limit larger, nor stand in front of the early refusal", async () => {
    let parsed = 0;
    const reviver = (name: string, value: unknown) => (name === "" && parsed++, value);
    server = await onExpress((app) => {
      app.useBodyParser("json", { limit: "10mb", reviver });
    });
    expect((await post(server.port, "/push", jsonOf(2_000_000))).status).toBe(413);
    expect([(await forged(server.port, "/push", jsonOf(500))).status, parsed]).toEqual([401, 0]);
    expect([(await post(server.port, "/push", jsonOf(500))).status, parsed]).toEqual([201, 1]);
    expect((await post(server.port, "/open", jsonOf(2_000_000))).status).toBe(201);
  });

  it("are lifted for protected routes alone, with the rest of their options", async () => {
    server = await onExpress((app) => {
      app.useBodyParser("json", {
        limit: "10kb",
        reviver: (name: string, value: unknown) => (name === "text" ? `${String(value)}!` : value),
      });
    });
    expect((await post(server.port, "/push", jsonOf(50_000))).body).toBe('{"length":49990}');
    expect((await post(server.port, "/open", jsonOf(50_000))).status).toBe(413);
    expect((await post(server.port, "/open", jsonOf(5_000))).body).toBe('{"length":4990}');
  });

  it("stay as they are for open routes where main.ts says nothing", async () => {
    server = await onExpress(() => {});
    expect((await post(server.port, "/open", jsonOf(90_000))).status).toBe(201);
    expect((await post(server.port, "/open", jsonOf(150_000))).status).toBe(413);
  });

  it("stop the start where they take less and nobody can lift them", async () => {
    const starting = onExpress((app) => void app.use(express.json({ limit: "10kb" })));
    await expect(starting).rejects.toThrow(ConfigurationError);
    await expect(starting).rejects.toThrow(/jsonParser that main.ts installs takes 10240 bytes/);
    await expect(
      onExpress((app) => void app.use(express.urlencoded({ extended: false }))),
    ).rejects.toThrow(/urlencodedParser/);
    server = await onExpress((app) => {
      app.use(express.json({ limit: "5mb" }));
      app.use("/elsewhere", express.json({ limit: "1kb" }));
      // Others that bear such a name are let be.
      app.use(function textParser(request: { url?: string }, _response: unknown, next: () => void) {
        if (request.url === undefined) throw new Error("not a request of this test");
        next();
      });
    });
    expect((await post(server.port, "/push", jsonOf(500_000))).status).toBe(201);
    expect((await post(server.port, "/push", jsonOf(2_000_000))).status).toBe(413);
  });

  it("leave early refusals readable to browsers, whatever the order of main.ts", async () => {
    server = await onExpress((app) => {
      app.useBodyParser("json", { limit: "5mb" });
      app.enableCors({ origin: "https://app.example.test" });
    });
    const origin: [string, string] = ["Origin", "https://app.example.test"];
    const answer = await forged(server.port, "/push", jsonOf(500), [origin]);
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([
      401,
      origin[1],
    ]);
  });
});

describe("a smaller limit of Fastify", () => {
  it("is lifted for protected routes alone", async () => {
    @Module({
      imports: [HmacModule.forRoot({ apps: { demo: DEMO_KEY }, origins: "*", bootFence: false })],
      controllers: [PushController],
    })
    class AppModule {}
    const app = await NestFactory.create<NestFastifyApplication>(
      AppModule,
      new FastifyAdapter({ bodyLimit: 10_000 }),
      { logger: false, abortOnError: false },
    );
    app.useBodyParser("application/vnd.api+json", { bodyLimit: 500 }, (_request, body, done) =>
      done(null, JSON.parse(String(body))),
    );
    await app.listen(0, "127.0.0.1");
    try {
      const { port } = app.getHttpServer().address() as AddressInfo;
      expect((await post(port, "/push", jsonOf(50_000))).status).toBe(201);
      expect((await post(port, "/guarded", jsonOf(50_000))).status).toBe(201);
      expect((await post(port, "/large", jsonOf(2_000_000))).status).toBe(201);
      expect((await post(port, "/open", jsonOf(50_000))).status).toBe(413);
      const headers = [["Content-Type", "application/vnd.api+json"]] as const;
      const body = jsonOf(5_000);
      const own = signed(port, { method: "POST", target: "/push", headers, body });
      expect((await send(port, own)).status).toBe(201);
    } finally {
      await app.close();
    }
  });
});
