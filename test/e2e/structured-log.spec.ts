import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Writable } from "node:stream";
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { ConsoleLogger, Controller, Get, Logger, Post } from "@nestjs/common";
import { Logger as NestPino, LoggerModule } from "nestjs-pino";
import { pino } from "pino";
import { createGate } from "@lacre/node";
import { HmacProtected, type HmacModuleOptions } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, type Platform, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest, type WireResponse } from "../support/wire.js";

/*
 * What loggers make of a refusal: fields where they write JSON, one line that a person can read where they do not.
 */

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get(":id")
  one() {
    return "ran";
  }

  @Post(":id")
  two() {
    return "ran";
  }
}

let written: string[] = [];
const sink = new Writable({
  write: (chunk, _encoding, done) => {
    written.push(String(chunk));
    done();
  },
});
beforeEach(() => {
  written = [];
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, "write").mockImplementation((chunk) => written.push(String(chunk)) > 0);
});
afterEach(() => void jest.restoreAllMocks());
afterAll(() => Logger.overrideLogger(false));

const start = (
  platform: Platform,
  logger: ConsoleLogger | "pino",
  hmac: Partial<HmacModuleOptions> = {},
): Promise<RunningApp> =>
  startApp(platform, {
    controllers: [OrdersController],
    hmac,
    ...(logger === "pino"
      ? {
          imports: [LoggerModule.forRoot({ pinoHttp: [{ genReqId: () => "of-pino" }, sink] })],
          create: { bufferLogs: true },
          main: (app) => app.useLogger(app.get(NestPino)),
        }
      : { create: { logger } }),
  });

/** A copy of what was let in: its MAC is right, so its key is known. */
async function refuse({ port }: RunningApp): Promise<WireResponse> {
  const request: WireRequest = signed(port, { method: "GET", target: "/orders/7?secret=hidden" });
  expect((await send(port, request)).status).toBe(200);
  const answer = await send(port, request);
  expect(answer.status).toBe(401);
  return answer;
}

const fieldsOf = (answer: WireResponse) => ({
  msg: "refused 401 nonce-seen",
  code: "nonce-seen",
  status: 401,
  method: "GET",
  path: "/orders/7",
  route: "/orders/:id",
  requestId: answer.headers.get("x-request-id"),
  appId: "demo",
  keyId: expect.stringMatching(/^[0-9a-f]{8}$/),
  scheme: "lacre1",
  durationMs: expect.any(Number),
  bytes: 0,
  canonicalSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  docs: "@lacre/core/errors.md#nonce-seen",
});
const LINE =
  /refused 401 nonce-seen \(GET \/orders\/7, request [\w-]+, app demo, canonical sha256 \w{64}, see .+#nonce-seen\)/;

const refusals = (): string[] => written.filter((text) => text.includes("refused 401"));

describe.each(PLATFORMS)("on %s", (platform) => {
  it("Nest's own logger, in JSON: the fields are its message", async () => {
    const server = await start(platform, new ConsoleLogger({ json: true }));
    try {
      const answer = await refuse(server);
      const [line = "", ...more] = refusals();
      expect(more).toEqual([]);
      expect(JSON.parse(line)).toEqual({
        level: "warn",
        pid: process.pid,
        timestamp: expect.any(Number),
        context: "HmacModule",
        message: fieldsOf(answer),
      });
    } finally {
      await server.close();
    }
  });

  it.each([true, false])("Nest's own logger, as text (colours: %s): a line", async (colors) => {
    const server = await start(platform, new ConsoleLogger({ colors }));
    try {
      await refuse(server);
      expect(refusals()).toHaveLength(1);
      expect(refusals()[0]?.trimEnd()).toMatch(LINE);
    } finally {
      await server.close();
    }
  });

  it("a bug, as text: its line, and a line for each call", async () => {
    let isBroken = false;
    const nowMs = (): number => {
      if (!isBroken) return Date.now();
      isBroken = false;
      throw new TypeError("x is no y");
    };
    const server = await start(platform, new ConsoleLogger({ colors: false }), {
      clock: { nowMs },
    });
    try {
      isBroken = true;
      const request = signed(server.port, { method: "GET", target: "/orders/7" });
      expect((await send(server.port, request)).status).toBe(503);
      const [text = ""] = written.filter((each) => each.includes("verifier-failed"));
      expect(text).toMatch(/ERROR .*refused 503 verifier-failed \(.*\): x is no y\n +at .*\n +at /);
    } finally {
      await server.close();
    }
  });
});

describe("nestjs-pino", () => {
  // Its root logger is one for the process, and its middleware is the same on Fastify.
  it("writes the fields into the line of the request, under the id that pino has given it", async () => {
    const server = await start("express", "pino");
    try {
      const answer = await refuse(server);
      expect(answer.headers.get("x-request-id")).toBe("of-pino");
      const [line = "", ...more] = refusals();
      expect(more).toEqual([]);
      expect(JSON.parse(line)).toMatchObject({
        level: 40,
        context: "HmacModule",
        req: { id: "of-pino" },
        ...fieldsOf(answer),
      });
      expect(line.match(/"msg"/g)).toHaveLength(1);
      expect(server.verdicts.map(({ requestId }) => requestId)).toEqual(["of-pino", "of-pino"]);
    } finally {
      await server.close();
    }
  });
});

describe("a plain server", () => {
  const ask = async (log?: Parameters<typeof createGate>[1]): Promise<WireResponse> => {
    const gate = createGate({ apps: { demo: DEMO_KEY }, origins: "*", bootFence: false }, log);
    const server = createServer((request, response) => void gate.admit(request, response));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    try {
      return await send(port, { method: "GET", target: "/o", headers: [["Host", "h"]] });
    } finally {
      server.close();
    }
  };

  it("on the console: a line", async () => {
    const warn = jest.spyOn(console, "warn").mockReturnValue(undefined);
    await ask();
    expect(warn.mock.calls).toHaveLength(1);
    expect(String(warn.mock.calls[0]?.[0])).toMatch(
      /^refused 401 credentials-missing \(GET \/o, request [\w-]+, see .+\): the route takes lacre1$/,
    );
  });

  it("on pino: fields", async () => {
    const answer = await ask(pino({}, sink));
    expect(JSON.parse(refusals()[0] as string)).toEqual({
      level: 40,
      time: expect.any(Number),
      pid: process.pid,
      hostname: expect.any(String),
      msg: "refused 401 credentials-missing",
      code: "credentials-missing",
      status: 401,
      method: "GET",
      path: "/o",
      requestId: answer.headers.get("x-request-id"),
      durationMs: expect.any(Number),
      reason: "the route takes lacre1",
      docs: "@lacre/core/errors.md#credentials-missing",
    });
  });
});
