import { afterAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Get, Logger, Post, Req } from "@nestjs/common";
import { github } from "@lacre/schemes/github";
import { HmacProtected, type HmacModuleOptions, type NonceStore } from "@lacre/nestjs";
import {
  DEMO_KEY,
  PLATFORMS,
  startApp,
  takeAnything,
  type Platform,
  type RunningApp,
} from "../support/app.js";
import { send, signed, type WireResponse } from "../support/wire.js";

/*
 * What the log says of refusals, and that it costs neither a disk nor an answer.
 */

const NEW_KEY = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const FOREIGN_KEY = "lk1_QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8";

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Get()
  list() {
    return "ran";
  }

  @Post("streamed")
  @HmacProtected({ body: "stream" })
  async streamed(@Req() request: AsyncIterable<Buffer> & { raw?: AsyncIterable<Buffer> }) {
    for await (const _part of request.raw ?? request);
    return "ran";
  }
}

let lines: string[] = [];
const collect = (line: unknown): void => void lines.push(String(line));
const logger = { log: () => undefined, warn: collect, error: collect };
beforeEach(() => {
  lines = [];
});
afterAll(() => Logger.overrideLogger(false));

const start = (
  platform: Platform,
  hmac: Partial<HmacModuleOptions> = {},
  create: Parameters<typeof startApp>[1]["create"] = { logger },
): Promise<RunningApp> =>
  startApp(platform, { controllers: [OrdersController], hmac, create, main: takeAnything });

const get = ({ port }: RunningApp, apiKey = DEMO_KEY, appId = "demo"): Promise<WireResponse> =>
  send(port, signed(port, { method: "GET", target: "/orders" }, { apiKey, appId }));

/** All that a caller sees but what is of its moment. */
const seenBy = ({ status, headers, body }: WireResponse) => {
  const kept = new Map(headers);
  for (const name of ["x-request-id", "date"]) expect(kept.delete(name)).toBe(true);
  return JSON.stringify([status, [...kept], body]);
};

describe.each(PLATFORMS)("on %s", (platform) => {
  it.each<[string, object, RegExp]>([
    ["revoked", { state: "revoked" }, /made with the key 2026, which is revoked$/],
    ["expired", { expiresAt: "2026-01-01T00:00Z" }, /which expired at 2026-01-01T00:00:00\.000Z$/],
    ["not valid yet", { notBefore: "2999-01-01T00:00Z" }, /not valid before 2999-01-01T00:00:00/],
  ])(
    "a key that is %s is named in the log, and looks like any other",
    async (_what, dead, words) => {
      const old = { id: "2026", apiKey: DEMO_KEY, ...dead };
      const server = await start(platform, {
        apps: [
          { appId: "demo", keys: [{ id: "2027", apiKey: NEW_KEY }, old] },
          { appId: "closed", keys: [{ ...old, apiKey: FOREIGN_KEY }] },
        ],
        diagnostics: "respond",
      });
      try {
        expect((await get(server, NEW_KEY)).status).toBe(200);
        const ofDead = await get(server);
        expect(lines.at(-1)).toMatch(/^refused 401 signature-mismatch \(GET \/orders, request /);
        expect(lines.at(-1)).toMatch(words);
        expect(server.verdicts.at(-1)).toMatchObject({ note: expect.stringMatching(words) });
        // Not even where callers are told why.
        for (const word of ["2026", "revoked", "expired", "valid"])
          expect(ofDead.body.replace(/"canonicalRequest":"[^"]*"/, "")).not.toContain(word);

        await get(server, FOREIGN_KEY, "closed");
        expect(lines.at(-1)).toMatch(/^refused 401 key-unusable/);
        expect(lines.at(-1)).toMatch(words);
        await get(server, FOREIGN_KEY);
        expect(lines.at(-1)).toMatch(/^refused 401 signature-mismatch .*\)$/);
      } finally {
        await server.close();
      }
    },
  );

  it("a caller with a revoked key sees the bytes that everybody sees", async () => {
    const server = await start(platform, {
      apps: [
        { appId: "demo", keys: [{ apiKey: NEW_KEY }, { apiKey: DEMO_KEY, state: "revoked" }] },
        { appId: "closed", keys: [{ apiKey: FOREIGN_KEY, state: "revoked" }] },
      ],
    });
    try {
      const answers = [
        await get(server),
        await get(server, FOREIGN_KEY),
        await get(server, FOREIGN_KEY, "closed"),
        await get(server, DEMO_KEY, "closed"),
        await get(server, DEMO_KEY, "nobody"),
        await send(server.port, {
          method: "GET",
          target: "/orders",
          headers: [["Host", `127.0.0.1:${server.port}`]],
        }),
      ];
      expect(lines.filter((line) => line.includes("which is revoked"))).toHaveLength(2);
      expect(new Set(answers.map(seenBy)).size).toBe(1);
      expect(answers[0]?.status).toBe(401);
    } finally {
      await server.close();
    }
  });

  it("the keys of a ring have the names by which a principal has them", async () => {
    const server = await start(platform, {
      apps: [
        {
          appId: "demo",
          keys: [{ id: "primary", apiKey: NEW_KEY }, { apiKey: DEMO_KEY }],
        },
      ],
    });
    try {
      expect((await get(server, FOREIGN_KEY)).status).toBe(401);
      const id = "[0-9a-f]{8}";
      expect(lines).toEqual([
        expect.stringMatching(new RegExp(`tried key ${id} \\(primary\\) and ${id}, `)),
      ]);
    } finally {
      await server.close();
    }
  });

  it("credentials of a scheme that the process lacks are named, and not shown", async () => {
    const server = await start(platform, {
      schemes: ["lacre1", github({ appId: "hub", acknowledgeWeakness: true })],
    });
    try {
      for (const [name, value] of [
        ["Authorization", "Bearer hunter2"],
        ["Authorization", "AWS4-HMAC-SHA256 Credential=hunter2"],
        ["Authorization", "hunter2"],
        ["Stripe-Signature", "t=1,v1=hunter2"],
        ["X-Hub-Signature-256", "sha256=hunter2"],
      ] as const) {
        const answer = await send(server.port, {
          method: "GET",
          target: "/orders",
          headers: [
            ["Host", `127.0.0.1:${server.port}`],
            [name, value],
          ],
        });
        expect([answer.status, answer.body]).toEqual([
          401,
          '{"statusCode":401,"message":"Unauthorized"}',
        ]);
      }
      expect(lines.map((line) => line.replace(/\(.*\)/, ""))).toEqual([
        "refused 401 credentials-missing : the request has Authorization: Bearer, and the route takes lacre1",
        "refused 401 credentials-missing : the request has Authorization: AWS4-HMAC-SHA256, and the route takes lacre1",
        "refused 401 credentials-missing : the request has an Authorization line without a scheme, and the route takes lacre1",
        "refused 401 credentials-missing : the request has the header stripe-signature, and the route takes lacre1",
        "refused 401 scheme-refused: github : the route takes lacre1",
      ]);
      expect(lines.join("\n")).not.toContain("hunter2");
    } finally {
      await server.close();
    }
  });

  it("an outage is a line a second, all of it is told at the shutdown, and no password is", async () => {
    const nonces: NonceStore = {
      claim: async () => {
        throw new Error("getaddrinfo ENOTFOUND redis://:hunter2@redis.internal:6379");
      },
    };
    const server = await start(platform, { nonces });
    const answers = await Promise.all(Array.from({ length: 100 }, () => get(server)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(server.verdicts).toHaveLength(100);
    await server.close();

    expect(lines.length).toBeLessThan(15);
    expect(lines[0]).toMatch(
      /^refused 503 nonces-unavailable \(GET \/orders, request [\w-]+, app demo, canonical sha256 \w+, see @lacre\/core\/errors\.md#nonces-unavailable\): getaddrinfo ENOTFOUND redis:\/\/\*\*\*@redis\.internal:6379$/,
    );
    const counted = lines.map((line) => Number(/ (\d+) more times? within/.exec(line)?.[1] ?? 1));
    expect(counted.reduce((sum, n) => sum + n)).toBe(100);
    expect(lines.join("\n")).not.toContain("hunter2");
  });

  it("wrong content on a streamed route is told with the app that sent it", async () => {
    const server = await start(platform);
    try {
      const good = signed(server.port, {
        method: "POST",
        target: "/orders/streamed",
        headers: [["Content-Type", "application/octet-stream"]],
        body: Buffer.from("right"),
      });
      const wrong = { ...good, body: Buffer.from("wrong") };
      expect(wrong.body.equals(good.body as Uint8Array)).toBe(false);
      expect((await send(server.port, wrong)).status).toBe(401);
      expect(lines).toEqual([
        expect.stringMatching(
          /^refused 401 content-mismatch \(POST \/orders\/streamed, request [\w-]+, app demo, canonical sha256 \w{64}, see @lacre\/core\/errors\.md#content-mismatch\)$/,
        ),
      ]);
      expect(server.verdicts.at(-1)).toMatchObject({ appId: "demo", scheme: "lacre1" });
    } finally {
      await server.close();
    }
  });

  it("a logger that throws stops no start and changes no answer", async () => {
    const broken = (): never => {
      throw new Error("the disk is full");
    };
    const shaky = { log: () => undefined, warn: broken, error: broken };
    const server = await start(
      platform,
      {
        // A weak scheme is warned of at the start.
        schemes: ["lacre1", github({ appId: "hub" })],
        observer: { observe: broken },
        nonces: { claim: broken, hold: broken },
      },
      { logger: shaky },
    );
    try {
      expect((await get(server)).status).toBe(503);
      expect((await get(server, DEMO_KEY, "nobody")).status).toBe(503);
      const bare = await fetch(`${server.url}/orders`);
      expect([bare.status, await bare.text()]).toEqual([
        401,
        '{"statusCode":401,"message":"Unauthorized"}',
      ]);
    } finally {
      await server.close();
    }
  });
});
