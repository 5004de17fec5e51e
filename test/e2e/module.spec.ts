import { inspect } from "node:util";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { Controller, Get, Injectable, Logger, Module, Post, type ExecutionContext, type LoggerService } from "@nestjs/common";
import { ModuleRef, NestFactory } from "@nestjs/core";
import { Test } from "@nestjs/testing";
import request from "supertest";
import {
  awsSigV4,
  HmacGuard,
  HmacModule,
  HmacPrincipal,
  HmacProtected,
  type HmacModuleOptions,
  type HmacOptionsFactory,
  type Verdict,
} from "@lacre/nestjs";
import { AWS_KEY, DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list(@HmacPrincipal("appId") appId: string) {
    return { appId };
  }
  @Post()
  create() {
    return "ran";
  }
}

@Controller("orders")
class AwsController {
  @Get("aws")
  @HmacProtected({ schemes: ["aws-sigv4"] })
  aws(@HmacPrincipal("appId") appId: string) {
    return { appId };
  }
}

const options: HmacModuleOptions = { apps: { demo: DEMO_KEY }, origins: "*", bootFence: false };

@Injectable()
class OptionsFactory implements HmacOptionsFactory {
  createHmacOptions() {
    return options;
  }
}
@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class ConfigModule {}

describe("forRootAsync", () => {
  it.each<[string, Parameters<typeof HmacModule.forRootAsync>[0]]>([
    ["useFactory", { useFactory: async () => options }],
    ["useFactory with inject", { imports: [ConfigModule], inject: [OptionsFactory], useFactory: (f: OptionsFactory) => f.createHmacOptions() }],
    ["useClass", { useClass: OptionsFactory }],
    ["useExisting", { imports: [ConfigModule], useExisting: OptionsFactory }],
  ])("%s", async (_name, definition) => {
    class App {}
    Module({ imports: [HmacModule.forRootAsync(definition)], controllers: [OrdersController] })(App);
    const app = await NestFactory.create(App, { logger: false, abortOnError: false });
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as { port: number };
    expect((await send(port, signed(port, { method: "GET", target: "/orders" }))).body).toBe('{"appId":"demo"}');
    expect((await fetch(`http://127.0.0.1:${port}/orders`)).status).toBe(401);
    await app.close();
  });

  it("stops the start with the cure when options will not do", async () => {
    class App {}
    Module({ imports: [HmacModule.forRoot({ ...options, apps: { demo: "lk1_short" } })] })(App);
    const start = NestFactory.create(App, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow('apps.demo.apiKey: is not strict lk1. Make one with "lacre keygen"');
  });

  it("stops the start when a route names a scheme that is not enabled", async () => {
    class App {}
    Module({ imports: [HmacModule.forRoot(options)], controllers: [OrdersController] })(App);
    @Controller()
    class Wrong {
      @Get()
      @HmacProtected({ schemes: ["hawk"] })
      get() {
        return "ran";
      }
    }
    class WrongApp {}
    Module({ imports: [HmacModule.forRoot(options)], controllers: [Wrong] })(WrongApp);
    const start = NestFactory.create(WrongApp, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow('@HmacProtected on Wrong.get: schemes: "hawk" is not enabled.');
  });
});

describe("a testing module with supertest", () => {
  it("guards as in production", async () => {
    const module = await Test.createTestingModule({
      imports: [HmacModule.forRoot(options)],
      controllers: [OrdersController],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as { port: number };
    await request(app.getHttpServer()).get("/orders").expect(401);
    const { headers } = signed(port, { method: "GET", target: "/orders" });
    await request(`http://127.0.0.1:${port}`).get("/orders").set(Object.fromEntries(headers)).expect(200, { appId: "demo" });
    await request(`http://127.0.0.1:${port}`)
      .post("/orders")
      .set({ "content-type": "application/json" })
      .send('{"a":')
      .expect(401);
    await app.close();
  });
});

describe.each(PLATFORMS)("origins and proxies on %s", (platform) => {
  let server: RunningApp;
  let behind: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { origins: ["https://api.example.test", "http://internal.example.test:8080"] },
    });
    behind = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { origins: ["https://api.example.test"], pathPrefix: "/v1", trustedProxies: ["127.0.0.1"] },
    });
  });
  afterAll(async () => {
    await server.close();
    await behind.close();
  });

  const as = (target: RunningApp, signedHost: string, sentHost: string, more: [string, string][] = [], path = "/orders") => {
    const { headers } = signed(0, { method: "GET", target: path, headers: [["Host", signedHost]] });
    const added = headers.filter(([name]) => name !== "Host");
    return send(target.port, { method: "GET", target: "/orders", headers: [["Host", sentHost], ...more, ...added] });
  };

  it("takes its own hosts, in their spellings", async () => {
    expect((await as(server, "api.example.test", "api.example.test")).status).toBe(200);
    expect((await as(server, "api.example.test", "API.example.test:443")).status).toBe(200);
    expect((await as(server, "internal.example.test:8080", "internal.example.test:8080")).status).toBe(200);
  });

  it.each(["evil.test", "api.example.test.", "api.example.test:80", "api.example.test:8443", "127.0.0.1"])(
    "refuses the host %s, even with a right signature",
    async (host) => {
      expect((await as(server, host, host)).status).toBe(401);
      expect(server.lastCode()).toBe("host-unknown");
      expect((await as(server, "api.example.test", host)).status).toBe(401);
    },
  );

  it("ignores what is forwarded by a peer it does not know", async () => {
    const forwarded: [string, string][] = [["X-Forwarded-Host", "api.example.test"]];
    expect((await as(server, "api.example.test", "evil.test", forwarded)).status).toBe(401);
  });

  it("lets a proxy that it knows choose among its origins, and adds the prefix it strips", async () => {
    const by = (host: string) => [["X-Forwarded-Host", host]] as [string, string][];
    expect((await as(behind, "api.example.test", "10.0.0.1", by("api.example.test"), "/v1/orders")).status).toBe(200);
    expect((await as(behind, "api.example.test", "10.0.0.1", by("api.example.test"), "/orders")).status).toBe(401);
    expect((await as(behind, "evil.test", "10.0.0.1", by("evil.test"), "/v1/orders")).status).toBe(401);
    const two = [...by("api.example.test"), ...by("api.example.test")];
    expect((await as(behind, "api.example.test", "10.0.0.1", two, "/v1/orders")).status).toBe(401);
    expect((await as(behind, "api.example.test", "10.0.0.1", by("api.example.test, evil"), "/v1/orders")).status).toBe(401);
  });
});

describe.each(PLATFORMS)("two schemes on %s", (platform) => {
  let server: RunningApp;
  const scheme = awsSigV4({ region: "eu-central-1", service: "orders" });
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [OrdersController, AwsController],
      hmac: {
        schemes: ["lacre1", scheme],
        apps: [
          { appId: "demo", apiKey: DEMO_KEY },
          { appId: "AKIDEXAMPLE", apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] },
        ],
      },
    });
  });
  afterAll(() => server.close());
  const aws = { appId: "AKIDEXAMPLE", apiKey: AWS_KEY, scheme };

  it("each opens its own route and no other", async () => {
    const lacre = (target: string) => send(server.port, signed(server.port, { method: "GET", target }));
    const sigv4 = (target: string) => send(server.port, signed(server.port, { method: "GET", target }, aws));
    expect((await lacre("/orders")).status).toBe(200);
    expect((await sigv4("/orders/aws")).body).toBe('{"appId":"AKIDEXAMPLE"}');
    expect((await lacre("/orders/aws")).status).toBe(401);
    expect(server.lastCode()).toBe("scheme-refused");
    expect((await sigv4("/orders")).status).toBe(401);
    expect(server.lastCode()).toBe("scheme-refused");
  });

  it("a SigV4 signature is good once", async () => {
    const once = signed(server.port, { method: "GET", target: "/orders/aws?once" }, aws);
    expect((await send(server.port, once)).status).toBe(200);
    expect((await send(server.port, once)).status).toBe(401);
    expect(server.lastCode()).toBe("nonce-seen");
  });

  it("a payload hash that is not sent is taken from the bytes", async () => {
    // curl and the AWS SDKs send no x-amz-content-sha256 to most services.
    const body = Buffer.from('{"n":1}');
    const target = "/orders/aws";
    const full = signed(server.port, { method: "GET", target, body }, aws);
    expect((await send(server.port, full)).status).toBe(200);
    expect((await send(server.port, { ...full, body: Buffer.from('{"n":2}') })).status).toBe(401);
  });

  it("refuses two kinds of credentials", async () => {
    const lacre = signed(server.port, { method: "GET", target: "/orders?X-Amz-Signature=0" });
    expect((await send(server.port, lacre)).status).toBe(401);
    expect(server.lastCode()).toBe("credentials-repeated");
  });
});

describe("what others get to see", () => {
  const lines: string[] = [];
  const collect = (...parts: unknown[]) => void lines.push(inspect(parts, { depth: 10, showHidden: true }));
  const logger: LoggerService = { log: collect, warn: collect, error: collect, debug: collect, verbose: collect };
  const verdicts: Verdict[] = [];
  let server: RunningApp;
  beforeEach(() => {
    lines.length = 0;
    verdicts.length = 0;
  });
  afterAll(() => server.close());
  afterAll(() => Logger.overrideLogger(false));

  const keyBytes = Buffer.from(DEMO_KEY.slice(4), "base64url");
  const forms = [DEMO_KEY, keyBytes.toString("base64"), keyBytes.toString("hex"), keyBytes.toString("latin1")];

  it("a log line has code, request id and the hash of the canonical request; no key, no MAC, no canonical text", async () => {
    server = await startApp("express", {
      controllers: [OrdersController],
      hmac: { observer: { observe: (verdict) => void verdicts.push(verdict) } },
      create: { logger },
    });
    const good = signed(server.port, { method: "GET", target: "/orders?password=hidden" });
    const right = (good.headers.find(([name]) => name === "authorization")?.[1] ?? "").slice(-64);
    const flipped = right.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const spoilt = { ...good, headers: good.headers.map(([k, v]) => [k, v.replace(right, flipped)] as const) };
    const response = await send(server.port, spoilt);
    expect(response.status).toBe(401);

    const text = lines.join("\n");
    expect(text).toContain("refused 401 signature-mismatch (GET /orders");
    expect(text).toContain(response.headers.get("x-request-id"));
    const [verdict] = verdicts;
    expect(verdict).toMatchObject({ outcome: "refused", code: "signature-mismatch", status: 401, appId: "demo", scheme: "lacre1" });
    const canonicalRequest = `LACRE1-HMAC-SHA256\ndemo\n${/Timestamp=(\d+)/.exec(good.headers.at(-1)?.[1] ?? "")?.[1]}\n${/Nonce=([\w-]+)/.exec(good.headers.at(-1)?.[1] ?? "")?.[1]}\nGET\n/orders?password=hidden\nhost:127.0.0.1:${server.port}\n\nhost`;
    const sha256 = createHash("sha256").update(canonicalRequest).digest("hex");
    expect(text).toContain(`canonical sha256 ${sha256}`);
    const seen = `${text}\n${inspect(verdicts, { depth: 10, showHidden: true })}\n${JSON.stringify(verdicts)}`;
    for (const secret of [...forms, right, "password=hidden"]) expect(seen).not.toContain(secret);
    expect(response.body).toBe('{"statusCode":401,"message":"Unauthorized"}');

    // Whoever holds the services can print them, and still sees nothing.
    const everything = inspect(server.app.get(ModuleRef), { depth: 12, showHidden: true });
    for (const secret of forms) expect(everything).not.toContain(secret);
  });

  it("the canonical request goes to an observer that asked for it, or to the caller with diagnostics", async () => {
    const told: Verdict[] = [];
    const curious = await startApp("express", {
      controllers: [OrdersController],
      hmac: { diagnostics: "respond", observer: { canonicalRequests: true, observe: (verdict) => void told.push(verdict) } },
    });
    try {
      const good = signed(curious.port, { method: "GET", target: "/orders" });
      const wrong = await send(curious.port, { ...good, target: "/orders?x" });
      const answer = JSON.parse(wrong.body) as { code: string; canonicalRequest: string };
      expect(answer.code).toBe("signature-mismatch");
      expect(answer.canonicalRequest).toContain("GET\n/orders?x\nhost:127.0.0.1");
      expect(told[0]).toMatchObject({ canonicalRequest: answer.canonicalRequest });
      expect((await send(curious.port, good)).status).toBe(200);
      expect(told[1]).toMatchObject({ outcome: "accepted", principal: { appId: "demo" } });
    } finally {
      await curious.close();
    }
  });

  it("an observer that throws changes no verdict", async () => {
    const shaky = await startApp("express", {
      controllers: [OrdersController],
      hmac: {
        observer: {
          observe: () => {
            throw new Error("observer is broken");
          },
        },
      },
    });
    try {
      expect((await send(shaky.port, signed(shaky.port, { method: "GET", target: "/orders" }))).status).toBe(200);
      expect((await fetch(`${shaky.url}/orders`)).status).toBe(401);
    } finally {
      await shaky.close();
    }
  });
});

describe("HmacGuard outside HTTP", () => {
  it.each(["rpc", "ws", "graphql"])("refuses a %s context", async (type) => {
    const module = await Test.createTestingModule({
      imports: [HmacModule.forRoot({ ...options, globalGuard: true })],
      providers: [HmacGuard],
    }).compile();
    await module.init();
    const context = {
      getType: () => type,
      getClass: () => OrdersController,
      getHandler: () => OrdersController.prototype.list,
      switchToHttp: jest.fn(),
    } as unknown as ExecutionContext;
    await expect(module.get(HmacGuard).canActivate(context)).rejects.toThrow(`cannot guard "${type}"`);
    await module.close();
  });
});
