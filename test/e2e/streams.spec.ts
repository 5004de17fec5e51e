import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect as connectHttp2, type ClientHttp2Stream } from "node:http2";
import { connect, type AddressInfo, type Socket } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { All, Controller, Module, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import compression from "compression";
import { HmacModule, HmacProtected, HmacSignedResponse } from "@lacre/nestjs";
import { Signer } from "@lacre/core";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp, takeAnything } from "../support/app.js";
import { exchange } from "../support/exchange.js";
import { render, signed, type WireRequest } from "../support/wire.js";

/*
 * Routes that read their content while it arrives: what they may see of forged content, and what their callers may
 * get for it.
 */
type AnyRequest = IncomingMessage & { raw?: IncomingMessage };
type AnyResponse = ServerResponse & { raw?: ServerResponse; hijack?(): unknown };

/** What the handler `sink` saw. */
interface Seen {
  bytes: number;
  end: "end" | "error" | undefined;
  disturbed: boolean;
}
let seen: Seen;
/** The handler runs. */
let entered: { readonly promise: Promise<void>; resolve(): void };
const signal = (): typeof entered => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
};
beforeEach(() => {
  seen = { bytes: 0, end: undefined, disturbed: false };
  entered = signal();
});

const TEXT = "one forged answer";
type Script = (request: IncomingMessage, response: ServerResponse) => unknown;
/** Handlers that answer in their own way. `undefined` of a script: it answers with what it returns. */
const SCRIPTS: Record<string, Script> = {
  // none of these reads its content
  end: (_request, response) => response.end(TEXT),
  head: (_request, response) => response.writeHead(200, { "X-A": "1" }).end(TEXT),
  headers: (_request, response) => {
    response.setHeader("Set-Cookie", "token=secret");
    response.setHeader("Access-Control-Allow-Origin", "https://app.example");
    response.writeHead(201, { "Content-Type": "text/plain", Vary: "Origin", "X-A": "1" });
    response.end(TEXT);
  },
  chunks: (_request, response) => {
    response.write(TEXT.slice(0, 4));
    response.end(TEXT.slice(4));
  },
  length: (_request, response) => {
    response.setHeader("Content-Length", String(TEXT.length));
    response.write(TEXT.slice(0, 4));
    response.write(TEXT.slice(4));
    response.end();
  },
  empty: (_request, response) => response.writeHead(204).end(),
  flushed: (_request, response) => {
    response.writeHead(204);
    response.flushHeaders();
    response.end();
  },
  twice: (_request, response) => {
    response.end(TEXT);
    response.end("more");
    response.write("still more");
  },
  paused: async (request, response) => {
    await once(request, "readable");
    request.read(1);
    response.end(TEXT);
  },
  // these read all of it
  echo: (request, response) => void request.pipe(response),
  through: (request, response) => pipeline(request, new PassThrough(), response),
  deaf: (request, response) => {
    request.on("data", () => undefined).on("end", () => response.end(TEXT));
  },
};

@Controller()
@HmacProtected({ body: "stream" })
class StreamController {
  @All("sink")
  async sink(@Req() request: AnyRequest) {
    const source: Readable = request.raw ?? request;
    seen.disturbed = Readable.isDisturbed(source);
    source.on("data", (chunk: Buffer) => (seen.bytes += chunk.byteLength));
    entered.resolve();
    await new Promise<void>((resolve, reject) => {
      source.on("end", () => ((seen.end = "end"), resolve()));
      source.on("error", (error) => ((seen.end = "error"), reject(error)));
    });
    return seen;
  }

  @All("returns")
  returns() {
    return { text: TEXT };
  }

  @All("refuses")
  refuses(@Res() response: AnyResponse) {
    response.hijack?.();
    (response.raw ?? response).writeHead(422, { "Content-Length": 2 }).end("no");
  }

  @All("run/:script")
  async run(@Req() request: AnyRequest, @Res() response: AnyResponse) {
    response.hijack?.();
    const { script } = (request as unknown as { params: { script: string } }).params;
    entered.resolve();
    await Promise.resolve(
      SCRIPTS[script]?.(request.raw ?? request, response.raw ?? response),
    ).catch(() => undefined);
  }

  @All("signed/:script")
  @HmacSignedResponse()
  signed(@Req() request: AnyRequest, @Res() response: AnyResponse) {
    return this.run(request, response);
  }
}

const octets: [string, string][] = [["Content-Type", "application/octet-stream"]];
const change = (body: Buffer): Buffer => {
  const changed = Buffer.from(body);
  changed[0] = (changed[0] as number) ^ 1;
  expect(changed.equals(body)).toBe(false);
  return changed;
};

/** Everything that comes off a socket until the other side closes it, or what was there at the end. */
function collect(socket: Socket): { text(): string; closed: Promise<unknown> } {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part)).on("error", () => undefined);
  return { text: () => Buffer.concat(parts).toString("latin1"), closed: once(socket, "close") };
}

/** The refusal, or what its caller sees to be broken. */
const isStopped = ({ status, complete }: { status: number | undefined; complete: boolean }) =>
  status === 401 || !complete || !status;

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [StreamController],
      main: takeAnything,
    });
  });
  afterAll(() => server.close());
  beforeEach(() => void (server.verdicts.length = 0));

  const request = (target: string, body: Buffer, method = "POST"): WireRequest =>
    signed(server.port, { method, target, headers: octets, body });

  describe.each([false, true])("content (chunked: %s)", (chunked) => {
    it.each([1, 20, 40_000, 700_000])("of %d bytes, right and forged", async (size) => {
      const body = Buffer.alloc(size, 7);
      const good = await exchange(server.port, { ...request("/sink", body), chunked });
      expect([good.status, seen]).toEqual([200, { bytes: size, end: "end", disturbed: false }]);
      seen = { bytes: 0, end: undefined, disturbed: false };
      const forged = { ...request("/sink", body), body: change(body), chunked };
      expect((await exchange(server.port, forged)).status).toBe(401);
      expect(server.lastCode()).toBe("content-mismatch");
      expect(seen.bytes).toBeLessThan(size); // whatever was framed by its length is not whole
      expect(seen.end).not.toBe("end");
    });
  });

  it("hands out no whole content before its end is known: all chunks before the guard, the end later", async () => {
    const body = Buffer.alloc(3000, 7);
    for (const content of [body, change(body)]) {
      entered = signal();
      seen = { bytes: 0, end: undefined, disturbed: false };
      const bytes = render({ ...request("/sink", body), body: content, chunked: true });
      const socket = connect(server.port, "127.0.0.1");
      const answer = collect(socket);
      socket.write(bytes.subarray(0, -"0\r\n\r\n".length));
      await entered.promise;
      socket.write("0\r\n\r\n");
      await answer.closed;
      if (content === body) expect([answer.text().slice(9, 12), seen.bytes]).toEqual(["200", 3000]);
      else expect([answer.text().slice(9, 12), seen.bytes < 3000]).toEqual(["401", true]);
    }
  });

  it.each(["through", "chunks", "end"])(
    "over HTTP/1.0, where a closed connection ends an answer, %s",
    async (name) => {
      const body = Buffer.alloc(30_000, 7);
      for (const [content, status] of [
        [body, 200],
        [change(body), 401],
      ] as const) {
        const bytes = render({ ...request(`/run/${name}`, body), body: content });
        const socket = connect(server.port, "127.0.0.1");
        const received: Buffer[] = [];
        socket.on("data", (chunk: Buffer) => received.push(chunk));
        const head = bytes.indexOf("\r\n\r\n") + 4;
        socket.write(bytes.toString("latin1", 0, head).replace("HTTP/1.1", "HTTP/1.0"), "latin1");
        socket.write(bytes.subarray(head, head + 20_000));
        await new Promise((resolve) => setTimeout(resolve, 50)); // the answer could be on its way
        socket.write(bytes.subarray(head + 20_000));
        await once(socket, "close");
        const answer = Buffer.concat(received);
        const [first = "", ...rest] = answer.toString("latin1").split("\r\n\r\n");
        // What destroys the answer itself, as a pipeline does, leaves nothing to answer with.
        const isGone = status === 401 && name === "through";
        expect([name, first.slice(0, 12)]).toEqual([name, isGone ? "" : `HTTP/1.1 ${status}`]);
        const whole = name === "through" ? body.toString("latin1") : TEXT;
        expect(rest.join("\r\n\r\n") === whole).toBe(status === 200);
      }
    },
  );

  it("empty content is whole, and added content is refused at its first byte", async () => {
    const bare = signed(server.port, { method: "POST", target: "/sink", headers: octets });
    expect((await exchange(server.port, { ...bare, chunked: true })).status).toBe(200);
    expect(seen).toEqual({ bytes: 0, end: "end", disturbed: false });
    const again = signed(server.port, { method: "POST", target: "/sink", headers: octets });
    seen = { bytes: 0, end: undefined, disturbed: false };
    const added = { ...again, body: Buffer.from("x"), chunked: true };
    expect((await exchange(server.port, added)).status).toBe(401);
    expect([server.lastCode(), seen.bytes, seen.end]).toEqual(["content-undigested", 0, undefined]);
  });

  describe("an answer without reading the content", () => {
    const body = Buffer.alloc(300_000, 7);
    const early = [
      "end",
      "head",
      "headers",
      "chunks",
      "length",
      "empty",
      "flushed",
      "twice",
      "paused",
    ];

    it.each(["returns", ...early.map((name) => `run/${name}`)])("%s", async (name) => {
      for (const chunked of [false, true]) {
        const good = await exchange(server.port, { ...request(`/${name}`, body), chunked });
        expect([good.complete, good.status < 300]).toEqual([true, true]);
        const text = name === "returns" ? `{"text":"${TEXT}"}` : TEXT;
        expect(good.content.toString()).toBe(good.status === 204 ? "" : text);
        expect(good.all("x-request-id")).toEqual([]);

        const forged = { ...request(`/${name}`, body), body: change(body), chunked };
        const bad = await exchange(server.port, forged);
        expect(server.lastCode()).toBe("content-mismatch");
        const isBroken = bad.status < 400 && !bad.complete;
        const isRefused =
          bad.status === 401 &&
          bad.complete &&
          bad.content.toString() === '{"statusCode":401,"message":"Unauthorized"}' &&
          bad.all("x-request-id").length === 1 &&
          bad.all("www-authenticate").length === 1;
        expect([name, isBroken, isRefused]).toEqual(
          name === "run/chunks" || name === "run/length"
            ? [name, true, false]
            : [name, false, true],
        );
        expect(bad.content.toString()).not.toContain(TEXT);
      }
    });

    it("keeps of its headers what other origins need", async () => {
      const good = await exchange(server.port, request("/run/headers", body));
      expect([good.status, good.all("x-a"), good.all("set-cookie")]).toEqual([
        201,
        ["1"],
        ["token=secret"],
      ]);
      const forged = { ...request("/run/headers", body), body: change(body) };
      const bad = await exchange(server.port, forged);
      const names = ["access-control-allow-origin", "vary", "x-a", "set-cookie", "content-type"];
      expect([bad.status, ...names.map((name) => bad.all(name).join())]).toEqual([
        401,
        "https://app.example",
        "Origin",
        "",
        "",
        "application/json; charset=utf-8",
      ]);
    });

    it("is not complete before the content is", async () => {
      for (const script of ["end", "head", "length", "empty", "flushed"]) {
        entered = signal();
        const bytes = render({ ...request(`/run/${script}`, body), body: change(body) });
        const socket = connect(server.port, "127.0.0.1");
        const answer = collect(socket);
        socket.write(bytes.subarray(0, 5000));
        await entered.promise;
        // Another request comes and goes meanwhile: all that could be sent has been.
        await exchange(server.port, request("/sink", Buffer.from("x")));
        expect([script, answer.text().includes("\r\n\r\n")]).toEqual([script, script === "length"]);
        expect(answer.text()).not.toContain(TEXT);
        socket.end();
        await answer.closed;
      }
    });

    it("goes out at once when it is an error", async () => {
      const bytes = render(request("/refuses", body));
      const socket = connect(server.port, "127.0.0.1");
      socket.write(bytes.subarray(0, bytes.length - 1));
      const [answer] = (await once(socket, "data")) as [Buffer];
      expect(answer.toString("latin1")).toContain("HTTP/1.1 422");
      socket.destroy();
    });
  });

  describe("an answer that needs the content", () => {
    it.each(["echo", "through"])("%s", async (name) => {
      for (const size of [5, 300_000]) {
        const body = Buffer.alloc(size, 7);
        const good = await exchange(server.port, request(`/run/${name}`, body));
        expect([good.status, good.complete, good.content.equals(body)]).toEqual([200, true, true]);
        const forged = { ...request(`/run/${name}`, body), body: change(body) };
        const bad = await exchange(server.port, forged);
        expect(isStopped(bad)).toBe(true);
      }
    });

    it("a reader that listens to no error gets no end, and its caller an answer", async () => {
      const body = Buffer.alloc(300_000, 7);
      expect((await exchange(server.port, request("/run/deaf", body))).status).toBe(200);
      const forged = { ...request("/run/deaf", body), body: change(body) };
      expect((await exchange(server.port, forged)).status).toBe(401);
    });
  });

  it("a signed answer is held until both are known", async () => {
    const body = Buffer.alloc(300_000, 7);
    for (const script of ["end", "head", "chunks", "echo"]) {
      const good = await exchange(server.port, request(`/signed/${script}`, body));
      expect([script, good.status, good.all("lacre-signature").length]).toEqual([script, 200, 1]);
      const forged = { ...request(`/signed/${script}`, body), body: change(body) };
      const bad = await exchange(server.port, forged);
      expect([script, isStopped(bad)]).toEqual([script, true]);
      expect(bad.content.toString()).not.toContain(TEXT);
    }
  });
});

/** Where any answer is signed, none may be compressed: these are not. */
@Controller()
@HmacProtected({ body: "stream" })
class UnsignedController {
  @All("run/:script")
  run(@Req() request: AnyRequest, @Res() response: AnyResponse) {
    return new StreamController().run(request, response);
  }
}

describe("Express", () => {
  it("the same below compression", async () => {
    const server = await startApp("express", {
      controllers: [UnsignedController],
      main: (app) => void app.use(compression({ threshold: 0 })),
    });
    const headers: [string, string][] = [...octets, ["Accept-Encoding", "gzip"]];
    const call = (script: string, body: Buffer, sent = body) =>
      exchange(server.port, {
        ...signed(server.port, { method: "POST", target: `/run/${script}`, headers, body }),
        body: sent,
      });
    try {
      const body = Buffer.alloc(300_000, 7);
      for (const script of ["headers", "chunks", "echo"]) {
        const good = await call(script, body);
        expect([script, good.complete, good.status < 300]).toEqual([script, true, true]);
        if (script === "headers") {
          expect(good.all("content-encoding")).toEqual(["gzip"]);
          expect(gunzipSync(good.content).toString()).toBe(TEXT);
        }
        expect([script, isStopped(await call(script, body, change(body)))]).toEqual([script, true]);
      }
    } finally {
      await server.close();
    }
  });
});

describe("Fastify", () => {
  it("the same over HTTP/2", async () => {
    class App {}
    Module({
      imports: [
        HmacModule.forRoot({
          apps: { demo: DEMO_KEY },
          origins: ["http://api.example.test"],
          bootFence: false,
        }),
      ],
      controllers: [StreamController],
    })(App);
    const app = await NestFactory.create<NestFastifyApplication>(
      App,
      new FastifyAdapter({ http2: true } as never),
      { logger: false, abortOnError: false },
    );
    takeAnything(app);
    await app.listen(0, "127.0.0.1");
    const { port } = app.getHttpServer().address() as AddressInfo;
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const call = async (path: string, body: Buffer, sent = body) => {
      const { headers } = new Signer({ appId: "demo", apiKey: DEMO_KEY }).sign({
        method: "POST",
        url: `http://api.example.test${path}`,
        headers: octets,
        content: body,
      });
      const stream: ClientHttp2Stream = session.request({
        ":method": "POST",
        ":path": path,
        ":authority": "api.example.test",
        ...Object.fromEntries(octets.map(([name, value]) => [name.toLowerCase(), value])),
        ...Object.fromEntries(headers),
      });
      let status: number | undefined;
      const parts: Buffer[] = [];
      let complete = false;
      stream.on("response", (head) => (status = head[":status"]));
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => (complete = true)).on("error", () => (complete = false));
      stream.end(sent);
      await new Promise((resolve) => stream.on("close", resolve));
      complete &&= stream.rstCode === 0;
      return { status, complete, text: Buffer.concat(parts).toString("latin1") };
    };
    try {
      const body = Buffer.alloc(300_000, 7);
      expect((await call("/sink", body)).status).toBe(200);
      expect(seen).toEqual({ bytes: body.length, end: "end", disturbed: false });
      seen = { bytes: 0, end: undefined, disturbed: false };
      expect((await call("/sink", body, change(body))).status).toBe(401);
      expect([seen.bytes < body.length, seen.end]).toEqual([true, "error"]);
      for (const script of ["end", "head", "chunks", "length", "paused"]) {
        const good = await call(`/run/${script}`, body);
        expect([script, good]).toEqual([script, { status: 200, complete: true, text: TEXT }]);
        const bad = await call(`/run/${script}`, body, change(body));
        expect([script, isStopped(bad)]).toEqual([script, true]);
      }
      const echo = await call("/run/echo", body);
      expect([echo.complete, echo.text.length]).toEqual([true, body.length]);
      const forged = await call("/run/echo", body, change(body));
      expect(isStopped(forged)).toBe(true);
    } finally {
      session.close();
      await app.close();
    }
  });

  it("the same through inject()", async () => {
    const server = await startApp("fastify", {
      controllers: [StreamController],
      main: takeAnything,
    });
    const call = async (target: string, body: Buffer, sent = body) => {
      const { headers } = signed(server.port, { method: "POST", target, headers: octets, body });
      return (server.app as NestFastifyApplication)
        .inject({
          method: "POST",
          url: target,
          headers: Object.fromEntries(headers),
          payload: sent,
        } as never)
        .then(
          (answer: { statusCode: number; body: string }) => [answer.statusCode, answer.body],
          () => "broken",
        );
    };
    try {
      const body = Buffer.alloc(100_000, 7);
      expect((await call("/sink", body))[0]).toBe(200);
      expect(seen).toEqual({ bytes: body.length, end: "end", disturbed: false });
      seen = { bytes: 0, end: undefined, disturbed: false };
      expect((await call("/sink", body, change(body)))[0]).toBe(401);
      expect([seen.bytes < body.length, seen.end]).toEqual([true, "error"]);
      for (const script of ["end", "head", "length"]) {
        expect(await call(`/run/${script}`, body)).toEqual([200, TEXT]);
        const bad = await call(`/run/${script}`, body, change(body));
        expect([script, bad === "broken" || bad[0]]).toEqual([script, script === "length" || 401]);
      }
    } finally {
      await server.close();
    }
  });
});
