import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "@jest/globals";
import {
  All,
  BadRequestException,
  Body,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Header,
  HttpException,
  Injectable,
  type NestInterceptor,
  Post,
  Res,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type ArgumentsHost,
  type INestApplication,
} from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";
import { map, type Observable } from "rxjs";
import { Readable } from "node:stream";
import { HmacGuard, HmacProtected, type HmacModuleOptions } from "@lacre/nestjs";
import { MemoryNonceStore, type NonceStore, StoreAround } from "@lacre/core";
import { createGate } from "@lacre/node";
import { bodySignature } from "@lacre/schemes/body-signature";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { PLATFORMS, startApp, TestClock, type Platform, type RunningApp } from "../support/app.js";
import { BILLING, BILLING_KEY, messageOf } from "../support/standard-message.js";
import { render, send, type WireRequest, type WireResponse } from "../support/wire.js";

/*
 * Messages that come again: what runs, how often, and what their senders are told. Attacks first: a message that was
 * overheard runs no more once it has succeeded, and never beside itself.
 */

/** What the handler does, told by the test; and what it did. */
const handler = {
  runs: 0,
  atOnce: 0,
  most: 0,
  status: 200,
  work: async (): Promise<void> => undefined,
};
afterEach(() => {
  Object.assign(handler, { runs: 0, atOnce: 0, most: 0, status: 200, work: async () => undefined });
});

async function run(): Promise<string> {
  handler.runs += 1;
  handler.atOnce += 1;
  handler.most = Math.max(handler.most, handler.atOnce);
  try {
    await handler.work();
    if (handler.status >= 400) throw new HttpException("it failed", handler.status);
    return "ran";
  } finally {
    handler.atOnce -= 1;
  }
}

@Injectable()
class Maps500 implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      map((value: unknown) => {
        const response = context.switchToHttp().getResponse<Res>();
        (response.status ?? response.code)?.call(response, 502);
        return value;
      }),
    );
  }
}

@Catch(HttpException)
class Swallows implements ExceptionFilter {
  readonly #host: HttpAdapterHost;
  protected readonly status: number = 200;
  constructor(host: HttpAdapterHost) {
    this.#host = host;
  }
  catch(_error: HttpException, host: ArgumentsHost): void {
    this.#host.httpAdapter.reply(
      host.switchToHttp().getResponse(),
      { swallowed: true },
      this.status,
    );
  }
}

class MakesAll500 extends Swallows {
  protected override readonly status: number = 500;
}

interface Res {
  status?(code: number): unknown;
  code?(code: number): unknown;
}

@Injectable()
class RefusesAll implements CanActivate {
  canActivate(): boolean {
    throw new HttpException("too many", 429);
  }
}

const schemes = ["standard-webhooks"];

@Controller("hooks")
class HooksController {
  @Post()
  @HmacProtected({ schemes })
  take(): Promise<string> {
    return run();
  }

  @Post("broken")
  @HmacProtected({ schemes })
  async broken(): Promise<string> {
    await run();
    throw new TypeError("a bug");
  }

  @Post("intercepted")
  @UseInterceptors(Maps500)
  @HmacProtected({ schemes })
  intercepted(): Promise<string> {
    return run();
  }

  @Post("swallowed")
  @UseFilters(Swallows)
  @HmacProtected({ schemes })
  swallowed(): Promise<string> {
    return run();
  }

  @Post("streamed")
  @Header("Content-Type", "text/plain")
  @HmacProtected({ schemes })
  async streamed(): Promise<StreamableFile> {
    const text = await run();
    return new StreamableFile(Readable.from([Buffer.from(text), Buffer.from("!")]));
  }

  @Post("checked")
  @HmacProtected({ schemes })
  checked(@Body() event: { type?: string } | undefined): Promise<string> {
    if (event?.type !== "paid") throw new BadRequestException();
    return run();
  }

  @Post("limited")
  @HmacProtected({ schemes })
  @UseGuards(RefusesAll)
  limited(): Promise<string> {
    return run();
  }

  @Post("passport")
  @UseGuards(AuthGuard("hmac"), HmacGuard)
  @HmacProtected({ schemes })
  passport(): Promise<string> {
    return run();
  }

  @All("any")
  @HmacProtected({ schemes })
  any(): Promise<string> {
    return run();
  }

  @Post("by-hand")
  @HmacProtected({ schemes })
  async byHand(@Res() response: { raw?: HandMade } & HandMade): Promise<void> {
    await run();
    const raw = response.raw ?? response;
    raw.writeHead(500, { "Content-Type": "text/plain" });
    raw.write("it ");
    raw.end("failed");
  }
}

interface HandMade {
  writeHead(status: number, headers: object): void;
  write(text: string): void;
  end(text: string): void;
}

/** A store that answers later, as one over a network does. */
class SlowStore extends StoreAround {
  constructor(
    inner: NonceStore,
    readonly delayMs: number,
    readonly endMs = delayMs,
  ) {
    super(inner);
  }
  protected override async holdInner(...args: Parameters<Required<NonceStore>["hold"]>) {
    await wait(this.delayMs);
    const answer = await super.holdInner(...args);
    if (typeof answer === "string") return answer;
    return {
      giveBack: async () => (await wait(this.endMs), answer.giveBack()),
      markDone: async (untilMs: number) => (await wait(this.endMs), answer.markDone(untilMs)),
    };
  }
}

type Rule = Omit<Parameters<typeof standardWebhooks>[0], "appId">;

const start = (
  platform: Platform,
  rule: Rule = {},
  hmac: Partial<HmacModuleOptions> = {},
  main?: (app: INestApplication) => void,
): Promise<RunningApp> =>
  startApp(platform, {
    controllers: [HooksController],
    providers: [Swallows],
    hmac: {
      schemes: ["lacre1", standardWebhooks({ appId: "billing", ...rule })],
      apps: [BILLING],
      ...hmac,
    },
    ...(main !== undefined && { main }),
  });

/** Sends a message, and resets the connection before there is an answer. */
async function sendAndLeave(server: RunningApp, message: WireRequest): Promise<void> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(render(message));
  await until(() => handler.atOnce > 0);
  socket.resetAndDestroy();
}

async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 5000; !holds(); await wait(2))
    if (Date.now() > endMs) throw new Error("waited in vain");
}

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  afterEach(() => server?.close());
  const statusOf = async (message: WireRequest): Promise<number> =>
    (await send(server.port, message)).status;

  describe("a message that was overheard", () => {
    it.each(["refuse", "acknowledge"] as const)(
      "runs no more once it has succeeded (%s)",
      async (duplicates) => {
        server = await start(platform, { duplicates });
        const message = messageOf(server);
        expect(await statusOf(message)).toBe(201);
        const told = duplicates === "refuse" ? 401 : 200;
        const copies = await Promise.all(Array.from({ length: 20 }, () => statusOf(message)));
        expect(copies).toEqual(copies.map(() => told));
        expect(handler.runs).toBe(1);
      },
    );

    it("runs no more on another route, or by another method", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      const message = messageOf(server, { path: "/any" });
      expect(await statusOf(message)).toBe(200);
      for (const [method, target] of [
        ["POST", "/hooks"],
        ["PUT", "/hooks/any"],
        ["GET", "/hooks/any"],
        ["HEAD", "/hooks/any"],
      ] as const)
        expect([method, await statusOf({ ...message, method, target })]).toEqual([method, 200]);
      expect(handler.runs).toBe(1);
    });

    it("runs no more by a connection that breaks while it works, and not beside itself", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      let release: () => void = () => undefined;
      handler.work = () => new Promise((resolve) => (release = resolve));
      const message = messageOf(server);
      await sendAndLeave(server, message);
      for (let i = 0; i < 10; i++) {
        await wait(10); // the server hears of the reset
        expect(await statusOf(message)).toBe(503);
        expect(server.lastCode()).toBe("nonce-under-way");
      }
      release();
      await until(() => handler.atOnce === 0);
      await wait(50);
      // Whoever sent it has had no answer, and is told now.
      expect(await statusOf(message)).toBe(200);
      expect([server.lastCode(), handler.runs]).toEqual(["nonce-done", 1]);
    });

    it("runs anew where its handler fails after the connection broke", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      let release: () => void = () => undefined;
      handler.work = () => new Promise((resolve) => (release = resolve));
      handler.status = 500;
      const message = messageOf(server);
      await sendAndLeave(server, message);
      await wait(30);
      expect(await statusOf(message)).toBe(503);
      release();
      await until(() => handler.atOnce === 0);
      await wait(50);
      Object.assign(handler, { status: 200, work: async () => undefined });
      expect(await statusOf(message)).toBe(201);
      expect(handler.runs).toBe(2);
    });

    it.each([0, 5])(
      "is under way once at a time, of 50 copies whose handlers fail (a store that takes %s ms)",
      async (delayMs) => {
        const memory = new MemoryNonceStore({ fence: false });
        const nonces = delayMs === 0 ? memory : new SlowStore(memory, delayMs);
        server = await start(platform, { duplicates: "acknowledge" }, { nonces });
        handler.status = 500;
        handler.work = () => wait(5);
        const message = messageOf(server);
        for (let round = 0; round < 3; round++) {
          const answers = await Promise.all(Array.from({ length: 50 }, () => statusOf(message)));
          expect(new Set(answers)).toEqual(new Set([500, 503]));
        }
        expect(handler.most).toBe(1);
        handler.status = 200;
        expect(await statusOf(message)).toBe(201);
        const runs = handler.runs;
        expect(await statusOf(message)).toBe(200);
        expect(handler.runs).toBe(runs);
      },
    );

    it("runs once of 50 copies whose handlers succeed", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      handler.work = () => wait(10);
      const message = messageOf(server);
      const answers = await Promise.all(Array.from({ length: 50 }, () => statusOf(message)));
      expect(answers.filter((status) => status === 201)).toHaveLength(1);
      expect(answers.every((status) => [200, 201, 503].includes(status))).toBe(true);
      expect(handler.runs).toBe(1);
    });

    it("runs no more over a restart of the process", async () => {
      const clock = new TestClock();
      server = await start(platform, { duplicates: "acknowledge" }, { clock });
      const message = messageOf(server, { atMs: clock.ms });
      expect(await statusOf(message)).toBe(201);
      await server.close();
      server = await start(platform, { duplicates: "acknowledge" }, { clock, bootFence: true });
      for (const seconds of [0, 1, 4, 10, 290, 30]) {
        clock.advance(seconds);
        expect([401, 503]).toContain(await statusOf(message));
      }
      expect(handler.runs).toBe(1);
    });

    it("runs no more by an attempt that was acknowledged, or refused, once the first is forgotten", async () => {
      for (const duplicates of ["acknowledge", "refuse"] as const) {
        const clock = new TestClock();
        handler.runs = 0;
        server = await start(platform, { duplicates }, { clock });
        expect(await statusOf(messageOf(server, { atMs: clock.ms }))).toBe(201);
        clock.advance(305);
        const retry = messageOf(server, { atMs: clock.ms });
        const told = duplicates === "refuse" ? 401 : 200;
        expect(await statusOf(retry)).toBe(told);
        for (const seconds of [22, 100, 100, 70]) {
          clock.advance(seconds);
          expect(await statusOf(retry)).toBe(told);
        }
        expect([duplicates, handler.runs]).toEqual([duplicates, 1]);
        await server.close();
      }
      server = await start(platform);
    });

    it.each(["acknowledge", "refuse"] as const)(
      "runs no more by an attempt that came while the first was under way, once that is forgotten (%s)",
      async (duplicates) => {
        const clock = new TestClock();
        server = await start(platform, { duplicates }, { clock });
        let release: () => void = () => undefined;
        handler.work = () => new Promise((resolve) => (release = resolve));
        const first = statusOf(messageOf(server, { atMs: clock.ms }));
        await until(() => handler.atOnce > 0);
        clock.advance(100);
        const retry = messageOf(server, { atMs: clock.ms });
        expect(await statusOf(retry)).toBe(duplicates === "refuse" ? 401 : 503);
        release();
        expect(await first).toBe(201);
        clock.advance(250); // 350 s after the first, which is no longer good
        expect(await statusOf(retry)).toBe(duplicates === "refuse" ? 401 : 200);
        expect(handler.runs).toBe(1);
      },
    );

    it("and forged tells nothing of what is under way or done", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      const forged = messageOf(server, { key: Buffer.alloc(32, 8) });
      const before = await send(server.port, forged);
      expect(await statusOf(messageOf(server))).toBe(201);
      const after = await send(server.port, forged);
      const seen = ({ status, body, headers }: WireResponse) => [status, body, [...headers.keys()]];
      expect(seen(after)).toEqual(seen(before));
      expect(after.status).toBe(401);
    });
  });

  describe("a message whose handler failed", () => {
    it.each([
      ["threw", "/broken"],
      ["was given 502 by an interceptor", "/intercepted"],
      ["answered with its own hands", "/by-hand"],
    ])("%s, so it comes again at once", async (_what, path) => {
      server = await start(platform, { duplicates: "acknowledge" });
      for (let i = 1; i <= 3; i++) {
        const { status } = await send(server.port, messageOf(server, { path }));
        expect([status >= 500, status !== 503, handler.runs]).toEqual([true, true, i]);
      }
      expect(await statusOf(messageOf(server))).toBe(201);
    });

    it.each([500, 503, 408, 429, 400, 404, 409, 422])("with %s is run again", async (status) => {
      server = await start(platform, { duplicates: "acknowledge" });
      handler.status = status;
      const message = messageOf(server);
      for (let i = 1; i <= 2; i++)
        expect([await statusOf(message), handler.runs]).toEqual([status, i]);
    });

    it("is not lost by a copy that its handler could not read", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      const message = messageOf(server, { path: "/checked" });
      handler.status = 500;
      expect(await statusOf(message)).toBe(500);
      handler.status = 200;
      // Somebody who overheard it sends it without its type, so that nothing is parsed.
      const headers = message.headers.filter(([name]) => name !== "Content-Type");
      expect([400, 415]).toContain(await statusOf({ ...message, headers }));
      expect(await statusOf(message)).toBe(201);
      expect([await statusOf(message), handler.runs]).toEqual([200, 2]);
    });

    it("and was given 200 by a filter, has succeeded", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      handler.status = 500;
      const message = messageOf(server, { path: "/swallowed" });
      expect(await statusOf(message)).toBe(200);
      expect([await statusOf(message), handler.runs]).toEqual([200, 1]);
      expect(server.lastCode()).toBe("nonce-done");
    });

    it("is refused with retryFailed: false, and never acknowledged", async () => {
      for (const [duplicates, status] of [
        ["refuse", 401],
        ["acknowledge", 503],
      ] as const) {
        server = await start(platform, { duplicates, retryFailed: false });
        handler.status = 500;
        const message = messageOf(server);
        expect(await statusOf(message)).toBe(500);
        expect(await statusOf(message)).toBe(status);
        await server.close();
      }
      server = await start(platform);
    });

    it("comes again where another guard has turned it away for now", async () => {
      server = await start(platform, { duplicates: "acknowledge" });
      expect(await statusOf(messageOf(server, { path: "/limited" }))).toBe(429);
      expect(await statusOf(messageOf(server))).toBe(201);
      expect(handler.runs).toBe(1);
    });
  });

  it("a streamed answer, several guards and Passport tell how it ended", async () => {
    server = await start(platform, { duplicates: "acknowledge" });
    for (const path of ["/streamed", "/passport"]) {
      handler.runs = 0;
      const message = messageOf(server, { path, id: `msg${path}` });
      handler.status = 500;
      expect([await statusOf(message), await statusOf(message), handler.runs]).toEqual([
        500, 500, 2,
      ]);
      handler.status = 200;
      expect([await statusOf(message), await statusOf(message), handler.runs]).toEqual([
        201, 200, 3,
      ]);
    }
  });

  it("what is acknowledged is 200 without a handler, for the observer too, and is no refusal in the log", async () => {
    server = await start(platform, { duplicates: "acknowledge" });
    const message = messageOf(server);
    await send(server.port, message);
    const { status, body, headers } = await send(server.port, message);
    expect([status, body, headers.get("content-length")]).toEqual([200, "", "0"]);
    expect(headers.has("www-authenticate")).toBe(false);
    expect(server.verdicts.at(-1)).toMatchObject({
      outcome: "refused",
      code: "nonce-done",
      status: 200,
      proven: true,
      appId: "billing",
    });
  });

  it("what is acknowledged is 200 whatever filters make of refusals", async () => {
    server = await start(platform, { duplicates: "acknowledge" }, {}, (app) => {
      app.useGlobalFilters(new MakesAll500(app.get(HttpAdapterHost)));
    });
    const message = messageOf(server);
    expect([await statusOf(message), await statusOf(message)]).toEqual([201, 200]);
    expect(await statusOf(messageOf(server, { key: Buffer.alloc(32, 8) }))).toBe(500);
    expect(handler.runs).toBe(1);
  });

  it("what is under way is 503 with Retry-After", async () => {
    server = await start(platform, { duplicates: "acknowledge" });
    handler.work = () => wait(100);
    const message = messageOf(server);
    const first = send(server.port, message);
    await until(() => handler.atOnce > 0);
    const { status, headers } = await send(server.port, message);
    expect([status, headers.get("retry-after")]).toEqual([503, "6"]);
    expect((await first).status).toBe(201);
  });

  /* Attempts of Standard Webhooks: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h after the one before. */
  const PLAN = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

  it("each attempt of the plan is taken after a failure, and each is acknowledged after success", async () => {
    const clock = new TestClock();
    server = await start(platform, { duplicates: "acknowledge" }, { clock });
    handler.status = 500;
    for (const [i, seconds] of PLAN.entries()) {
      clock.advance(seconds);
      const message = messageOf(server, { atMs: clock.ms });
      expect([await statusOf(message), handler.runs]).toEqual([500, i + 1]);
    }
    handler.status = 200;
    for (const [i, seconds] of PLAN.entries()) {
      clock.advance(seconds);
      const message = messageOf(server, { atMs: clock.ms });
      expect([i, await statusOf(message)]).toEqual([i, i === 0 ? 201 : 200]);
    }
    expect(handler.runs).toBe(PLAN.length + 1);
  });

  it("a process that ended while it worked leaves the message for as long as it could come again, and no longer", async () => {
    const clock = new TestClock();
    const nonces = new MemoryNonceStore({ clock, fence: false }); // shared, say
    server = await start(platform, { duplicates: "acknowledge" }, { clock, nonces });
    handler.work = () => new Promise(() => undefined);
    await sendAndLeave(server, messageOf(server, { atMs: clock.ms }));
    Object.assign(handler, { atOnce: 0, work: async () => undefined });
    await server.close();
    server = await start(platform, { duplicates: "acknowledge" }, { clock, nonces });
    for (const seconds of [5, 300, 20]) {
      clock.advance(seconds);
      expect(await statusOf(messageOf(server, { atMs: clock.ms }))).toBe(503);
    }
    clock.advance(2);
    expect(await statusOf(messageOf(server, { atMs: clock.ms }))).toBe(201);
  });

  it("an attempt that follows at once finds noted how the one before it ended, however long the store takes", async () => {
    const nonces = new SlowStore(new MemoryNonceStore({ fence: false }), 0, 50);
    server = await start(platform, { duplicates: "acknowledge" }, { nonces });
    const message = messageOf(server);
    handler.status = 500;
    for (let i = 1; i <= 3; i++) expect([await statusOf(message), handler.runs]).toEqual([500, i]);
    handler.status = 200;
    expect([await statusOf(message), await statusOf(message), handler.runs]).toEqual([201, 200, 4]);
  });

  it("a store that fails at the end changes no answer, nor one that never answers", async () => {
    for (const end of [
      () => Promise.reject(new Error("down")),
      () => new Promise<void>(() => undefined),
      () => {
        throw new Error("down at once");
      },
    ]) {
      const nonces: NonceStore = {
        claim: () => "fresh",
        hold: async () => ({ giveBack: end, markDone: end }),
      };
      server = await start(platform, { duplicates: "acknowledge" }, { nonces });
      expect(await statusOf(messageOf(server))).toBe(201);
      handler.status = 500;
      expect(await statusOf(messageOf(server))).toBe(500);
      handler.status = 200;
      await server.close();
    }
    server = await start(platform);
  });

  it("a store that cannot give a claim back stops the start, unless nothing asks for it", async () => {
    const nonces: NonceStore = { claim: () => "fresh" };
    await expect(start(platform, {}, { nonces })).rejects.toThrow(
      /^nonces: the store cannot give a claim back .* standard-webhooks .* retryFailed: false/,
    );
    await expect(
      start(platform, { duplicates: "acknowledge", retryFailed: false }, { nonces }),
    ).rejects.toThrow("hold");
    server = await start(platform, { retryFailed: false }, { nonces });
    expect(await statusOf(messageOf(server))).toBe(201);
  });

  it("a sender's clock that is far ahead does not shut a memory store after its start", async () => {
    const clock = new TestClock();
    server = await start(platform, { futureSkew: 300 }, { clock, bootFence: true });
    expect(await statusOf(messageOf(server, { id: "before", atMs: clock.ms - 1_000 }))).toBe(503);
    expect(await statusOf(messageOf(server, { id: "at-once", atMs: clock.ms }))).toBe(201);
    clock.advance(6);
    expect(await statusOf(messageOf(server, { id: "soon", atMs: clock.ms }))).toBe(201);
    expect(await statusOf(messageOf(server, { id: "ahead", atMs: clock.ms + 299_000 }))).toBe(201);
    expect(await statusOf(messageOf(server, { id: "behind", atMs: clock.ms - 7_000 }))).toBe(503);
  });

  it("GET may be repeated where the format lets it, and is held where the route says once", async () => {
    const format = bodySignature({
      name: "own",
      appId: "billing",
      signatureHeader: "x-mac",
      template: "{body}",
      keyEncodings: ["whsec"],
      repeatSafe: true,
      duplicates: "acknowledge",
      acknowledgeWeakness: true,
    });
    @Controller("reads")
    class ReadsController {
      @All()
      @HmacProtected({ schemes: ["own"] })
      many(): Promise<string> {
        return run();
      }

      @All("once")
      @HmacProtected({ schemes: ["own"], replay: "once" })
      once(): Promise<string> {
        return run();
      }
    }
    server = await startApp(platform, {
      controllers: [ReadsController],
      hmac: { schemes: ["lacre1", format], apps: [{ ...BILLING, schemes: ["own"] }] },
    });
    const request = (target: string): WireRequest => ({
      method: "GET",
      target,
      headers: [
        ["Host", `127.0.0.1:${server.port}`],
        ["x-mac", createHmac("sha256", BILLING_KEY).update("").digest("hex")],
      ],
    });
    expect([await statusOf(request("/reads")), await statusOf(request("/reads"))]).toEqual([
      200, 200,
    ]);
    expect(handler.runs).toBe(2);
    expect(await statusOf(request("/reads/once"))).toBe(200);
    expect([await statusOf(request("/reads/once")), server.lastCode()]).toEqual([
      200,
      "nonce-done",
    ]);
    expect(handler.runs).toBe(3);
    expect(await statusOf(request("/reads"))).toBe(200); // which nobody remembers
    expect(handler.runs).toBe(4);
  });
});

it("a plain server tells how its work ended, and answers a repeat by itself", async () => {
  const scheme = standardWebhooks({ appId: "billing", duplicates: "acknowledge" });
  const gate = createGate(
    { apps: [BILLING], origins: "*", schemes: [scheme], bootFence: false },
    { warn: () => undefined },
  );
  const plain = createServer((request, response) => {
    void gate.admit(request, response).then(async (caller) => {
      if (caller === undefined) return;
      handler.runs += 1;
      response.statusCode = handler.status;
      response.end("ran");
    });
  });
  await once(plain.listen(0, "127.0.0.1"), "listening");
  try {
    const { port } = plain.address() as AddressInfo;
    const message = messageOf({ port });
    handler.status = 500;
    expect((await send(port, message)).status).toBe(500);
    handler.status = 202;
    expect((await send(port, message)).status).toBe(202);
    expect(await send(port, message)).toMatchObject({ status: 200, body: "" });
    expect(handler.runs).toBe(2);
  } finally {
    plain.close();
    await gate.stop();
  }
});
