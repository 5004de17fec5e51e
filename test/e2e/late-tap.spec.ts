import { once } from "node:events";
import { createServer, IncomingMessage, ServerResponse, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { Writable, type Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { All, Body, Controller, Post, Req, UseGuards } from "@nestjs/common";
import { HmacGuard, HmacProtected } from "@lacre/nestjs";
import express from "express";
import { PLATFORMS, startApp, type RunningApp, takeAnything } from "../support/app.js";
import { render, send, signed, type WireRequest } from "../support/wire.js";

/*
 * Requests that are there, in part or whole, before the module is: below a parent that does something else first, and
 * from adapters of platforms without sockets.
 */
let runs: string[] = [];
beforeEach(() => void (runs = []));

type AnyRequest = Readable & { raw?: Readable };

@Controller()
class EchoController {
  async #take(request: AnyRequest) {
    const parts: Buffer[] = [];
    for await (const part of request.raw ?? request) parts.push(part as Buffer);
    runs.push(Buffer.concat(parts).toString("latin1"));
    return "ran";
  }

  @All("closed")
  @HmacProtected()
  closed(@Req() request: AnyRequest) {
    return this.#take(request);
  }

  @All("stream")
  @HmacProtected({ body: "stream" })
  stream(@Req() request: AnyRequest) {
    return this.#take(request);
  }

  @All("guarded")
  @UseGuards(HmacGuard)
  guarded(@Req() request: AnyRequest) {
    return this.#take(request);
  }
}

@Controller()
class JsonController {
  @Post("json")
  @HmacProtected()
  json(@Body() body: unknown) {
    runs.push(JSON.stringify(body));
  }
}

const TARGETS = ["/closed", "/stream", "/guarded"];
const octets: [string, string][] = [["Content-Type", "application/octet-stream"]];
const change = (body: Buffer): Buffer => {
  const changed = Buffer.from(body);
  changed[0] = (changed[0] as number) ^ 1;
  expect(changed.equals(body)).toBe(false);
  return changed;
};

/** What a parent does before it hands a request over. */
type Before = (request: IncomingMessage) => Promise<unknown>;
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

/**
 * A request and a response as @codegenie/serverless-express 4.17 makes and hands them over: it says that it is
 * complete from the start, pushes its content when it is asked for any, `undefined` where there is none, and is
 * marked as read while it waits.
 */
class ServerlessRequest extends IncomingMessage {
  constructor({ method, target, headers, body }: WireRequest, pushed = body) {
    super({
      encrypted: true,
      readable: true,
      remoteAddress: "127.0.0.1",
      address: () => ({ port: 443 }),
      end: () => undefined,
      destroy: () => undefined,
    } as never);
    const length: [string, string][] =
      body === undefined ? [] : [["content-length", String(body.byteLength)]];
    const rawHeaders = [...headers, ...length].flat();
    (this as unknown as { _addHeaderLines(lines: string[], n: number): void })._addHeaderLines(
      rawHeaders,
      rawHeaders.length,
    );
    Object.assign(this, {
      complete: true,
      httpVersion: "1.1",
      httpVersionMajor: "1",
      httpVersionMinor: "1",
      method,
      body,
      url: target,
    });
    this._read = () => {
      this.push(pushed);
      this.push(null);
    };
  }
}

async function invoke(server: Server, request: ServerlessRequest): Promise<number> {
  const response = new ServerResponse(request);
  response.assignSocket(new Writable({ write: (_chunk, _encoding, done) => done() }) as never);
  const finished = once(response, "finish");
  server.emit("request", request, response);
  await Promise.resolve();
  Object.assign(request, { complete: true, readable: false });
  await finished;
  return response.statusCode;
}

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  let parent: Server;
  let before: Before = async () => undefined;
  let port: number;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [EchoController],
      create: { bodyParser: false },
      main: takeAnything,
    });
    parent = createServer((request, response) => {
      const app = server.app.getHttpServer() as Server;
      void before(request).then(() => app.emit("request", request, response));
    });
    parent.listen(0, "127.0.0.1");
    await once(parent, "listening");
    port = (parent.address() as AddressInfo).port;
  });
  afterAll(async () => {
    parent.close();
    await server.close();
  });
  beforeEach(() => void (server.verdicts.length = 0));

  const request = (target: string, body?: Buffer, method = body ? "POST" : "GET"): WireRequest =>
    signed(port, { method, target, headers: octets, ...(body && { body }) });

  describe("below a parent that waits until all of it is there", () => {
    beforeAll(() => {
      before = (request) => until(() => request.complete);
    });

    it.each(TARGETS)("%s: what is complete is complete", async (target) => {
      const bare = request(target);
      expect([(await send(port, bare)).status, runs]).toEqual([200, [""]]);
      for (const chunked of [false, true]) {
        runs = [];
        const body = Buffer.from(`content ${chunked}`);
        const good = { ...request(target, body), chunked };
        const forged = { ...request(target, body), body: change(body), chunked };
        expect((await send(port, forged)).status).toBe(401);
        expect([server.lastCode(), runs]).toEqual(["content-mismatch", []]);
        const added = { ...request(target), body, chunked };
        expect((await send(port, added)).status).toBe(401);
        expect([server.lastCode(), runs]).toEqual(["content-undigested", []]);
        expect((await send(port, good)).status).toBeLessThan(300);
        expect(runs).toEqual([body.toString()]);
      }
    });
  });

  describe("below a parent that waits until some of it is there", () => {
    beforeAll(() => {
      before = (request) => until(() => request.readableLength > 0);
    });

    it.each(TARGETS)("%s", async (target) => {
      const body = Buffer.alloc(300_000, 7);
      const forged = { ...request(target, body), body: change(body) };
      expect((await send(port, forged)).status).toBe(401);
      expect([server.lastCode(), runs]).toEqual(["content-mismatch", []]);
      expect((await send(port, request(target, body))).status).toBeLessThan(300);
      expect(runs[0]).toBe(body.toString("latin1"));
    });
  });

  describe("content that somebody has read is unread, right as it may be", () => {
    const READERS: Record<string, Before> = {
      "all of it": async (request) => {
        for await (const _ of request);
      },
      "its beginning": async (request) => {
        await until(() => request.readableLength > 0);
        request.read(1);
      },
      "as text": async (request) => request.setEncoding("utf8"),
      "what flows": async (request) => request.resume(),
      "what is to flow": async (request) => {
        await until(() => request.readableLength > 0);
        request.on("data", () => undefined).pause();
      },
    };
    it.each(Object.keys(READERS))("%s", async (name) => {
      before = READERS[name] as Before;
      for (const target of TARGETS) {
        const response = await send(port, request(target, Buffer.from("content")));
        expect([response.status, server.lastCode(), runs]).toEqual([401, "content-unread", []]);
      }
    });
  });

  it("a request that is cut off is incomplete", async () => {
    before = async () => undefined;
    const bytes = render(request("/closed", Buffer.from("content")));
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.end(bytes.subarray(0, -1));
    await until(() => server.verdicts.length > 0);
    expect([server.lastCode(), runs]).toEqual(["content-incomplete", []]);
    socket.destroy();
  });

  describe("from an adapter without sockets", () => {
    const call = (request: WireRequest, pushed = request.body) =>
      invoke(server.app.getHttpServer() as Server, new ServerlessRequest(request, pushed));

    it.each(TARGETS)("%s", async (target) => {
      expect([await call(request(target)), server.lastCode(), runs]).toEqual([
        200,
        undefined,
        [""],
      ]);
      runs = [];
      const body = Buffer.from("content");
      const forged = { ...request(target, body), body: change(body) };
      expect([await call(forged), server.lastCode()]).toEqual([401, "content-mismatch"]);
      const added = { ...request(target), body };
      expect([await call(added), server.lastCode()]).toEqual([401, "content-undigested"]);
      // The content went to request.body alone.
      const empty = { ...signed(port, { method: "POST", target, headers: octets }), body };
      expect([await call(empty, new Uint8Array()), server.lastCode()]).toEqual([
        401,
        "content-unread",
      ]);
      expect(runs).toEqual([]);
      expect(await call(request(target, body))).toBeLessThan(300);
      expect(runs).toEqual(["content"]);
    });
  });

  describe("with the parsers of Nest", () => {
    let server: RunningApp;
    beforeAll(async () => {
      server = await startApp(platform, { controllers: [JsonController] });
    });
    afterAll(() => server.close());
    beforeEach(() => void (server.verdicts.length = 0));
    const headers = [["Content-Type", "application/json"]] as const;
    const body = Buffer.from('{"n":1}');
    const request = (port: number) =>
      signed(port, { method: "POST", target: "/json", headers, body });
    const app = () => server.app.getHttpServer() as Server;

    /** Once as it should be, and once with other content. */
    async function expectParsed(call: (request: WireRequest) => Promise<number>, port: number) {
      expect([await call(request(port)), server.lastCode(), runs]).toEqual([
        201,
        undefined,
        ['{"n":1}'],
      ]);
      const forged = { ...request(port), body: Buffer.from('{"n":2}') };
      expect([await call(forged), runs.length]).toEqual([401, 1]);
    }

    it("JSON from an adapter without sockets arrives parsed", () =>
      expectParsed((wire) => invoke(app(), new ServerlessRequest(wire)), 8080));

    it("so it does from one that hands over no header lines, as serverless-http 3.2", () =>
      expectParsed((wire) => {
        const bare = new ServerlessRequest(wire);
        const { headers: table } = bare;
        bare.rawHeaders = [];
        bare.headers = table;
        return invoke(app(), bare);
      }, 8080));

    it("and below a parent of Express that waits", async () => {
      const outer = express();
      outer.use((_request, _response, next) => void setTimeout(next, 50));
      outer.use((request, response) => void app().emit("request", request, response));
      const parent = outer.listen(0, "127.0.0.1");
      await once(parent, "listening");
      const { port } = parent.address() as AddressInfo;
      try {
        await expectParsed(async (wire) => (await send(port, wire)).status, port);
      } finally {
        parent.close();
      }
    });
  });
});
