import { createContext, runInContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import {
  Controller,
  Delete,
  Get,
  Post,
  UseGuards,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import {
  ApiBearerAuth,
  ApiHeader,
  ApiResponse,
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
} from "@nestjs/swagger";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { HmacGuard, HmacProtected, HmacPublic } from "@lacre/nestjs";
import { startApp, type Platform, type RunningApp, type StartOptions } from "../support/app.js";
import { buildSwaggerPlugIn } from "../support/browser-bundle.js";
import { send } from "../support/wire.js";

buildSwaggerPlugIn(); // the door takes it in when it is loaded
const { addHmacSecurity, ApiHmac, createHmacDocument, hmacSwaggerUi } =
  await import("@lacre/nestjs/swagger");

class Readable {
  @Get("inherited")
  inherited() {}
}

@Controller("orders")
@HmacProtected({ signedHeaders: ["X-Tenant"] })
class OrdersController extends Readable {
  @Get()
  list() {}

  @Post()
  @ApiHeader({ name: "X-Tenant", description: "Whose orders.", required: true })
  @ApiResponse({ status: 401, description: "Said by the application." })
  create() {}

  @Delete(":id")
  @HmacProtected({ scopes: ["orders:delete"], signedHeaders: ["host"], maxAge: 30, body: "stream" })
  remove() {}

  @Get("health")
  @HmacPublic()
  health() {}

  @Post("aws")
  @HmacProtected({ schemes: ["aws-sigv4", "lacre1"] })
  @ApiBearerAuth()
  aws() {}
}

@Controller("plain")
class PlainController {
  @Get()
  unmarked() {}

  @Get("guarded")
  @ApiHmac()
  @UseGuards(HmacGuard)
  guarded() {}
}

const CONTROLLERS = [OrdersController, PlainController];
const HMAC = { schemes: ["lacre1" as const, awsSigV4({ region: "eu", service: "orders" })] };

async function withApp<T>(
  options: Partial<StartOptions>,
  use: (app: INestApplication) => T,
  platform: Platform = "express",
) {
  const { app, close } = await startApp(platform, {
    controllers: CONTROLLERS,
    ...options,
    hmac: { ...HMAC, ...options.hmac },
  });
  try {
    return use(app);
  } finally {
    await close();
  }
}

const config = () => new DocumentBuilder().setTitle("Orders");
const documentOf = (options: Partial<StartOptions> = {}): Promise<OpenAPIObject> =>
  withApp(options, (app) => createHmacDocument(app, config().build()));

/** What is said of an operation: who may call it, how it answers, what must come with it. */
const said = (
  { paths }: OpenAPIObject,
  path: string,
  method: "get" | "post" | "delete" = "get",
) => {
  const operation = paths[path]?.[method] as Record<string, unknown> & {
    responses: object;
    parameters: object[];
  };
  const { security, responses, parameters } = operation;
  return { security, responses: Object.keys(responses), parameters, hmac: operation["x-hmac"] };
};

const TENANT = {
  name: "x-tenant",
  in: "header",
  required: true,
  description: "Must be signed.",
  schema: { type: "string" },
};

describe("createHmacDocument", () => {
  let document: OpenAPIObject;
  beforeAll(async () => void (document = await documentOf()));

  it("leaves alone what is public or unmarked", () => {
    for (const path of ["/orders/health", "/plain"])
      expect(said(document, path)).toEqual({
        security: undefined,
        responses: ["200"],
        parameters: [],
        hmac: undefined,
      });
  });

  it("says what a protected class wants, of its own methods and of inherited ones", () => {
    for (const path of ["/orders", "/orders/inherited"])
      expect(said(document, path)).toEqual({
        security: [{ lacre1: [] }],
        responses: ["200", "401", "413", "503"],
        parameters: [TENANT],
        hmac: { schemes: ["lacre1"], signedHeaders: ["x-tenant"] },
      });
  });

  it("says what a method adds: scopes, age; a stream has no limit; the signer sets host", () => {
    expect(said(document, "/orders/{id}", "delete")).toEqual({
      security: [{ lacre1: [] }],
      responses: ["200", "401", "403", "503"],
      parameters: [TENANT],
      hmac: {
        schemes: ["lacre1"],
        scopes: ["orders:delete"],
        signedHeaders: ["x-tenant", "host"],
        maxAgeSeconds: 30,
      },
    });
  });

  it("keeps what the application says itself, and the status of a POST", () => {
    const { responses, parameters } = said(document, "/orders", "post");
    expect(responses).toEqual(["401", "413", "503"]);
    expect(document.paths["/orders"]?.post?.responses).toMatchObject({
      401: { description: "Said by the application." },
    });
    expect(parameters).toMatchObject([{ name: "X-Tenant", description: "Whose orders." }]);
  });

  it("names each scheme that a route takes, beside other requirements", () => {
    expect(said(document, "/orders/aws", "post")).toMatchObject({
      security: [{ bearer: [] }, { "aws-sigv4": [] }, { lacre1: [] }],
      responses: ["201", "401", "413", "503"],
    });
  });

  it("believes @ApiHmac() where a guard stands without a mark", () => {
    expect(said(document, "/plain/guarded")).toMatchObject({
      security: [{ lacre1: [] }],
      responses: ["200", "401", "403", "413", "503"],
    });
  });

  it("describes the schemes and the refusals once, and every reference leads somewhere", () => {
    expect(document.components?.securitySchemes).toMatchObject({
      lacre1: {
        type: "http",
        scheme: "LACRE1-HMAC-SHA256",
        "x-hmac": {
          scheme: "lacre1",
          algorithms: ["LACRE1-HMAC-SHA256", "LACRE1-HMAC-SHA384", "LACRE1-HMAC-SHA512"],
        },
      },
      "aws-sigv4": { type: "http", scheme: "AWS4-HMAC-SHA256" },
    });
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"#\/components\/responses\/(\w+)"/g)];
    expect(new Set(references.map(([, name = ""]) => name))).toEqual(
      new Set(Object.keys(document.components?.responses ?? {})),
    );
    expect(text).not.toContain("lacre:");
  });

  it("marks everything that is not public under globalGuard, and nothing of it in the next app", async () => {
    const guarded = await documentOf({ hmac: { globalGuard: true } });
    expect(said(guarded, "/plain").security).toEqual([{ lacre1: [] }]);
    expect(said(guarded, "/orders/health").security).toBeUndefined();
    const next = await documentOf();
    expect(said(next, "/plain").security).toBeUndefined();
    expect(next).toEqual(document);
    const bare = await withApp({}, (app) => SwaggerModule.createDocument(app, config().build()));
    expect(said(bare, "/orders").security).toBeUndefined();
  });

  it("says the same on Fastify", async () => {
    const make = (app: INestApplication) => createHmacDocument(app, config().build());
    expect(await withApp({}, make, "fastify")).toEqual(document);
  });

  it("says so where there is no HmacModule", async () => {
    const app = await NestFactory.create({ module: class Bare {} }, { logger: false });
    expect(() => createHmacDocument(app, config().build())).toThrow(
      "createHmacDocument: there is no HmacModule.",
    );
  });

  it("takes its marks off when the document cannot be made", async () => {
    const fails = () => {
      throw new Error("no");
    };
    await withApp({}, (app) => {
      const options = { operationIdFactory: fails };
      expect(() => createHmacDocument(app, config().build(), options)).toThrow("no");
      const bare = SwaggerModule.createDocument(app, config().build());
      expect(JSON.stringify(bare)).not.toContain("lacre:");
    });
  });
});

describe("addHmacSecurity and @ApiHmac()", () => {
  it("do without createHmacDocument", async () => {
    const document = await withApp({}, (app) =>
      SwaggerModule.createDocument(app, addHmacSecurity(config()).build()),
    );
    expect(said(document, "/plain/guarded")).toMatchObject({
      security: [{ lacre1: [] }],
      responses: ["200"],
    });
    expect(document.components?.securitySchemes).toMatchObject({ lacre1: { type: "http" } });
  });
});

describe("hmacSwaggerUi", () => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp("express", {
      controllers: CONTROLLERS as Type[],
      hmac: { ...HMAC, globalGuard: true },
      main: (app) => {
        const document = createHmacDocument(app, config().build());
        const theirs = () => ({ named: "theirs" });
        SwaggerModule.setup("docs", app, document, hmacSwaggerUi({ customSiteTitle: "Orders" }));
        SwaggerModule.setup(
          "more",
          app,
          document,
          hmacSwaggerUi({ swaggerOptions: { persistAuthorization: true, plugins: [theirs] } }),
        );
      },
    });
  });
  afterAll(() => server.close());

  const get = (target: string) =>
    send(server.port, { method: "GET", target, headers: [["Host", `127.0.0.1:${server.port}`]] });

  /** The options that the page would give Swagger UI. */
  async function optionsOf(
    path: string,
  ): Promise<Record<string, unknown> & { plugins: unknown[] }> {
    const { body } = await get(`/${path}/swagger-ui-init.js`);
    const window: { location: object; onload?: () => void } = {
      location: { search: "", origin: server.url },
    };
    let given: unknown;
    const bundle = Object.assign((options: unknown) => (given = options), {
      presets: { apis: "apis" },
      plugins: { DownloadUrl: "DownloadUrl" },
    });
    const context = createContext(
      { window, SwaggerUIBundle: bundle, SwaggerUIStandalonePreset: "preset" },
      { codeGeneration: { strings: false, wasm: false } },
    );
    runInContext(body, context);
    window.onload?.();
    return given as Record<string, unknown> & { plugins: unknown[] };
  }

  it("serves the page to everybody, without a script in it", async () => {
    const { status, body } = await get("/docs");
    expect([status, body.includes("<title>Orders</title>")]).toEqual([200, true]);
    expect(body.match(/<script(?! src=)/)).toBeNull();
  });

  it("hands the plug-in to the page, beside the plug-ins that are there", async () => {
    const { plugins } = await optionsOf("docs");
    expect(plugins).toEqual(["DownloadUrl", expect.any(Function)]);
    const plugIn = plugins[1] as () => { statePlugins: object; wrapComponents: object };
    expect(plugIn()).toMatchObject({
      wrapComponents: { HttpAuth: expect.any(Function) },
      statePlugins: { spec: { wrapActions: { executeRequest: expect.any(Function) } } },
    });
    const more = await optionsOf("more");
    expect([more.persistAuthorization, more.plugins.length]).toEqual([true, 2]);
    expect((more.plugins[0] as () => object)()).toEqual({ named: "theirs" });
  });

  // @nestjs/swagger 11 puts the options into its script with String.replace and a string, which reads these.
  it("holds nothing that String.replace takes for a pattern", () => {
    const { plugins } = hmacSwaggerUi().swaggerOptions as { plugins: (() => void)[] };
    const script = String(plugins[1]);
    expect(script).toContain("hmacSwaggerUiPlugin");
    expect(script.match(/.{9}\$[$&`'].{9}/)).toBeNull();
  });
});
