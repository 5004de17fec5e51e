import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { UseGuards, type Type } from "@nestjs/common";
import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from "@nestjs/graphql";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { MemoryNonceStore } from "@lacre/core";
import {
  HmacGuard,
  HmacPrincipal,
  HmacProtected,
  HmacPublic,
  HmacSignedResponse,
  type Principal,
} from "@lacre/nestjs";
import { github } from "@lacre/schemes/github";
import { createHmac } from "node:crypto";
import { DEMO_KEY, PLATFORMS, startApp, type Platform, type RunningApp } from "../support/app.js";
import { GraphqlOnFastify } from "../support/graphql-on-fastify.js";
import { send, signed, type WireRequest } from "../support/wire.js";

const HOOK_SECRET = "It's a Secret to Everybody, and thirty-two bytes long";

/** What ran, in order. */
const ran: string[] = [];
const note = (what: string, principal?: Principal): string => {
  ran.push(what);
  return principal === undefined ? "nobody" : `${principal.appId} by ${principal.scheme}`;
};

@ObjectType()
class Order {
  @Field(() => Int)
  id!: number;
}

@Resolver(() => Order)
class OrdersResolver {
  @Query(() => String, { nullable: true })
  @HmacProtected()
  mine(@HmacPrincipal() caller: Principal, @Args("n", { type: () => Int, nullable: true }) n = 0) {
    return note(`mine ${n}`, caller);
  }

  @Query(() => String, { nullable: true })
  @HmacProtected({ scopes: ["orders:admin"] })
  all(@HmacPrincipal() caller: Principal) {
    return note("all", caller);
  }

  @Query(() => String, { nullable: true })
  @HmacProtected({ scopes: ["orders:read"] })
  read(@HmacPrincipal("appId") appId: string) {
    ran.push("read");
    return appId;
  }

  @Query(() => String, { nullable: true })
  @HmacProtected({ schemes: ["github"] })
  hook(@HmacPrincipal() caller: Principal) {
    return note("hook", caller);
  }

  @Query(() => Order, { nullable: true })
  @HmacProtected()
  order() {
    ran.push("order");
    return { id: 7 };
  }

  @ResolveField(() => String)
  seenBy(@Parent() { id }: Order, @HmacPrincipal() caller: Principal | undefined) {
    return note(`field ${id}`, caller);
  }

  @Mutation(() => String, { nullable: true })
  @HmacProtected()
  create(@Args("item") item: string, @HmacPrincipal() caller: Principal) {
    return note(`create ${item}`, caller);
  }
}

@Resolver()
class OpenResolver {
  @Query(() => String)
  @HmacPublic()
  open(@HmacPrincipal() caller: Principal | undefined) {
    return note("open", caller);
  }

  @Query(() => String)
  bare() {
    return note("bare");
  }

  @Query(() => String, { nullable: true })
  @UseGuards(HmacGuard)
  unmarked(@HmacPrincipal() caller: Principal) {
    return note("unmarked", caller);
  }

  @Query(() => String)
  @HmacPublic()
  health() {
    return "up";
  }
}

const graphqlOn = (platform: Platform, more: Partial<ApolloDriverConfig> = {}) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: (platform === "express" ? ApolloDriver : GraphqlOnFastify) as typeof ApolloDriver,
    autoSchemaFile: true,
    allowBatchedHttpRequests: true,
    includeStacktraceInErrorResponses: true, // as Apollo does while somebody develops
    ...more,
  });

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: object }[];
}

describe.each(PLATFORMS)("GraphQL on %s", (platform) => {
  let server: RunningApp;
  const nonces = new MemoryNonceStore({ fence: false });
  const claim = jest.spyOn(nonces, "claim");
  const start = (providers: Type[], hmac = {}, more: Partial<ApolloDriverConfig> = {}) =>
    startApp(platform, {
      controllers: [],
      providers,
      imports: [graphqlOn(platform, more)],
      hmac: {
        apps: [
          { appId: "demo", apiKey: DEMO_KEY, scopes: ["orders:read"] },
          { appId: "hooks", apiKey: HOOK_SECRET, encoding: "text", schemes: ["github"] },
        ],
        schemes: ["lacre1", github({ appId: "hooks" })],
        ...hmac,
      },
    });

  beforeAll(async () => {
    server = await start([OrdersResolver, OpenResolver], { nonces });
  });
  afterAll(() => server.close());
  beforeEach(() => {
    ran.length = server.verdicts.length = 0;
    claim.mockClear();
  });

  const bodyOf = (...queries: string[]): Buffer => {
    const operations = queries.map((query) => ({ query }));
    return Buffer.from(JSON.stringify(operations.length === 1 ? operations[0] : operations));
  };
  const post = (...queries: string[]): WireRequest =>
    signed(server.port, {
      method: "POST",
      target: "/graphql",
      headers: [["Content-Type", "application/json"]],
      body: bodyOf(...queries),
    });
  const withoutCredentials = ({ headers, ...rest }: WireRequest): WireRequest => ({
    ...rest,
    headers: headers.filter(([name]) => name.toLowerCase() !== "authorization"),
  });
  const answerOf = async <T = Answer>(request: WireRequest, port = server.port): Promise<T> =>
    JSON.parse((await send(port, request)).body) as T;
  const codes = () =>
    server.verdicts.map((verdict) =>
      verdict.outcome === "refused" ? verdict.code : verdict.outcome,
    );

  it("runs no protected resolver without a signature, and the open one beside it", async () => {
    const { data, errors } = await answerOf(withoutCredentials(post("{ mine open all unmarked }")));
    expect(data).toEqual({ mine: null, open: "nobody", all: null, unmarked: null });
    expect(errors?.map(({ message }) => message)).toEqual(Array(3).fill("Unauthorized"));
    expect(ran).toEqual(["open"]);
    expect(claim).not.toHaveBeenCalled();
  });

  it("tells a caller nothing of why", async () => {
    const good = post("{ mine }");
    const spoilt = { ...good, body: bodyOf("{ mine(n: 1) }") };
    const answers = await Promise.all(
      [withoutCredentials(good), spoilt].map(
        async (request) => (await send(server.port, request)).body,
      ),
    );
    expect(answers[0]).toContain("Unauthorized");
    expect(answers[1]).toBe(answers[0]);
    expect(codes().toSorted()).toEqual(["content-mismatch", "credentials-missing"]);
    expect(answers[0]).not.toMatch(/credentials|content-|mismatch/);
    expect(ran).toEqual([]);
  });

  it("lets a signed request in, with its principal, and once", async () => {
    const request = post("{ mine unmarked }");
    expect((await answerOf(request)).data).toEqual({
      mine: "demo by lacre1",
      unmarked: "demo by lacre1",
    });
    const again = await answerOf(request);
    expect(again.data).toEqual({ mine: null, unmarked: null });
    expect(ran).toEqual(["mine 0", "unmarked"]);
    expect(codes()).toContain("nonce-seen");
  });

  it("verifies one request once, however many resolvers and aliases it has", async () => {
    const aliases = Array.from({ length: 50 }, (_, n) => `a${n}: mine(n: ${n})`);
    const { data, errors } = await answerOf(post(`{ ${aliases.join(" ")} read }`));
    expect(errors).toBeUndefined();
    expect(Object.keys(data ?? {})).toHaveLength(51);
    expect(ran).toHaveLength(51);
    expect(claim).toHaveBeenCalledTimes(1);
    expect(codes()).toEqual(["accepted"]);
  });

  it("runs each request once, of many copies that come at once", async () => {
    const request = post('mutation { a: create(item: "tea") b: create(item: "cup") }');
    await Promise.all(Array.from({ length: 20 }, () => send(server.port, request)));
    expect(ran).toEqual(["create tea", "create cup"]);
  });

  it("writes one line for each rule, however many aliases are refused", async () => {
    const aliases = Array.from({ length: 200 }, (_, n) => `a${n}: mine(n: ${n}) b${n}: all`);
    await send(server.port, withoutCredentials(post(`{ ${aliases.join(" ")} }`)));
    expect(codes()).toEqual(["credentials-missing", "credentials-missing"]);
  });

  it("judges each resolver by its own rule", async () => {
    const { data, errors } = await answerOf(post("{ mine all read }"));
    expect(data).toEqual({ mine: "demo by lacre1", all: null, read: "demo" });
    expect(errors?.map(({ message }) => message)).toEqual(["Forbidden"]);
    expect(ran.toSorted()).toEqual(["mine 0", "read"]);
    expect(claim).toHaveBeenCalledTimes(1);
  });

  it("covers a batch as a whole: one operation more or less is refused", async () => {
    const batch = post("{ mine }", "{ mine(n: 2) }", "{ all }");
    const answers = await answerOf<Answer[]>(batch);
    expect(answers.map(({ data }) => data)).toEqual([
      { mine: "demo by lacre1" },
      { mine: "demo by lacre1" },
      { all: null },
    ]);
    expect(claim).toHaveBeenCalledTimes(1);
    ran.length = 0;
    const longer = { ...post("{ mine }"), body: bodyOf("{ mine }", "{ mine(n: 3) }") };
    const refused = await answerOf<Answer[]>(longer);
    expect(refused.map(({ data }) => data)).toEqual([{ mine: null }, { mine: null }]);
    expect(ran).toEqual([]);
  });

  it("has one caller for all resolvers of a request", async () => {
    const body = bodyOf("{ mine hook order { seenBy } }");
    const signature = createHmac("sha256", HOOK_SECRET).update(body).digest("hex");
    const both = signed(server.port, {
      method: "POST",
      target: "/graphql",
      headers: [
        ["Content-Type", "application/json"],
        ["X-Hub-Signature-256", `sha256=${signature}`],
      ],
      body,
    });
    const { data } = await answerOf(both);
    expect(data).toEqual({
      mine: "demo by lacre1",
      hook: null,
      order: { seenBy: "demo by lacre1" },
    });
    expect(ran).not.toContain("hook");
    // Alone, the other credentials are as good.
    const alone = { ...both, headers: both.headers.filter(([name]) => name !== "Authorization") };
    expect((await answerOf(alone)).data).toMatchObject({ hook: "hooks by github", mine: null });
  });

  describe("with globalGuard", () => {
    it("protects all but what is public", async () => {
      const guarded = await start([OpenResolver], { globalGuard: true });
      try {
        const request = (query: string) =>
          signed(guarded.port, {
            method: "POST",
            target: "/graphql",
            headers: [["Content-Type", "application/json"]],
            body: bodyOf(query),
          });
        const naked = withoutCredentials(request("{ health unmarked }"));
        expect((await answerOf(naked, guarded.port)).data).toEqual({
          health: "up",
          unmarked: null,
        });
        const bare = withoutCredentials(request("{ bare }"));
        expect((await answerOf(bare, guarded.port)).data).toBeNull();
        expect((await answerOf(request("{ bare }"), guarded.port)).data).toEqual({
          bare: "nobody",
        });
      } finally {
        await guarded.close();
      }
    });
  });

  it("calls guards for fields where GraphQLModule says so", async () => {
    @Resolver(() => Order)
    class FieldsResolver {
      @Query(() => Order)
      openOrder() {
        return { id: 9 };
      }

      @ResolveField(() => String, { nullable: true })
      @HmacProtected()
      secret(@HmacPrincipal() caller: Principal) {
        return note("secret", caller);
      }
    }
    const fields = await start([FieldsResolver], {}, { fieldResolverEnhancers: ["guards"] });
    try {
      const request = signed(fields.port, {
        method: "POST",
        target: "/graphql",
        headers: [["Content-Type", "application/json"]],
        body: bodyOf("{ openOrder { id secret } }"),
      });
      expect((await answerOf(withoutCredentials(request), fields.port)).data).toEqual({
        openOrder: { id: 9, secret: null },
      });
      expect((await answerOf(request, fields.port)).data).toEqual({
        openOrder: { id: 9, secret: "demo by lacre1" },
      });
    } finally {
      await fields.close();
    }
    await expect(start([FieldsResolver])).rejects.toThrow(
      "@HmacProtected on FieldsResolver.secret: stands on a field",
    );
  });

  it.each([
    [
      "a subscription",
      "HmacGuard on Events.placed: cannot guard a subscription",
      {},
      () => {
        @Resolver()
        @HmacProtected()
        class Events {
          @Subscription(() => String)
          placed() {
            return undefined;
          }
        }
        return Events;
      },
    ],
    [
      "a subscription under globalGuard",
      "HmacGuard on Events.placed: cannot guard a subscription",
      { globalGuard: true },
      () => {
        @Resolver()
        class Events {
          @Subscription(() => String)
          placed() {
            return undefined;
          }
        }
        return Events;
      },
    ],
    [
      "a streamed body",
      "@HmacProtected on Streamed.upload: body",
      {},
      () => {
        @Resolver()
        class Streamed {
          @Mutation(() => String)
          @HmacProtected({ body: "stream" })
          upload() {
            return "";
          }
        }
        return Streamed;
      },
    ],
    [
      "a signed answer of its own",
      "@HmacSignedResponse on Signed.pay",
      {},
      () => {
        @Resolver()
        @HmacProtected()
        class Signed {
          @Mutation(() => String)
          @HmacSignedResponse()
          pay() {
            return "";
          }
        }
        return Signed;
      },
    ],
  ])("does not start with %s", async (_what, message, hmac, resolver) => {
    await expect(start([OpenResolver, resolver()], hmac)).rejects.toThrow(message);
  });

  it("starts with a public subscription", async () => {
    @Resolver()
    @HmacProtected()
    class Events {
      @Subscription(() => String)
      @HmacPublic()
      placed() {
        return undefined;
      }
    }
    await (await start([OpenResolver, Events], { globalGuard: true })).close();
  });

  it("takes as much content as the parser, which main.ts may let take more", async () => {
    const long = `{ ${" ".repeat(200_000)} mine }`;
    const large = await startApp(platform, {
      controllers: [],
      providers: [OrdersResolver, OpenResolver],
      imports: [graphqlOn(platform)],
      hmac: { schemes: ["lacre1", github({ appId: "hooks" })] },
      main: (app) => {
        if (platform === "express")
          (app as NestExpressApplication).useBodyParser("json", { limit: "1mb" });
      },
    });
    try {
      const statusOf = async ({ port }: RunningApp) => {
        const request = signed(port, {
          method: "POST",
          target: "/graphql",
          headers: [["Content-Type", "application/json"]],
          body: bodyOf(long),
        });
        return (await send(port, request)).status;
      };
      expect(await statusOf(large)).toBe(200);
      if (platform === "express") expect(await statusOf(server)).toBe(413);
    } finally {
      await large.close();
    }
  });

  it("says so where the context has no request, or a copy of it", async () => {
    if (platform === "fastify") return; // the driver is the test's own, and so is its context
    for (const context of [
      ({ req }: { req: object }) => ({ req: { ...req } }),
      () => ({ req: { headers: {} } }),
    ]) {
      const lost = await start([OrdersResolver, OpenResolver], {}, { context });
      try {
        const request = signed(lost.port, {
          method: "POST",
          target: "/graphql",
          headers: [["Content-Type", "application/json"]],
          body: bodyOf("{ mine open }"),
        });
        const { data, errors } = await answerOf(request, lost.port);
        expect(data).toEqual({ mine: null, open: "nobody" });
        expect(errors?.[0]?.message).toContain("finds no HTTP request in the context of GraphQL");
      } finally {
        await lost.close();
      }
    }
  });
});
