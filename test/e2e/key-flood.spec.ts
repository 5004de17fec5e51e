/*
 * A flood of forged requests, each with an id of its own, before an app source that hangs on strangers.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { TerminusModule } from "@nestjs/terminus";
import { HmacHealthIndicator } from "@lacre/nestjs/terminus";
import { DEMO_KEY, startApp, TestClock, type RunningApp } from "../support/app.js";
import { HealthController, OrdersController } from "../support/health-app.js";
import { render, send, signed } from "../support/wire.js";

/** Knows "demo". Keeps everybody else waiting until it is let go. */
class SlowSource {
  inFlight = 0;
  peak = 0;
  readonly #waiting: (() => void)[] = [];
  #hangs = true;

  async find(appId: string): Promise<{ appId: string; apiKey: string } | undefined> {
    this.inFlight += 1;
    this.peak = Math.max(this.peak, this.inFlight);
    if (appId !== "demo" && this.#hangs)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.inFlight -= 1;
    return appId === "demo" ? { appId, apiKey: DEMO_KEY } : undefined;
  }

  letGo(): void {
    this.#hangs = false;
    for (const resolve of this.#waiting) resolve();
  }
}

const FORGED = 5_000;
const SOCKETS = 50;

/** Sends forged requests one behind the other on a few connections. Gives the status of each. */
async function flood(port: number): Promise<number[]> {
  const connections = Array.from({ length: SOCKETS }, async (_, of) => {
    const requests = Array.from({ length: FORGED / SOCKETS }, (_, i) => {
      const order = { method: "GET", target: "/orders" };
      const request = render(signed(port, order, { appId: `stranger-${of}-${i}` }));
      const kept = request.toString("latin1").replace("Connection: close\r\n", "");
      expect(kept.length).toBeLessThan(request.byteLength);
      return kept;
    });
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, code]) => Number(code));
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (statuses().length === requests.length) socket.end();
    });
    await once(socket, "connect");
    socket.write(requests.join(""), "latin1");
    await once(socket, "close");
    return statuses();
  });
  return (await Promise.all(connections)).flat();
}

describe("5,000 forged requests with ids that nobody has", () => {
  const clock = new TestClock();
  const source = new SlowSource();
  let server: RunningApp;
  let arrived = 0;
  beforeAll(async () => {
    server = await startApp("express", {
      controllers: [HealthController, OrdersController],
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [HmacHealthIndicator],
      hmac: { apps: source, clock, keyCache: { ttlMs: 1_000, timeoutMs: 60_000 } },
      main: (app) => {
        app.getHttpServer().on("request", () => void (arrived += 1));
      },
    });
  });
  afterAll(() => server.close());

  const ask = async (appId = "demo", target = "/orders") => {
    const order = signed(server.port, { method: "GET", target: "/orders" }, { clock, appId });
    return (await send(server.port, { ...order, target })).status;
  };
  const health = async () => (await fetch(`${server.url}/health`)).status;

  it("are few look-ups at once, and a known app is served while they last", async () => {
    expect(await ask()).toBe(200);
    clock.advance(2); // "demo" has to be looked up again
    const answers = flood(server.port);
    while (arrived < 1 + FORGED) await new Promise(setImmediate);
    expect(await ask()).toBe(200);
    expect(source.inFlight).toBeGreaterThan(0); // it lasts
    expect(source.peak).toBeLessThanOrEqual(16);

    // A prober cannot tell who is known by who is turned away, and the process stays in service.
    expect([await ask("demo", "/orders?forged"), await ask("nobody")]).toEqual([503, 503]);
    expect(await ask()).toBe(200);
    expect(await health()).toBe(200);

    source.letGo();
    const statuses = await answers;
    expect(statuses).toHaveLength(FORGED);
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
    expect(source.peak).toBeLessThanOrEqual(16);
  });

  it("leave nothing behind", async () => {
    expect([await ask(), await health()]).toEqual([200, 200]);
    expect([await ask("demo", "/orders?forged"), await ask("nobody")]).toEqual([401, 401]);
  });
});
