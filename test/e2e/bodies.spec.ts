import type { IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  All,
  Body,
  Controller,
  Post,
  Req,
  UploadedFile,
  UseGuards,
  UseInterceptors,
  type INestApplication,
} from "@nestjs/common";
import { FileInterceptor } from "@nestjs/platform-express";
import express from "express";
import { HmacGuard, HmacProtected } from "@lacre/nestjs";
import { PLATFORMS, startApp, type RunningApp, takeAnything } from "../support/app.js";
import { render, send, sendRaw, signed } from "../support/wire.js";

let runs: { body: unknown; raw: string }[] = [];

/** What is left in the stream for a handler that reads it itself. */
async function readAll(
  request: AsyncIterable<Buffer> & { raw?: AsyncIterable<Buffer> },
): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request.raw ?? request) parts.push(part);
  return Buffer.concat(parts).toString("latin1");
}

@Controller()
@HmacProtected()
class EchoController {
  @All("echo")
  async echo(
    @Req() request: AsyncIterable<Buffer> & { raw?: AsyncIterable<Buffer>; body?: unknown },
  ) {
    runs.push({ body: request.body, raw: await readAll(request) });
    return "ran";
  }

  @All("trailers")
  trailers(@Req() request: { raw?: IncomingMessage } & IncomingMessage) {
    const { trailers, trailersDistinct, rawTrailers } = request.raw ?? request;
    return { trailers, trailersDistinct, raw: rawTrailers };
  }
}

@Controller()
@HmacProtected()
class MulterController {
  @Post("upload")
  @UseInterceptors(FileInterceptor("file"))
  upload(@UploadedFile() file: { buffer: Buffer; originalname: string }) {
    runs.push({ body: file.originalname, raw: file.buffer.toString("latin1") });
    return "ran";
  }
}

@Controller()
class GuardedController {
  @Post("guarded")
  @UseGuards(HmacGuard)
  guarded(@Body() body: string | Buffer) {
    runs.push({ body: body.length, raw: "" });
    return "ran";
  }
}

const text = (value: string): Buffer => Buffer.from(value, "utf8");
const multipart = text(
  '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n',
);

/** Content type, content, and what the handler then finds (parsed or raw) on each platform. */
const KINDS: readonly { name: string; headers: [string, string][]; body: Buffer }[] = [
  { name: "JSON", headers: [["Content-Type", "application/json"]], body: text('{"amount":100}') },
  {
    name: "form",
    headers: [["Content-Type", "application/x-www-form-urlencoded"]],
    body: text("amount=100&to=bob"),
  },
  { name: "text", headers: [["Content-Type", "text/plain"]], body: text("amount 100") },
  {
    name: "octet-stream",
    headers: [["Content-Type", "application/octet-stream"]],
    body: Buffer.from([0, 255, 10, 13, 1]),
  },
  {
    name: "multipart",
    headers: [["Content-Type", "multipart/form-data; boundary=b"]],
    body: multipart,
  },
  {
    name: "vnd+json",
    headers: [["Content-Type", "application/vnd.api+json"]],
    body: text('{"amount":100}'),
  },
  { name: "no content type", headers: [], body: text("amount 100") },
  {
    name: "gzip",
    headers: [
      ["Content-Type", "application/json"],
      ["Content-Encoding", "gzip"],
    ],
    body: gzipSync('{"amount":100}'),
  },
  {
    name: "600 kB of text",
    headers: [["Content-Type", "text/plain"]],
    body: Buffer.alloc(600_000, "x"),
  },
];

/** Fastify knows these without a parser of the application's; the others are 415, or 400 for gzip, with or without us. */
const FASTIFY_PARSES = ["JSON", "form", "text", "600 kB of text"];

const change = (body: Buffer): Buffer => {
  const changed = Buffer.from(body);
  const at = Math.floor(body.byteLength / 2);
  changed[at] = (changed[at] as number) ^ 1;
  expect(changed.equals(body)).toBe(false);
  return changed;
};

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    const controllers =
      platform === "express" ? [EchoController, MulterController] : [EchoController];
    server = await startApp(platform, { controllers, main: takeAnything });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    runs = [];
    server.verdicts.length = 0;
  });

  describe.each(KINDS)("$name", ({ name, headers, body }) => {
    const request = (content: Buffer | undefined = body) =>
      signed(server.port, {
        method: "POST",
        target: "/echo",
        headers,
        ...(content && { body: content }),
      });
    const isGzip = name === "gzip";

    it.each([false, true])("is let in as it was signed (chunked: %s)", async (chunked) => {
      const response = await send(server.port, { ...request(), chunked });
      if (platform === "fastify" && isGzip) {
        // Fastify parses what is on the wire, and gzip is no JSON; the signature was right all the same.
        expect([response.status, server.lastCode()]).toEqual([400, undefined]);
        return;
      }
      expect([response.status, response.body, server.lastCode()]).toEqual([200, "ran", undefined]);
      const parsed = name === "JSON" || name === "form" || isGzip;
      if (parsed)
        expect(runs[0]?.body).toEqual(
          name === "form" ? { amount: "100", to: "bob" } : { amount: 100 },
        );
      else if (platform === "express" || !FASTIFY_PARSES.includes(name))
        expect(runs[0]?.raw).toBe(body.toString("latin1"));
      else expect(runs[0]?.body).toBe(body.toString("latin1"));
    });

    it.each([false, true])("is refused when changed (chunked: %s)", async (chunked) => {
      const response = await send(server.port, { ...request(), body: change(body), chunked });
      expect([response.status, server.lastCode(), runs]).toEqual([401, "content-mismatch", []]);
    });

    it("is refused when removed", async () => {
      const { body: _, ...without } = request();
      const response = await send(server.port, without);
      expect([response.status, server.lastCode(), runs]).toEqual([401, "content-mismatch", []]);
    });

    it.each([false, true])(
      "is refused when added to a request without (chunked: %s)",
      async (chunked) => {
        const bare = signed(server.port, { method: "POST", target: "/echo", headers });
        const response = await send(server.port, { ...bare, body, chunked });
        expect([response.status, server.lastCode(), runs]).toEqual([401, "content-undigested", []]);
      },
    );

    it.each(["GET", "DELETE"])("is refused when added to %s", async (method) => {
      const bare = signed(server.port, { method, target: "/echo", headers });
      const response = await send(server.port, { ...bare, body });
      expect([response.status, server.lastCode(), runs]).toEqual([401, "content-undigested", []]);
    });
  });

  it("lets no trailer reach a handler", async () => {
    const headers: [string, string][] = [["Content-Type", "text/plain"]];
    const base = signed(server.port, {
      method: "POST",
      target: "/trailers",
      headers,
      body: text("hello"),
    });
    const head = render({ ...base, body: new Uint8Array(), chunked: true })
      .toString("latin1")
      .replace(/0\r\n\r\n$/, "");
    const response = await sendRaw(
      server.port,
      Buffer.from(`${head}5\r\nhello\r\n0\r\nX-Role: admin\r\n\r\n`, "latin1"),
    );
    expect([response.status, response.body]).toEqual([
      200,
      '{"trailers":{},"trailersDistinct":{},"raw":[]}',
    ]);
  });

  it("refuses content encoding that was added, and a content type that was changed", async () => {
    const headers: [string, string][] = [["Content-Type", "application/json"]];
    const base = signed(server.port, {
      method: "POST",
      target: "/echo",
      headers,
      body: text("{}"),
    });
    const encoded = { ...base, headers: [...base.headers, ["Content-Encoding", "gzip"] as const] };
    expect((await send(server.port, encoded)).status).toBe(401);
    expect(server.lastCode()).toBe("header-unsigned");
    const retyped = {
      ...base,
      headers: base.headers.map(([key, value]) =>
        key === "Content-Type" ? ([key, "text/plain"] as const) : ([key, value] as const),
      ),
    };
    expect((await send(server.port, retyped)).status).toBe(401);
    expect([server.lastCode(), runs]).toEqual(["signature-mismatch", []]);
  });

  it("says 401 before 400: malformed JSON under a wrong digest, and without credentials", async () => {
    const headers: [string, string][] = [["Content-Type", "application/json"]];
    const malformed = signed(server.port, {
      method: "POST",
      target: "/echo",
      headers,
      body: text('{"a":'),
    });
    expect((await send(server.port, malformed)).status).toBe(400);
    const again = signed(server.port, {
      method: "POST",
      target: "/echo",
      headers,
      body: text('{"a":'),
    });
    expect((await send(server.port, { ...again, body: text('{"b":') })).status).toBe(401);
    const naked = { ...again, headers: again.headers.filter(([key]) => key !== "authorization") };
    expect((await send(server.port, naked)).status).toBe(401);
    expect(runs).toEqual([]);
  });

  it("refuses more content than it may buffer, after the MAC", async () => {
    const headers: [string, string][] = [["Content-Type", "application/octet-stream"]];
    const body = Buffer.alloc(1_200_000, 7);
    for (const chunked of [false, true]) {
      const big = signed(server.port, { method: "POST", target: "/echo", headers, body });
      const response = await send(server.port, { ...big, chunked });
      expect([response.status, runs]).toEqual([413, []]);
      const forged = { ...big, target: "/echo?x", chunked };
      expect((await send(server.port, forged)).status).toBe(401);
    }
  });

  if (platform === "express")
    it("leaves multipart to multer, and spoils it when it was spoilt", async () => {
      const headers: [string, string][] = [["Content-Type", "multipart/form-data; boundary=b"]];
      const upload = signed(server.port, {
        method: "POST",
        target: "/upload",
        headers,
        body: multipart,
      });
      expect((await send(server.port, upload)).status).toBe(201);
      expect(runs).toEqual([{ body: "a.txt", raw: "hello" }]);
      const again = signed(server.port, {
        method: "POST",
        target: "/upload",
        headers,
        body: multipart,
      });
      expect((await send(server.port, { ...again, body: change(multipart) })).status).toBe(401);
      expect(runs).toHaveLength(1);
    });
});

describe.each(PLATFORMS)("%s, with a parser of its own", (platform) => {
  it("takes no more than maxBodyBytes, whatever the parser takes", async () => {
    const parseMore = (app: INestApplication): void => {
      if (platform === "express") {
        app.use(express.text({ type: "text/csv", limit: 5_000_000 }));
        return;
      }
      const instance = app.getHttpAdapter().getInstance() as {
        addContentTypeParser(
          type: string,
          options: { parseAs: "buffer"; bodyLimit: number },
          parser: (r: unknown, body: Buffer, done: (e: null, body: Buffer) => void) => void,
        ): void;
      };
      instance.addContentTypeParser(
        "text/csv",
        { parseAs: "buffer", bodyLimit: 5_000_000 },
        (_request, body, done) => done(null, body),
      );
    };
    const server = await startApp(platform, {
      controllers: [GuardedController],
      main: parseMore,
      hmac: { maxBodyBytes: 500_000 },
    });
    try {
      for (const chunked of [false, true])
        for (const [size, expected] of [
          [500_000, [201, [{ body: 500_000, raw: "" }]]],
          [500_001, [413, []]],
        ] as const) {
          runs = [];
          const request = signed(server.port, {
            method: "POST",
            target: "/guarded",
            headers: [["Content-Type", "text/csv"]],
            body: Buffer.alloc(size, "x"),
          });
          const { status } = await send(server.port, { ...request, chunked });
          expect([status, runs]).toEqual(expected);
        }
    } finally {
      await server.close();
    }
  });
});
