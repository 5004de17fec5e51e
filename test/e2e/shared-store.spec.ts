import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Get, Logger } from "@nestjs/common";
import { HmacProtected, type HmacModuleOptions, type NonceStore } from "@lacre/nestjs";
import { MemoryNonceStore, NonceStoreClockError, type NonceNeeds } from "@lacre/core";
import { exchange } from "../support/exchange.js";
import {
  DEMO_KEY,
  PLATFORMS,
  startApp,
  TestClock,
  type Platform,
  type RunningApp,
} from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * What the module makes of a store that others use too: that takes its time, that knows the time, that two services
 * share. With real servers: test/contract and test/faults.
 */

let runs = 0;
beforeEach(() => {
  runs = 0;
});

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    runs += 1;
    return "ran";
  }
}

const start = (platform: Platform, hmac: Partial<HmacModuleOptions>): Promise<RunningApp> =>
  startApp(platform, { controllers: [OrdersController], hmac });
const order = (server: RunningApp, options: Parameters<typeof signed>[2] = {}) =>
  signed(server.port, { method: "GET", target: "/orders" }, options);

/** A request with a nonce of the test's choice, by docs/protocol.md section 3. */
function orderWith(server: RunningApp, nonce: string, key: Uint8Array): WireRequest {
  const host = `127.0.0.1:${server.port}`;
  const [algorithm, timestamp] = ["LACRE1-HMAC-SHA256", Math.floor(Date.now() / 1000)];
  const lines = [algorithm, "demo", timestamp, nonce, "GET", "/orders", `host:${host}`, "", "host"];
  const mac = createHmac("sha256", key).update(lines.join("\n")).digest("hex");
  const params = `Credential=demo, Timestamp=${timestamp}, Nonce=${nonce}, SignedHeaders=host, Signature=${mac}`;
  return {
    method: "GET",
    target: "/orders",
    headers: [
      ["Host", host],
      ["Authorization", `${algorithm} ${params}`],
    ],
  };
}
const keyOf = (apiKey: string): Buffer => Buffer.from(apiKey.slice("lk1_".length), "base64url");

describe.each(PLATFORMS)("%s", (platform) => {
  it("a copy runs no more whose window has ended when its claim is answered", async () => {
    const clock = new TestClock();
    let pauseSeconds = 0;
    // It has forgotten what it knew of the request while it, or this process, stood still.
    const nonces: NonceStore = {
      claim: async () => {
        clock.advance(pauseSeconds);
        return "fresh" as const;
      },
    };
    const server = await start(platform, { clock, nonces, maxAge: 5 });
    try {
      const request = order(server, { clock });
      expect((await send(server.port, request)).status).toBe(200);
      pauseSeconds = 5;
      expect((await send(server.port, request)).status).toBe(200); // the last second counts
      pauseSeconds = 6;
      expect((await send(server.port, order(server, { clock }))).status).toBe(401);
      expect([server.lastCode(), runs]).toEqual(["timestamp-too-old", 2]);
    } finally {
      await server.close();
    }
  });

  it("two services that know one AppId by different keys do not see each other's nonces", async () => {
    const store = new MemoryNonceStore({ fence: false });
    const otherKey = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
    const [one, other, twin] = await Promise.all(
      [DEMO_KEY, otherKey, DEMO_KEY].map((key) =>
        start(platform, { nonces: store, apps: { demo: key } }),
      ),
    );
    if (one === undefined || other === undefined || twin === undefined) throw new Error();
    try {
      const nonce = "AAECAwQFBgcICQoLDA0ODw";
      const first = orderWith(one, nonce, keyOf(DEMO_KEY));
      const second = orderWith(other, nonce, keyOf(otherKey));
      const copy = orderWith(twin, nonce, keyOf(DEMO_KEY)); // under the same key, it is the same nonce
      expect((await send(one.port, first)).status).toBe(200);
      expect((await send(other.port, second)).status).toBe(200);
      expect((await send(twin.port, copy)).status).toBe(401);
      for (const [server, request] of [
        [one, first],
        [other, second],
      ] as const) {
        expect((await send(server.port, request)).status).toBe(401);
        expect(server.lastCode()).toBe("nonce-seen");
      }
      expect(runs).toBe(2);
    } finally {
      await Promise.all([one, other, twin].map((server) => server.close()));
    }
  });

  it("no time is judged, and nobody is told one, while the clocks are apart", async () => {
    const clock = new TestClock();
    let isClockOff = true;
    const nonces: NonceStore = {
      claim: () => {
        if (isClockOff) throw new NonceStoreClockError("apart");
        return "fresh";
      },
      get isClockOff() {
        return isClockOff;
      },
    };
    const server = await start(platform, { clock, nonces, signResponses: true });
    const at = (seconds: number) =>
      order(server, { clock: new TestClock(clock.ms + seconds * 1000) });
    try {
      for (const seconds of [0, -3600, 3600]) {
        const answer = await exchange(server.port, at(seconds));
        expect([seconds, answer.status, answer.all("lacre-clock")]).toEqual([seconds, 503, []]);
        const forged = { ...at(seconds), target: "/orders?changed" };
        expect((await send(server.port, forged)).status).toBe(503);
      }
      isClockOff = false;
      expect((await send(server.port, at(0))).status).toBe(200);
      const old = await exchange(server.port, at(-3600));
      expect([old.status, old.all("lacre-clock")]).toEqual([401, ["out-of-window"]]);
    } finally {
      await server.close();
    }
  });

  it("the store is told at its start for how long each scheme's nonces matter", async () => {
    const told: (NonceNeeds | undefined)[] = [];
    const nonces: NonceStore = {
      claim: () => "fresh",
      start: async (needs) => void told.push(needs),
    };
    @Controller("long")
    @HmacProtected({ maxAge: 900 })
    class LongController {
      @Get()
      list() {
        return "ran";
      }
    }
    const server = await startApp(platform, {
      controllers: [OrdersController, LongController],
      hmac: { nonces, maxAge: 60, futureSkew: 7, clockSpread: 20 },
    });
    await server.close();
    // 900 + 1 + 20, 7 + 20: docs/protocol.md section 10
    expect(told).toEqual([
      {
        horizons: new Map([["lacre1", { seconds: 921, aheadSeconds: 27 }]]),
        clockSpreadSeconds: 20,
        log: expect.anything(),
      },
    ]);
  });

  it("what the store has to say goes to the log of the application", async () => {
    const lines: unknown[][] = [];
    const write =
      (level: string) =>
      (...line: unknown[]): void =>
        void lines.push([level, ...line]);
    const nonces: NonceStore = {
      claim: () => "fresh",
      start: async (needs) => void needs?.log?.warn?.("the store is slow"),
    };
    const logger = { log: () => {}, warn: write("warn"), error: write("error") };
    const server = await startApp(platform, {
      controllers: [OrdersController],
      hmac: { nonces },
      create: { logger },
    });
    await server.close();
    Logger.overrideLogger(false);
    expect(lines).toEqual([["warn", "the store is slow", "HmacModule"]]);
  });
});
