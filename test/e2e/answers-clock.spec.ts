import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  Body,
  Controller,
  Get,
  NotFoundException,
  Post,
  UnauthorizedException,
  VersioningType,
} from "@nestjs/common";
import { generateApiKey, type SignerOptions } from "@lacre/core";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { HmacProtected, type HmacModuleOptions } from "@lacre/nestjs";
import {
  AWS_KEY,
  DEMO_KEY,
  PLATFORMS,
  startApp,
  TestClock,
  type RunningApp,
} from "../support/app.js";
import {
  exchange,
  signedRequest,
  verdictOn,
  type RawAnswer,
  type Signed,
} from "../support/exchange.js";

/*
 * A signed 401 says `Lacre-Clock: out-of-window` exactly where the claimed time is outside of the window of every route
 * of its scheme, so that a client knows when its clock is to blame; and says it to right and wrong MACs alike. What is
 * too old must have been so for 10 s and the spread of the servers' clocks, 25 s: until then a copy may have run.
 */

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return "x";
  }
  @Post()
  create(@Body() _body: unknown) {
    return "x";
  }
  @Get("young")
  @HmacProtected({ maxAge: 10 })
  young() {
    return "x";
  }
  @Post("young")
  @HmacProtected({ maxAge: 10 })
  createYoung(@Body() _body: unknown) {
    return "x";
  }
  @Get("old")
  @HmacProtected({ maxAge: 900 })
  old() {
    return "x";
  }
  @Get("scoped")
  @HmacProtected({ scopes: ["nobody-has-it"] })
  scoped() {
    return "x";
  }
  @Get("tenant")
  @HmacProtected({ signedHeaders: ["x-tenant"] })
  tenant() {
    return "x";
  }
  @Get("missing")
  missing() {
    throw new NotFoundException();
  }
  @Get("own-401")
  own401() {
    throw new UnauthorizedException();
  }
  @Get("aws")
  @HmacProtected({ schemes: ["aws-sigv4"] })
  aws() {
    return "x";
  }
}

@Controller({ path: "versions", version: "1" })
@HmacProtected({ maxAge: 10 })
class FirstVersionController {
  @Get()
  get() {
    return "first";
  }
  @Post()
  create(@Body() _body: unknown) {
    return "first";
  }
}
@Controller({ path: "versions", version: "2" })
@HmacProtected()
class SecondVersionController {
  @Get()
  get() {
    return "second";
  }
  @Post()
  create(@Body() _body: unknown) {
    return "second";
  }
}

const controllers = [OrdersController, FirstVersionController, SecondVersionController];
const clock = new TestClock(1_800_000_000_000);
const aws = awsSigV4({ region: "r", service: "s" });
const hmac: Partial<HmacModuleOptions> = {
  clock,
  schemes: ["lacre1", aws],
  apps: [
    { appId: "demo", apiKey: DEMO_KEY },
    { appId: "aws", apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] },
  ],
};
const JSON_TYPE: [string, string] = ["Content-Type", "application/json"];
const WRONG = { apiKey: generateApiKey() };
const STRANGER = { appId: "nobody" };

const start = (platform: "express" | "fastify", signResponses: boolean): Promise<RunningApp> =>
  startApp(platform, {
    controllers,
    hmac: { ...hmac, signResponses },
    main: (app) => void app.enableVersioning({ type: VersioningType.HEADER, header: "X-Version" }),
  });

/** A request of so many seconds ago; less than 0 is the future. */
const madeAgo = (
  { port }: RunningApp,
  seconds: number,
  method: string,
  target: string,
  signer: Partial<SignerOptions> = {},
): Signed =>
  signedRequest(
    port,
    method,
    target,
    method === "GET" ? {} : { headers: [JSON_TYPE], body: Buffer.from("{}") },
    { clock: new TestClock(clock.ms - seconds * 1000), ...signer },
  );
const withVersion = (request: Signed, version: string): Signed => ({
  ...request,
  wire: { ...request.wire, headers: [...request.wire.headers, ["X-Version", version]] },
});

const signedNames = (answer: RawAnswer): readonly string[] =>
  /SignedHeaders=([^,]*)/.exec(answer.all("lacre-signature")[0] ?? "")?.[1]?.split(";") ?? [];
/** The field, and whether the signature covers it. */
const clockOf = (answer: RawAnswer): [readonly string[], boolean] => [
  answer.all("lacre-clock"),
  signedNames(answer).includes("lacre-clock"),
];
const OUT: [readonly string[], boolean] = [["out-of-window"], true];
const NONE: [readonly string[], boolean] = [[], false];

/** What a stranger can see of an answer, the values left out that no two answers share. */
const looksOf = ({ status, headers, content }: RawAnswer): unknown => ({
  status,
  content: String(content),
  headers: headers.map(([name, value]) => [
    name,
    /^(?:date|x-request-id|keep-alive)$/i.test(name)
      ? ""
      : value.replace(/Signature=[0-9a-f]+$/, ({ length }) => `Signature= ${length}`),
  ]),
});

describe.each(PLATFORMS)("the clock in signed 401s on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await start(platform, true);
  });
  afterAll(() => server.close());
  beforeEach(() => void (server.verdicts.length = 0));
  const made = (
    ...more: Parameters<typeof madeAgo> extends [unknown, ...infer Rest] ? Rest : never
  ) => madeAgo(server, ...more);
  const ask = ({ wire }: Signed): Promise<RawAnswer> => exchange(server.port, wire);

  it.each<[string, string, number]>([
    ["GET", "/orders", 936],
    ["GET", "/orders", 4000],
    ["GET", "/orders", 86_300],
    ["GET", "/orders", -6],
    ["GET", "/orders", -4000],
    ["POST", "/orders", 936],
    ["POST", "/orders", -6],
    ["GET", "/orders/young", 936],
    ["GET", "/orders/young", -6],
    ["POST", "/orders/young", 936],
    ["GET", "/orders/old", 936],
  ])("%s %s tells right and wrong MACs of %s s ago", async (method, target, seconds) => {
    const right = made(seconds, method, target);
    const ofRight = await ask(right);
    expect([ofRight.status, clockOf(ofRight)]).toEqual([401, OUT]);
    expect(await verdictOn(right, ofRight)).toBe("ok");
    expect(server.lastCode()).toMatch(/^timestamp-too-/);
    for (const signer of [WRONG, STRANGER]) {
      const wrong = made(seconds, method, target, signer);
      const ofWrong = await ask(wrong);
      expect(looksOf(ofWrong)).toEqual(looksOf(ofRight));
      expect(await verdictOn(wrong, ofWrong)).toBe("signature-mismatch");
    }
  });

  it.each<[string, string, number]>([
    ["GET", "/orders", 300],
    ["GET", "/orders", 0],
    ["GET", "/orders", -5],
    ["POST", "/orders", 300],
    ["GET", "/orders/young", 10],
    ["POST", "/orders/young", 10],
    ["GET", "/orders/old", 900],
  ])("%s %s says nothing to what is in time, made %s s ago", async (method, target, seconds) => {
    const right = made(seconds, method, target);
    const taken = await ask(right);
    expect([Math.floor(taken.status / 100), clockOf(taken)]).toEqual([2, NONE]);
    const again = await ask(right);
    expect([again.status, server.lastCode(), clockOf(again)]).toEqual([401, "nonce-seen", NONE]);
    expect(await verdictOn(right, again)).toBe("ok");
    for (const signer of [WRONG, STRANGER])
      expect(looksOf(await ask(made(seconds, method, target, signer)))).toEqual(looksOf(again));
  });

  it.each<[string, string, number]>([
    ["GET", "/orders/young", 11],
    ["POST", "/orders/young", 11],
    ["GET", "/orders/young", 336],
    ["GET", "/orders", 301],
    ["POST", "/orders", 935],
    ["GET", "/orders/old", 901],
    ["GET", "/orders/old", 935],
  ])(
    "%s %s says nothing while a copy may have run, made %s s ago",
    async (method, target, seconds) => {
      const right = await ask(made(seconds, method, target));
      expect([right.status, server.lastCode(), clockOf(right)]).toEqual([
        401,
        "timestamp-too-old",
        NONE,
      ]);
      for (const signer of [WRONG, STRANGER])
        expect(looksOf(await ask(made(seconds, method, target, signer)))).toEqual(looksOf(right));
    },
  );

  it("says nothing on other answers", async () => {
    for (const [target, status] of [
      ["/orders", 200],
      ["/orders/scoped", 403],
      ["/orders/missing", 404],
      ["/orders/tenant", 401],
      ["/orders/own-401", 401],
    ] as const) {
      const answer = await ask(made(0, "GET", target));
      expect([target, answer.status, clockOf(answer)]).toEqual([target, status, NONE]);
    }
    const headers = [["Host", `127.0.0.1:${server.port}`]] as const;
    const naked = await exchange(server.port, { method: "GET", target: "/orders", headers });
    expect([naked.status, clockOf(naked)]).toEqual([401, NONE]);
  });

  it("says it of other faults too where the time is out as well", async () => {
    const swapped = made(936, "POST", "/orders");
    const answer = await exchange(server.port, { ...swapped.wire, body: Buffer.from("[]") });
    expect([answer.status, clockOf(answer)]).toEqual([401, OUT]);
    const untenanted = await ask(made(936, "GET", "/orders/tenant"));
    expect([untenanted.status, clockOf(untenanted)]).toEqual([401, OUT]);
    const absurd = await ask(made(90_000, "GET", "/orders"));
    expect([absurd.status, server.lastCode(), clockOf(absurd)]).toEqual([
      401,
      "timestamp-absurd",
      OUT,
    ]);
  });

  it("says it of a copy only once no client can still believe it to be the answer to the first", async () => {
    const request = made(300, "GET", "/orders");
    expect((await ask(request)).status).toBe(200);
    expect(clockOf(await ask(request))).toEqual(NONE);
    const before = clock.ms;
    for (const seconds of [1, 635]) {
      clock.ms = before + seconds * 1000;
      const answer = await ask(request);
      expect([server.lastCode(), clockOf(answer)]).toEqual(["timestamp-too-old", NONE]);
      const wrong = await ask(made(300 + seconds, "GET", "/orders", WRONG));
      expect(looksOf(wrong)).toEqual(looksOf(answer));
    }
    clock.ms = before + 636_000;
    expect(clockOf(await ask(request))).toEqual(OUT);
    clock.ms = before;
  });

  it("says it of a scheme that signs no answers", async () => {
    const by = { appId: "aws", apiKey: AWS_KEY, encoding: "text", scheme: aws } as const;
    const ofRight = await ask(made(336, "GET", "/orders/aws", by));
    expect([ofRight.status, server.lastCode(), clockOf(ofRight)]).toEqual([
      401,
      "timestamp-too-old",
      OUT,
    ]);
    const wrong = { ...by, apiKey: AWS_KEY.toUpperCase() };
    expect(looksOf(await ask(made(336, "GET", "/orders/aws", wrong)))).toEqual(looksOf(ofRight));
    expect(clockOf(await ask(made(0, "GET", "/orders/aws", wrong)))).toEqual(NONE);
  });

  describe.each(["GET", "POST"])("%s of two versions of one path", (method) => {
    const version = (number: string, seconds: number, signer: Partial<SignerOptions> = {}) =>
      withVersion(made(seconds, method, "/versions", signer), number);

    it.each<[string, number]>([
      ["1", 936],
      ["2", 936],
      ["1", -6],
      ["2", -6],
    ])("version %s tells right and wrong MACs of %s s ago", async (number, seconds) => {
      const ofRight = await ask(version(number, seconds));
      expect([ofRight.status, clockOf(ofRight)]).toEqual([401, OUT]);
      for (const signer of [WRONG, STRANGER])
        expect(looksOf(await ask(version(number, seconds, signer)))).toEqual(looksOf(ofRight));
    });

    it.each<[string, number]>([
      ["1", 46],
      ["2", 336],
      ["2", 935],
    ])("version %s refuses alike what was made %s s ago", async (number, seconds) => {
      const ofRight = await ask(version(number, seconds));
      expect([ofRight.status, clockOf(ofRight)]).toEqual([401, NONE]);
      for (const signer of [WRONG, STRANGER])
        expect(looksOf(await ask(version(number, seconds, signer)))).toEqual(looksOf(ofRight));
    });

    it.each<[string, number]>([
      ["1", 10],
      ["2", 46],
      ["2", 300],
    ])("version %s says nothing to what was made %s s ago", async (number, seconds) => {
      const right = version(number, seconds);
      expect((await ask(right)).status).toBeLessThan(300);
      const again = await ask(right);
      expect([again.status, clockOf(again)]).toEqual([401, NONE]);
      for (const signer of [WRONG, STRANGER])
        expect(looksOf(await ask(version(number, seconds, signer)))).toEqual(looksOf(again));
    });
  });
});

describe.each(PLATFORMS)("without signed answers on %s", (platform) => {
  it("nothing says anything of the clock", async () => {
    const server = await start(platform, false);
    try {
      for (const signer of [{}, WRONG, STRANGER]) {
        for (const [target, seconds] of [
          ["/orders", 336],
          ["/orders", -6],
          ["/orders", 90_000],
          ["/orders/young", 46],
          ["/orders", 0],
        ] as const) {
          const answer = await exchange(
            server.port,
            madeAgo(server, seconds, "GET", target, signer).wire,
          );
          expect([target, seconds, clockOf(answer)]).toEqual([target, seconds, NONE]);
        }
      }
    } finally {
      await server.close();
    }
  });
});
