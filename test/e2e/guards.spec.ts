import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Get, Injectable, Post, Req, UseGuards, type Type } from "@nestjs/common";
import { AuthGuard } from "@nestjs/passport";
import {
  HmacException,
  HmacGuard,
  HmacPrincipal,
  HmacProtected,
  HmacPublic,
  type Principal,
} from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

const OTHER_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

@Controller("own")
@UseGuards(HmacGuard)
class OwnGuardController {
  @Get()
  get(@Req() request: { user?: Principal }, @HmacPrincipal() principal: Principal) {
    return { user: request.user?.appId, principal: principal.appId };
  }
}

@Controller("own")
@UseGuards(AuthGuard("hmac"))
class PassportController {
  @Get()
  get(@Req() request: { user?: Principal }, @HmacPrincipal() principal: Principal) {
    return { user: request.user?.appId, principal: principal.appId };
  }
}

/** The two ways to the one strategy must not differ. */
const WAYS: readonly { way: string; controller: Type }[] = [
  { way: "HmacGuard", controller: OwnGuardController },
  { way: 'AuthGuard("hmac")', controller: PassportController },
];

describe.each(PLATFORMS)("%s", (platform) => {
  describe.each(WAYS)("contract of a guard: $way", ({ controller }) => {
    let server: RunningApp;
    beforeAll(async () => {
      server = await startApp(platform, { controllers: [controller], hmac: { futureSkew: 5 } });
    });
    afterAll(() => server.close());
    beforeEach(() => void (server.verdicts.length = 0));
    const request = () => signed(server.port, { method: "GET", target: "/own" });

    it("lets a signed request in, with its principal as req.user", async () => {
      const response = await send(server.port, request());
      expect([response.status, response.body]).toEqual([200, '{"user":"demo","principal":"demo"}']);
    });

    it("lets it in once", async () => {
      const once = request();
      expect((await send(server.port, once)).status).toBe(200);
      expect((await send(server.port, once)).status).toBe(401);
      expect(server.lastCode()).toBe("nonce-seen");
    });

    it.each([
      [
        "no credentials",
        "credentials-missing",
        (headers: Headers) => headers.delete("authorization"),
      ],
      [
        "Basic",
        "credentials-missing",
        (headers: Headers) => headers.set("authorization", "Basic YTpi"),
      ],
      [
        "another target's signature",
        "signature-mismatch",
        (headers: Headers) => headers.set("authorization", signedElsewhere(server.port)),
      ],
      [
        "an unknown app",
        "app-unknown",
        (headers: Headers) =>
          headers.set(
            "authorization",
            (headers.get("authorization") as string).replace("=demo", "=nobody"),
          ),
      ],
    ])("refuses %s, always with the same answer", async (_name, code, spoil) => {
      const good = request();
      const headers = new Headers(good.headers.map(([name, value]) => [name, value]));
      spoil(headers);
      const response = await send(server.port, { ...good, headers: [...headers] });
      expect([response.status, server.lastCode()]).toEqual([401, code]);
      expect(response.body).toBe('{"statusCode":401,"message":"Unauthorized"}');
      expect(response.headers.get("www-authenticate")).toBe(
        "LACRE1-HMAC-SHA256, LACRE1-HMAC-SHA384, LACRE1-HMAC-SHA512",
      );
    });
  });

  it("holds AuthGuard to the rules of @HmacProtected, and judges a request once", async () => {
    @Controller("both")
    @UseGuards(AuthGuard("hmac"))
    class BothController {
      @Get()
      @HmacProtected({ signedHeaders: ["x-tenant"] })
      get() {
        return "ran";
      }
    }
    const server = await startApp(platform, {
      controllers: [BothController],
      hmac: { globalGuard: true },
    });
    try {
      expect(
        (await send(server.port, signed(server.port, { method: "GET", target: "/both" }))).status,
      ).toBe(401);
      expect(server.lastCode()).toBe("header-unsigned");
      const good = signed(server.port, {
        method: "GET",
        target: "/both",
        headers: [["X-Tenant", "a"]],
      });
      expect((await send(server.port, good)).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  it("lets a subclass of AuthGuard override handleRequest", async () => {
    @Injectable()
    class OptionalGuard extends AuthGuard("hmac") {
      override handleRequest<User>(error: unknown, user: User): User {
        if (error instanceof HmacException && error.refusal.code === "credentials-missing")
          return null as User;
        if (error !== null && error !== undefined) throw error;
        return user;
      }
    }
    @Controller("optional")
    @UseGuards(OptionalGuard)
    class OptionalController {
      @Get()
      get(@Req() request: { user?: Principal | null }) {
        return { user: request.user?.appId ?? "nobody" };
      }
    }
    const server = await startApp(platform, { controllers: [OptionalController] });
    try {
      const good = signed(server.port, { method: "GET", target: "/optional" });
      expect((await send(server.port, good)).body).toBe('{"user":"demo"}');
      expect((await send(server.port, good)).status).toBe(401);
      const naked = { ...good, headers: good.headers.filter(([name]) => name !== "authorization") };
      expect((await send(server.port, naked)).body).toBe('{"user":"nobody"}');
    } finally {
      await server.close();
    }
  });

  it("keeps two apps of one process apart, whichever guard asks", async () => {
    const first = await startApp(platform, { controllers: [PassportController] });
    const second = await startApp(platform, {
      controllers: [PassportController],
      hmac: { apps: { demo: OTHER_KEY } },
    });
    try {
      for (const [server, right, wrong] of [
        [first, DEMO_KEY, OTHER_KEY],
        [second, OTHER_KEY, DEMO_KEY],
      ] as const) {
        const by = (apiKey: string) =>
          signed(server.port, { method: "GET", target: "/own" }, { apiKey });
        expect((await send(server.port, by(right))).status).toBe(200);
        expect((await send(server.port, by(wrong))).status).toBe(401);
      }
    } finally {
      await first.close();
      await second.close();
    }
  });
});

/** A header that is right for another target. */
function signedElsewhere(port: number): string {
  const other = signed(port, { method: "GET", target: "/elsewhere" });
  return other.headers.find(([name]) => name === "authorization")?.[1] as string;
}

describe("an app without HmacModule", () => {
  it("does not start when a controller is marked as protected", async () => {
    const { NestFactory } = await import("@nestjs/core");
    const { Module } = await import("@nestjs/common");
    @Controller()
    @HmacProtected()
    class Lonely {
      @Get()
      get() {
        return "ran";
      }
    }
    class App {}
    Module({ controllers: [Lonely] })(App);
    const app = await NestFactory.create(App, { logger: false, abortOnError: false });
    await expect(app.init()).rejects.toThrow(
      "HmacGuard: there is no HmacModule. Import HmacModule.forRoot(…)",
    );
    await app.close().catch(() => undefined);
  });
});

describe.each(PLATFORMS)("the rules of routes on %s", (platform) => {
  let server: RunningApp;

  @Controller("rules")
  @HmacProtected({ scopes: ["read"], signedHeaders: ["x-tenant"] })
  class RulesController {
    @Get("plain")
    plain() {
      return "ran";
    }
    @Get("strict")
    @HmacProtected({ scopes: ["write"], signedHeaders: ["x-trace"], maxAge: 10 })
    strict() {
      return "ran";
    }
    @Get("public")
    @HmacPublic()
    open(@HmacPrincipal() principal: unknown) {
      return { principal: principal ?? null };
    }
  }

  @Controller("unmarked")
  class UnmarkedController {
    @Post()
    post() {
      return "ran";
    }
  }

  @HmacPublic()
  @Controller("lounge")
  class LoungeController {
    @Get()
    lounge() {
      return "ran";
    }
    @Get("vault")
    @HmacProtected()
    vault() {
      return "ran";
    }
  }

  const now = { ms: Date.now(), nowMs: () => now.ms };
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [RulesController, UnmarkedController, LoungeController],
      hmac: {
        apps: [
          { appId: "demo", apiKey: DEMO_KEY, scopes: ["read"] },
          { appId: "writer", apiKey: OTHER_KEY, scopes: ["read", "write"] },
        ],
        globalGuard: true,
        clock: now,
      },
    });
  });
  afterAll(() => server.close());

  const get = (target: string, headers: [string, string][], writer = false, clock = now) =>
    send(
      server.port,
      signed(
        server.port,
        { method: "GET", target, headers },
        { clock, ...(writer && { appId: "writer", apiKey: OTHER_KEY }) },
      ),
    );

  it("adds a method's scopes and headers to its class's", async () => {
    expect((await get("/rules/plain", [])).status).toBe(401);
    expect((await get("/rules/plain", [["X-Tenant", "a"]])).status).toBe(200);
    const both: [string, string][] = [
      ["X-Tenant", "a"],
      ["X-Trace", "b"],
    ];
    expect((await get("/rules/strict", [["X-Trace", "b"]], true)).status).toBe(401);
    expect((await get("/rules/strict", both)).status).toBe(403);
    expect(server.lastCode()).toBe("scope-insufficient");
    expect((await get("/rules/strict", both, true)).status).toBe(200);
  });

  it("judges age by the route", async () => {
    const eleven = { nowMs: () => now.ms - 11_000, ms: 0 };
    const both: [string, string][] = [
      ["X-Tenant", "a"],
      ["X-Trace", "b"],
    ];
    expect((await get("/rules/strict", both, true, eleven)).status).toBe(401);
    expect(server.lastCode()).toBe("timestamp-too-old");
    expect((await get("/rules/plain", both, true, eleven)).status).toBe(200);
  });

  it("lets everybody in where it is public, and nobody where it is unmarked under globalGuard", async () => {
    const bare = (method: string, target: string) =>
      send(server.port, { method, target, headers: [["Host", `127.0.0.1:${server.port}`]] });
    expect(await bare("GET", "/rules/public")).toMatchObject({
      status: 200,
      body: '{"principal":null}',
    });
    expect((await bare("GET", "/lounge")).status).toBe(200);
    expect((await bare("GET", "/lounge/vault")).status).toBe(401);
    expect((await bare("POST", "/unmarked")).status).toBe(401);
    expect((await bare("GET", "/nowhere")).status).toBe(404);
    // Spoilt credentials do not matter where none are asked for.
    const spoilt = signed(server.port, { method: "GET", target: "/elsewhere" });
    expect((await send(server.port, { ...spoilt, target: "/rules/public" })).status).toBe(200);
  });
});
