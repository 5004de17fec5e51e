import {
  Controller,
  Get,
  type INestApplication,
  Injectable,
  Module,
  Post,
  type Type,
  UseGuards,
} from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { Test, type TestingModuleBuilder } from "@nestjs/testing";
import { afterEach, describe, expect, it } from "@jest/globals";
import request from "supertest";
import type { Principal } from "@lacre/core";
import {
  HmacGlobalGuard,
  HmacGuard,
  HmacModule,
  HmacPrincipal,
  HmacProtected,
  HmacPublic,
  type HmacModuleOptions,
} from "@lacre/nestjs";
import { signSupertest } from "@lacre/client/supertest";
import { asPrincipal, HMAC_CLOCK, refusalsOf, signedAgent, TestClock } from "@lacre/nestjs/testing";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { AWS_KEY, DEMO_KEY, PLATFORMS, type Platform } from "../support/app.js";

/* An application as its own tests see it: nothing of its module is changed for them. */

@Controller()
class OrdersController {
  @HmacProtected({ scopes: ["orders:read"] })
  @Get("orders")
  list(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }

  @HmacProtected()
  @Post("orders")
  create(@HmacPrincipal("appId") appId?: string) {
    return { caller: appId ?? null };
  }

  @HmacPublic()
  @Get("open")
  open(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }

  @Get("unmarked")
  unmarked(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }
}

const OPTIONS: HmacModuleOptions = {
  apps: [
    { appId: "orders", apiKey: DEMO_KEY, scopes: ["orders:read"] },
    {
      appId: "aws",
      keys: [{ apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] }],
    },
  ],
  origins: ["https://api.example.com", "https://other.example.com"],
  pathPrefix: "/api",
  schemes: ["lacre1", awsSigV4({ region: "eu-central-1", service: "orders" })],
};

function appModule(
  options: Partial<HmacModuleOptions> = {},
  controllers: Type[] = [OrdersController],
): Type {
  @Module({ imports: [HmacModule.forRoot({ ...OPTIONS, ...options })], controllers })
  class AppModule {}
  return AppModule;
}

const apps: INestApplication[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function start(
  platform: Platform,
  module: Type,
  change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<INestApplication> {
  const compiled = await change(Test.createTestingModule({ imports: [module] })).compile();
  const app: INestApplication = compiled.createNestApplication(
    platform === "express" ? new ExpressAdapter() : new FastifyAdapter(),
  );
  apps.push(app);
  await app.init();
  if (platform === "fastify")
    await (app.getHttpAdapter().getInstance() as { ready(): Promise<void> }).ready();
  return app;
}

const letIn = { canActivate: () => true };

describe.each(PLATFORMS)("overrideGuard on %s", (platform) => {
  it("lets unsigned and wrongly signed requests through, with and without content", async () => {
    const app = await start(platform, appModule(), (builder) =>
      builder.overrideGuard(HmacGuard).useValue(letIn),
    );
    const server = app.getHttpServer();
    await request(server).get("/orders").expect(200, { caller: null });
    await request(server).post("/orders").send({ item: "tea" }).expect(201, { caller: null });
    await request(server)
      .post("/orders")
      .set("Authorization", 'LACRE1-HMAC-SHA256 Credential="orders", Signature="x"')
      .send({ item: "tea" })
      .expect(201);
  });

  it("has @HmacPrincipal read what the stand-in left in request.user", async () => {
    const app = await start(platform, appModule(), (builder) =>
      builder.overrideGuard(HmacGuard).useValue({
        canActivate(context: { switchToHttp(): { getRequest(): { user?: unknown } } }) {
          context.switchToHttp().getRequest().user = asPrincipal({ appId: "somebody" });
          return true;
        },
      }),
    );
    const server = app.getHttpServer();
    await request(server).get("/orders").expect(200, { caller: "somebody" });
    await request(server).post("/orders").expect(201, { caller: "somebody" });
  });

  it("takes useClass and useFactory, and a stand-in that refuses", async () => {
    @Injectable()
    class Refusing {
      canActivate() {
        return false;
      }
    }
    const byClass = await start(platform, appModule(), (builder) =>
      builder.overrideGuard(HmacGuard).useClass(Refusing),
    );
    await request(byClass.getHttpServer()).post("/orders").send({}).expect(403);
    const byFactory = await start(platform, appModule(), (builder) =>
      builder.overrideGuard(HmacGuard).useFactory({ factory: () => letIn }),
    );
    await request(byFactory.getHttpServer()).post("/orders").send({}).expect(201);
  });

  it.each(["overrideGuard", "overrideProvider"] as const)(
    "with globalGuard, %s(HmacGlobalGuard) opens what has no mark of its own",
    async (override) => {
      const app = await start(platform, appModule({ globalGuard: true }), (builder) =>
        builder[override](HmacGlobalGuard).useValue(letIn),
      );
      const server = app.getHttpServer();
      await request(server).get("/unmarked").expect(200, { caller: null });
      await request(server).get("/orders").expect(401);
      await request(server).post("/orders").send({}).expect(401);
    },
  );

  it("with globalGuard, overrideGuard(HmacGuard) opens what is marked, and nothing else", async () => {
    const app = await start(platform, appModule({ globalGuard: true }), (builder) =>
      builder.overrideGuard(HmacGuard).useValue(letIn),
    );
    const server = app.getHttpServer();
    await request(server).get("/orders").expect(200, { caller: null });
    await request(server).post("/orders").send({}).expect(201);
    await request(server).get("/unmarked").expect(401);
  });

  it("of one app changes nothing in another one of the same classes", async () => {
    const module = appModule();
    await start(platform, module, (builder) => builder.overrideGuard(HmacGuard).useValue(letIn));
    const genuine = await start(platform, module);
    await request(genuine.getHttpServer()).get("/orders").expect(401);
    await request(genuine.getHttpServer()).post("/orders").send({ n: 1 }).expect(401);
  });

  it("without an override, what somebody else left in request.user is nobody", async () => {
    @Injectable()
    class SaysAnything {
      canActivate(context: { switchToHttp(): { getRequest(): { user?: unknown } } }) {
        context.switchToHttp().getRequest().user = asPrincipal({ appId: "admin" });
        return true;
      }
    }
    @UseGuards(SaysAnything)
    @Controller()
    class OtherController {
      @Get("other")
      other(@HmacPrincipal() caller?: Principal) {
        return { caller: caller?.appId ?? null };
      }
    }
    const app = await start(platform, appModule({}, [OtherController]));
    await request(app.getHttpServer()).get("/other").expect(200, { caller: null });
  });
});

describe.each(PLATFORMS)("signedAgent on %s", (platform) => {
  it("signs with the app's own key, right after the start, for the public origin", async () => {
    const app = await start(platform, appModule());
    const agent = signedAgent(app, { appId: "orders" });
    await agent.get("/orders?b=2&a=1").expect(200, { caller: "orders" });
    await agent.post("/orders").send({ item: "tea" }).expect(201, { caller: "orders" });
    await request(app.getHttpServer()).get("/orders").expect(401);
  });

  it("signs by the scheme of the app's key", async () => {
    const app = await start(
      platform,
      appModule({}, [
        (() => {
          @HmacProtected({ schemes: ["aws-sigv4"] })
          @Controller("aws")
          class AwsController {
            @Get()
            get(@HmacPrincipal("scheme") scheme: string) {
              return { scheme };
            }
          }
          return AwsController;
        })(),
      ]),
    );
    await signedAgent(app, { appId: "aws" }).get("/aws").expect(200, { scheme: "aws-sigv4" });
  });

  it("asks a source for the key", async () => {
    const source = {
      find: async (appId: string) =>
        appId === "orders" ? { appId, apiKey: DEMO_KEY, scopes: ["orders:read"] } : undefined,
    };
    const app = await start(platform, appModule({ apps: source }));
    await signedAgent(app, { appId: "orders" }).get("/orders").expect(200);
    await expect(signedAgent(app, { appId: "nobody" }).get("/orders")).rejects.toThrow(
      'the module has no app "nobody"',
    );
  });

  it("says so at once when the module has no such app, or no live key", async () => {
    const app = await start(platform, appModule());
    expect(() => signedAgent(app, { appId: "nobody" })).toThrow('the module has no app "nobody"');
    expect(() => signedAgent(app, { appId: "orders", scheme: "aws-sigv4" })).toThrow(
      'the app "orders" has no live key for the scheme "aws-sigv4"',
    );
  });

  it("tells a test that fails why the request was refused", async () => {
    const app = await start(platform, appModule());
    await expect(
      signedAgent(app, { appId: "aws", scheme: "aws-sigv4" }).get("/orders").expect(200),
    ).rejects.toThrow(/expected 200 "OK", got 401 "Unauthorized"\n {2}refused 401 scheme-refused/);
  });

  it("tells it in the stack too, which is what jest shows", async () => {
    const app = await start(platform, appModule());
    const failed: unknown = await signedAgent(app, { appId: "orders" })
      .get("/orders")
      .expect(204)
      .catch((error: unknown) => error);
    expect((failed as Error).stack).not.toContain("refused");
    const refused: unknown = await signedAgent(app, { appId: "aws", scheme: "aws-sigv4" })
      .get("/orders")
      .expect(200)
      .catch((error: unknown) => error);
    expect((refused as Error).stack).toContain("refused 401 scheme-refused");
  });

  it("says what it lacks: who signs, and a module", async () => {
    const app = await start(platform, appModule());
    expect(() => signedAgent(app, {} as never)).toThrow("signedAgent: appId: is missing");
    expect(() => signedAgent(app, undefined as never)).toThrow("signedAgent: appId: is missing");
    @Module({})
    class Bare {}
    const bare = await start(platform, Bare);
    expect(() => signedAgent(bare, { appId: "x" })).toThrow("finds no HmacModule");
    expect(() => new TestClock(NaN)).toThrow("milliseconds since 1970");
  });

  it("goes by the clock that the test has put into the module", async () => {
    const clock = new TestClock();
    const app = await start(platform, appModule(), (builder) =>
      builder.overrideProvider(HMAC_CLOCK).useValue(clock),
    );
    const refusals = refusalsOf(app);
    const agent = signedAgent(app, { appId: "orders" });
    await agent.get("/orders").expect(200);
    clock.advance(3600);
    await agent.get("/orders").expect(200);
    const slow = signSupertest(request.agent(app.getHttpServer()), {
      appId: "orders",
      apiKey: DEMO_KEY,
      origin: "https://api.example.com",
      pathPrefix: "/api",
      clock: new TestClock(clock.nowMs()),
    });
    clock.advance(300);
    await slow.get("/orders").expect(200);
    clock.advance(1);
    await slow.get("/orders").expect(401);
    expect(refusals.map(({ code }) => code)).toEqual(["timestamp-too-old"]);
  });
});

describe.each(PLATFORMS)("refusalsOf on %s", (platform) => {
  it("lists each refused request once, door or guard, and nothing that was let in", async () => {
    const app = await start(platform, appModule());
    const refusals = refusalsOf(app);
    expect(refusalsOf(app)).toBe(refusals);
    const agent = signedAgent(app, { appId: "orders" });
    await agent.get("/orders").expect(200);
    const { headers } = await request(app.getHttpServer())
      .get("/orders?secret=1")
      .set("Host", "api.example.com");
    await request(app.getHttpServer()).post("/orders").send({ n: 1 });
    expect(refusals.map(({ request: name, status, code }) => [name, status, code])).toEqual([
      ["GET /api/orders", 401, "credentials-missing"],
      ["POST", 401, "host-unknown"],
    ]);
    expect(refusals[0]?.requestId).toBe(headers["x-request-id"]);
  });
});

describe("@HmacPrincipal", () => {
  it.each(PLATFORMS)(
    "on a route that nothing protects is an error that says so, on %s",
    async (platform) => {
      const lines: string[] = [];
      const app = await start(platform, appModule(), (builder) =>
        builder.setLogger({
          log: () => {},
          warn: () => {},
          error: (...parts: unknown[]) => void lines.push(parts.join(" ")),
        }),
      );
      await request(app.getHttpServer()).get("/unmarked").expect(500);
      expect(lines.join("\n")).toContain("@HmacPrincipal() on OrdersController.unmarked");
      expect(lines.join("\n")).toContain("Put @HmacProtected() on it");
    },
  );

  it("says so with a module that is not there at all, unless a test stands in", async () => {
    @Module({ controllers: [OrdersController] })
    class Bare {}
    await expect(
      Test.createTestingModule({ imports: [Bare] })
        .compile()
        .then((m) => m.init()),
    ).rejects.toThrow("there is no HmacModule");
    const app = await start("express", Bare, (builder) =>
      builder.overrideGuard(HmacGuard).useValue({
        canActivate: (context: { switchToHttp(): { getRequest(): { user?: unknown } } }) => {
          context.switchToHttp().getRequest().user = asPrincipal({ appId: "x" });
          return true;
        },
      }),
    );
    await request(app.getHttpServer()).get("/orders").expect(200, { caller: "x" });
  });
});

describe('AuthGuard("hmac")', () => {
  it.each([
    ["itself", AuthGuard("hmac")],
    ["a child of it", class extends AuthGuard("hmac") {}],
  ])("%s without the module stops the start", async (_what, guard) => {
    @UseGuards(guard)
    @Controller("orders")
    class GuardedController {
      @Get()
      get() {
        return {};
      }
    }
    @Module({ controllers: [GuardedController] })
    class Bare {}
    await expect(start("express", Bare)).rejects.toThrow(
      'AuthGuard("hmac"): there is no HmacModule. Import HmacModule.forRoot(…) in the root module.',
    );
  });

  it("as APP_GUARD without the module stops the start too", async () => {
    @Module({
      controllers: [],
      providers: [{ provide: APP_GUARD, useClass: AuthGuard("hmac") }],
    })
    class Bare {}
    await expect(start("express", Bare)).rejects.toThrow("there is no HmacModule");
  });
});

it("asPrincipal gives a frozen principal, complete", () => {
  const principal = asPrincipal({ appId: "orders", scopes: ["a"] });
  expect(principal).toMatchObject({ appId: "orders", scopes: ["a"], presigned: false });
  expect(Object.isFrozen(principal)).toBe(true);
});
