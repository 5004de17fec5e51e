/*
 * One record of many is bad, and a stranger names its AppId again and again. That is the trouble of one app, and no
 * other may feel it.
 */
import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { Logger } from "@nestjs/common";
import { TerminusModule } from "@nestjs/terminus";
import { UnreadableAppError, type AppDefinition } from "@lacre/nestjs";
import { HmacHealthIndicator } from "@lacre/nestjs/terminus";
import { DEMO_KEY, startApp, TestClock, type RunningApp } from "../support/app.js";
import { HealthController, OrdersController } from "../support/health-app.js";
import { send, signed } from "../support/wire.js";

type Row = () => AppDefinition;

/** Knows "demo", and "bad" by a row of its own. Answers in the next turn of the event loop, as a database does. */
class Source {
  readonly asked: string[] = [];
  readonly rows = new Map<string, Row>([["demo", () => ({ appId: "demo", apiKey: DEMO_KEY })]]);

  async find(appId: string): Promise<AppDefinition | undefined> {
    this.asked.push(appId);
    await new Promise(setImmediate);
    if (appId.startsWith("not-a-uuid")) throw new Error("invalid input syntax for type uuid");
    return this.rows.get(appId)?.();
  }
}

const fail = (error: Error) => () => {
  throw error;
};
const UNREADABLE: [string, Row][] = [
  ["its key is too short", () => ({ appId: "bad", apiKey: "lk1_AAECAw" })],
  ["its scheme is not enabled", () => ({ appId: "bad", apiKey: DEMO_KEY, schemes: ["hawk"] })],
  ["it is another app's", () => ({ appId: "demo", apiKey: DEMO_KEY })],
  ["it is nothing of the kind", () => "row" as never],
  [
    "the source cannot decrypt it",
    fail(new UnreadableAppError("no key 7 at kms://user:pa/ss@w0rd@kms.test/keys")),
  ],
];

const ROUNDS = 50;
const lines = jest.spyOn(Logger.prototype, "error");
const refusals = jest.spyOn(Logger.prototype, "warn");

describe.each<[string, Row, number]>([
  ...UNREADABLE.map(([what, row]): [string, Row, number] => [what, row, 0]),
  // What the source does not tell apart from an outage takes a look-up of another app to find out.
  ["the source throws as in an outage", fail(new Error("bad decrypt")), ROUNDS / 10],
])("a record that cannot be read: %s", (_what, row, mayBeWrong) => {
  const isTold = mayBeWrong === 0;
  const clock = new TestClock();
  const source = new Source();
  let server: RunningApp;
  beforeAll(async () => {
    source.rows.set("bad", row);
    server = await startApp("express", {
      controllers: [HealthController, OrdersController],
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [HmacHealthIndicator],
      hmac: { apps: source, clock, keyCache: { negativeTtlMs: 5_000 } },
    });
    lines.mockClear();
    refusals.mockClear();
  });
  afterAll(() => server.close());

  const ask = async (appId: string, target = "/orders") => {
    const order = signed(server.port, { method: "GET", target: "/orders" }, { clock, appId });
    return (await send(server.port, { ...order, target })).status;
  };
  const health = async () => (await fetch(`${server.url}/health`)).status;
  const timesAsked = (appId: string) => source.asked.filter((asked) => asked === appId).length;

  it("is 503 for its app, and nobody else feels it", async () => {
    expect(await ask("demo")).toBe(200);
    const rights: number[] = [];
    const wrongs: number[] = [];
    const checks: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      clock.advance(1 / ROUNDS);
      const answers = [
        ask("bad", round % 2 === 0 ? "/orders" : "/orders?forged"),
        ask("demo"),
        ask("demo", "/orders?forged"),
        ask("nobody"),
        health(),
      ];
      const [bad, right, wrong, unknown, check] = (await Promise.all(answers)) as number[];
      expect(bad).toBe(503);
      rights.push(right as number);
      wrongs.push(wrong as number, unknown as number);
      checks.push(check as number);
    }
    expect(new Set(rights)).toEqual(new Set([200]));
    expect(new Set(checks)).toEqual(new Set([200]));
    expect(wrongs.filter((status) => status !== 401).length).toBeLessThanOrEqual(2 * mayBeWrong);
  });

  it("costs the source little", () => {
    if (isTold) expect([timesAsked("bad"), timesAsked("demo")]).toEqual([1, 1]);
    else expect(timesAsked("demo")).toBeLessThanOrEqual(1 + mayBeWrong);
  });

  it("is one line of the log, without a secret, until it can be read", async () => {
    if (!isTold) return expect(lines).not.toHaveBeenCalled();
    expect(lines).toHaveBeenCalledTimes(1);
    expect(lines.mock.calls[0]?.[0]).toMatch(/^app bad cannot be read, and is refused with 503: ./);
    expect(String(lines.mock.calls[0]?.[0])).not.toMatch(/AAECAw|w0rd/);

    // The refusals do not tell again what is wrong with it.
    const told = refusals.mock.calls.flat().filter((line) => /app-unreadable/.test(String(line)));
    expect(told.length).toBeGreaterThan(0);
    for (const line of told)
      expect(String(line)).toMatch(
        /^refused 503 app-unreadable (?:\([^():]*\)|\d+ more .*: in doubt)$/,
      );

    clock.advance(5); // looked up again, and no news
    expect([await ask("bad"), timesAsked("bad")]).toEqual([503, 2]);
    expect(server.lastCode()).toBe("app-unreadable");
    expect(lines).toHaveBeenCalledTimes(1);

    source.rows.set("bad", () => ({ appId: "bad", apiKey: DEMO_KEY }));
    clock.advance(5);
    expect(await ask("bad")).toBe(200);
    source.rows.set("bad", row);
    clock.advance(30);
    expect(await ask("bad")).toBe(503);
    expect(lines).toHaveBeenCalledTimes(2);
  });
});

describe("ids that a source does not like", () => {
  it("do not pass for an outage, however many there are", async () => {
    const clock = new TestClock();
    const source = new Source();
    const server = await startApp("express", {
      controllers: [HealthController, OrdersController],
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [HmacHealthIndicator],
      hmac: { apps: source, clock },
    });
    const ask = async (appId: string, target = "/orders") => {
      const order = signed(server.port, { method: "GET", target: "/orders" }, { clock, appId });
      return (await send(server.port, { ...order, target })).status;
    };
    try {
      expect(await ask("demo")).toBe(200);
      const wrongs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        clock.advance(1 / ROUNDS);
        const strangers = Array.from({ length: 5 }, (_, i) => ask(`not-a-uuid-${round}-${i}`));
        const check = fetch(`${server.url}/health`).then(({ status }) => status);
        const [right, wrong] = await Promise.all([ask("demo"), ask("demo", "/orders?forged")]);
        expect([right, await check]).toEqual([200, 200]);
        expect(new Set(await Promise.all(strangers))).toEqual(new Set([503]));
        wrongs.push(wrong);
      }
      expect(wrongs.filter((status) => status !== 401).length).toBeLessThanOrEqual(ROUNDS / 10);
      expect(source.asked.filter((id) => id === "demo").length).toBeLessThanOrEqual(3);
    } finally {
      await server.close();
    }
  });
});

it("a key of a scheme that this process does not have yet changes nothing for the others of the app", async () => {
  const keys = [
    { apiKey: DEMO_KEY },
    { apiKey: "x".repeat(32), encoding: "text", schemes: ["hawk"] },
  ];
  const server = await startApp("express", {
    controllers: [OrdersController],
    hmac: { apps: { find: async () => ({ appId: "demo", keys }) as AppDefinition } },
  });
  try {
    const order = signed(server.port, { method: "GET", target: "/orders" });
    expect((await send(server.port, order)).status).toBe(200);
  } finally {
    await server.close();
  }
});

it("a key in the place of an AppId is neither looked up nor told to anybody", async () => {
  const source = new Source();
  const server = await startApp("express", {
    controllers: [OrdersController],
    hmac: { apps: source },
  });
  const warnings = jest.spyOn(Logger.prototype, "warn");
  try {
    const { headers, ...order } = signed(server.port, { method: "GET", target: "/orders" });
    const swapped = headers.map(
      ([name, value]) =>
        [name, value.replace("Credential=demo", `Credential=${DEMO_KEY}`)] as const,
    );
    expect(swapped).not.toEqual(headers);
    expect((await send(server.port, { ...order, headers: swapped })).status).toBe(401);
    expect(server.lastCode()).toBe("app-id-malformed");
    expect(source.asked).toEqual([]);
    expect(JSON.stringify([server.verdicts, warnings.mock.calls])).not.toContain(DEMO_KEY.slice(4));
  } finally {
    warnings.mockRestore();
    await server.close();
  }
});
