import {
  type CanActivate,
  Controller,
  Get,
  Injectable,
  type Type,
  UseGuards,
} from "@nestjs/common";
import { APP_GUARD } from "@nestjs/core";
import { AuthGuard, PassportStrategy } from "@nestjs/passport";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { ExtractJwt, Strategy } from "passport-jwt";
import { createHmac } from "node:crypto";
import { signFetch } from "@lacre/client/fetch";
import { Signer, type Principal } from "@lacre/core";
import { type HmacModuleOptions, HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send } from "../support/wire.js";

/* Signed requests beside another strategy of Passport, as while callers move from one to the other. */

const JWT_SECRET = "a secret of this test alone, long enough";

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy, "jwt") {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: JWT_SECRET });
  }

  validate(claims: unknown) {
    return claims;
  }
}

const base64url = (text: string): string => Buffer.from(text).toString("base64url");

/** RFC 7519, by hand: the claims are what a token's holder chose. */
function tokenOf(claims: object): string {
  const head = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}`;
  return `${head}.${createHmac("sha256", JWT_SECRET).update(head).digest("base64url")}`;
}

class EitherGuard extends AuthGuard(["hmac", "jwt"]) {}

@Controller()
class OrdersController {
  @UseGuards(AuthGuard(["hmac", "jwt"]))
  @Get("list")
  list(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }

  @UseGuards(EitherGuard)
  @Get("child")
  child(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }

  @UseGuards(AuthGuard(["jwt", "hmac"]))
  @Get("reversed")
  reversed(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }

  @UseGuards(AuthGuard("hmac"))
  @Get("alone")
  alone(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }

  @HmacProtected()
  @Get("marked")
  marked(@HmacPrincipal() caller?: Principal) {
    return { caller: caller?.appId ?? null };
  }
}

describe.each(PLATFORMS)("another strategy beside hmac on %s", (platform) => {
  let running: RunningApp;
  let signed: typeof fetch;
  const bearer = (claims: object) => ({ headers: { authorization: `Bearer ${tokenOf(claims)}` } });
  const start = async (
    providers: { provide: string; useClass: Type<CanActivate> }[] = [],
    origins: HmacModuleOptions["origins"] = "*",
  ) => {
    running = await startApp(platform, {
      hmac: { origins },
      controllers: [OrdersController],
      providers: [JwtStrategy, ...providers],
    });
    signed = signFetch(fetch, { appId: "demo", apiKey: DEMO_KEY });
  };
  beforeEach(() => start());
  afterEach(() => running.close());

  it.each(["list", "child", "reversed"])("/%s takes a signed request, or a token", async (path) => {
    const bySignature = await signed(`${running.url}/${path}`);
    expect([bySignature.status, await bySignature.json()]).toEqual([200, { caller: "demo" }]);
    const byToken = await fetch(`${running.url}/${path}`, bearer({ sub: "u1" }));
    expect([byToken.status, await byToken.json()]).toEqual([200, { caller: null }]);
    expect(byToken.headers.get("www-authenticate")).toBeNull();
    expect(running.verdicts.filter(({ outcome }) => outcome === "refused")).toEqual([]);
  });

  it.each(["list", "child", "reversed"])("/%s refuses who has neither", async (path) => {
    expect((await fetch(`${running.url}/${path}`)).status).toBe(401);
    const forged = { headers: { authorization: `Bearer ${tokenOf({ sub: "u" })}x` } };
    expect((await fetch(`${running.url}/${path}`, forged)).status).toBe(401);
  });

  it("a token whose claims look like a principal is no signed caller", async () => {
    const claims = { appId: "demo", scopes: ["admin"], scheme: "lacre1" };
    const answer = await fetch(`${running.url}/list`, bearer(claims));
    expect([answer.status, await answer.json()]).toEqual([200, { caller: null }]);
  });

  it("a wrong signature is refused, whatever other token comes along", async () => {
    const wrong = signFetch(fetch, { appId: "nobody", apiKey: DEMO_KEY });
    const answer = await wrong(`${running.url}/list`, { headers: { "x-token": tokenOf({}) } });
    expect([answer.status, running.lastCode()]).toEqual([401, "app-unknown"]);
  });

  it("a token is taken whatever host it is for, and a signature only for ours", async () => {
    await running.close();
    await start([], ["https://api.example.com"]);
    const byToken = await fetch(`${running.url}/list`, bearer({ sub: "u1" }));
    expect([byToken.status, await byToken.json()]).toEqual([200, { caller: null }]);
    expect((await signed(`${running.url}/list`)).status).toBe(401);
    expect(running.lastCode()).toBe("host-unknown");
    expect((await fetch(`${running.url}/alone`, bearer({ sub: "u1" }))).status).toBe(401);
    expect(running.lastCode()).toBe("host-unknown");
  });

  it.each([
    ["Bearer first", (token: string, mac: string) => [token, mac]],
    ["the signature first", (token: string, mac: string) => [mac, token]],
  ])("two Authorization lines are refused, and the log says why: %s", async (_order, ordered) => {
    const { headers } = new Signer({ appId: "demo", apiKey: DEMO_KEY }).sign({
      method: "GET",
      url: `${running.url}/list`,
    });
    const [, mac = ""] = headers.find(([name]) => name.toLowerCase() === "authorization") ?? [];
    const lines = ordered(`Bearer ${tokenOf({ sub: "u1" })}`, mac);
    const rest = headers.filter(([name]) => name.toLowerCase() !== "authorization");
    const { status } = await send(running.port, {
      method: "GET",
      target: "/list",
      headers: [
        ["Host", `127.0.0.1:${running.port}`],
        ...rest,
        ...lines.map((line): [string, string] => ["Authorization", line]),
      ],
    });
    expect([status, running.lastCode()]).toEqual([401, "credentials-repeated"]);
  });

  it("a guard for hmac alone refuses a token as it always did, and says why", async () => {
    const answer = await fetch(`${running.url}/alone`, bearer({ sub: "u1" }));
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toContain("LACRE1-HMAC-SHA256");
    expect(running.lastCode()).toBe("credentials-missing");
  });

  it("as APP_GUARD it lets both in everywhere, and @HmacProtected still asks for a signature", async () => {
    await running.close();
    await start([{ provide: APP_GUARD, useClass: EitherGuard }]);
    expect((await fetch(`${running.url}/list`, bearer({ sub: "u1" }))).status).toBe(200);
    expect((await fetch(`${running.url}/marked`, bearer({ sub: "u1" }))).status).toBe(401);
    expect((await signed(`${running.url}/marked`)).status).toBe(200);
    expect((await fetch(`${running.url}/list`)).status).toBe(401);
  });
});
