import { inspect } from "node:util";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import {
  All,
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  Post,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type LoggerService,
} from "@nestjs/common";
import { APP_GUARD, ModuleRef, NestFactory } from "@nestjs/core";
import { Test } from "@nestjs/testing";
import request from "supertest";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import {
  HmacGuard,
  HmacModule,
  HmacPrincipal,
  HmacProtected,
  HmacPublic,
  type HmacModuleOptions,
  type HmacOptionsFactory,
  type Verdict,
} from "@lacre/nestjs";
import {
  AWS_KEY,
  DEMO_KEY,
  PLATFORMS,
  startApp,
  type RunningApp,
  type StartOptions,
} from "../support/app.js";
import { render, send, signed } from "../support/wire.js";

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
  @All("aws")
  @HmacProtected({ schemes: ["aws-sigv4"] })
  aws(@HmacPrincipal("appId") appId: string) {
    return { appId };
  }

  @Get("aws-once")
  @HmacProtected({ schemes: ["aws-sigv4"], replay: "once" })
  awsOnce(): void {}
}

@Controller("unmarked")
class UnmarkedController {
  @Get()
  get() {
    return "ran";
  }
  @Get("public")
  @HmacPublic()
  open() {
    return "ran";
  }
}

const options: HmacModuleOptions = { apps: { demo: DEMO_KEY }, origins: "*", bootFence: false };

@Injectable()
class OptionsFactory implements HmacOptionsFactory {
  createHmacOptions() {
    return options;
  }
}
class GetterOptions {
  get apps() {
    return options.apps;
  }
  get origins() {
    return options.origins;
  }
  get bootFence() {
    return false;
  }
}
@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class ConfigModule {}

describe("forRootAsync", () => {
  it.each<[string, Parameters<typeof HmacModule.forRootAsync>[0]]>([
    ["useFactory", { useFactory: async () => options }],
    [
      "useFactory with inject",
      {
        imports: [ConfigModule],
        inject: [OptionsFactory],
        useFactory: (f: OptionsFactory) => f.createHmacOptions(),
      },
    ],
    ["useClass", { useClass: OptionsFactory }],
    ["an object whose options are getters", { useFactory: () => new GetterOptions() }],
    ["useExisting", { imports: [ConfigModule], useExisting: OptionsFactory }],
  ])("%s", async (_name, definition) => {
    class App {}
    Module({ imports: [HmacModule.forRootAsync(definition)], controllers: [OrdersController] })(
      App,
    );
    const app = await NestFactory.create(App, { logger: false, abortOnError: false });
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as { port: number };
    expect((await send(port, signed(port, { method: "GET", target: "/orders" }))).body).toBe(
      '{"appId":"demo"}',
    );
    expect((await fetch(`http://127.0.0.1:${port}/orders`)).status).toBe(401);
    await app.close();
  });

  it("stops the start with the cure when options cannot be used", async () => {
    class App {}
    Module({ imports: [HmacModule.forRoot({ ...options, apps: { demo: "lk1_short" } })] })(App);
    const start = NestFactory.create(App, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow(
      "apps.demo.apiKey: is not strict lk1: it is not lk1_ and 43 characters that belong together. It was cut, or mistyped",
    );
  });

  it.each([
    [{ scopes: "" }, "scopes"],
    [{ scopes: "orders:write" }, "scopes"],
    [{ scopes: [""] }, "scopes"],
    [{ signedHeaders: "x-tenant" }, "signedHeaders"],
    [{ schemes: "lacre1" }, "schemes"],
    [{ maxAge: "300" }, "maxAge"],
    [{ maxAge: 172_800 }, "maxAge"],
  ])("stops the start for a route with %j", async (options, name) => {
    class WrongController {
      get() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(WrongController.prototype, "get");
    for (const decorate of [Get(), HmacProtected(options as never)])
      decorate(WrongController.prototype, "get", descriptor as PropertyDescriptor);
    Controller("wrong")(WrongController);
    await expect(startApp("express", { controllers: [WrongController] })).rejects.toThrow(
      new RegExp(`@HmacProtected on WrongController.get: ${name}`),
    );
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
    await expect(start).rejects.toThrow(
      '@HmacProtected on Wrong.get: schemes: "hawk" is not enabled.',
    );
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
    await request(`http://127.0.0.1:${port}`)
      .get("/orders")
      .set(Object.fromEntries(headers))
      .expect(200, { appId: "demo" });
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
      hmac: {
        origins: ["https://api.example.test"],
        pathPrefix: "/v1",
        trustedProxies: ["127.0.0.1"],
      },
    });
  });
  afterAll(async () => {
    await server.close();
    await behind.close();
  });

  const as = (
    target: RunningApp,
    signedHost: string,
    sentHost: string,
    more: [string, string][] = [],
    path = "/orders",
  ) => {
    const { headers } = signed(0, { method: "GET", target: path, headers: [["Host", signedHost]] });
    const added = headers.filter(([name]) => name !== "Host");
    return send(target.port, {
      method: "GET",
      target: "/orders",
      headers: [["Host", sentHost], ...more, ...added],
    });
  };

  it("takes its own hosts, in their spellings", async () => {
    expect((await as(server, "api.example.test", "api.example.test")).status).toBe(200);
    expect((await as(server, "api.example.test", "API.example.test:443")).status).toBe(200);
    expect(
      (await as(server, "internal.example.test:8080", "internal.example.test:8080")).status,
    ).toBe(200);
  });

  it.each([
    "evil.test",
    "api.example.test.",
    "api.example.test:80",
    "api.example.test:8443",
    "127.0.0.1",
  ])("refuses the host %s, even with a right signature", async (host) => {
    expect((await as(server, host, host)).status).toBe(401);
    expect(server.lastCode()).toBe("host-unknown");
    expect((await as(server, "api.example.test", host)).status).toBe(401);
  });

  it("ignores what is forwarded by a peer it does not know", async () => {
    const forwarded: [string, string][] = [["X-Forwarded-Host", "api.example.test"]];
    expect((await as(server, "api.example.test", "evil.test", forwarded)).status).toBe(401);
  });

  it("lets a proxy that it knows choose among its origins, and adds the prefix it strips", async () => {
    const by = (host: string) => [["X-Forwarded-Host", host]] as [string, string][];
    expect(
      (await as(behind, "api.example.test", "10.0.0.1", by("api.example.test"), "/v1/orders"))
        .status,
    ).toBe(200);
    expect(
      (await as(behind, "api.example.test", "10.0.0.1", by("api.example.test"), "/orders")).status,
    ).toBe(401);
    expect((await as(behind, "evil.test", "10.0.0.1", by("evil.test"), "/v1/orders")).status).toBe(
      401,
    );
    const two = [...by("api.example.test"), ...by("api.example.test")];
    expect((await as(behind, "api.example.test", "10.0.0.1", two, "/v1/orders")).status).toBe(401);
    expect(
      (await as(behind, "api.example.test", "10.0.0.1", by("api.example.test, evil"), "/v1/orders"))
        .status,
    ).toBe(401);
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
    const lacre = (target: string) =>
      send(server.port, signed(server.port, { method: "GET", target }));
    const sigv4 = (target: string) =>
      send(server.port, signed(server.port, { method: "GET", target }, aws));
    expect((await lacre("/orders")).status).toBe(200);
    expect((await sigv4("/orders/aws")).body).toBe('{"appId":"AKIDEXAMPLE"}');
    expect((await lacre("/orders/aws")).status).toBe(401);
    expect(server.lastCode()).toBe("scheme-refused");
    expect((await sigv4("/orders")).status).toBe(401);
    expect(server.lastCode()).toBe("scheme-refused");
  });

  it("a SigV4 signature is good once, but for what changes nothing", async () => {
    const statuses = async (method: string, target: string): Promise<number[]> => {
      const request = signed(server.port, { method, target }, aws);
      const first = await send(server.port, request);
      return [first.status, (await send(server.port, request)).status];
    };
    expect(await statuses("PUT", "/orders/aws?once")).toEqual([200, 401]);
    expect(server.lastCode()).toBe("nonce-seen");
    expect(await statuses("GET", "/orders/aws?again")).toEqual([200, 200]);
    expect(await statuses("GET", "/orders/aws-once")).toEqual([200, 401]);
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

  it("goes by the credentials that the route takes, whatever else the request carries", async () => {
    const lacre = signed(server.port, { method: "GET", target: "/orders?X-Amz-Signature=0" });
    expect((await send(server.port, lacre)).status).toBe(200);
  });
});

describe("what others get to see", () => {
  const lines: string[] = [];
  const collect = (...parts: unknown[]) =>
    void lines.push(inspect(parts, { depth: 10, showHidden: true }));
  const logger: LoggerService = {
    log: collect,
    warn: collect,
    error: collect,
    debug: collect,
    verbose: collect,
  };
  const verdicts: Verdict[] = [];
  let server: RunningApp;
  beforeEach(() => {
    lines.length = 0;
    verdicts.length = 0;
  });
  afterAll(() => server.close());
  afterAll(() => Logger.overrideLogger(false));

  const keyBytes = Buffer.from(DEMO_KEY.slice(4), "base64url");
  const forms = [
    DEMO_KEY,
    keyBytes.toString("base64"),
    keyBytes.toString("hex"),
    keyBytes.toString("latin1"),
  ];

  it("a log line has code, request id and the hash of the canonical request; no key, no MAC, no canonical text", async () => {
    server = await startApp("express", {
      controllers: [OrdersController],
      hmac: { observer: { observe: (verdict) => void verdicts.push(verdict) } },
      create: { logger },
    });
    const good = signed(server.port, { method: "GET", target: "/orders?password=hidden" });
    const right = (good.headers.find(([name]) => name === "authorization")?.[1] ?? "").slice(-64);
    const flipped = right.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    const spoilt = {
      ...good,
      headers: good.headers.map(([k, v]) => [k, v.replace(right, flipped)] as const),
    };
    const response = await send(server.port, spoilt);
    expect(response.status).toBe(401);

    const text = lines.join("\n");
    expect(text).toContain("refused 401 signature-mismatch (GET /orders");
    expect(text).toContain(response.headers.get("x-request-id"));
    const [verdict] = verdicts;
    expect(verdict).toMatchObject({
      outcome: "refused",
      code: "signature-mismatch",
      status: 401,
      appId: "demo",
      scheme: "lacre1",
      requestId: response.headers.get("x-request-id"),
    });
    const canonicalRequest = `LACRE1-HMAC-SHA256\ndemo\n${/Timestamp=(\d+)/.exec(good.headers.at(-1)?.[1] ?? "")?.[1]}\n${/Nonce=([\w-]+)/.exec(good.headers.at(-1)?.[1] ?? "")?.[1]}\nGET\n/orders?password=hidden\nhost:127.0.0.1:${server.port}\n\nhost`;
    const sha256 = createHash("sha256").update(canonicalRequest).digest("hex");
    expect(text).toContain(`canonical sha256 ${sha256}`);
    // What secret.spec.ts calls a fingerprint, computed anew from the 32 bytes of the key.
    const fingerprint = createHash("sha256")
      .update("lacre key fingerprint\n")
      .update(Buffer.from([...Array(32).keys()]))
      .digest("hex")
      .slice(0, 8);
    expect(text).toContain(`tried key ${fingerprint}`);
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
      hmac: {
        diagnostics: "respond",
        observer: { canonicalRequests: true, observe: (verdict) => void told.push(verdict) },
      },
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

  describe.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("observer is broken");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("observer is broken");
      },
    ],
    [
      "rejects with a promise of another realm",
      () => runInNewContext('Promise.reject(new Error("observer is broken"))') as unknown,
    ],
    [
      "throws what has no text",
      () => {
        throw Object.create(null);
      },
    ],
  ])("an observer that %s", (_how, observe) => {
    it("changes no verdict, ends no process, and is named in the log", async () => {
      const unhandled = jest.fn();
      process.on("unhandledRejection", unhandled);
      const shaky = await startApp("express", {
        controllers: [OrdersController],
        hmac: { observer: { observe: observe as () => void, observeClaim: observe as () => void } },
        create: { logger },
      });
      try {
        const order = signed(shaky.port, { method: "GET", target: "/orders" });
        expect((await send(shaky.port, order)).status).toBe(200);
        expect((await fetch(`${shaky.url}/orders`)).status).toBe(401);
        await new Promise(setImmediate);
        expect(unhandled).not.toHaveBeenCalled();
      } finally {
        process.off("unhandledRejection", unhandled);
        await shaky.close();
      }
      const told = lines.filter((line) => line.includes("the observer threw"));
      expect(told).toHaveLength(2);
      expect(told[0]).toContain("the observer threw: ");
      expect(told[1]).toContain("the observer threw 1 more time within ");
    });
  });
});

describe("HmacGuard as a global guard of the application's own", () => {
  it("stands where it is put among the others", async () => {
    const seen: unknown[] = [];
    class RolesGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        seen.push(context.switchToHttp().getRequest<{ user?: { appId: string } }>().user?.appId);
        return true;
      }
    }
    const server = await startApp("express", {
      controllers: [UnmarkedController],
      providers: [
        { provide: APP_GUARD, useClass: HmacGuard },
        { provide: APP_GUARD, useClass: RolesGuard },
      ],
    });
    try {
      expect(
        (await send(server.port, signed(server.port, { method: "GET", target: "/unmarked" })))
          .status,
      ).toBe(200);
      expect((await fetch(`${server.url}/unmarked`)).status).toBe(401);
      expect((await fetch(`${server.url}/unmarked/public`)).status).toBe(200);
      expect(seen).toEqual(["demo", undefined]);
    } finally {
      await server.close();
    }
  });
});

describe("HmacModule", () => {
  it("is configured once in an app", async () => {
    class App {}
    Module({ imports: [HmacModule.forRoot(options), HmacModule.forRoot({ ...options })] })(App);
    const start = NestFactory.create(App, { logger: false, abortOnError: false });
    await expect(start).rejects.toThrow("HmacModule: is configured twice. Call forRoot once");
  });

  it.each<[string, StartOptions]>([
    ["rawBody", { controllers: [OrdersController], create: { rawBody: true } }],
    ["no body parser", { controllers: [OrdersController], create: { bodyParser: false } }],
    [
      "a global prefix and versions",
      { controllers: [OrdersController], main: (app) => void app.setGlobalPrefix("api/v1") },
    ],
    [
      "versions in the path",
      {
        controllers: [OrdersController],
        main: (app) => void app.enableVersioning({ type: VersioningType.URI, defaultVersion: "2" }),
      },
    ],
    [
      "versions in a header",
      {
        controllers: [OrdersController],
        main: (app) =>
          void app.enableVersioning({
            type: VersioningType.HEADER,
            header: "x-v",
            defaultVersion: "2",
          }),
      },
    ],
  ])("needs no other main.ts: %s", async (name, start) => {
    for (const platform of PLATFORMS) {
      const server = await startApp(platform, start);
      try {
        const prefix = name.includes("prefix") ? "/api/v1" : name.includes("path") ? "/v2" : "";
        const headers: [string, string][] = [["Content-Type", "application/json"]];
        if (name.includes("header")) headers.push(["x-v", "2"]);
        const body = Buffer.from('{"n":1}');
        const post = () =>
          signed(server.port, { method: "POST", target: `${prefix}/orders`, headers, body });
        expect([platform, (await send(server.port, post())).status]).toEqual([platform, 201]);
        expect((await send(server.port, { ...post(), body: Buffer.from('{"n":2}') })).status).toBe(
          401,
        );
        expect(server.lastCode()).toBe("content-mismatch");
        // The door is closed here too: malformed JSON from a stranger is 401 and not 400.
        const bare = {
          method: "POST",
          target: `${prefix}/orders`,
          headers: [["Host", "x"] as const, ...headers],
          body: Buffer.from("{"),
        };
        expect([platform, (await send(server.port, bare)).status]).toEqual([platform, 401]);
      } finally {
        await server.close();
      }
    }
  });

  it("survives an upload that breaks off, and runs no handler for it", async () => {
    for (const platform of PLATFORMS) {
      const server = await startApp(platform, { controllers: [OrdersController] });
      try {
        const body = Buffer.alloc(5000, 1);
        const upload = signed(server.port, {
          method: "POST",
          target: "/orders",
          headers: [["Content-Type", "text/plain"]],
          body,
        });
        const socket = connect(server.port, "127.0.0.1");
        await once(socket, "connect");
        socket.write(render(upload).subarray(0, -2500));
        await wait(50);
        socket.destroy();
        await wait(50);
        expect(server.verdicts.filter(({ outcome }) => outcome === "accepted")).toEqual([]);
        expect((await send(server.port, upload)).status).toBe(201);
      } finally {
        await server.close();
      }
    }
  });

  it("keeps a connection good after a refusal with unread content", async () => {
    for (const platform of PLATFORMS) {
      const server = await startApp(platform, { controllers: [OrdersController] });
      try {
        const body = Buffer.alloc(300_000, 1);
        const forged = signed(server.port, {
          method: "POST",
          target: "/orders?x",
          headers: [["Content-Type", "text/plain"]],
          body,
        });
        const good = signed(server.port, { method: "GET", target: "/orders" });
        const first = render({ ...forged, target: "/orders" })
          .toString("latin1")
          .replace("Connection: close", "Connection: keep-alive");
        const answers = await sendPipelined(
          server.port,
          Buffer.from(first, "latin1"),
          render(good),
        );
        expect(answers).toContain("HTTP/1.1 401");
        expect(answers).toContain("HTTP/1.1 200");
      } finally {
        await server.close();
      }
    }
  });
});

/** Sends a second request on the same connection once the first is answered. */
async function sendPipelined(port: number, first: Buffer, second: Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (part: Buffer) => (text += part.toString("latin1")));
  socket.on("error", () => undefined);
  socket.write(first);
  while (!text.includes("\r\n\r\n")) await wait(10);
  socket.write(second);
  await once(socket, "close");
  return text;
}

describe("HmacGuard outside HTTP", () => {
  it.each(["rpc", "ws"])("refuses a %s context", async (type) => {
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
    expect(() => module.get(HmacGuard).canActivate(context)).toThrow(`cannot guard "${type}"`);
    await module.close();
  });
});
