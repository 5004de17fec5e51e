import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { HttpModule, HttpService } from "@nestjs/axios";
import {
  All,
  Controller,
  Global,
  Inject,
  Injectable,
  Module,
  Req,
  type DynamicModule,
  type INestApplicationContext,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { Test } from "@nestjs/testing";
import { lastValueFrom, of, timeout } from "rxjs";
import { generateApiKey } from "@lacre/core";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { DEMO_KEY, startApp, type RunningApp } from "../../../test/support/app.js";
import {
  HmacHttpModule,
  hmacHttpToken,
  InjectHmacHttp,
  type HmacHttpOptions,
  type HmacHttpOptionsFactory,
} from "./nest.js";

const KEYS = { demo: DEMO_KEY, other: generateApiKey() };

@Controller()
@HmacProtected()
class EchoController {
  @All("*rest")
  echo(
    @HmacPrincipal("appId") appId: string,
    @Req() { method, url, rawBody }: { method: string; url: string; rawBody?: Buffer },
  ) {
    const sha256 = createHash("sha256")
      .update(rawBody ?? "")
      .digest("hex");
    return { appId, method, url, sha256 };
  }
}

/** Code as it is written for a plain HttpModule. */
@Injectable()
class Orders {
  constructor(readonly http: HttpService) {}

  async get(url: string, config = {}): Promise<unknown> {
    return (await lastValueFrom(this.http.get<unknown>(url, config).pipe(timeout(10_000)))).data;
  }
}

/** One that calls two servers, each with a key of its own. */
@Injectable()
class Partners {
  constructor(
    @InjectHmacHttp("a") readonly a: HttpService,
    @InjectHmacHttp("b") readonly b: HttpService,
    readonly plain: HttpService,
  ) {}
}

describe("HmacHttpModule", () => {
  let server: RunningApp;
  const opened: INestApplicationContext[] = [];

  beforeAll(async () => {
    server = await startApp("express", {
      controllers: [EchoController],
      hmac: { apps: KEYS },
      create: { rawBody: true },
    });
  });
  afterAll(async () => {
    await Promise.all(opened.map((app) => app.close()));
    await server.close();
  });
  beforeEach(() => void (server.verdicts.length = 0));

  const optionsOf = (appId: keyof typeof KEYS): HmacHttpOptions => ({
    appId,
    apiKey: KEYS[appId],
    axios: { baseURL: server.url, timeout: 10_000 },
  });

  async function open(
    imports: DynamicModule[],
    providers: (typeof Orders | typeof Partners)[],
    options = {},
  ): Promise<INestApplicationContext> {
    class App {}
    Module({ imports, providers })(App);
    const app = await NestFactory.createApplicationContext(App, {
      logger: false,
      abortOnError: false,
      ...options,
    });
    opened.push(app);
    return app;
  }

  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

  it("signs what goes through HttpService, and nothing that does not", async () => {
    const app = await open([HmacHttpModule.register(optionsOf("demo"))], [Orders]);
    const orders = app.get(Orders);
    expect(orders.http).toBeInstanceOf(HttpService);
    expect(await orders.get("/orders", { params: { id: [1, 2], q: "a b" } })).toEqual({
      appId: "demo",
      method: "GET",
      url: "/orders?id%5B%5D=1&id%5B%5D=2&q=a+b",
      sha256: sha256(""),
    });
    const json = await lastValueFrom(orders.http.post("/orders", { n: 1 }));
    expect(json.data).toMatchObject({ method: "POST", sha256: sha256('{"n":1}') });
    const form = await lastValueFrom(
      orders.http.put("/orders/1", new URLSearchParams({ a: "b c" })),
    );
    expect(form.data).toMatchObject({ method: "PUT", sha256: sha256("a=b+c") });
    await lastValueFrom(orders.http.postForm("/orders", { a: 1 }));
    expect(await orders.get("/a//b/%2F?x=%20&y=a+b&x=&z")).toMatchObject({
      url: "/a//b/%2F?x=%20&y=a+b&x=&z",
    });
    expect((await orders.http.axiosRef.get("/orders")).status).toBe(200);
    expect(server.verdicts.map(({ outcome }) => outcome)).toEqual(Array(6).fill("accepted"));

    const bare = await open([HttpModule.register({ baseURL: server.url })], [Orders]);
    await expect(bare.get(Orders).get("/orders")).rejects.toThrow("status code 401");
  });

  it("stops when nobody listens any more", async () => {
    const app = await open([HmacHttpModule.register(optionsOf("demo"))], [Orders]);
    app.get(Orders).http.get("/orders").subscribe().unsubscribe();
    await app.get(Orders).get("/later");
    expect(server.verdicts.length).toBe(1);
  });

  @Injectable()
  class Settings implements HmacHttpOptionsFactory {
    readonly options = optionsOf("demo");
    createHmacHttpOptions() {
      return Promise.resolve(this.options);
    }
  }
  @Global()
  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  it.each<[string, () => Parameters<typeof HmacHttpModule.registerAsync>[0]]>([
    [
      "useFactory",
      () => ({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: (settings: Settings) => settings.createHmacHttpOptions(),
      }),
    ],
    ["useClass", () => ({ useClass: Settings })],
    ["useExisting", () => ({ imports: [SettingsModule], useExisting: Settings })],
  ])("takes its options from %s", async (_name, options) => {
    const app = await open([HmacHttpModule.registerAsync(options())], [Orders]);
    expect(await app.get(Orders).get("/orders")).toMatchObject({ appId: "demo" });
  });

  it.each(["reference", "deep-hash"] as const)(
    "keeps two partners and a plain client apart: modules known by %s",
    async (moduleIdGeneratorAlgorithm) => {
      const app = await open(
        [
          HmacHttpModule.register({ name: "a", ...optionsOf("demo") }),
          HmacHttpModule.registerAsync({ name: "b", useFactory: () => optionsOf("other") }),
          HttpModule.register({ baseURL: server.url, validateStatus: null }),
        ],
        [Partners],
        { moduleIdGeneratorAlgorithm },
      );
      const { a, b, plain } = app.get(Partners);
      const callerOf = async (http: HttpService): Promise<unknown> =>
        ((await lastValueFrom(http.get("/orders"))).data as { appId?: string }).appId;
      expect([await callerOf(a), await callerOf(b), await callerOf(a)]).toEqual([
        "demo",
        "other",
        "demo",
      ]);
      expect((await lastValueFrom(plain.get("/orders"))).status).toBe(401);
    },
  );

  it.each(["reference", "deep-hash"] as const)(
    "keeps two modules without names apart: modules known by %s",
    async (moduleIdGeneratorAlgorithm) => {
      const callers: string[] = [];
      const feature = (appId: keyof typeof KEYS): DynamicModule => {
        @Injectable()
        class Feature {
          constructor(@Inject(HttpService) readonly http: HttpService) {}
          async onModuleInit() {
            const { data } = await lastValueFrom(this.http.get<{ appId: string }>("/orders"));
            callers.push(`${appId} is ${data.appId}`);
          }
        }
        class FeatureModule {}
        return {
          module: FeatureModule,
          // Alike but for the key and the name that goes with it, which no description of a module shows.
          imports: [HmacHttpModule.register(optionsOf(appId))],
          providers: [Feature],
        };
      };
      const app = await open([feature("demo"), feature("other")], [], {
        moduleIdGeneratorAlgorithm,
      });
      await app.init();
      expect(callers.toSorted()).toEqual(["demo is demo", "other is other"]);
    },
  );

  it("is there for every module where that is asked for", async () => {
    class Other {}
    Module({ providers: [Orders] })(Other);
    const global = HmacHttpModule.register({ ...optionsOf("demo"), isGlobal: true });
    const app = await open([global, { module: Other }], []);
    expect(await app.get(Orders, { strict: false }).get("/orders")).toMatchObject({
      appId: "demo",
    });
    const local = HmacHttpModule.register(optionsOf("demo"));
    await expect(open([local, { module: Other }], [])).rejects.toThrow("HttpService");
  });

  it.each<[string, object, string]>([
    ["a key", { apiKey: "short" }, "apiKey"],
    ["an AppId", { appId: "" }, "appId: is not an AppId"],
    ["a policy", { verifyResponses: "sometimes" }, 'verifyResponses: must be "require" or'],
    [
      "a second credential",
      { axios: { auth: { username: "a", password: "b" } } },
      "auth: must be absent",
    ],
    [
      "an option of axios beside ours",
      { baseURL: "http://a" },
      "baseURL: is not an option of HmacHttpModule",
    ],
    [
      "an option that does not exist",
      { retires: 1 },
      "retires: is not an option of HmacHttpModule",
    ],
  ])("does not start with %s that is wrong", async (_name, wrong, message) => {
    const options = { ...optionsOf("demo"), ...wrong };
    const now = open([HmacHttpModule.register(options)], []);
    await expect(now).rejects.toThrow(message);
    const later = open([HmacHttpModule.registerAsync({ useFactory: () => options })], []);
    await expect(later).rejects.toMatchObject({ name: "ConfigurationError" });
    expect(() => HmacHttpModule.register({ name: "", ...options })).toThrow(
      "name: must not be empty",
    );
  });

  it("shows its key to nobody who prints the module, its providers or its errors", async () => {
    const module = HmacHttpModule.register(optionsOf("demo"));
    const asynchronous = HmacHttpModule.registerAsync({
      name: "b",
      useFactory: () => optionsOf("other"),
    });
    const app = await open([module, asynchronous], [Orders]);
    const instances = [
      ...(
        app as unknown as {
          container: {
            getModules(): Map<string, { providers: Map<unknown, { instance: unknown }> }>;
          };
        }
      ).container
        .getModules()
        .values(),
    ]
      .flatMap(({ providers }) => [...providers.values()])
      .map(({ instance }) => instance);
    expect(instances).toContain(app.get(HttpService));
    const error = (await app
      .get(Orders)
      .get("http://127.0.0.1:1/")
      .catch((each: unknown) => each)) as Error;
    const printed = [module, asynchronous, ...instances, error]
      .map(
        (each) => inspect(each, { depth: 12, showHidden: true }) + JSON.stringify(each, circular()),
      )
      .join("\n");
    expect(printed).toContain(server.url);
    for (const key of Object.values(KEYS)) {
      expect(printed).not.toContain(key);
      expect(printed).not.toContain(key.slice(4));
    }
  });

  /** For JSON.stringify: each object once. */
  function circular(): (key: string, value: unknown) => unknown {
    const seen = new Set<unknown>();
    return (_key, value) => {
      if (typeof value !== "object" || value === null) return value;
      if (seen.has(value)) return undefined;
      seen.add(value);
      return value;
    };
  }

  it("can be replaced in tests, by its class and by its name", async () => {
    const stand = { get: () => of({ data: "stands in" }) };
    const module = await Test.createTestingModule({
      imports: [
        HmacHttpModule.register(optionsOf("demo")),
        HmacHttpModule.register({ name: "a", ...optionsOf("demo") }),
      ],
      providers: [Orders],
    })
      .overrideProvider(HttpService)
      .useValue(stand)
      .overrideProvider(hmacHttpToken("a"))
      .useValue(stand)
      .compile();
    expect(await module.get(Orders).get("/orders")).toBe("stands in");
    expect(module.get(hmacHttpToken("a"))).toBe(stand);
  });
});
