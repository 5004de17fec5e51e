import { describe, expect, it } from "@jest/globals";
import { TerminusModule } from "@nestjs/terminus";
import type { ClaimMeasured, Verdict } from "@lacre/core";
import { type NonceStore } from "@lacre/nestjs";
import { HmacHealthIndicator } from "@lacre/nestjs/terminus";
import { DEMO_KEY, startApp, TestClock } from "../support/app.js";
import { HealthController, OrdersController } from "../support/health-app.js";
import { send, signed } from "../support/wire.js";

const app = (hmac: Parameters<typeof startApp>[1]["hmac"]) =>
  startApp("express", {
    controllers: [HealthController, OrdersController],
    imports: [TerminusModule.forRoot({ logger: false })],
    providers: [HmacHealthIndicator],
    hmac,
  });

/** Fails as long as it is told to. */
class FailingStore implements NonceStore {
  failure: Error | undefined;
  claim(): "fresh" {
    if (this.failure !== undefined) throw this.failure;
    return "fresh";
  }
}

async function askHealth(url: string): Promise<{ status: number; hmac: unknown }> {
  const response = await fetch(`${url}/health`);
  const { details } = (await response.json()) as { details: { hmac: unknown } };
  return { status: response.status, hmac: details.hmac };
}

describe("HmacHealthIndicator", () => {
  it("is up where a right request would be let in, and down with the reason where not", async () => {
    const nonces = new FailingStore();
    const server = await app({ nonces });
    try {
      expect(await askHealth(server.url)).toEqual({ status: 200, hmac: { status: "up" } });
      nonces.failure = new Error("redis://user:secret@host is away");
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

/** Knows "demo". Can be down, or hang. */
class Source {
  state: "up" | "down" | "hanging" = "up";
  asked = 0;
  readonly #hanging: (() => void)[] = [];

  letGo(state: "up" | "down"): void {
    this.state = state;
    for (const resolve of this.#hanging) resolve();
  }

  async find(appId: string) {
    this.asked += 1;
    if (this.state === "hanging") await new Promise<void>((end) => void this.#hanging.push(end));
    if (this.state === "down") throw new Error("database is away");
    return appId === "demo" ? { appId, apiKey: DEMO_KEY } : undefined;
  }
}

describe("HmacHealthIndicator, once it is taken out of service", () => {
  const up = { status: 200, hmac: { status: "up" } };
  const down = { status: 503, hmac: { status: "down", reason: "keys-unavailable" } };

  /** Runs with an app whose one key look-up has failed. No request comes from then on. */
  async function afterAFailure(
    run: (source: Source, clock: TestClock, url: string) => Promise<void>,
    { knowsApp = true, timeoutMs = 60_000 } = {},
  ): Promise<void> {
    const clock = new TestClock();
    const source = new Source();
    const server = await app({ clock, apps: source, keyCache: { ttlMs: 30_000, timeoutMs } });
    const ask = async () => {
      const order = signed(server.port, { method: "GET", target: "/orders" }, { clock });
      return (await send(server.port, order)).status;
    };
    try {
      if (knowsApp) expect(await ask()).toBe(200);
      clock.advance(30);
      source.state = "down";
      expect(await ask()).toBe(503);
      await run(source, clock, server.url);
    } finally {
      source.letGo("up");
      await server.close();
    }
  }
  const manyChecks = (url: string) =>
    Promise.all(Array.from({ length: 50 }, () => askHealth(url).then(({ status }) => status)));

  it.each([true, false])(
    "comes back at the first check after the outage, without a request (an app is known: %s)",
    (knowsApp) =>
      afterAFailure(
        async (source, clock, url) => {
          expect(await askHealth(url)).toEqual(down);
          clock.advance(2);
          expect(await askHealth(url)).toEqual(down);
          source.state = "up";
          expect(await askHealth(url)).toEqual(up);
        },
        { knowsApp },
      ),
  );

  it("stays out for as long as the outage lasts", () =>
    afterAFailure(async (source, clock, url) => {
      for (let checks = 0; checks < 20; checks++) {
        clock.advance(10);
        expect(await askHealth(url)).toEqual(down);
      }
      source.state = "up";
      expect(await askHealth(url)).toEqual(up);
    }));

  it("asks the source once, however many balancers ask at once", () =>
    afterAFailure(async (source, _clock, url) => {
      source.state = "hanging";
      const { asked } = source;
      const before = HealthController.checks;
      const checks = manyChecks(url);
      while (HealthController.checks < before + 50) await new Promise(setImmediate);
      await new Promise(setImmediate);
      expect(source.asked).toBe(asked + 1);
      source.letGo("up");
      expect(new Set(await checks)).toEqual(new Set([200]));
      expect(source.asked).toBe(asked + 1);
    }));

  it("answers by the time-out though the source hangs", () =>
    afterAFailure(
      async (source, _clock, url) => {
        source.state = "hanging";
        expect(new Set(await manyChecks(url))).toEqual(new Set([503]));
        source.letGo("up");
        expect(await askHealth(url)).toEqual(up);
      },
      { timeoutMs: 20 },
    ));

  it("asks nothing while nothing has failed", async () => {
    const source = new Source();
    const server = await app({ apps: source });
    try {
      expect(await askHealth(server.url)).toEqual(up);
      expect(source.asked).toBe(0);
    } finally {
      await server.close();
    }
  });
});

describe("HmacHealthIndicator and a nonce store that works again", () => {
  it("takes it for one that works, though no request has come: wrong MACs are 401 again", async () => {
    const nonces = new FailingStore();
    const server = await app({ nonces });
    const order = () => signed(server.port, { method: "GET", target: "/orders" });
    const forged = { ...order(), target: "/orders?changed" };
    try {
      expect((await send(server.port, forged)).status).toBe(401);
      nonces.failure = new Error("away");
      expect((await send(server.port, order())).status).toBe(503);
      expect((await send(server.port, forged)).status).toBe(503);
      nonces.failure = undefined;
      expect((await send(server.port, forged)).status).toBe(503); // nobody has asked the store
      expect((await askHealth(server.url)).status).toBe(200);
      expect((await send(server.port, forged)).status).toBe(401);
    } finally {
      await server.close();
    }
  });

  it("takes it for one that fails by what it has asked alone: wrong MACs are 503, too", async () => {
    const nonces = new FailingStore();
    const server = await app({ nonces });
    const order = signed(server.port, { method: "GET", target: "/orders" });
    const forged = { ...order, target: "/orders?changed" };
    try {
      nonces.failure = new Error("away");
      expect((await send(server.port, forged)).status).toBe(401); // nobody has asked the store
      expect((await askHealth(server.url)).status).toBe(503);
      expect((await send(server.port, forged)).status).toBe(503);
    } finally {
      await server.close();
    }
  });

  it.each([undefined, true, "OK", "seen"])(
    "is down where a store answers %j to a nonce that is new, and no request is let in",
    async (answer) => {
      const server = await app({ nonces: { claim: () => answer as never } });
      try {
        const order = signed(server.port, { method: "GET", target: "/orders" });
        const status = answer === "seen" ? 401 : 503;
        expect((await send(server.port, order)).status).toBe(status);
        expect(await askHealth(server.url)).toEqual({
          status: 503,
          hmac: { status: "down", reason: "nonces-unavailable" },
        });
      } finally {
        await server.close();
      }
    },
  );

  it("is claimed from once, however many balancers ask at once", async () => {
    let claims = 0;
    const claim = async () => {
      claims += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return "fresh" as const;
    };
    const server = await app({ nonces: { claim } });
    try {
      const checks = await Promise.all(Array.from({ length: 20 }, () => askHealth(server.url)));
      expect(checks.map(({ status }) => status)).toEqual(checks.map(() => 200));
      expect(claims).toBeLessThan(10);
    } finally {
      await server.close();
    }
  });

  it("answers though a store of somebody's own never does", async () => {
    const server = await app({ nonces: { claim: () => new Promise<never>(() => undefined) } });
    try {
      expect(await askHealth(server.url)).toEqual({
        status: 503,
        hmac: { status: "down", reason: "nonces-unavailable" },
      });
    } finally {
      await server.close();
    }
  }, 15_000);
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
