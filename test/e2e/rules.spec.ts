import { createHmac } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  All,
  Controller,
  Get,
  Injectable,
  Next,
  Post,
  UseGuards,
  type ExecutionContext,
  type INestApplication,
} from "@nestjs/common";
import { AuthGuard } from "@nestjs/passport";
import passport from "passport";
import { Signer } from "@lacre/core";
import { HmacGuard, HmacProtected, HmacStrategy, type HmacModuleOptions } from "@lacre/nestjs";
import { sharedKey } from "@lacre/schemes/shared-key";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * Each route's rule is asked for each time, whoever asked before with another one. `demo` has no scopes, `boss` has
 * `admin`.
 */

const BOSS_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const SHARED_KEY = "correct horse battery staple, at least";
const BODY_KEY = "another horse battery staple, at least";
const BY_BOSS = { appId: "boss", apiKey: BOSS_KEY };

let runs: string[] = [];
beforeEach(() => {
  runs = [];
});
const ran = (name: string): string => {
  runs.push(name);
  return name;
};

@Controller("ft")
@HmacProtected({ schemes: ["lacre1", "shared-key"], presigned: 600, maxAge: 900 })
class FallThroughController {
  @All("*p")
  any(@Next() next: () => void): void {
    next();
  }
}

@Controller("ft")
class BehindController {
  @Get("admin")
  @HmacProtected({ scopes: ["admin"] })
  admin() {
    return ran("admin");
  }
  @Get("strict")
  @HmacProtected({ schemes: ["lacre1"], signedHeaders: ["x-tenant"], maxAge: 1 })
  strict() {
    return ran("strict");
  }
  @Get("unmarked")
  @UseGuards(AuthGuard("hmac"))
  unmarked() {
    return ran("unmarked");
  }
}

@Controller("rules")
class RulesController {
  @Get("admin")
  @HmacProtected({ scopes: ["admin"] })
  admin() {
    return ran("admin");
  }
  @Get("twice")
  @UseGuards(AuthGuard("hmac"), HmacGuard)
  @HmacProtected()
  twice() {
    return ran("twice");
  }
}

@Controller("hooks")
class HooksController {
  @Post("admin")
  @HmacProtected({ schemes: ["timestamp-body"], scopes: ["admin"] })
  admin() {
    return ran("admin");
  }
  @Post("strict")
  @HmacProtected({ schemes: ["lacre1"] })
  strict() {
    return ran("strict");
  }
  @Post("plain")
  @HmacProtected({ schemes: ["timestamp-body"] })
  plain() {
    return ran("plain");
  }
}

const clock = new TestClock();
const claims: string[] = [];
const codes: string[] = [];
const hmac: Partial<HmacModuleOptions> = {
  clock,
  schemes: [
    "lacre1",
    sharedKey({ acknowledgeWeakness: true }),
    timestampBody({ appId: "body", acknowledgeWeakness: true }),
  ],
  apps: [
    {
      appId: "demo",
      keys: [
        { apiKey: DEMO_KEY },
        { apiKey: SHARED_KEY, encoding: "text", schemes: ["shared-key"] },
      ],
    },
    { ...BY_BOSS, scopes: ["admin"] },
    { appId: "body", apiKey: BODY_KEY, encoding: "text", schemes: ["timestamp-body"] },
  ],
  observer: {
    observe: (verdict) => void (verdict.outcome === "refused" && codes.push(verdict.code)),
    observeClaim: ({ outcome }) => void claims.push(outcome),
  },
};
beforeEach(() => {
  claims.length = 0;
  codes.length = 0;
});

const get = (
  { port }: RunningApp,
  target: string,
  signer: Parameters<typeof signed>[2] = {},
  headers: readonly [string, string][] = [],
): WireRequest => signed(port, { method: "GET", target, headers }, { clock, ...signer });
const statusOf = async ({ port }: RunningApp, request: WireRequest): Promise<number> =>
  (await send(port, request)).status;

describe("behind a protected handler that calls next(), on Express", () => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp("express", {
      controllers: [FallThroughController, BehindController],
      hmac,
    });
  });
  afterAll(() => server.close());

  const ago = (seconds: number): TestClock => new TestClock(clock.ms - seconds * 1000);
  const tenant: [string, string][] = [["X-Tenant", "a"]];
  const bySharedKey = (target: string): WireRequest =>
    get(server, target, {
      apiKey: SHARED_KEY,
      encoding: "text",
      scheme: sharedKey({ acknowledgeWeakness: true }),
    });
  const presigned = (target: string): WireRequest => {
    const { url } = new Signer({ appId: "demo", apiKey: DEMO_KEY, clock }).presign({
      url: `${server.url}${target}`,
      expiresSeconds: 600,
    });
    const headers = [["Host", `127.0.0.1:${server.port}`]] as const;
    return { method: "GET", target: url.slice(server.url.length), headers };
  };

  it("the scopes hold", async () => {
    expect(await statusOf(server, get(server, "/ft/admin"))).toBe(403);
    expect([runs, codes]).toEqual([[], ["scope-insufficient"]]);
    expect(await statusOf(server, get(server, "/ft/admin", BY_BOSS))).toBe(200);
    expect(runs).toEqual(["admin"]);
  });

  it.each<[string, () => WireRequest]>([
    ["a presigned URL", () => presigned("/ft/strict")],
    ["another scheme", () => bySharedKey("/ft/strict")],
    ["an old request", () => get(server, "/ft/strict", { clock: ago(60) }, tenant)],
    ["an unsigned header", () => get(server, "/ft/strict")],
    ["an old request without the header", () => get(server, "/ft/strict", { clock: ago(60) })],
  ])("a strict route refuses %s", async (_what, make) => {
    expect([await statusOf(server, make()), runs]).toEqual([401, []]);
  });

  it("a strict route takes what keeps its rule, in one claim", async () => {
    expect(await statusOf(server, get(server, "/ft/strict", {}, tenant))).toBe(200);
    expect([runs, claims]).toEqual([["strict"], ["fresh"]]);
  });

  it.each<[string, () => WireRequest]>([
    ["a presigned URL", () => presigned("/ft/unmarked")],
    ["another scheme than the first", () => bySharedKey("/ft/unmarked")],
    ["an old request", () => get(server, "/ft/unmarked", { clock: ago(301) })],
  ])("AuthGuard on an unmarked route goes by the default rule: it refuses %s", async (_w, make) => {
    expect([await statusOf(server, make()), runs]).toEqual([401, []]);
  });

  it("AuthGuard on an unmarked route takes what keeps the default rule", async () => {
    expect(await statusOf(server, get(server, "/ft/unmarked", { clock: ago(299) }))).toBe(200);
    expect([runs, claims]).toEqual([["unmarked"], ["fresh"]]);
  });
});

type Next = (error?: unknown) => void;
type Middleware = (request: object, response: object, next: Next) => void;
const byStrategy =
  (app: INestApplication): Middleware =>
  (request, _response, next) =>
    void app
      .get(HmacStrategy)
      .validate(request)
      .then(() => next(), next);
/** Goes on whatever the strategy says. */
const bySwallowing =
  (app: INestApplication): Middleware =>
  (request, _response, next) => {
    const goOn = (): void => next();
    void app.get(HmacStrategy).validate(request).then(goOn, goOn);
  };
const byPassport = (): Middleware =>
  passport.authenticate("hmac", { session: false }) as unknown as Middleware;

/** Asks by the rule of another handler before the route's own guard does. */
@Injectable()
class FirstGuard extends HmacGuard {
  override canActivate(context: ExecutionContext): true | Promise<true> {
    const other = RulesController.prototype.twice;
    return super.canActivate(
      new Proxy(context, {
        get: (target, name) =>
          name === "getHandler"
            ? () => other
            : (Reflect.get(target, name) as () => void).bind(target),
      }),
    );
  }
}
@Injectable()
class PlainFirstGuard extends HmacGuard {}

const WAYS: readonly [string, (app: INestApplication) => void][] = [
  ["middleware that calls the strategy", (app) => void app.use(byStrategy(app))],
  ["middleware that swallows the strategy's answer", (app) => void app.use(bySwallowing(app))],
  ["passport.authenticate as middleware", (app) => void app.use(byPassport())],
  [
    "a first guard that extends HmacGuard",
    (app) => void app.useGlobalGuards(app.get(PlainFirstGuard)),
  ],
  [
    "a first guard that asks by another rule",
    (app) => void app.useGlobalGuards(app.get(FirstGuard)),
  ],
];

describe.each(PLATFORMS)("on %s", (platform) => {
  const start = (main: (app: INestApplication) => void): Promise<RunningApp> =>
    startApp(platform, {
      controllers: [RulesController, HooksController],
      providers: [FirstGuard, PlainFirstGuard],
      hmac,
      main,
    });

  it.each(WAYS)("behind %s the scopes hold, and one claim is made", async (_way, main) => {
    const server = await start(main);
    try {
      expect([await statusOf(server, get(server, "/rules/admin")), runs]).toEqual([403, []]);
      claims.length = 0;
      const right = get(server, "/rules/admin", BY_BOSS);
      expect(await statusOf(server, right)).toBe(200);
      expect([runs, claims]).toEqual([["admin"], ["fresh"]]);
      expect([await statusOf(server, right), codes.at(-1)]).toEqual([401, "nonce-seen"]);
      expect(runs).toEqual(["admin"]);
    } finally {
      await server.close();
    }
  });

  const body = Buffer.from("x");
  /** Its MAC covers neither method nor target. */
  const hook = ({ port }: RunningApp, target: string): WireRequest => {
    const at = String(Math.floor(clock.ms / 1000));
    const mac = createHmac("sha256", BODY_KEY).update(body).update(at).digest("hex");
    return {
      method: "POST",
      target,
      headers: [
        ["Host", `127.0.0.1:${port}`],
        ["Content-Type", "text/plain"],
        ["X-Hmac-Timestamp", at],
        ["X-Hmac-Sha256", mac],
      ],
      body,
    };
  };

  it.each<[string, (app: INestApplication) => void]>([
    ["by itself", () => undefined],
    // The default rule takes lacre1 alone, so the middleware is refused and claims nothing.
    ["after middleware that was refused", (app) => void app.use(bySwallowing(app))],
  ])("a rule that refuses %s burns nothing", async (_when, main) => {
    const server = await start(main);
    try {
      clock.advance(1);
      expect(await statusOf(server, hook(server, "/hooks/admin"))).toBe(403);
      expect(await statusOf(server, hook(server, "/hooks/strict"))).toBe(401);
      expect([runs, claims]).toEqual([[], []]);
      expect(await statusOf(server, hook(server, "/hooks/plain"))).toBe(201);
      expect(await statusOf(server, hook(server, "/hooks/plain"))).toBe(401);
      expect([runs, claims]).toEqual([["plain"], ["fresh", "seen"]]);
    } finally {
      await server.close();
    }
  });

  it("what middleware let in stays claimed when the rule refuses it", async () => {
    const server = await start((app) => void app.use(byStrategy(app)));
    try {
      const request = get(server, "/rules/admin");
      expect([await statusOf(server, request), claims]).toEqual([403, ["fresh"]]);
      expect([await statusOf(server, request), codes.at(-1)]).toEqual([401, "nonce-seen"]);
      expect(runs).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it("lets a request through all the guards of one route", async () => {
    const server = await start(() => undefined);
    try {
      expect(await statusOf(server, get(server, "/rules/twice"))).toBe(200);
      expect([runs, claims]).toEqual([["twice"], ["fresh"]]);
    } finally {
      await server.close();
    }
  });
});
