import { afterAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  Catch,
  Controller,
  Get,
  Logger,
  Post,
  Req,
  type ExceptionFilter,
  type ArgumentsHost,
  type HttpServer,
  type INestApplication,
} from "@nestjs/common";
import { pinoHttp } from "pino-http";
import {
  HmacException,
  HmacProtected,
  HmacSignedResponse,
  type HmacModuleOptions,
} from "@lacre/nestjs";
import {
  PLATFORMS,
  startApp,
  takeAnything,
  type Platform,
  type RunningApp,
} from "../support/app.js";
import { send, signed, type WireRequest, type WireResponse } from "../support/wire.js";

/*
 * One id for each request: whoever was first gives it, and the log, the answer, the observer and the exception have it.
 * What a stranger writes in its place reaches none of them.
 */

const NEW = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get(":id")
  one() {
    return "ran";
  }

  @Post(":id")
  @HmacProtected({ body: "stream" })
  async upload(@Req() request: AsyncIterable<Buffer> & { raw?: AsyncIterable<Buffer> }) {
    for await (const _part of request.raw ?? request);
    return "ran";
  }
}

@Controller("signed")
@HmacProtected()
@HmacSignedResponse()
class SignedController {
  @Get()
  long() {
    return "long".repeat(1000);
  }
}

let lines: string[] = [];
let thrown: string[] = [];
const collect = (line: unknown): void => void lines.push(String(line));
const logger = { log: () => undefined, warn: collect, error: collect };
beforeEach(() => {
  lines = [];
  thrown = [];
});
afterAll(() => Logger.overrideLogger(false));

@Catch(HmacException)
class Collector implements ExceptionFilter {
  constructor(private readonly adapter: HttpServer) {}

  catch(exception: HmacException, host: ArgumentsHost): void {
    thrown.push(exception.requestId);
    this.adapter.reply(host.getArgByIndex(1), exception.getResponse(), exception.getStatus());
  }
}

const start = (
  platform: Platform,
  main: (app: INestApplication) => void = () => undefined,
  hmac: Partial<HmacModuleOptions> = {},
): Promise<RunningApp> =>
  startApp(platform, {
    controllers: [OrdersController, SignedController],
    create: { logger },
    hmac,
    main: (app) => {
      takeAnything(app);
      app.useGlobalFilters(new Collector(app.getHttpAdapter()));
      main(app);
    },
  });

/** What sets the ids of an application: a middleware of Express, a hook of Fastify. */
function giving(id: (header: string | undefined) => unknown) {
  return (app: INestApplication): void => {
    const adapter = app.getHttpAdapter();
    const of = (request: { headers: Record<string, string | undefined> }) =>
      id(request.headers["x-request-id"]);
    if (adapter.getType() === "fastify")
      (adapter.getInstance() as { setGenReqId(make: unknown): void }).setGenReqId(of);
    else app.use(pinoHttp({ level: "silent", genReqId: of as never }));
  };
}

const answering = (id: string) => (app: INestApplication) => {
  const adapter = app.getHttpAdapter();
  type Reply = { header(name: string, value: string): unknown };
  if (adapter.getType() === "fastify")
    (adapter.getInstance() as { addHook(name: string, hook: unknown): void }).addHook(
      "onRequest",
      (_request: unknown, reply: Reply, done: () => void) => {
        reply.header("X-Request-Id", id);
        done();
      },
    );
  else
    app.use((_request: unknown, response: Reply, next: () => void) => {
      response.header("X-Request-Id", id);
      next();
    });
};

const bare = ({ port }: RunningApp, ...ids: string[]): Promise<WireResponse> =>
  send(port, {
    method: "GET",
    target: "/orders/7",
    headers: [["Host", `127.0.0.1:${port}`], ...ids.map((id) => ["X-Request-Id", id] as const)],
  });

const idIn = ({ headers }: WireResponse): string | undefined => headers.get("x-request-id");

/** The id of a refused request, which is the same wherever it is told. */
function idOf(server: RunningApp, answer: WireResponse): string {
  const id = idIn(answer) ?? "";
  expect(lines.at(-1)).toContain(`, request ${id}`);
  expect(server.verdicts.at(-1)).toMatchObject({ outcome: "refused", requestId: id });
  expect(thrown.at(-1)).toBe(id);
  return id;
}

describe.each(PLATFORMS)("on %s", (platform) => {
  it.each<[string, (app: INestApplication) => void, string | undefined, string]>([
    ["of a proxy is kept", () => undefined, "proxy-1", "proxy-1"],
    ["that the application gives is kept", giving(() => "mine"), undefined, "mine"],
    ["that the application gives comes before the proxy's", giving(() => "mine"), "proxy", "mine"],
    ["that the application took from the proxy is kept", giving((id) => id), "proxy-2", "proxy-2"],
    ["of the proxy comes before a number", giving(() => 7), "proxy-3", "proxy-3"],
    ["that is a number is kept", giving(() => 7), undefined, "7"],
    ["that is in the answer already stays", answering("early"), "proxy-4", "early"],
  ])("an id %s, wherever it is told", async (_what, main, header, expected) => {
    const server = await start(platform, main);
    try {
      const answer = await bare(server, ...(header === undefined ? [] : [header]));
      expect(answer.status).toBe(401);
      expect(idOf(server, answer)).toBe(expected);
    } finally {
      await server.close();
    }
  });

  it("an id of an accepted request is told to the observer, and put into no answer", async () => {
    const server = await start(platform);
    try {
      const request = signed(server.port, { method: "GET", target: "/orders/7" });
      const answer = await send(server.port, withId(request, "proxy-5"));
      expect([answer.status, idIn(answer)]).toEqual([200, undefined]);
      expect(server.verdicts.at(-1)).toMatchObject({ outcome: "accepted", requestId: "proxy-5" });
    } finally {
      await server.close();
    }
  });

  it("nobody looks for the id of an accepted request where nobody reads it", async () => {
    let asked = 0;
    const watch = (app: INestApplication): void => {
      const server = app.getHttpServer() as {
        prependListener(name: string, listener: unknown): void;
      };
      server.prependListener("request", (request: object) =>
        Object.defineProperty(request, "id", { get: () => ((asked += 1), "mine") }),
      );
    };
    const server = await start(platform, watch, { observer: undefined });
    try {
      const request = signed(server.port, { method: "GET", target: "/orders/7" });
      expect((await send(server.port, request)).status).toBe(200);
      expect(asked).toBe(0);
      expect(idIn(await send(server.port, request))).toBe("mine");
    } finally {
      await server.close();
    }
  });

  describe("a stranger's id", () => {
    const HOSTILE: readonly (readonly string[])[] = [
      ["1, app admin"],
      ["1 app admin"],
      ["1), refused 200 all-is-well"],
      ["a".repeat(129)],
      ["a".repeat(8000)],
      ["https://evil.example/"],
      ["//evil.example"],
      ["../../etc/passwd"],
      ["<script>alert(1)</script>"],
      ["${jndi:ldap}"],
      ["=1+1"],
      ["-v"],
      ["@SUM(A1)"],
      ["caf\u00e9"],
      ["a\u0085b"],
      ["a\tb"],
      ["{}"],
      [""],
      ["one", "two"],
    ];

    it("is not taken where it is none, nor what the application made of it", async () => {
      const plain = await start(platform);
      const echoing = await start(
        platform,
        giving((id) => id ?? "none"),
      );
      try {
        for (const server of [plain, echoing])
          for (const ids of HOSTILE) {
            const answer = await bare(server, ...ids);
            expect(answer.status).toBe(401);
            const id = idOf(server, answer);
            // Fastify counts where nobody gives ids.
            const own = server === echoing ? /^none$/ : /^req-\w+$/;
            expect([ids, NEW.test(id) || own.test(id)]).toEqual([ids, true]);
            for (const each of ids.filter((text) => text.length > 3))
              expect(lines.at(-1)).not.toContain(each);
          }
        expect(lines).toHaveLength(2 * HOSTILE.length);
      } finally {
        await plain.close();
        await echoing.close();
      }
    });
  });

  it.each<[string, unknown]>([
    ["an object", { toString: () => "1, app admin" }],
    ["null", null],
    ["not a number", Number.NaN],
    ["text with a line feed", "a\nb"],
  ])("what the application gives is not taken where it is %s", async (_what, id) => {
    const server = await start(
      platform,
      giving(() => id),
    );
    try {
      expect(idOf(server, await bare(server))).toMatch(NEW);
    } finally {
      await server.close();
    }
  });

  it("content that is wrong at its end is refused under the id that its request had", async () => {
    const server = await start(platform, answering("early"), { observer: undefined });
    try {
      const good = signed(server.port, {
        method: "POST",
        target: "/orders/7",
        headers: [["Content-Type", "application/octet-stream"]],
        body: Buffer.from("right"),
      });
      const answer = await send(server.port, { ...good, body: Buffer.from("wrong") });
      expect([answer.status, idIn(answer)]).toEqual([401, "early"]);
      expect(lines.at(-1)).toContain("request early");
    } finally {
      await server.close();
    }
  });

  it("an answer that cannot be signed is told with the id", async () => {
    const server = await start(platform, answering("early"), { maxAnswerBytes: 100 });
    try {
      const request = signed(server.port, { method: "GET", target: "/signed" });
      const answer = await send(server.port, request);
      expect([answer.status, idIn(answer)]).toEqual([500, "early"]);
      expect(lines.at(-1)).toMatch(/the answer cannot be signed.*\(request early\)$/);
    } finally {
      await server.close();
    }
  });
});

const withId = (request: WireRequest, id: string): WireRequest => ({
  ...request,
  headers: [...request.headers, ["X-Request-Id", id]],
});
