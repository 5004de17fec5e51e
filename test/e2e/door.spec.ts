import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { pipeline } from "node:stream/promises";
import { Writable, type Readable } from "node:stream";
import { createHash } from "node:crypto";
import { connect, type AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  All,
  Body,
  Controller,
  Get,
  Module,
  Post,
  Req,
  type INestApplication,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { Signer } from "@lacre/core";
import { HmacModule, HmacProtected, HmacPublic } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { render, send, sendRaw, signed } from "../support/wire.js";

let runs: string[] = [];
beforeEach(() => {
  runs = [];
});

type CorsOptions = Parameters<INestApplication["enableCors"]>[0];
type Header = [name: string, value: string];
type AnyRequest = NodeJS.ReadableStream & { raw?: NodeJS.ReadableStream };

abstract class Base {
  @Post("inherited")
  inherited() {
    runs.push(this.constructor.name);
    return "ran";
  }
}

@Controller("closed")
@HmacProtected()
class ClosedController extends Base {
  @All("any")
  any() {
    runs.push("any");
    return "ran";
  }
  @Post("items/:id")
  item(@Body() _body: unknown) {
    runs.push("item");
    return "ran";
  }
  @Post("stream")
  @HmacProtected({ body: "stream" })
  async stream(@Req() request: AnyRequest) {
    let bytes = 0;
    let peak = 0;
    const source = (request.raw ?? request) as Readable;
    const count = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.byteLength;
        peak = Math.max(peak, source.readableLength);
        setImmediate(done); // slower than the socket, so that whatever would pile up does
      },
    });
    await pipeline(source, count);
    runs.push(`stream ${bytes}`);
    return { bytes, peak };
  }
}

@Controller("open")
class OpenController extends Base {
  @Post()
  post(@Body() _body: unknown) {
    return "open";
  }
}

@Controller("open")
class HalfOpenController {
  @Get("health")
  @HmacPublic()
  health() {
    return "well";
  }
}

/** On Fastify a type that the handler reads itself needs a parser that leaves it alone. */
function passThrough(app: INestApplication): void {
  const instance = app.getHttpAdapter().getInstance() as {
    addContentTypeParser(
      type: string,
      parser: (r: unknown, p: unknown, done: (e: null) => void) => void,
    ): void;
  };
  instance.addContentTypeParser("application/octet-stream", (_request, _payload, done) =>
    done(null),
  );
}

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [ClosedController, OpenController, HalfOpenController],
      main: (app) => {
        app.enableCors({ origin: "https://app.example" });
        if (platform === "fastify") passThrough(app);
      },
    });
  });
  afterAll(() => server.close());
  const host = (): [string, string] => ["Host", `127.0.0.1:${server.port}`];

  it("refuses before the parsers: an unknown type, malformed JSON, a type without a parser", async () => {
    for (const type of ["application/x-unknown", "application/json", "text/csv"]) {
      const response = await send(server.port, {
        method: "POST",
        target: "/closed/items/7",
        headers: [host(), ["Content-Type", type], ["Origin", "https://app.example"]],
        body: Buffer.from('{"a":'),
      });
      expect([type, response.status]).toEqual([type, 401]);
      expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
      expect(response.body).toBe('{"statusCode":401,"message":"Unauthorized"}');
    }
    const unknown: [string, string][] = [["Content-Type", "application/x-unknown"]];
    const good = signed(server.port, {
      method: "POST",
      target: "/closed/items/7",
      headers: unknown,
      body: Buffer.from("x"),
    });
    expect((await send(server.port, good)).status).toBe(platform === "fastify" ? 415 : 201);
  });

  it("answers a preflight and runs no handler for it", async () => {
    const response = await send(server.port, {
      method: "OPTIONS",
      target: "/closed/any",
      headers: [
        host(),
        ["Origin", "https://app.example"],
        ["Access-Control-Request-Method", "POST"],
      ],
    });
    expect([response.status, runs]).toEqual([204, []]);
    expect(response.headers.get("access-control-allow-methods")).toContain("POST");
  });

  it("stays open for a handler that another class leaves open", async () => {
    const bare = (target: string) =>
      send(server.port, { method: "POST", target, headers: [host()] });
    expect((await bare("/open/inherited")).body).toBe("ran");
    expect((await bare("/closed/inherited")).status).toBe(401);
    expect(runs).toEqual(["OpenController"]);
    expect(
      (await send(server.port, { method: "GET", target: "/open/health", headers: [host()] })).body,
    ).toBe("well");
  });

  it("changes nothing for routes that nobody protects", async () => {
    const malformed = await send(server.port, {
      method: "POST",
      target: "/open",
      headers: [host(), ["Content-Type", "application/json"]],
      body: Buffer.from('{"a":'),
    });
    expect(malformed.status).toBe(400);
  });

  it("streams: in constant memory, with an error instead of the end when the content is wrong", async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 5);
    const size = 48;
    const hash = createHash("sha256");
    for (let i = 0; i < size; i++) hash.update(megabyte);
    const sign = () =>
      new Signer({ appId: "demo", apiKey: DEMO_KEY }).sign({
        method: "POST",
        url: `${server.url}/closed/stream`,
        headers: [["content-type", "application/octet-stream"]],
        content: { sha256: hash.copy().digest() },
      });
    const upload = async (last: Buffer) => {
      const socket = connect(server.port, "127.0.0.1");
      const answer: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => answer.push(chunk)).on("error", () => undefined);
      const headers = [
        host(),
        ["Content-Type", "application/octet-stream"] as const,
        ...sign().headers,
      ];
      socket.write(
        render({
          method: "POST",
          target: "/closed/stream",
          headers: [...headers, ["Content-Length", `${size * megabyte.length}`]],
        }),
      );
      for (let i = 0; i < size - 1; i++) if (!socket.write(megabyte)) await once(socket, "drain");
      socket.write(last);
      await once(socket, "close");
      return Buffer.concat(answer).toString("latin1");
    };
    const good = await upload(megabyte);
    expect(good).toContain("201 Created");
    const { bytes, peak } = JSON.parse(good.slice(good.lastIndexOf("{"))) as {
      bytes: number;
      peak: number;
    };
    expect(bytes).toBe(size * megabyte.length);
    expect(peak).toBeLessThan(megabyte.length); // what waits to be read stays small, however much there is
    expect(runs).toEqual([`stream ${size * megabyte.length}`]);
    const wrong = Buffer.from(megabyte);
    wrong[wrong.length - 1] = 6;
    expect(await upload(wrong)).toContain("401 Unauthorized");
    const other = await send(server.port, {
      ...signed(server.port, { method: "POST", target: "/closed/stream" }),
      body: Buffer.alloc(300_000, 4),
    });
    expect([other.status, server.lastCode(), runs.length]).toEqual([401, "content-undigested", 1]);
  });

  it("refuses what the protocol refuses on the wire", async () => {
    const good = signed(server.port, { method: "GET", target: "/closed/any" });
    const authorization = good.headers.find(([name]) => name === "authorization") as readonly [
      string,
      string,
    ];
    const cases: [string, Parameters<typeof render>[0]][] = [
      [
        "two Authorization lines",
        { ...good, headers: [...good.headers, ["Authorization", "garbage"]] },
      ],
      ["the same line twice", { ...good, headers: [...good.headers, authorization] }],
      ["a signed header twice", { ...good, headers: [...good.headers, ["Content-Type", "a/b"]] }],
      ["an absolute target", { ...good, target: `http://127.0.0.1:${server.port}/closed/any` }],
      ["a fragment", { ...good, target: "/closed/any#x" }],
      ["another spelling of the path", { ...good, target: "/closed/./any" }],
      ["an encoded spelling of the path", { ...good, target: "/closed/%61ny" }],
      ["a trailing slash", { ...good, target: "/closed/any/" }],
      ["a query", { ...good, target: "/closed/any?" }],
      ["HEAD for GET", { ...good, method: "HEAD" }],
      ["another method", { ...good, method: "DELETE" }],
      [
        "a 12 kB header",
        {
          ...good,
          headers: [host(), ["Authorization", `LACRE1-HMAC-SHA256 ${"a=b, ".repeat(2400)}`]],
        },
      ],
      [
        "UTF-8 in the header",
        { ...good, headers: [host(), ["Authorization", "LACRE1-HMAC-SHA256 Credential=\u00e9"]] },
      ],
    ];
    for (const [name, request] of cases) {
      const { status } = await sendRaw(server.port, render(request));
      expect([name, [400, 401, 404].includes(status)]).toEqual([name, true]);
    }
    expect(runs).toEqual([]);
    expect((await send(server.port, good)).status).toBe(200);
  });
});

describe("Fastify", () => {
  it("leaves a preflight, and nothing like it, to CORS that stands behind the door", async () => {
    const server = await startApp("fastify", {
      controllers: [ClosedController],
      main: (app) =>
        app.enableCors({ origin: "https://app.example", hook: "preHandler" } as CorsOptions),
    });
    const origin: Header = ["Origin", "https://app.example"];
    const asked: Header = ["Access-Control-Request-Method", "POST"];
    const unknown: Header = ["Content-Type", "application/x-unknown"];
    const statusOf = async (method: string, ...headers: Header[]) => {
      const host: Header = ["Host", `127.0.0.1:${server.port}`];
      const body = method === "POST" ? Buffer.from("x") : undefined;
      const request = { method, target: "/closed/any", headers: [host, ...headers], body };
      return (await send(server.port, request)).status;
    };
    try {
      expect(await statusOf("OPTIONS", origin, asked)).toBe(204);
      // Behind the door, the first two would be 400, and the last 415.
      expect(await statusOf("OPTIONS", asked)).toBe(401);
      expect(await statusOf("OPTIONS", origin)).toBe(401);
      expect(await statusOf("POST", origin, asked, unknown)).toBe(401);
      expect(runs).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it("takes the same requests over HTTP/2, where :authority is the host", async () => {
    class App {}
    Module({
      imports: [
        HmacModule.forRoot({
          apps: { demo: DEMO_KEY },
          origins: ["http://api.example.test"],
          bootFence: false,
        }),
      ],
      controllers: [ClosedController],
    })(App);
    const adapter = new FastifyAdapter({ http2: true } as never);
    const app = await NestFactory.create<NestFastifyApplication>(App, adapter, {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as AddressInfo;
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    try {
      const call = async (body: string, spoil: Record<string, string> = {}) => {
        const { headers } = new Signer({ appId: "demo", apiKey: DEMO_KEY }).sign({
          method: "POST",
          url: "http://api.example.test/closed/items/7?a=%20",
          headers: [["content-type", "application/json"]],
          content: Buffer.from(body),
        });
        const stream = session.request({
          ":method": "POST",
          ":path": "/closed/items/7?a=%20",
          ":authority": "api.example.test",
          "content-type": "application/json",
          ...Object.fromEntries(headers),
          ...spoil,
        });
        stream.end(spoil.body ?? body);
        const [answer] = (await once(stream, "response")) as [{ ":status": number }];
        stream.resume();
        return answer[":status"];
      };
      expect(await call('{"n":1}')).toBe(201);
      expect(await call('{"n":1}', { ":authority": "evil.example.test" })).toBe(401);
      expect(await call('{"n":1}', { ":path": "/closed/items/8" })).toBe(401);
      expect(await call('{"n":1}', { host: "evil.example.test" })).toBe(401);
      expect(
        await call("{}", {
          "content-digest": "sha-256=:K/0U9D0X/HzqJOCReoh5tLL4gLi67sG52Q+6rWVecb0=:",
        }),
      ).toBe(401);
      expect(runs).toEqual(["item"]);
    } finally {
      session.close();
      await app.close();
    }
  });

  it("takes inject()", async () => {
    const server = await startApp("fastify", { controllers: [ClosedController] });
    try {
      const app = server.app as NestFastifyApplication;
      const good = signed(server.port, {
        method: "POST",
        target: "/closed/items/7",
        body: Buffer.from("x"),
      });
      const inject = (payload: string, headers = good.headers) =>
        app.inject({
          method: "POST",
          url: "/closed/items/7",
          headers: { ...Object.fromEntries(headers), "content-type": "text/plain" },
          payload,
        });
      expect((await inject("x")).statusCode).toBe(401); // the content type is not signed
      const typed = signed(server.port, {
        method: "POST",
        target: "/closed/items/7",
        headers: [["content-type", "text/plain"]],
        body: Buffer.from("x"),
      });
      expect((await inject("y", typed.headers)).statusCode).toBe(401);
      expect((await inject("x", typed.headers)).statusCode).toBe(201);
    } finally {
      await server.close();
    }
  });
});
