import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ControllerOptions,
  type ExceptionFilter,
  Get,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  Post,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
  type VersioningOptions,
  VersioningType,
} from "@nestjs/common";
import { APP_FILTER, APP_GUARD, ModuleRef } from "@nestjs/core";
import { AuthGuard, PassportStrategy } from "@nestjs/passport";
import { ThrottlerModule } from "@nestjs/throttler";
import express from "express";
import fastify from "fastify";
import cors from "@fastify/cors";
import { Strategy } from "passport-jwt";
import { HmacGuard, HmacProtected, HmacStrategy } from "@lacre/nestjs";
import { createGate } from "@lacre/node";
import type { Handshake } from "@lacre/schemes/body-signature";
import { HmacThrottlerGuard } from "@lacre/nestjs/throttler";
import {
  DEMO_KEY,
  PLATFORMS,
  startApp,
  type RunningApp,
  type StartOptions,
} from "../support/app.js";
import {
  appOf,
  ask,
  FORM_TYPE,
  JSON_TYPE,
  LINE,
  macOf,
  META,
  META_TOKEN,
  post,
  sender,
  WOO,
} from "../support/senders.js";
import { send } from "../support/wire.js";

/* First contact by every way in: whoever asks for the principal of a request, and where it is answered then. */

let runs = 0;
beforeEach(() => {
  runs = 0;
});

const scheme = sender("all", [WOO, META, LINE]);
const apps = [appOf("all")];
const hmac = { schemes: [scheme], apps };

const challenge = (token = META_TOKEN): string =>
  `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${encodeURIComponent(token)}`;

/** What every way in must do at `/hooks`. */
async function tryAll(port: number, path = "/hooks"): Promise<void> {
  const ping = await ask(port, "POST", path, FORM_TYPE, "webhook_id=7");
  expect([ping.status, ping.body]).toEqual([200, ""]);
  const meta = await ask(port, "GET", `${path}?${challenge()}`);
  expect([meta.status, meta.body]).toEqual([200, "1158201444"]);
  for (let i = 0; i < 2; i++)
    expect((await post(port, path, "all", '{"events":[]}')).status).toBe(200);
  expect(runs).toBe(0);
  const wrong = [
    await ask(port, "POST", path, FORM_TYPE, "webhook_id=7&a=b"),
    await ask(port, "POST", path, JSON_TYPE, '{"events":[]}'),
    await ask(port, "GET", `${path}?${challenge("another")}`),
    await post(port, path, "all", '{"events":[]}', { "X-All-Signature": "0".repeat(64) }),
  ];
  expect(wrong.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  expect(runs).toBe(0);
  const { status } = await post(port, path, "all", `{"events":[${String(Date.now())}]}`);
  expect([status, runs]).toEqual([201, 1]);
}

const controllerWith = (...decorators: ClassDecorator[]): Type => {
  @Controller("hooks")
  class HooksController {
    @Post()
    take() {
      runs += 1;
      return "ran";
    }
  }
  for (const decorate of decorators) decorate(HooksController);
  return HooksController;
};

@Injectable()
class NobodyStrategy extends PassportStrategy(Strategy, "nobody") {
  constructor() {
    super({ jwtFromRequest: () => null, secretOrKey: "a secret of this test alone, long enough" });
  }
  validate = () => false;
}

@Injectable()
class HmacMiddleware implements NestMiddleware {
  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}
  use(request: object, _response: unknown, next: (error?: unknown) => void) {
    const strategy = this.modules.get(HmacStrategy, { strict: false });
    strategy.validate(request).then(() => next(), next);
  }
}
@Module({})
class MiddlewareModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(HmacMiddleware).forRoutes("hooks");
  }
}

const WAYS: Readonly<Record<string, StartOptions>> = {
  "@HmacProtected": { controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))] },
  globalGuard: { controllers: [controllerWith()], hmac: { globalGuard: true } },
  "@UseGuards(HmacGuard)": { controllers: [controllerWith(UseGuards(HmacGuard))] },
  'AuthGuard("hmac")': { controllers: [controllerWith(UseGuards(AuthGuard("hmac")))] },
  'AuthGuard(["hmac", "nobody"]) and a mark': {
    controllers: [
      controllerWith(UseGuards(AuthGuard(["hmac", "nobody"])), HmacProtected({ schemes: ["all"] })),
    ],
    providers: [NobodyStrategy],
  },
  'AuthGuard("hmac") as APP_GUARD': {
    controllers: [controllerWith()],
    providers: [{ provide: APP_GUARD, useClass: AuthGuard("hmac") }],
  },
  middleware: {
    controllers: [controllerWith()],
    imports: [MiddlewareModule],
    providers: [HmacMiddleware],
  },
  "signed answers": {
    controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
    hmac: {
      signResponses: true,
      schemes: ["lacre1", scheme],
      apps: [...apps, { appId: "demo", apiKey: DEMO_KEY, schemes: ["lacre1"] }],
    },
  },
  "no body parser": {
    controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
    create: { bodyParser: false },
  },
};

describe.each(PLATFORMS)("first contact on %s", (platform) => {
  let running: RunningApp | undefined;
  const start = async (options: StartOptions): Promise<RunningApp> =>
    (running = await startApp(platform, { ...options, hmac: { ...hmac, ...options.hmac } }));
  afterEach(async () => {
    await running?.close();
    running = undefined;
  });

  it.each(Object.keys(WAYS))("is answered by %s", async (way) => {
    const app = await start(WAYS[way] as StartOptions);
    if (platform === "fastify" && way === "no body parser") {
      // Fastify takes no content for which it has no parser; the gate has answered before that.
      expect((await ask(app.port, "POST", "/hooks", FORM_TYPE, "webhook_id=7")).status).toBe(200);
      return;
    }
    await tryAll(app.port);
  });

  it("is answered where another strategy may let requests in, but for a GET without a handler", async () => {
    const app = await start({
      controllers: [controllerWith(UseGuards(AuthGuard(["hmac", "nobody"])))],
      providers: [NobodyStrategy],
    });
    expect((await ask(app.port, "POST", "/hooks", FORM_TYPE, "webhook_id=7")).status).toBe(200);
    expect((await post(app.port, "/hooks", "all", '{"events":[]}')).status).toBe(200);
    expect((await ask(app.port, "POST", "/hooks", FORM_TYPE, "webhook_id=x")).status).toBe(401);
    expect((await ask(app.port, "GET", `/hooks?${challenge()}`)).status).toBe(404);
    expect(runs).toBe(0);
  });

  it("is kept and answered once, however many ask at once", async () => {
    let kept = 0;
    @Injectable()
    class HastyMiddleware implements NestMiddleware {
      constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}
      use(request: object, _response: unknown, next: () => void) {
        const strategy = this.modules.get(HmacStrategy, { strict: false });
        for (let i = 0; i < 3; i++) strategy.validate(request).catch(() => undefined);
        next();
      }
    }
    @Module({})
    class HastyModule {
      configure(consumer: MiddlewareConsumer) {
        consumer.apply(HastyMiddleware).forRoutes("hooks");
      }
    }
    const keep = async () => {
      kept += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return true;
    };
    const slow = { name: "slow", signed: true, fields: { secret: "{token}" }, keep } as const;
    const app = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      imports: [HastyModule],
      providers: [HastyMiddleware],
      hmac: { schemes: [sender("all", [slow, LINE])] },
    });
    expect((await post(app.port, "/hooks", "all", '{"secret":"abc"}')).status).toBe(200);
    expect((await post(app.port, "/hooks", "all", '{"events":[]}')).status).toBe(200);
    expect([kept, runs]).toEqual([1, 0]);
    expect(app.verdicts.map(({ outcome }) => outcome)).toEqual(["greeted", "greeted"]);
    expect((await post(app.port, "/hooks", "all", '{"events":[7]}')).status).toBe(201);
  });

  it("keeps away from filters, whatever they catch", async () => {
    @Catch()
    class EverythingFilter implements ExceptionFilter {
      catch(_error: unknown, _host: ArgumentsHost) {
        runs += 100;
      }
    }
    const app = await start({
      controllers: [controllerWith(UseGuards(HmacGuard))],
      providers: [{ provide: APP_FILTER, useClass: EverythingFilter }],
    });
    expect((await post(app.port, "/hooks", "all", '{"events":[]}')).status).toBe(200);
    expect((await ask(app.port, "GET", `/hooks?${challenge()}`)).body).toBe("1158201444");
    expect(runs).toBe(0);
  });

  it("is found under a prefix and a version", async () => {
    const app = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      main: (nest) => {
        nest.setGlobalPrefix("api");
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: "1" });
      },
    });
    await tryAll(app.port, "/api/v1/hooks");
    expect((await ask(app.port, "GET", `/hooks?${challenge()}`)).status).toBe(404);
  });

  it("has the headers that the application sets on everything", async () => {
    const app = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      main: async (nest) => {
        if (platform === "express")
          nest.use((_request: unknown, response: express.Response, next: () => void) => {
            response.setHeader("X-Everywhere", "yes");
            next();
          });
        else {
          const instance = nest.getHttpAdapter().getInstance() as {
            register(plugin: unknown, options: object): Promise<void>;
            addHook(name: "onRequest", hook: unknown): void;
          };
          await instance.register(cors, { origin: "https://page.example" });
          instance.addHook(
            "onRequest",
            (
              _request: unknown,
              reply: { header(n: string, v: string): void },
              done: () => void,
            ) => {
              reply.header("X-Everywhere", "yes");
              done();
            },
          );
        }
      },
    });
    const answers = [
      await ask(app.port, "GET", `/hooks?${challenge()}`),
      await post(app.port, "/hooks", "all", '{"events":[]}'),
    ];
    for (const { headers } of answers) expect(headers.get("x-everywhere")).toBe("yes");
    if (platform === "fastify")
      expect(answers[0]?.headers.get("access-control-allow-origin")).toBe("https://page.example");
  });

  it("comes before a page that is sent for everything", async () => {
    const app = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      main: (nest) => {
        const instance = nest.getHttpAdapter().getInstance() as {
          get(
            path: string,
            handler: (request: unknown, reply: { send(body: string): void }) => void,
          ): void;
        };
        instance.get(platform === "express" ? "/{*any}" : "/*", (_request, reply) =>
          reply.send("the page"),
        );
      },
    });
    // Express runs what stands in front of Nest's own routes first: the page is there before the gate.
    const expected = platform === "express" ? "the page" : "1158201444";
    expect((await ask(app.port, "GET", `/hooks?${challenge()}`)).body).toBe(expected);
    expect((await ask(app.port, "GET", `/other?${challenge()}`)).body).toBe("the page");
  });

  it("is held to the networks of its app, and to the hosts that are ours", async () => {
    const app = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      hmac: { apps: [appOf("all", { networks: ["10.0.0.0/8"] })] },
    });
    expect((await ask(app.port, "POST", "/hooks", FORM_TYPE, "webhook_id=7")).status).toBe(401);
    expect((await ask(app.port, "GET", `/hooks?${challenge()}`)).status).toBe(401);
    expect((await post(app.port, "/hooks", "all", '{"events":[]}')).status).toBe(403);
    await app.close();
    const elsewhere = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      hmac: { origins: ["https://ours.example"] },
    });
    expect((await ask(elsewhere.port, "POST", "/hooks", FORM_TYPE, "webhook_id=7")).status).toBe(
      401,
    );
  });

  it("claims nothing, so it is answered while the nonce store is down; keys that cannot be asked are 503", async () => {
    const isDown = () => Promise.reject(new Error("down"));
    const app = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      hmac: { nonces: { claim: isDown, hold: isDown } as never },
    });
    expect((await post(app.port, "/hooks", "all", '{"events":[]}')).status).toBe(200);
    expect((await post(app.port, "/hooks", "all", '{"events":[1]}')).status).toBe(503);
    await app.close();
    const keyless = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      hmac: { apps: { find: isDown } },
    });
    expect((await ask(keyless.port, "POST", "/hooks", FORM_TYPE, "webhook_id=7")).status).toBe(503);
    expect((await post(keyless.port, "/hooks", "all", '{"events":[]}')).status).toBe(503);
  });

  it("is not answered to an address that is over its limit", async () => {
    const app = await start({
      controllers: [controllerWith(HmacProtected({ schemes: ["all"] }))],
      imports: [
        ThrottlerModule.forRoot({ throttlers: [{ name: "refused", limit: 3, ttl: 60_000 }] }),
      ],
      providers: [{ provide: APP_GUARD, useClass: HmacThrottlerGuard }],
    });
    // One that is signed is counted for its app, and claims nothing, however often it comes.
    for (let i = 0; i < 2; i++)
      expect((await post(app.port, "/hooks", "all", '{"events":[]}')).status).toBe(200);
    const claims = app.verdicts.flatMap((verdict) => verdict.claim ?? []);
    expect(claims).toEqual([]);
    for (let i = 0; i < 3; i++)
      await ask(app.port, "POST", "/hooks", FORM_TYPE, "webhook_id=7&wrong=1");
    expect((await ask(app.port, "POST", "/hooks", FORM_TYPE, "webhook_id=7")).status).toBe(429);
    expect((await ask(app.port, "GET", `/hooks?${challenge()}`)).status).toBe(429);
    expect((await post(app.port, "/hooks", "all", '{"events":[]}')).status).toBe(429);
  });

  it("leaves a handler of the application's own to it", async () => {
    @Controller("hooks")
    class OwnController {
      @Get()
      confirm() {
        runs += 1;
        return "own";
      }
      @Post()
      @HmacProtected({ schemes: ["all"] })
      take() {
        runs += 1;
        return "ran";
      }
    }
    const app = await start({ controllers: [OwnController] });
    expect((await ask(app.port, "GET", `/hooks?${challenge()}`)).body).toBe("own");
  });

  describe("where the route is not: another host, another version", () => {
    const SIMPLE: Handshake = {
      name: "challenge",
      signed: false,
      method: "GET",
      query: { challenge: "{token}" },
      answer: { text: "{query:challenge}" },
    };
    const formats = [sender("all", [SIMPLE, WOO]), sender("other", [SIMPLE, WOO])];
    const options = { schemes: formats, apps: [...apps, appOf("other")] };
    const controllerAt = (at: ControllerOptions, name = "all"): Type => {
      @Controller(at)
      class BoundController {
        @Get()
        page() {
          return "page";
        }
        @Post("d")
        @HmacProtected({ schemes: [name] })
        take() {
          runs += 1;
          return "ran";
        }
      }
      return BoundController;
    };
    const at = (
      app: RunningApp,
      method: string,
      host: string,
      path: string,
      headers: Readonly<Record<string, string>> = {},
    ) =>
      send(app.port, {
        method,
        target: method === "GET" ? `${path}?challenge=abc` : path,
        headers: [
          ["Host", host],
          ...Object.entries({ ...headers, ...(method === "POST" && FORM_TYPE) }),
        ],
        ...(method === "POST" && { body: Buffer.from("webhook_id=7") }),
      });
    const statuses = async (app: RunningApp, path: string, ...hosts: string[]) => {
      const found: number[] = [];
      for (const host of hosts)
        for (const method of ["GET", "POST"])
          found.push((await at(app, method, host, path)).status);
      return found;
    };

    it("is answered on the hosts of the controller alone", async () => {
      const app = await start({
        hmac: { ...options, origins: ["https://a.test", "https://b.test"] },
        controllers: [controllerAt({ path: "v", version: "1", host: "a.test" })],
        main: (nest) => {
          nest.setGlobalPrefix("api");
          nest.enableVersioning({ type: VersioningType.URI });
        },
      });
      const path = "/api/v1/v/d";
      expect(await statuses(app, path, "a.test", "A.TEST", "b.test")).toEqual([
        200, 200, 200, 200, 404, 401,
      ]);
      expect((await at(app, "GET", "a.test", path)).body).toBe("abc");
      expect(await statuses(app, "/api/v2/v/d", "a.test")).toEqual([404, 404]);
      expect(await statuses(app, "/api/v/d", "a.test")).toEqual([404, 404]);
      expect(app.verdicts.filter(({ outcome }) => outcome === "greeted")).toHaveLength(5);
    });

    it("is answered where a pattern certainly takes the host; elsewhere the guard alone can tell", async () => {
      const app = await start({
        hmac: options,
        controllers: [
          controllerAt({ path: "one", host: ":tenant.a.test" }),
          controllerAt({ path: "two", host: [/^b\./, "c.test"] }),
          controllerAt({ path: "three", host: "{www.}a.test" }),
        ],
      });
      expect(await statuses(app, "/one/d", "x.a.test", "a.test")).toEqual([
        200,
        200,
        404,
        expect.any(Number),
      ]);
      expect((await at(app, "POST", "a.test", "/one/d")).status).not.toBe(200);
      expect(await statuses(app, "/two/d", "b.x", "c.test", "a.test")).toEqual([
        200, 200, 200, 200, 404, 401,
      ]);
      expect(await statuses(app, "/three/d", "a.test", "www.a.test")).toEqual([404, 200, 404, 200]);
      expect((await at(app, "POST", "b.test", "/three/d")).status).not.toBe(200);
    });

    if (platform === "express")
      // Fastify has one route of a method and a path
      it("is that of the controller that is reached, of several on one path", async () => {
        const app = await start({
          hmac: { ...options, apps: [appOf("all"), appOf("other", { networks: ["10.0.0.0/8"] })] },
          controllers: [
            controllerAt({ path: "v", host: "a.test" }, "all"),
            controllerAt({ path: "v", host: "b.test" }, "other"),
          ],
        });
        expect(await statuses(app, "/v/d", "a.test", "b.test", "c.test")).toEqual([
          200, 200, 401, 401, 404, 401,
        ]);
      });

    const TYPES: readonly (readonly [
      string,
      VersioningOptions,
      Readonly<Record<string, string>>,
    ])[] = [
      ["a header", { type: VersioningType.HEADER, header: "X-Version" }, { "X-Version": "1" }],
      [
        "a media type",
        { type: VersioningType.MEDIA_TYPE, key: "v=" },
        { Accept: "application/json;v=1" },
      ],
      [
        "the application's own word",
        {
          type: VersioningType.CUSTOM,
          extractor: (request) =>
            String((request as { headers: Record<string, unknown> }).headers["x-mine"] ?? ""),
        },
        { "X-Mine": "1" },
      ],
    ];
    it.each(TYPES)(
      "is not answered without a handler where %s says the version",
      async (_, versioning, right) => {
        for (const defaultVersion of [undefined, "1"]) {
          const app = await start({
            hmac: options,
            controllers: [
              controllerAt(
                defaultVersion === undefined ? { path: "v", version: "1" } : { path: "v" },
              ),
              controllerAt({ path: "neutral", version: VERSION_NEUTRAL }),
            ],
            main: (nest) => void nest.enableVersioning({ ...versioning, defaultVersion }),
          });
          expect((await at(app, "POST", "a.test", "/v/d", right)).status).toBe(200);
          expect((await at(app, "POST", "a.test", "/v/d")).status).not.toBe(200);
          for (const headers of [{}, right])
            expect((await at(app, "GET", "a.test", "/v/d", headers)).status).toBe(404);
          expect(await statuses(app, "/neutral/d", "a.test")).toEqual([200, 200]);
          await app.close();
        }
      },
    );
  });
});

describe("first contact on a plain server", () => {
  const gate = () =>
    createGate({ ...hmac, origins: "*", bootFence: false }, {
      ...console,
      warn: () => undefined,
      log: () => undefined,
    } as never);
  const listening = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };

  it("is answered by admit", async () => {
    const guard = gate();
    const server = createServer((request, response) => {
      void guard.admit(request, response).then((caller) => {
        if (caller === undefined) return;
        runs += 1;
        response.writeHead(201).end("ran");
      });
    });
    await tryAll(await listening(server));
    server.close();
  });

  it("is answered by the middleware for Express", async () => {
    const app = express();
    app.use("/hooks", gate().middleware(), express.json(), (_request, response) => {
      runs += 1;
      response.status(201).send("ran");
    });
    const server = createServer(app);
    await tryAll(await listening(server));
    server.close();
  });

  it("is answered by the hook for Fastify", async () => {
    const app = fastify();
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    app.addHook("onRequest", gate().hook());
    app.all("/hooks", async (_request, reply) => {
      runs += 1;
      return reply.code(201).send("ran");
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    await tryAll((app.server.address() as AddressInfo).port);
    expect(macOf("all", "")).toHaveLength(64);
    await app.close();
  });
});
