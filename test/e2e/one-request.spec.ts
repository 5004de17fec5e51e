import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import {
  Controller,
  Get,
  HttpException,
  Injectable,
  Query,
  Req,
  type ExecutionContext,
} from "@nestjs/common";
import { HmacGuard, HmacProtected } from "@lacre/nestjs";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

/*
 * One request that several rules are asked for, as the fields of one GraphQL query are: each ask gets its own rule's
 * answer, in every order and at the same moment. `demo` has no scopes, `boss` has `admin`.
 */

const BOSS_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

/** The fields. No route leads to them. */
@Injectable()
class Resolver {
  @HmacProtected({ scopes: ["admin"] })
  admin(): void {}
  @HmacProtected()
  prot(): void {}
  @HmacProtected({ signedHeaders: ["x-tenant"] })
  tenant(): void {}
  @HmacProtected({ maxAge: 10 })
  young(): void {}
}
type Field = "admin" | "prot" | "tenant" | "young";

/** What is asked for here is a request, not an HTTP context. */
@Injectable()
class FieldGuard extends HmacGuard {
  protected override getRequest(context: ExecutionContext): object {
    return context.getArgByIndex(2) as object;
  }
}

const contextOf = (field: Field, request: object): ExecutionContext => {
  const args = [undefined, {}, request, {}];
  return {
    getType: () => "graphql",
    getClass: () => Resolver,
    getHandler: () => Resolver.prototype[field],
    getArgs: () => args,
    getArgByIndex: (index: number) => args[index],
    switchToHttp: () => {
      throw new Error("no HTTP context");
    },
    switchToRpc: () => {
      throw new Error("no RPC context");
    },
    switchToWs: () => {
      throw new Error("no WebSocket context");
    },
  } as unknown as ExecutionContext;
};

@Controller("ask")
class AskController {
  constructor(private readonly guard: FieldGuard) {}

  @Get()
  async ask(
    @Req() request: { raw?: object },
    @Query("of") of: string,
    @Query("how") how: "together" | "in turn",
  ): Promise<string> {
    const raw = request.raw ?? request;
    const ask = async (field: string): Promise<string> => {
      try {
        await this.guard.canActivate(contextOf(field as Field, raw));
        return "200";
      } catch (error) {
        return error instanceof HttpException ? String(error.getStatus()) : String(error);
      }
    };
    const fields = of.split(",");
    if (how === "together") return (await Promise.all(fields.map(ask))).join();
    const answers: string[] = [];
    for (const field of fields) answers.push(await ask(field));
    return answers.join();
  }
}

describe.each(PLATFORMS)("several rules on one request, on %s", (platform) => {
  const clock = new TestClock();
  const claims: string[] = [];
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [AskController],
      providers: [FieldGuard, Resolver],
      hmac: {
        clock,
        apps: [
          { appId: "demo", apiKey: DEMO_KEY },
          { appId: "boss", apiKey: BOSS_KEY, scopes: ["admin"] },
        ],
        observer: { observe: () => {}, observeClaim: ({ outcome }) => void claims.push(outcome) },
      },
    });
  });
  afterAll(() => server.close());
  beforeEach(() => void (claims.length = 0));

  const ask = async (
    of: string,
    how: string,
    signer: Parameters<typeof signed>[2] = {},
  ): Promise<string> => {
    const target = `/ask?of=${of}&how=${how}`;
    const request = signed(server.port, { method: "GET", target }, { clock, ...signer });
    return (await send(server.port, request)).body;
  };

  describe.each(["together", "in%20turn"])("asked %s", (how) => {
    it.each<[string, string]>([
      ["admin", "403"],
      ["prot", "200"],
      ["admin,prot", "403,200"],
      ["prot,admin", "200,403"],
      ["prot,admin,prot,admin", "200,403,200,403"],
      ["tenant,prot", "401,200"],
      ["prot,tenant", "200,401"],
      ["admin,tenant,prot", "403,401,200"],
    ])("{ %s } is answered %s, in one claim at most", async (of, answers) => {
      expect(await ask(of, how)).toBe(answers);
      expect(claims).toEqual(answers.includes("200") ? ["fresh"] : []);
    });

    it("a scope that is there opens what demands it, in one claim", async () => {
      const boss = { appId: "boss", apiKey: BOSS_KEY };
      expect(await ask("admin,prot,admin", how, boss)).toBe("200,200,200");
      expect(claims).toEqual(["fresh"]);
    });

    it.each<[string, string]>([
      ["young,prot", "401,200"],
      ["prot,young", "200,401"],
    ])("{ %s } of a request that is 60 s old is answered %s", async (of, answers) => {
      expect(await ask(of, how, { clock: new TestClock(clock.ms - 60_000) })).toBe(answers);
      expect(claims).toEqual(["fresh"]);
    });

    it.each(["prot,prot", "prot,young", "admin,prot"])(
      "{ %s } of a request that was seen before is refused",
      async (of) => {
        const target = `/ask?of=${of}&how=${how}`;
        const request = signed(server.port, { method: "GET", target }, { clock });
        expect((await send(server.port, request)).body).toContain("200");
        claims.length = 0;
        expect((await send(server.port, request)).body).not.toContain("200");
        expect(claims).toEqual(["seen"]);
      },
    );

    it("a wrong MAC opens nothing and claims nothing", async () => {
      expect(await ask("prot,admin,prot", how, { apiKey: BOSS_KEY })).toBe("401,401,401");
      expect(claims).toEqual([]);
    });
  });
});
