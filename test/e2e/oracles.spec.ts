import { beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Get, Post } from "@nestjs/common";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { HmacProtected, type NonceStore } from "@lacre/nestjs";
import type { SignerOptions } from "@lacre/core";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * Doubt tells nobody whether a MAC is right: neither while a memory store starts, nor while a store fails.
 */

const BASE64_KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7 + 1)).toString("base64");
const OTHER_BASE64 = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 5 + 3)).toString(
  "base64",
);
const TEXT_KEY = "correct horse battery staple, at least";
const OTHER_TEXT = "another horse battery staple, at least";
const OTHER_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";

const acquia = acquia2({ realm: "orders" });
const aspnet = aspnetHmac({ acknowledgeWeakness: true });
const schemes = { acquia2: acquia, hawk: hawk(), "aspnet-hmac": aspnet };

interface Subject {
  /** The window, in seconds. */
  readonly ahead: number;
  readonly behind: number;
  readonly right: Partial<SignerOptions>;
  readonly wrongKey: string;
}
const SUBJECTS: Record<string, Subject> = {
  lacre1: { ahead: 5, behind: 300, right: {}, wrongKey: OTHER_KEY },
  acquia2: {
    ahead: 900,
    behind: 900,
    right: { scheme: acquia, encoding: "base64", apiKey: BASE64_KEY },
    wrongKey: OTHER_BASE64,
  },
  hawk: {
    ahead: 60,
    behind: 60,
    right: { scheme: schemes.hawk, encoding: "text", apiKey: TEXT_KEY },
    wrongKey: OTHER_TEXT,
  },
  "aspnet-hmac": {
    ahead: 300,
    behind: 300,
    right: { scheme: aspnet, encoding: "base64", apiKey: BASE64_KEY },
    wrongKey: OTHER_BASE64,
  },
};

@Controller("orders")
class OrdersController {
  @Get("lacre1")
  @HmacProtected()
  lacre1() {}
  @Get("acquia2")
  @HmacProtected({ schemes: ["acquia2"] })
  acquia2() {}
  @Get("hawk")
  @HmacProtected({ schemes: ["hawk"] })
  hawk() {}
  @Get("aspnet-hmac")
  @HmacProtected({ schemes: ["aspnet-hmac"] })
  aspnet() {}
}

describe.each(PLATFORMS)("after a start on %s", (platform) => {
  const start = (clock: TestClock, name: string): Promise<RunningApp> => {
    const { right } = SUBJECTS[name] as Subject;
    const { scheme, encoding, apiKey = DEMO_KEY } = right;
    return startApp(platform, {
      controllers: [OrdersController],
      hmac: {
        clock,
        bootFence: true,
        schemes: ["lacre1", ...Object.values(schemes)],
        apps: [
          {
            appId: "demo",
            apiKey,
            ...(scheme !== undefined && encoding !== undefined && { encoding, schemes: [name] }),
          },
        ],
      },
    });
  };

  it.each(Object.keys(SUBJECTS))("a wrong MAC of %s gets what a right one gets", async (name) => {
    const { ahead, behind, right, wrongKey } = SUBJECTS[name] as Subject;
    const startMs = 1_800_000_000_000;
    const clock = new TestClock(startMs);
    const server = await start(clock, name);
    const statusAt = async (seconds: number, apiKey?: string): Promise<number> => {
      const request = signed(
        server.port,
        { method: "GET", target: `/orders/${name}` },
        {
          ...right,
          ...(apiKey !== undefined && { apiKey }),
          clock: new TestClock(startMs + seconds * 1000),
        },
      );
      return (await send(server.port, request)).status;
    };
    try {
      const told: Record<"in time" | "out of time", string[]> = {
        "in time": [],
        "out of time": [],
      };
      const seen = new Set<number>();
      for (const now of moments(ahead, behind)) {
        clock.ms = startMs + now * 1000;
        for (const claimed of timestamps(now, ahead, behind)) {
          const before = await statusAt(claimed, wrongKey);
          const ofRight = await statusAt(claimed);
          const after = await statusAt(claimed, wrongKey);
          seen.add(ofRight);
          // Where a right one is let in, there is nothing left to hide.
          const expected = ofRight === 200 ? [401, 503] : [ofRight];
          const isInTime = claimed >= now - behind && claimed <= now + ahead;
          if (!expected.includes(before) || !expected.includes(after))
            told[isInTime ? "in time" : "out of time"].push(
              `at ${now}, claimed ${claimed}: ${ofRight}, wrong ${before} ${after}`,
            );
        }
      }
      // What is let in, the ends of the window, and doubt: all of it was there.
      expect([...seen].toSorted((a, b) => a - b)).toEqual([200, 401, 503]);
      expect(told).toEqual({ "in time": [], "out of time": [] });
    } finally {
      await server.close();
    }
  });
});

/** Seconds after the start. */
const moments = (ahead: number, behind: number): number[] =>
  unique([
    0,
    1,
    5,
    6,
    7,
    ahead - 1,
    ahead,
    ahead + 1,
    ahead + 2,
    behind,
    behind + ahead,
    behind + ahead + 2,
  ]);
/** Claimed times, in seconds after the start, round each edge that there is at this moment. */
const timestamps = (now: number, ahead: number, behind: number): number[] =>
  unique(
    [-behind, -1, 0, 1, 5, 6, 7, ahead, ahead + 1, ahead + 2]
      .concat([-behind - 1, -behind, -60, 0, 5, 6, ahead, ahead + 1].map((offset) => now + offset))
      .filter((at) => at >= now - behind - 1 && at <= now + ahead + 1),
  );
const unique = (list: readonly number[]): number[] => [...new Set(list)];

describe.each(PLATFORMS)("a failing store on %s", (platform) => {
  const store: NonceStore & { isDown: boolean } = {
    isDown: false,
    claim: () => {
      if (store.isDown) throw new Error("down");
      return "fresh";
    },
  };
  beforeEach(() => void (store.isDown = false));
  const aws = awsSigV4({ region: "r", service: "s" });

  @Controller("store")
  class StoreController {
    @Post()
    @HmacProtected()
    create() {}
    @Get("aws")
    @HmacProtected({ schemes: ["aws-sigv4"] })
    aws() {}
  }

  it("stays in doubt until a claim is answered, whoever is let in without one", async () => {
    const server = await startApp(platform, {
      controllers: [StoreController],
      hmac: {
        nonces: store,
        schemes: ["lacre1", aws],
        apps: [
          {
            appId: "demo",
            keys: [
              { apiKey: DEMO_KEY },
              { apiKey: TEXT_KEY, encoding: "text", schemes: ["aws-sigv4"] },
            ],
          },
        ],
      },
    });
    const statusOf = async (request: WireRequest): Promise<number> =>
      (await send(server.port, request)).status;
    const post = (apiKey = DEMO_KEY) =>
      statusOf(signed(server.port, { method: "POST", target: "/store" }, { apiKey }));
    const awsGet = () =>
      statusOf(
        signed(
          server.port,
          { method: "GET", target: "/store/aws" },
          { scheme: aws, encoding: "text", apiKey: TEXT_KEY },
        ),
      );
    try {
      expect([await post(), await post(OTHER_KEY)]).toEqual([201, 401]);
      store.isDown = true;
      expect([await post(), await post(OTHER_KEY)]).toEqual([503, 503]);
      expect([await awsGet(), await awsGet()]).toEqual([200, 200]);
      expect(await post(OTHER_KEY)).toBe(503);
      store.isDown = false;
      expect([await awsGet(), await post(OTHER_KEY)]).toEqual([200, 503]);
      expect([await post(), await post(OTHER_KEY)]).toEqual([201, 401]);
    } finally {
      await server.close();
    }
  });
});

describe.each(PLATFORMS)("what else is wrong with a request in doubt on %s", (platform) => {
  @Controller("wrong")
  class WrongController {
    @Post()
    @HmacProtected()
    create() {}
    @Post("tenant")
    @HmacProtected({ signedHeaders: ["x-tenant"] })
    tenant() {}
    @Post("scoped")
    @HmacProtected({ scopes: ["admin"] })
    scoped() {}
    @Post("small")
    @HmacProtected({ maxBodyBytes: 1 })
    small() {}
  }
  const CASES = { "/wrong": "other", "/wrong/tenant": "", "/wrong/scoped": "", "/wrong/small": "" };

  /** The statuses of a right and a wrong MAC, for each thing that is wrong beside them. */
  async function statusesOf(server: RunningApp): Promise<number[][]> {
    const statuses: number[][] = [];
    for (const [target, other] of Object.entries(CASES)) {
      const both: number[] = [];
      for (const apiKey of [DEMO_KEY, OTHER_KEY]) {
        const body = Buffer.from("content");
        const headers = [["Content-Type", "text/plain"]] as const;
        const right = signed(
          server.port,
          { method: "POST", target, headers, body },
          { apiKey, clock },
        );
        const wire = other === "" ? right : { ...right, body: Buffer.from("changed") };
        both.push((await send(server.port, wire)).status);
      }
      statuses.push(both);
    }
    return statuses;
  }
  const clock = new TestClock();
  const IN_DOUBT = Object.keys(CASES).map(() => [503, 503]);

  it("tells nothing while the fence after a start stands", async () => {
    const server = await startApp(platform, {
      controllers: [WrongController],
      hmac: { bootFence: true, clock },
    });
    try {
      expect(await statusesOf(server)).toEqual(IN_DOUBT);
      clock.advance(10);
      expect(await statusesOf(server)).toEqual([
        [401, 401],
        [401, 401],
        [403, 401],
        [413, 401],
      ]);
    } finally {
      await server.close();
    }
  });

  it("tells nothing while a store is full, whoever sends again what it has seen", async () => {
    const server = await startApp(platform, {
      controllers: [WrongController],
      hmac: { nonceCapacity: 1, clock },
    });
    try {
      const request = (apiKey = DEMO_KEY) =>
        signed(server.port, { method: "POST", target: "/wrong" }, { apiKey, clock });
      const first = request();
      const statusOf = async (wire: WireRequest) => (await send(server.port, wire)).status;
      expect([await statusOf(first), await statusOf(request())]).toEqual([201, 503]);
      for (let i = 0; i < 2; i++) {
        expect(await statusOf(first)).toBe(503);
        expect(await statusOf(request(OTHER_KEY))).toBe(503);
        expect(await statusesOf(server)).toEqual(IN_DOUBT);
      }
    } finally {
      await server.close();
    }
  });
});

describe.each(PLATFORMS)("more content than the limit on %s", (platform) => {
  @Controller("small")
  class SmallController {
    @Post("lacre1")
    @HmacProtected({ maxBodyBytes: 10 })
    head() {}
    @Post("github")
    @HmacProtected({ schemes: ["github"], maxBodyBytes: 10 })
    content() {}
  }

  it("tells of a MAC only where the MAC is judged before the content is read", async () => {
    const format = github({ appId: "github", acknowledgeWeakness: true });
    const server = await startApp(platform, {
      controllers: [SmallController],
      hmac: {
        schemes: ["lacre1", format],
        apps: [
          { appId: "demo", apiKey: DEMO_KEY, schemes: ["lacre1"] },
          { appId: "github", apiKey: TEXT_KEY, encoding: "text", schemes: ["github"] },
        ],
      },
    });
    try {
      const statusOf = async (
        name: string,
        options: Partial<SignerOptions>,
        chunked: boolean,
      ): Promise<number> => {
        const headers = [["Content-Type", "application/json"]] as const;
        const body = Buffer.from('{"more":"than ten bytes"}');
        const request = { method: "POST", target: `/small/${name}`, headers, body };
        return (await send(server.port, { ...signed(server.port, request, options), chunked }))
          .status;
      };
      const text = { scheme: format, appId: "github", encoding: "text" } as const;
      for (const chunked of [false, true]) {
        const ofHead = [DEMO_KEY, OTHER_KEY].map((apiKey) =>
          statusOf("lacre1", { apiKey }, chunked),
        );
        expect(await Promise.all(ofHead)).toEqual([413, 401]);
        const ofContent = [TEXT_KEY, OTHER_TEXT].map((apiKey) =>
          statusOf("github", { ...text, apiKey }, chunked),
        );
        expect(await Promise.all(ofContent)).toEqual([413, 413]);
      }
    } finally {
      await server.close();
    }
  });
});
