import { createHash, createHmac } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  Body,
  Catch,
  ConflictException,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Injectable,
  Logger,
  NotFoundException,
  Post,
  Redirect,
  Sse,
  StreamableFile,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from "@nestjs/common";
import { APP_FILTER, APP_INTERCEPTOR, HttpAdapterHost } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { map, of, type Observable } from "rxjs";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import {
  HmacException,
  HmacProtected,
  HmacPublic,
  HmacSignedResponse,
  type HmacModuleOptions,
} from "@lacre/nestjs";
import { generateApiKey, type NonceStore } from "@lacre/core";
import {
  AWS_KEY,
  DEMO_KEY,
  PLATFORMS,
  startApp,
  TestClock,
  type RunningApp,
} from "../support/app.js";
import {
  exchange,
  signedRequest,
  verdictOn,
  type RawAnswer,
  type Signed,
} from "../support/exchange.js";
import type { WireRequest } from "../support/wire.js";

const LONG_KEY = generateApiKey();

@Injectable()
class Wrapping implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(map((value: unknown) => (isPlain(value) ? { ...value, wrapped: true } : value)));
  }
}
const isPlain = (value: unknown): value is object =>
  Object.getPrototypeOf(value ?? 0) === Object.prototype;

@Catch(ConflictException)
class Renaming implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}
  catch(_error: unknown, host: ArgumentsHost): void {
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { renamed: true }, 418);
  }
}

@Controller("signed")
@HmacProtected()
@HmacSignedResponse()
class SignedController {
  @Get()
  list() {
    return { items: ["é", "b"] };
  }
  @Post()
  @Header("Location", "/signed/42")
  @HmacSignedResponse({ headers: ["X-Total", "X-Request-Id"] })
  @Header("X-Total", "1")
  create(@Body() body: unknown) {
    return { got: body };
  }
  @Get("text")
  text() {
    return "plain";
  }
  @Get("cached")
  @Header("Cache-Control", "public, max-age=600")
  cached() {
    return "plain";
  }
  @Get("own-digest")
  @Header("Content-Digest", "sha-256=:AAAA:")
  ownDigest() {
    return "plain";
  }
  @Get("nothing")
  nothing() {}
  @Delete()
  @HttpCode(204)
  remove() {}
  @Get("away")
  @Redirect("https://other.example/place", 303)
  away() {}
  @Get("missing")
  missing() {
    throw new NotFoundException();
  }
  @Get("broken")
  broken() {
    throw new Error("a bug");
  }
  @Get("conflict")
  @UseFilters(Renaming)
  conflict() {
    throw new ConflictException();
  }
  @Get("own-401")
  own401() {
    throw new UnauthorizedException();
  }
  @Get("file")
  file() {
    return new StreamableFile(Readable.from([Buffer.from("one "), Buffer.from("file")]));
  }
  @Get("large")
  large() {
    return new StreamableFile(Readable.from([Buffer.alloc(150), Buffer.alloc(150)]));
  }
  @Get("failing")
  failing() {
    return new StreamableFile(
      Readable.from(
        (function* () {
          yield Buffer.from("a beginning");
          throw new Error("disk");
        })(),
      ),
    );
  }
  @Sse("events")
  events() {
    return of({ data: "one" }, { data: "two" });
  }
  @Sse("declared")
  @HmacSignedResponse({ stream: true })
  declared() {
    return of({ data: "one" }, { data: "two" });
  }
  @Get("unspeakable")
  @Header("Location", "/caf\u00e9")
  unspeakable() {
    return "x";
  }
  @Get("scoped")
  @HmacProtected({ scopes: ["nobody-has-it"] })
  scoped() {
    return "x";
  }
  @Get("open")
  @HmacPublic()
  open() {
    return "x";
  }
}

@Controller("unsigned")
class UnsignedController {
  @Get()
  @HmacProtected()
  get() {
    return { plain: 1 };
  }
  @Get("public")
  get2() {
    return "x";
  }
  @Get("public-401")
  public401() {
    throw new UnauthorizedException();
  }
  @Get("aws")
  @HmacProtected({ schemes: ["aws-sigv4"] })
  aws() {
    return "x";
  }
  @Get("passport")
  @UseGuards(AuthGuard("hmac"))
  @HmacSignedResponse()
  passport() {
    return "x";
  }
}

const clock = new TestClock();
const OPTIONS: Partial<HmacModuleOptions> = {
  apps: [
    { appId: "demo", apiKey: DEMO_KEY },
    { appId: "long", keys: [{ apiKey: LONG_KEY, algorithm: "sha512" }] },
    { appId: "aws", apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] },
  ],
  schemes: ["lacre1", awsSigV4({ region: "r", service: "s" })],
  clock,
  maxAnswerBytes: 200,
};
const controllers = [SignedController, UnsignedController];
const providers = [{ provide: APP_INTERCEPTOR, useClass: Wrapping }];

describe.each(PLATFORMS)("signed answers on %s", (platform) => {
  let server: RunningApp;
  const logged: string[] = [];
  beforeAll(async () => {
    const main = (app: INestApplication): void => {
      app.enableCors({ origin: "https://app.example", exposedHeaders: ["X-Total"] });
    };
    server = await startApp(platform, { controllers, providers, hmac: OPTIONS, main });
    Logger.overrideLogger({
      log: () => undefined,
      warn: (text: unknown) => void logged.push(String(text)),
      error: (text: unknown) => void logged.push(String(text)),
    });
  });
  afterAll(() => {
    Logger.overrideLogger(false);
    return server.close();
  });
  beforeEach(() => void (logged.length = 0));

  const make = (method: string, target: string, more: Parameters<typeof signedRequest>[3] = {}) =>
    signedRequest(server.port, method, target, more, { clock });
  const get = async (target: string, method = "GET"): Promise<[RawAnswer, string]> => {
    const request = make(method, target);
    const answer = await exchange(server.port, request.wire);
    return [answer, await verdictOn(request, answer)];
  };

  it("writes the text of the specification under the key of the request", async () => {
    const request = make("POST", "/signed", {
      headers: [["Content-Type", "application/json"]],
      body: Buffer.from('{"a":1}'),
    });
    const answer = await exchange(server.port, request.wire);
    const content = '{"got":{"a":1},"wrapped":true}';
    expect([answer.status, String(answer.content)]).toEqual([201, content]);
    const digest = `sha-256=:${createHash("sha256").update(content).digest("base64")}:`;
    const authorization = request.wire.headers.find(([name]) => name === "authorization")?.[1];
    const requestMac = /Signature=([0-9a-f]{64})$/.exec(authorization ?? "")?.[1];
    // docs/protocol.md section 11, line by line.
    const text = [
      "LACRE1-HMAC-SHA256-RESPONSE",
      "demo",
      requestMac,
      Math.floor(clock.ms / 1000),
      "201",
      `content-digest:${digest}`,
      "content-type:application/json; charset=utf-8",
      "location:/signed/42",
      "x-total:1",
      "",
      "content-digest;content-type;location;x-total",
    ].join("\n");
    const key = Buffer.from([...Array(32).keys()]);
    const mac = createHmac("sha256", key).update(text).digest("hex");
    expect(answer.all("content-digest")).toEqual([digest]);
    expect(answer.all("lacre-signature")).toEqual([
      `LACRE1-HMAC-SHA256-RESPONSE Timestamp=${Math.floor(clock.ms / 1000)}, SignedHeaders=content-digest;content-type;location;x-total, Signature=${mac}`,
    ]);
  });

  it.each<[string, number, string | undefined]>([
    ["/signed", 200, '{"items":["é","b"],"wrapped":true}'],
    ["/signed/text", 200, "plain"],
    ["/signed/cached", 200, "plain"],
    ["/signed/own-digest", 200, "plain"],
    ["/signed/nothing", 200, ""],
    ["/signed/away", 303, undefined],
    ["/signed/missing", 404, '{"message":"Not Found","statusCode":404}'],
    ["/signed/broken", 500, '{"statusCode":500,"message":"Internal server error"}'],
    ["/signed/conflict", 418, '{"renamed":true}'],
    ["/signed/own-401", 401, '{"message":"Unauthorized","statusCode":401}'],
    ["/signed/file", 200, "one file"],
    ["/signed/scoped", 403, '{"statusCode":403,"message":"Forbidden"}'],
    ["/unsigned/passport", 200, "x"],
  ])("signs what is sent: %s", async (target, status, content) => {
    const [answer, verdict] = await get(target);
    expect([answer.status, verdict, answer.complete]).toEqual([status, "ok", true]);
    if (content !== undefined) expect(String(answer.content)).toBe(content);
    expect(answer.all("cache-control")).toEqual(["no-store, no-transform"]);
    const expected = content === "" ? 0 : 1;
    if (status !== 303) expect(answer.all("content-digest")).toHaveLength(expected);
  });

  it("signs answers without content, and gives them no digest", async () => {
    for (const [method, target, status] of [
      ["DELETE", "/signed", 204],
      ["HEAD", "/signed/text", 200],
      ["HEAD", "/signed/large", 200],
    ] as const) {
      const [answer, verdict] = await get(target, method);
      expect([answer.status, verdict, answer.content.byteLength]).toEqual([status, "ok", 0]);
      expect(answer.all("content-digest")).toEqual([]);
    }
  });

  it("lets no change of an answer pass, nor the answer to another request", async () => {
    const request = make("GET", "/signed");
    const answer = await exchange(server.port, request.wire);
    const other = await exchange(server.port, make("GET", "/signed").wire);
    expect(await verdictOn(request, answer)).toBe("ok");
    expect(await verdictOn(request, other)).toBe("signature-mismatch");
    expect(await verdictOn(request, { ...answer, status: 201 })).toBe("signature-mismatch");
    const spoilt = Buffer.from(answer.content);
    spoilt[0] = 0x20;
    expect(await verdictOn(request, { ...answer, content: spoilt })).toBe("content-mismatch");
    const retyped = answer.headers.map(([name, value]): [string, string] =>
      name.toLowerCase() === "content-type" ? [name, "text/html"] : [name, value],
    );
    expect(await verdictOn(request, { ...answer, headers: retyped })).toBe("signature-mismatch");
  });

  it("signs a parser's refusal, before the route is chosen", async () => {
    const body = Buffer.from("{");
    const headers: [string, string][] = [["Content-Type", "application/json"]];
    const request = make("POST", "/signed", { headers, body });
    const answer = await exchange(server.port, request.wire);
    expect([answer.status, await verdictOn(request, answer)]).toEqual([400, "ok"]);
  });

  it("leaves alone what is not to be signed", async () => {
    for (const target of ["/unsigned", "/signed/open", "/unsigned/public", "/nowhere"]) {
      const [answer, verdict] = await get(target);
      expect([target, verdict]).toEqual([target, "signature-missing"]);
      expect(answer.all("content-digest")).toEqual([]);
      expect(answer.all("cache-control")).toEqual(["no-store, no-transform"]);
    }
  });

  it("sends a declared stream unsigned, and 500 for every other without a known end", async () => {
    const [declared] = await get("/signed/declared");
    expect([declared.status, declared.all("lacre-signature")]).toEqual([200, []]);
    expect(String(declared.content)).toContain("data: two");
    for (const [target, reason] of [
      ["/signed/events", "it is a stream of events"],
      ["/signed/large", "it is longer than maxAnswerBytes (200)"],
      ["/signed/unspeakable", "header-malformed: location"],
    ] as const) {
      logged.length = 0;
      const [answer, verdict] = await get(`${target}?token=secret`);
      expect([target, answer.status, verdict]).toEqual([target, 500, "ok"]);
      expect([answer.content.byteLength, answer.complete]).toEqual([0, true]);
      expect([answer.all("location"), answer.all("content-type")]).toEqual([[], []]);
      expect(logged.join()).toContain(`GET ${target}: the answer cannot be signed: ${reason}.`);
      expect(logged.join()).toContain("@HmacSignedResponse({ stream: true })");
      expect(logged.join()).not.toContain("secret");
    }
  });

  it("cuts off a file that failed midway, as without signatures", async () => {
    const [answer] = await get("/signed/failing");
    expect([answer.status, answer.content.byteLength]).toEqual([0, 0]);
  });

  it("exposes its headers to scripts, beside what is exposed already", async () => {
    const request = make("GET", "/signed");
    const wire = {
      ...request.wire,
      headers: [...request.wire.headers, ["Origin", "https://app.example"] as const],
    };
    const answer = await exchange(server.port, wire);
    expect(await verdictOn(request, answer)).toBe("ok");
    expect(answer.all("access-control-expose-headers")).toEqual([
      "X-Total,Lacre-Signature,Content-Digest,Lacre-Clock",
    ]);
  });

  it("exposes the challenge of a refusal", async () => {
    const apiKey = generateApiKey();
    const request = signedRequest(server.port, "GET", "/signed", {}, { apiKey });
    const wire = {
      ...request.wire,
      headers: [...request.wire.headers, ["Origin", "https://app.example"] as const],
    };
    const answer = await exchange(server.port, wire);
    const [exposed = ""] = answer.all("access-control-expose-headers");
    expect([answer.status, exposed.split(",").toSorted()]).toEqual([
      401,
      [
        "Content-Digest",
        "Lacre-Clock",
        "Lacre-Signature",
        "WWW-Authenticate",
        "X-Request-Id",
        "X-Total",
      ],
    ]);
  });

  describe("refusals", () => {
    const host = () => ["Host", `127.0.0.1:${server.port}`] as const;
    const by = (options: Parameters<typeof signedRequest>[4]) => (method: string, target: string) =>
      signedRequest(server.port, method, target, bodyOf(method), { clock, ...options });
    const JSON_TYPE = ["Content-Type", "application/json"] as const;
    const bodyOf = (method: string) =>
      method === "POST" ? { headers: [JSON_TYPE], body: Buffer.from("{}") } : {};
    const early = new TestClock(clock.ms - 336_000);
    const long = { appId: "long", apiKey: LONG_KEY, algorithm: "sha512" } as const;
    const CASES: Record<string, (method: string, target: string) => Signed> = {
      "a wrong MAC": by({ apiKey: generateApiKey() }),
      "a wrong MAC of SHA-512": by({ ...long, apiKey: generateApiKey() }),
      "a wrong MAC, too old": by({ apiKey: generateApiKey(), clock: early }),
      "a wrong MAC of SHA-512, too old": by({ ...long, apiKey: generateApiKey(), clock: early }),
      "an unknown app": by({ appId: "nobody" }),
      "too old": by({ clock: early }),
      "too old, SHA-512": by({ ...long, clock: early }),
    };
    const EXPIRED = ["too old", "too old, SHA-512"];
    /** What a stranger can see of an answer, the values left out that no two answers share. */
    const looksOf = ({ status, headers, content }: RawAnswer) => ({
      status,
      content: String(content),
      headers: headers.map(([name, value]) => [
        name,
        /^(?:date|x-request-id|keep-alive)$/i.test(name)
          ? ""
          : value
              .replace(/Timestamp=\d{10}/, "Timestamp=")
              .replace(/Signature=[0-9a-f]+$/, ({ length }) => `Signature= ${length}`),
      ]),
    });

    it.each([
      ["GET", "/signed"],
      ["GET", "/signed/declared"],
      ["GET", "/unsigned"],
      ["POST", "/signed"],
    ])("all 401s of %s %s look alike", async (method, target) => {
      const looks = new Map<string, ReturnType<typeof looksOf>>();
      for (const [name, make] of Object.entries(CASES)) {
        const request = make(method, target);
        const answer = await exchange(server.port, request.wire);
        expect([name, answer.status, await verdictOn(request, answer)]).toEqual([
          name,
          401,
          EXPIRED.includes(name) ? "ok" : "signature-mismatch",
        ]);
        looks.set(name, looksOf(answer));
      }
      expect(looks.get("an unknown app")).toEqual(looks.get("a wrong MAC"));
      expect(looks.get("too old")).toEqual(looks.get("a wrong MAC, too old"));
      expect(looks.get("too old, SHA-512")).toEqual(looks.get("a wrong MAC of SHA-512, too old"));
      expect(looks.get("too old")).not.toEqual(looks.get("a wrong MAC")); // the time is no secret
      expect(looks.get("too old, SHA-512")).not.toEqual(looks.get("too old"));

      // Whoever sends no credentials knows it; the order of the headers may differ.
      const { headers = [], ...body } = bodyOf(method);
      const naked: WireRequest = { method, target, headers: [host(), ...headers], ...body };
      const sorted = (seen: ReturnType<typeof looksOf> | undefined) => ({
        ...seen,
        headers: seen?.headers.toSorted(),
      });
      const answer = looksOf(await exchange(server.port, naked));
      expect(sorted(answer)).toEqual(sorted(looks.get("a wrong MAC")));
    });

    it("signs a replay and a wrong body for real, whoever looks", async () => {
      const request = make("GET", "/signed");
      await exchange(server.port, request.wire);
      const again = await exchange(server.port, request.wire);
      expect([again.status, await verdictOn(request, again)]).toEqual([401, "ok"]);
      const swapped = make("POST", "/signed", { headers: [JSON_TYPE], body: Buffer.from("{}") });
      const answer = await exchange(server.port, { ...swapped.wire, body: Buffer.from("[]") });
      expect([answer.status, await verdictOn(swapped, answer)]).toEqual([401, "ok"]);
      expect(server.lastCode()).toBe("content-mismatch");
    });

    it("signs a 401 that the application answers, with a key that nobody has if need be", async () => {
      const [answer, verdict] = await get("/unsigned/public-401");
      expect([answer.status, verdict]).toEqual([401, "signature-mismatch"]);
    });

    it("signs no 401 of the application to somebody without credentials, and its own to everybody", async () => {
      const seen = await Promise.all(
        [
          ["/unsigned/public-401", []],
          ["/unsigned/public-401", [["Authorization", "Basic bG9naW46cGFzc3dvcmQ="]]],
          ["/unsigned/public-401", [["Authorization", "LACRE1-HMAC-SHA256 nonsense"]]],
          ["/unsigned", []],
          ["/signed/own-401", []],
          ["/unsigned/passport", []],
        ].map(async ([target, more]) => {
          const headers = [host(), ...(more as [string, string][])];
          const answer = await exchange(server.port, {
            method: "GET",
            target,
            headers,
          } as WireRequest);
          const isSigned = answer.headers.some(([name]) => /^lacre-signature$/i.test(name));
          return [target, answer.status, isSigned];
        }),
      );
      expect(seen).toEqual([
        ["/unsigned/public-401", 401, false],
        ["/unsigned/public-401", 401, false],
        ["/unsigned/public-401", 401, true],
        ["/unsigned", 401, true],
        ["/signed/own-401", 401, true],
        ["/unsigned/passport", 401, true],
      ]);
    });

    it("puts a signature on a refused request of a scheme that signs no answers", async () => {
      const request = signedRequest(
        server.port,
        "GET",
        "/unsigned/aws",
        {},
        {
          clock: early,
          appId: "aws",
          apiKey: AWS_KEY,
          encoding: "text",
          scheme: awsSigV4({ region: "r", service: "s" }),
        },
      );
      const answer = await exchange(server.port, request.wire);
      expect([answer.status, server.lastCode()]).toEqual([401, "timestamp-too-old"]);
      expect(answer.all("lacre-signature")[0]).toMatch(/^LACRE1-HMAC-SHA256-RESPONSE /);
    });
  });
});

describe.each(PLATFORMS)("a store in doubt on %s", (platform) => {
  it("answers right and wrong MACs with 503s that look alike", async () => {
    const nonces: NonceStore = { claim: () => Promise.reject(new Error("down")) };
    const server = await startApp(platform, {
      controllers,
      providers,
      hmac: { ...OPTIONS, nonces },
    });
    try {
      const right = signedRequest(server.port, "GET", "/signed", {}, { clock });
      const wrong = signedRequest(
        server.port,
        "GET",
        "/signed",
        {},
        { clock, apiKey: generateApiKey() },
      );
      const answers = [];
      for (const request of [right, wrong]) answers.push(await exchange(server.port, request.wire));
      const [ofRight, ofWrong] = answers as [RawAnswer, RawAnswer];
      expect([ofRight.status, await verdictOn(right, ofRight)]).toEqual([503, "ok"]);
      expect([ofWrong.status, await verdictOn(wrong, ofWrong)]).toEqual([
        503,
        "signature-mismatch",
      ]);
      const shape = ({ headers }: RawAnswer) => [
        headers.map(([name]) => name),
        headers
          .filter(([name]) => name === "Lacre-Signature")
          .map(([, value]) => value.slice(0, -64)),
      ];
      expect(shape(ofRight)).toEqual(shape(ofWrong));
      expect(shape(ofRight)[1]?.[0]).toContain(
        "SignedHeaders=content-digest;content-type;retry-after,",
      );
    } finally {
      await server.close();
    }
  });
});

type Sender = { send(text: string): unknown; set(name: string, value: string): void };
function patchSend(app: INestApplication): void {
  app.use((_request: unknown, response: Sender, next: () => void) => {
    const send = response.send.bind(response);
    response.send = (text) => {
      response.set("Location", "/late");
      response.send = send;
      return send(`late: ${text}`);
    };
    next();
  });
}
function hookSend(app: INestApplication): void {
  const fastify = (app as NestFastifyApplication).getHttpAdapter().getInstance();
  fastify.addHook("onSend", async (_request, reply, payload) => {
    void reply.header("Location", "/late");
    return `late: ${String(payload)}`;
  });
}

describe.each(PLATFORMS)("signResponses on %s", (platform) => {
  @Controller("plain")
  @HmacProtected()
  class PlainController {
    @Get()
    get() {
      return "x";
    }
    @Get("stream")
    @HmacSignedResponse({ stream: true })
    stream() {
      return new StreamableFile(Readable.from([Buffer.alloc(60), Buffer.alloc(60)]));
    }
  }

  it("signs what a hook or a patched method makes of an answer", async () => {
    const server = await startApp(platform, {
      controllers: [PlainController],
      hmac: { signResponses: true },
      main: platform === "express" ? patchSend : hookSend,
    });
    try {
      const request = signedRequest(server.port, "GET", "/plain");
      const answer = await exchange(server.port, request.wire);
      expect(String(answer.content)).toBe("late: x");
      expect(answer.all("location")).toEqual(["/late"]);
      expect(answer.all("lacre-signature")[0]).toContain("content-type;location,");
      expect(await verdictOn(request, answer)).toBe("ok");
    } finally {
      await server.close();
    }
  });

  it("signs unmarked routes too, and writes nothing on responses where nothing is signed", async () => {
    for (const signResponses of [true, false]) {
      const server = await startApp(platform, {
        controllers: [PlainController],
        hmac: { signResponses, maxAnswerBytes: 100 },
      });
      try {
        const request = signedRequest(server.port, "GET", "/plain");
        const answer = await exchange(server.port, request.wire);
        expect(await verdictOn(request, answer)).toBe(signResponses ? "ok" : "signature-missing");
        expect(answer.all("cache-control")).toHaveLength(signResponses ? 1 : 0);
        const stream = signedRequest(server.port, "GET", "/plain/stream");
        const streamed = await exchange(server.port, stream.wire);
        expect([streamed.status, streamed.content.byteLength]).toEqual([200, 120]);
        expect(streamed.all("lacre-signature")).toEqual([]);
        const naked = await exchange(server.port, {
          method: "GET",
          target: "/plain",
          headers: [["Host", `127.0.0.1:${server.port}`]],
        });
        expect(naked.all("lacre-signature")).toHaveLength(signResponses ? 1 : 0);
      } finally {
        await server.close();
      }
    }
  });
});

describe.each(PLATFORMS)("refusals that the application answers itself on %s", (platform) => {
  @Catch(HmacException)
  class Hiding implements ExceptionFilter {
    constructor(private readonly host: HttpAdapterHost) {}
    catch(_error: unknown, host: ArgumentsHost): void {
      this.host.httpAdapter.reply(host.switchToHttp().getResponse(), "nothing here", 404);
    }
  }
  @Injectable()
  class OptionalGuard extends AuthGuard("hmac") {
    override handleRequest<User>(_error: unknown, user: User): User {
      return (user || null) as User;
    }
  }
  @Controller("hidden")
  class HiddenController {
    @Get()
    @HmacProtected()
    @HmacSignedResponse()
    get() {
      return "x";
    }
    @Get("optional")
    @UseGuards(OptionalGuard)
    optional() {
      return "x";
    }
    @Get("maybe")
    @UseGuards(OptionalGuard)
    @HmacSignedResponse()
    maybe() {
      return "x";
    }
    @Get("forgotten")
    @HmacSignedResponse()
    forgotten() {
      return "x";
    }
  }

  it("do not tell a right MAC by a signature", async () => {
    const server = await startApp(platform, {
      controllers: [HiddenController],
      providers: [{ provide: APP_FILTER, useClass: Hiding }],
      hmac: { clock },
      main: (app) => app.enableCors({ exposedHeaders: "*" }),
    });
    const old = new TestClock(clock.ms - 336_000);
    try {
      for (const [target, status] of [
        ["/hidden", 404],
        ["/hidden/optional", 200],
      ] as const) {
        const right = signedRequest(server.port, "GET", target, {}, { clock: old });
        const apiKey = generateApiKey();
        const wrong = signedRequest(server.port, "GET", target, {}, { clock: old, apiKey });
        const ofRight = await exchange(server.port, right.wire);
        const ofWrong = await exchange(server.port, wrong.wire);
        const names = ({ headers }: RawAnswer) => headers.map(([name]) => name);
        expect([ofRight.status, ofWrong.status]).toEqual([status, status]);
        expect(names(ofRight)).toEqual(names(ofWrong));
        expect(ofRight.all("lacre-signature")).toHaveLength(status === 404 ? 1 : 0);
        if (status === 404) expect(await verdictOn(right, ofRight)).toBe("ok");
      }
      // Anonymous callers that a guard lets in have no key; a route that no guard looks at is a mistake.
      const headers = [["Host", `127.0.0.1:${server.port}`]] as const;
      for (const [target, status] of [
        ["/hidden/maybe", 200],
        ["/hidden/forgotten", 500],
      ] as const) {
        const answer = await exchange(server.port, { method: "GET", target, headers });
        expect([target, answer.status]).toEqual([target, status]);
      }
      const good = signedRequest(server.port, "GET", "/hidden", {}, { clock });
      const answer = await exchange(server.port, good.wire);
      expect(answer.all("access-control-expose-headers")).toEqual(["*"]);
    } finally {
      await server.close();
    }
  });

  it("name each header to scripts that send cookies, for whom * is the name of one", async () => {
    const server = await startApp(platform, {
      controllers: [HiddenController],
      hmac: { clock },
      main: (app) =>
        app.enableCors({ origin: "https://a.example", credentials: true, exposedHeaders: "*" }),
    });
    try {
      const { wire } = signedRequest(server.port, "GET", "/hidden", {}, { clock });
      const answer = await exchange(server.port, wire);
      expect(answer.all("access-control-expose-headers")).toEqual([
        "*,Lacre-Signature,Content-Digest,Lacre-Clock",
      ]);
    } finally {
      await server.close();
    }
  });
});

describe("the start", () => {
  const at = (
    decorate: MethodDecorator,
    outer?: ClassDecorator,
    hmac: Partial<HmacModuleOptions> = {},
  ) => {
    @Controller()
    class C {
      @Get()
      @decorate
      get() {
        return "x";
      }
    }
    outer?.(C);
    return startApp("express", { controllers: [C], hmac }).then((server) => server.close());
  };
  const both =
    (...decorators: MethodDecorator[]): MethodDecorator =>
    (target, key, descriptor) => {
      for (const each of decorators) each(target, key, descriptor);
    };
  const aws = { schemes: ["lacre1" as const, awsSigV4({ region: "r", service: "s" })] };

  it.each<[string, () => Promise<void>, string]>([
    [
      "a public route",
      () => at(both(HmacPublic(), HmacSignedResponse())),
      "@HmacSignedResponse on C.get: stands on a public route",
    ],
    ["a public class", () => at(HmacSignedResponse(), HmacPublic()), "stands on a public route"],
    [
      "a header that proxies change",
      () => at(HmacSignedResponse({ headers: ["Via"] })),
      "headers: cannot be signed (header-forbidden: via)",
    ],
    ["Date", () => at(HmacSignedResponse({ headers: ["Date"] })), "cannot be signed (date)"],
    [
      "Lacre-Clock",
      () => at(HmacSignedResponse({ headers: ["Lacre-Clock"] })),
      "cannot be signed (lacre-clock)",
    ],
    ["no name", () => at(HmacSignedResponse({ headers: ["a b"] })), "cannot be signed"],
    ["no list", () => at(HmacSignedResponse({ headers: "x" as never })), "must be a list"],
    [
      "an unknown option",
      () => at(HmacSignedResponse({ sign: 1 } as never)),
      "sign: is not an option of the decorator.",
    ],
    [
      "a word",
      () => at(HmacSignedResponse({ stream: "yes" as never })),
      'stream: is "yes", and must be a boolean',
    ],
    [
      "headers of a stream",
      () => at(HmacSignedResponse({ stream: true, headers: ["x-a"] })),
      "are not signed where stream is true",
    ],
    [
      "a scheme that signs no answers",
      () =>
        at(
          both(HmacProtected({ schemes: ["lacre1", "aws-sigv4"] }), HmacSignedResponse()),
          undefined,
          aws,
        ),
      "aws-sigv4, which this route takes, does not sign answers.",
    ],
    [
      "signResponses without a scheme that signs",
      () =>
        at(HmacPublic(), undefined, {
          signResponses: true,
          apps: [{ appId: "a", apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] }],
          schemes: [awsSigV4({ region: "r", service: "s" })],
        }),
      "signResponses: none of the enabled schemes signs answers.",
    ],
  ])("is stopped by %s", async (_name, start, message) => {
    await expect(start()).rejects.toThrow(message);
  });

  it("takes a class's mark for those of its methods that are not public", async () => {
    await at(HmacPublic(), HmacSignedResponse());
  });
});
