import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import compress from "@fastify/compress";
import {
  Controller,
  Get,
  Header,
  Logger,
  Param,
  Req,
  Res,
  type INestApplication,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import compression from "compression";
import { Signer } from "@lacre/core";
import { HmacModule, HmacProtected, HmacSignedResponse } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { exchange, signedRequest, verdictOn, type RawAnswer } from "../support/exchange.js";
import { render } from "../support/wire.js";

type Script = (response: ServerResponse, seen: unknown[]) => unknown;

const code = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

/** What a handler may do with Node's own response, what is sent then, and what it sees meanwhile. */
const SCRIPTS: Record<
  string,
  { run: Script; status?: number; content?: string; seen?: unknown[] }
> = {
  "end alone": { run: (res) => res.end("all"), content: "all" },
  "end without content": { run: (res) => res.end(), content: "" },
  "end with an encoding": { run: (res) => res.end("616c6c", "hex"), content: "all" },
  "end with a callback": {
    run: (res, seen) => res.end("all", () => seen.push("finished")),
    content: "all",
    seen: ["finished"],
  },
  "end with nothing but a callback": {
    run: (res, seen) => res.end(() => seen.push("finished")),
    content: "",
    seen: ["finished"],
  },
  "the events at the end": {
    run: (res, seen) => {
      for (const name of ["finish", "close"]) res.on(name, () => seen.push(name));
      res.end("all");
      seen.push(res.writableEnded, res.headersSent);
    },
    content: "all",
    seen: [true, true, "finish", "close"],
  },
  "writes of every kind": {
    run: (res, seen) => {
      seen.push(res.headersSent, res.write("a"), res.headersSent);
      res.write(Buffer.from("b"));
      res.write(new Uint8Array([0x63]));
      res.write("64", "hex");
      res.write("ZQ==", "base64", () => seen.push("written"));
      res.write("", () => res.end("f"));
    },
    content: "abcdef",
    seen: [false, true, true, "written"],
  },
  "a buffer that is used again": {
    run: (res) => {
      const buffer = Buffer.from("one ");
      res.write(buffer);
      buffer.write("two ");
      res.end(buffer);
    },
    content: "one two ",
  },
  "chunks that are none": {
    run: (res, seen) => {
      seen.push(
        code(() => res.write(1 as never)),
        code(() => res.write(null)),
      );
      res.end("all");
    },
    content: "all",
    seen: ["ERR_INVALID_ARG_TYPE", "ERR_STREAM_NULL_VALUES"],
  },
  "writeHead with an object": {
    run: (res) => res.writeHead(203, { "X-A": "1", "Content-Type": "text/plain" }).end("all"),
    status: 203,
    content: "all",
  },
  "writeHead with a reason": {
    run: (res) => res.writeHead(203, "Fine", { "X-A": "1" }).end("all"),
    status: 203,
    content: "all",
  },
  "writeHead with a list": {
    run: (res) =>
      res.writeHead(200, ["X-A", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]).end("all"),
    content: "all",
  },
  "a head that is settled": {
    run: (res, seen) => {
      res.writeHead(203, { "X-A": "1" });
      seen.push(
        res.headersSent,
        code(() => res.setHeader("X-A", "2")),
        code(() => res.appendHeader("X-A", "2")),
        code(() => res.removeHeader("X-A")),
        code(() => res.writeHead(500, { "X-A": "2" })),
        res.getHeader("x-a"),
        res.statusCode,
      );
      res.statusCode = 500;
      res.end("all");
    },
    status: 203,
    content: "all",
    seen: [true, ...Array(4).fill("ERR_HTTP_HEADERS_SENT"), "1", 203],
  },
  "a head that cannot be used, and then another": {
    run: (res, seen) => {
      seen.push(
        code(() => res.writeHead(20, {})),
        code(() => res.writeHead(200, { "X-A": "\n" })),
      );
      res.end("all");
    },
    content: "all",
    seen: ["ERR_HTTP_INVALID_STATUS_CODE", "ERR_INVALID_CHAR"],
  },
  "a status set late": {
    run: (res) => {
      res.setHeader("X-A", "1");
      res.statusCode = 418;
      res.write("a");
      res.statusCode = 500;
      res.end("ll");
    },
    status: 418,
    content: "all",
  },
  "a Content-Length of its own": {
    run: (res) => {
      res.setHeader("Content-Length", 3);
      res.write("a");
      res.end("ll");
    },
    content: "all",
  },
  "chunked by its own wish": {
    run: (res) => {
      res.setHeader("Transfer-Encoding", "chunked");
      res.end("all");
    },
    content: "all",
  },
  trailers: {
    run: (res) => {
      res.setHeader("Trailer", "X-After");
      res.write("all");
      res.addTrailers({ "X-After": "1" });
      res.end();
    },
    content: "all",
  },
  "a 304": {
    run: (res) => res.writeHead(304, { ETag: '"a"' }).end("nothing of this"),
    status: 304,
    content: "",
  },
  "something piped": {
    run: (res) => Readable.from([Buffer.from("a"), Buffer.from("ll")]).pipe(res),
    content: "all",
  },
  "something else, when what was piped fails at once": {
    run: (res) => {
      const source = new PassThrough();
      source.on("error", () => res.writeHead(404).end("gone"));
      source.pipe(res);
      setImmediate(() => source.destroy(new Error("no such file")));
    },
    status: 404,
    content: "gone",
  },
  "a digest of something else": {
    run: (res) => res.setHeader("Content-Digest", "sha-256=:nonsense:").end(),
    content: "",
  },
  "middleware that stands on writeHead and setHeader": {
    run: (res, seen) => {
      const { writeHead, setHeader } = res;
      const own: typeof setHeader = (name, value) => setHeader.call(res, name, value);
      res.setHeader = own;
      res.writeHead = (...args: [number]) => {
        res.setHeader("Content-Type", "text/x-late");
        return writeHead.apply(res, args);
      };
      res.write("all");
      seen.push(res.setHeader === own);
      res.end();
      seen.push(res.setHeader === own);
    },
    content: "all",
    seen: [false, true],
  },
  "middleware that makes the head twice": {
    run: (res) => {
      const implicit = (): void =>
        (res as unknown as { _implicitHeader(): void })._implicitHeader();
      implicit();
      implicit();
      res.end("all");
    },
    content: "all",
  },
  "a write after the end": {
    run: (res, seen) => {
      res.on("error", ({ code: what }: { code?: string }) => seen.push(what));
      res.end("all");
      res.write("more");
    },
    content: "all",
    seen: ["ERR_STREAM_WRITE_AFTER_END"],
  },
};

/** What cannot be signed, and why. */
const REFUSED: Record<string, [Script, string]> = {
  flushHeaders: [
    (res) => {
      res.flushHeaders();
      res.write("a");
      res.end();
    },
    "its head was to be sent before its end was known",
  ],
  "a stream of events": [
    (res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
      res.write("data: 1\n\n");
      res.end();
    },
    "it is a stream of events",
  ],
  "a stream of events whose head is flushed": [
    (res) => {
      res.setHeader("Content-Type", "text/event-stream");
      res.flushHeaders();
      res.end();
    },
    "it is a stream of events",
  ],
  "more than the bound, in one piece": [
    (res) => res.end("x".repeat(101)),
    "it is longer than maxAnswerBytes (100)",
  ],
  "more than the bound, in pieces": [
    (res, seen) => {
      seen.push(res.write("x".repeat(100)), res.write("x"), res.write("x"), res.headersSent);
      seen.push(code(() => res.setHeader("X-A", "1")));
      res.end("x", () => seen.push("ended"));
    },
    "it is longer than maxAnswerBytes (100)",
  ],
  "more than the bound, as announced": [
    (res) => {
      res.setHeader("Content-Length", "101");
      res.write("x");
    },
    "it is longer than maxAnswerBytes (100)",
  ],
  "less than announced": [
    (res) => {
      res.setHeader("Content-Length", "10");
      res.end("all");
    },
    "Content-Length is 10, and it has 3",
  ],
  "a location outside US-ASCII": [
    (res) => {
      res.setHeader("Location", "/caf\u00e9");
      res.end("all");
    },
    "header-malformed: location",
  ],
  "a location twice": [
    (res) => {
      res.setHeader("Location", ["/a", "/b"]);
      res.end("all");
    },
    "header-repeated: location",
  ],
  "a header beside its twin": [
    (res) => {
      res.setHeader("content_type", "text/html");
      res.end("all");
    },
    "header-ambiguous: content-type",
  ],
  "a reason outside its grammar": [
    (res) => {
      res.statusMessage = "a\nb";
      res.end("all");
    },
    "Invalid character in statusMessage",
  ],
  "what was piped and failed": [
    (res) => {
      const source = new PassThrough();
      source.on("error", () => res.end());
      source.pipe(res);
      source.write("all");
      setImmediate(() => source.destroy(new Error("disk")));
    },
    "what was piped into it failed before its end",
  ],
};

const seen: unknown[] = [];
const rawOf = (response: ServerResponse & { raw?: ServerResponse; hijack?(): void }) => {
  response.hijack?.();
  return response.raw ?? response;
};

@Controller("scripts")
@HmacProtected()
class ScriptsController {
  @Get("ok/:name")
  @HmacSignedResponse()
  ok(@Param("name") name: string, @Res() response: ServerResponse) {
    (SCRIPTS[name] as { run: Script }).run(rawOf(response), seen);
  }
  @Get("refused/:name")
  @HmacSignedResponse()
  refused(@Param("name") name: string, @Res() response: ServerResponse) {
    (REFUSED[name] as [Script, string])[0](rawOf(response), seen);
  }
  @Get("unsigned")
  unsigned(@Res() response: ServerResponse) {
    const raw = rawOf(response);
    raw.flushHeaders();
    seen.push(raw.headersSent);
    raw.end("all");
  }
  @Get("interim")
  @HmacSignedResponse()
  interim(@Res() response: ServerResponse) {
    const raw = rawOf(response);
    raw.writeProcessing();
    raw.writeEarlyHints({ link: "</style.css>; rel=preload" });
    raw.end("all");
  }
  @Get("aborted")
  @HmacSignedResponse()
  async aborted(@Req() request: { raw?: unknown }, @Res() response: ServerResponse) {
    const raw = rawOf(response);
    raw.write("a");
    seen.push("begun");
    await once(raw, "close");
    raw.end("ll", () => undefined);
    seen.push("ended", raw.destroyed, request !== undefined);
  }
  @Get("large")
  @HmacSignedResponse()
  large() {
    return { text: "a".repeat(5000) };
  }
  @Get("transformable")
  @HmacSignedResponse()
  @Header("Cache-Control", "max-age=60")
  @Header("Content-Type", "text/plain")
  transformable() {
    return "a".repeat(5000);
  }
}

describe.each(PLATFORMS)("Node's own response on %s", (platform) => {
  let server: RunningApp;
  const logged: string[] = [];
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [ScriptsController],
      hmac: { maxAnswerBytes: 100 },
    });
    const keep = (text: string): void => void logged.push(text);
    Logger.overrideLogger({ log: () => undefined, warn: keep, error: keep });
  });
  afterAll(() => {
    Logger.overrideLogger(false);
    return server.close();
  });
  beforeEach(() => {
    logged.length = 0;
    seen.length = 0;
  });

  const get = async (target: string, method = "GET"): Promise<[RawAnswer, string]> => {
    const request = signedRequest(server.port, method, target);
    const answer = await exchange(server.port, request.wire);
    return [answer, await verdictOn(request, answer)];
  };

  it.each(Object.keys(SCRIPTS))("signs %s", async (name) => {
    const { status = 200, content, seen: expected } = SCRIPTS[name] as (typeof SCRIPTS)[string];
    const [answer, verdict] = await get(`/scripts/ok/${encodeURIComponent(name)}`);
    expect([answer.status, verdict, answer.complete, logged]).toEqual([status, "ok", true, []]);
    expect(String(answer.content)).toBe(content);
    if (expected !== undefined) expect(seen).toEqual(expected);
    const lengths = answer.all("content-length").length + answer.all("transfer-encoding").length;
    expect(lengths).toBe(status === 304 ? 0 : 1);
    if (name === "writeHead with a reason") expect(answer.reason).toBe("Fine");
    if (name.startsWith("writeHead with a list"))
      expect(answer.all("set-cookie")).toEqual(["a=1", "b=2"]);
    if (name.startsWith("middleware that stands"))
      expect(answer.all("content-type")).toEqual(["text/x-late"]);
  });

  it.each(Object.keys(REFUSED))("answers 500 for %s", async (name) => {
    const [, reason] = REFUSED[name] as (typeof REFUSED)[string];
    const [answer, verdict] = await get(`/scripts/refused/${encodeURIComponent(name)}`);
    expect([answer.status, answer.reason, verdict]).toEqual([500, "Internal Server Error", "ok"]);
    expect([answer.content.byteLength, answer.complete]).toEqual([0, true]);
    expect(logged.join()).toContain(`the answer cannot be signed: ${reason}`);
    expect(logged).toHaveLength(1);
    if (name.endsWith("in pieces"))
      expect(seen).toEqual([true, false, false, true, "ERR_HTTP_HEADERS_SENT", "ended"]);
  });

  it("lets the head of what is not signed go when it is flushed", async () => {
    const [answer] = await get("/scripts/unsigned");
    expect([answer.status, String(answer.content), seen]).toEqual([200, "all", [true]]);
  });

  it("signs the answer to HEAD without its content", async () => {
    const target = `/scripts/ok/${encodeURIComponent("a Content-Length of its own")}`;
    const [answer, verdict] = await get(target, "HEAD");
    expect([answer.status, verdict, answer.content.byteLength]).toEqual([200, "ok", 0]);
    expect(answer.all("content-length")).toEqual(["3"]);
    expect(answer.all("content-digest")).toEqual([]);
  });

  it("sends interim answers at once and unsigned", async () => {
    const [answer, verdict] = await get("/scripts/interim");
    expect([answer.interim, answer.status, verdict]).toEqual([[102, 103], 200, "ok"]);
  });

  it("lets a caller go in the middle", async () => {
    const request = signedRequest(server.port, "GET", "/scripts/aborted");
    const socket = connect(server.port, "127.0.0.1");
    socket.write(render(request.wire));
    while (seen.length === 0) await new Promise(setImmediate);
    socket.destroy();
    while (seen.length < 4) await new Promise(setImmediate);
    expect(seen).toEqual(["begun", "ended", true, true]);
    expect(logged).toEqual([]);
  });
});

describe.each(PLATFORMS)("a compressing %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [ScriptsController],
      main: async (app: INestApplication) => {
        if (platform === "express") app.use(compression());
        else await (app as NestFastifyApplication).register(compress as never);
      },
    });
  });
  afterAll(() => server.close());

  const get = async (target: string, encoding: string): Promise<[RawAnswer, string]> => {
    const headers: [string, string][] = [["Accept-Encoding", encoding]];
    const request = signedRequest(server.port, "GET", target, { headers });
    const answer = await exchange(server.port, request.wire);
    return [answer, await verdictOn(request, answer)];
  };

  it("signs the bytes that it sends, compressed", async () => {
    const [answer, verdict] = await get("/scripts/transformable", "gzip");
    expect([answer.status, verdict, answer.all("content-encoding")]).toEqual([200, "ok", ["gzip"]]);
    expect(String(gunzipSync(answer.content))).toBe("a".repeat(5000));
    expect(answer.all("cache-control")).toEqual(["no-store, no-transform"]);
    expect(answer.all("lacre-signature")[0]).toContain(
      "SignedHeaders=content-digest;content-encoding;content-type,",
    );
  });

  it("sends plain bytes to who asks for identity", async () => {
    const [answer, verdict] = await get("/scripts/large", "identity");
    expect([verdict, answer.all("content-encoding")]).toEqual(["ok", []]);
  });

  it("is told not to compress", async () => {
    const [answer, verdict] = await get("/scripts/large", "gzip");
    expect(verdict).toBe("ok");
    // @fastify/compress does not look at Cache-Control.
    expect(answer.all("content-encoding")).toEqual(platform === "express" ? [] : ["gzip"]);
  });
});

describe("inject()", () => {
  it("signs as over a socket", async () => {
    const server = await startApp("fastify", { controllers: [ScriptsController] });
    try {
      for (const name of ["end alone", "end with a callback", "something piped", "trailers"]) {
        seen.length = 0;
        const target = `/scripts/ok/${encodeURIComponent(name)}`;
        const request = signedRequest(server.port, "GET", target);
        const answer = await (server.app as NestFastifyApplication).inject({
          method: "GET",
          url: target,
          headers: Object.fromEntries(request.wire.headers),
        });
        const headers = Object.entries(answer.headers).map(([field, value]): [string, string] => [
          field,
          String(value),
        ]);
        const content = answer.rawPayload;
        await request.signer.check(request.signed, {
          method: "GET",
          status: 200,
          headers,
          content,
        });
        expect(String(content)).toBe("all");
        // Whether inject() calls back depends on Node's version, with and without us.
        if (name !== "end with a callback") expect(seen).toEqual([]);
      }
    } finally {
      await server.close();
    }
  });
});

describe("HTTP/2", () => {
  it("signs as over HTTP/1", async () => {
    class App {}
    const module = {
      module: App,
      imports: [
        HmacModule.forRoot({
          apps: { demo: DEMO_KEY },
          origins: "*",
          bootFence: false,
          maxAnswerBytes: 100,
        }),
      ],
      controllers: [ScriptsController],
    };
    const app = await NestFactory.create(module as never, new FastifyAdapter({ http2: true }), {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, "127.0.0.1");
    const { port } = (app.getHttpServer() as { address(): { port: number } }).address();
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    try {
      for (const [target, status, content] of [
        ["ok/end%20alone", 200, "all"],
        ["ok/writes%20of%20every%20kind", 200, "abcdef"],
        ["ok/writeHead%20with%20an%20object", 203, "all"],
        ["ok/a%20head%20that%20is%20settled", 203, "all"],
        ["ok/something%20piped", 200, "all"],
        ["ok/a%20304", 304, ""],
        ["refused/flushHeaders", 500, ""],
        ["refused/more%20than%20the%20bound,%20in%20pieces", 500, ""],
        ["refused/a%20location%20outside%20US-ASCII", 500, ""],
      ] as const) {
        const path = `/scripts/${target}`;
        const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY });
        const signed = signer.sign({
          method: "GET",
          url: `http://127.0.0.1:${port}/`,
          target: path,
        });
        const stream = session.request({ ":path": path, ...Object.fromEntries(signed.headers) });
        const [fields] = (await once(stream, "response")) as [Record<string, string>];
        const received: Buffer[] = [];
        for await (const chunk of stream) received.push(chunk as Buffer);
        const answer = {
          method: "GET",
          status: Number(fields[":status"]),
          headers: Object.entries(fields),
          content: Buffer.concat(received),
        };
        const verdict = await signer.check(signed, answer).then(
          () => "ok",
          (error: Error) => error.message,
        );
        expect([target, answer.status, verdict, String(answer.content)]).toEqual([
          target,
          status,
          "ok",
          content,
        ]);
      }
    } finally {
      session.close();
      await app.close();
    }
  });
});
