import { describe, expect, it } from "@jest/globals";
import { Controller, Get } from "@nestjs/common";
import { HealthCheckService, TerminusModule } from "@nestjs/terminus";
import type { ClaimMeasured, Verdict } from "@lacre/core";
import { HmacProtected, type NonceStore } from "@lacre/nestjs";
import { HmacHealthIndicator } from "@lacre/nestjs/terminus";
import { DEMO_KEY, startApp, TestClock } from "../support/app.js";
import { send, signed } from "../support/wire.js";

@Controller("health")
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly hmac: HmacHealthIndicator,
  ) {}
  @Get()
  check() {
    return this.health.check([() => this.hmac.isHealthy("hmac")]);
  }
}

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return "ran";
  }
}

const app = (hmac: Parameters<typeof startApp>[1]["hmac"]) =>
  startApp("express", {
    controllers: [HealthController, OrdersController],
    imports: [TerminusModule.forRoot({ logger: false })],
    providers: [HmacHealthIndicator],
    hmac,
  });

async function askHealth(url: string): Promise<{ status: number; hmac: unknown }> {
  const response = await fetch(`${url}/health`);
  const { details } = (await response.json()) as { details: { hmac: unknown } };
  return { status: response.status, hmac: details.hmac };
}

describe("HmacHealthIndicator", () => {
  it("is up where a right request would be let in, and down with the reason where not", async () => {
    let failure: Error | undefined;
    const nonces: NonceStore = {
      claim: () => {
        if (failure !== undefined) throw failure;
        return "fresh";
      },
    };
    const server = await app({ nonces });
    try {
      expect(await askHealth(server.url)).toEqual({ status: 200, hmac: { status: "up" } });
      failure = new Error("redis://user:secret@host is away");
      expect(await askHealth(server.url)).toEqual({
        status: 503,
        hmac: { status: "down", reason: "nonces-unavailable" },
      });
    } finally {
      await server.close();
    }
  });

  it("is down during the fence, and while the key source fails", async () => {
    const clock = new TestClock();
    let isDown = false;
    const apps = {
      find: async () => {
        if (isDown) throw new Error("database is away");
        return { appId: "demo", apiKey: DEMO_KEY };
      },
    };
    const server = await app({ clock, apps, bootFence: true, keyCache: { ttlMs: 1000 } });
    try {
      const starting = { status: "down", reason: "nonces-starting" };
      expect(await askHealth(server.url)).toEqual({ status: 503, hmac: starting });
      clock.advance(6);
      expect(await askHealth(server.url)).toEqual({ status: 200, hmac: { status: "up" } });
      isDown = true;
      await send(server.port, signed(server.port, { method: "GET", target: "/orders" }, { clock }));
      const failing = { status: "down", reason: "keys-unavailable" };
      expect(await askHealth(server.url)).toEqual({ status: 503, hmac: failing });
    } finally {
      await server.close();
    }
  });
});

describe("metrics of claims", () => {
  it("tell the outcome and the duration of each", async () => {
    const claims: ClaimMeasured[] = [];
    const verdicts: Verdict[] = [];
    const server = await app({
      observer: {
        observe: (verdict) => void verdicts.push(verdict),
        observeClaim: (claim) => void claims.push(claim),
      },
    });
    try {
      const order = signed(server.port, { method: "GET", target: "/orders" });
      await send(server.port, order);
      await send(server.port, order);
      expect(claims.map(({ outcome }) => outcome)).toEqual(["fresh", "seen"]);
      for (const { durationMs } of claims) expect(durationMs).toBeGreaterThanOrEqual(0);
      expect(verdicts.map(({ outcome }) => outcome)).toEqual(["accepted", "refused"]);
    } finally {
      await server.close();
    }
  });
});
