import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { All, Body, Controller, type INestApplication } from "@nestjs/common";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { HmacPrincipal, HmacProtected, type Principal } from "@lacre/nestjs";
import { PLATFORMS, startApp, type RunningApp } from "../../support/app.js";
import { need, run } from "../../support/run.js";

/*
 * A second implementation of the client, in Python: no program of .NET is needed, and none is installed here.
 */

const KEYS = {
  sha1: "YXJld3JzZHJkc2FhcndlZQ==",
  sha256: "MNpx/353+rW+pqv8UbRTAtO1yoabl8/RFDAv/615u5w=",
  sha384: Buffer.from("a key for HMACSHA384 of 32 bytes").toString("base64"),
  sha512: Buffer.from("another one for HMACSHA512, 32 b").toString("base64"),
};
const HASHES = ["MD5", "SHA1", "SHA256", "SHA384", "SHA512"];

@Controller()
class EverythingController {
  @All(["/", "x", "api/Test", "api/orders", "api/Orders", "api/orders/:id"])
  @HmacProtected({ schemes: ["aspnet-hmac"] })
  any(@HmacPrincipal() { appId }: Principal, @Body() body: unknown) {
    return { appId, body: Buffer.isBuffer(body) ? body.toString("base64") : (body ?? null) };
  }
}

interface Case {
  readonly method: string;
  readonly target: string;
  readonly body?: string;
  readonly sentBody?: string;
  readonly sentTarget?: string;
  readonly contentType?: string;
  readonly chunked?: boolean;
  readonly times?: number;
  readonly mac?: string;
  readonly bodyHash?: string;
  readonly clockIsOff?: number;
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const JSON_POST: Case = {
  method: "POST",
  target: "/api/orders",
  body: base64('{"n":1}'),
  contentType: "application/json",
};

describe.each(PLATFORMS)("%s", (platform) => {
  let server: RunningApp;
  let strict: RunningApp;

  beforeAll(async () => {
    need("python3", "apt-get install python3");
    const start = (mixedCaseTargets: boolean) =>
      startApp(platform, {
        controllers: [EverythingController],
        hmac: {
          schemes: [aspnetHmac({ mixedCaseTargets, acknowledgeWeakness: true })],
          apps: [
            {
              appId: "orders",
              keys: Object.entries(KEYS).map(([algorithm, apiKey]) => ({
                apiKey,
                algorithm: algorithm as keyof typeof KEYS,
                encoding: "base64" as const,
                schemes: ["aspnet-hmac"],
              })),
            },
          ],
        },
        main: (app: INestApplication & { useBodyParser?: (type: string) => void }) =>
          platform === "express" ? app.useBodyParser?.("raw") : undefined,
      });
    server = await start(true);
    strict = await start(false);
  });
  afterAll(async () => {
    await server.close();
    await strict.close();
  });

  async function send(
    { port }: RunningApp,
    cases: readonly Case[],
  ): Promise<[status: number, body: string][][]> {
    const input = cases.map((each) => ({
      appId: "orders",
      apiKey: KEYS[(each.mac?.toLowerCase().slice(4) ?? "sha256") as keyof typeof KEYS],
      ...each,
    }));
    const script = join(import.meta.dirname, "aspnet_client.py");
    const done = await run("python3", [script, `127.0.0.1:${port}`], {
      input: JSON.stringify(input),
    });
    expect(done.stderr).toBe("");
    return JSON.parse(done.stdout) as [number, string][][];
  }
  const statuses = async (to: RunningApp, cases: readonly Case[]): Promise<number[][]> =>
    (await send(to, cases)).map((answers) => answers.map(([status]) => status));

  it("takes requests of all kinds", async () => {
    const [first] = await send(server, [JSON_POST]);
    expect(first).toEqual([[200, JSON.stringify({ appId: "orders", body: { n: 1 } })]]);
    const cases: Case[] = [
      { method: "GET", target: "/" },
      { method: "GET", target: "/api/Test?Id=10&x=%C3%A9&q='~'(*)!+%20" },
      { method: "DELETE", target: "/api/orders/7" },
      { method: "POST", target: "/api/orders" },
      { ...JSON_POST, chunked: true },
      { ...JSON_POST, body: base64("a=1&b=2"), contentType: "application/x-www-form-urlencoded" },
      { ...JSON_POST, method: "PUT", body: base64('{"é":"\u{1f511}"}') },
    ];
    const got = await statuses(server, cases);
    expect(got).toEqual(cases.map(() => [200]));
  });

  it("takes every pair of algorithms", async () => {
    const cases = Object.keys(KEYS).flatMap((mac) =>
      HASHES.flatMap((bodyHash) => [
        { ...JSON_POST, mac: `HMAC${mac.toUpperCase()}`, bodyHash },
        { method: "GET", target: "/x", mac: `HMAC${mac.toUpperCase()}`, bodyHash },
      ]),
    );
    expect(cases).toHaveLength(40);
    expect(await statuses(server, cases)).toEqual(cases.map(() => [200]));
  });

  it("refuses what was changed on its way, and what was sent before", async () => {
    const refused: [Case, string][] = [
      [{ ...JSON_POST, sentBody: base64('{"n":2}') }, "signature-mismatch"],
      [{ ...JSON_POST, sentBody: base64('{"n": 1}') }, "signature-mismatch"],
      [{ ...JSON_POST, sentBody: "" }, "signature-mismatch"],
      [{ ...JSON_POST, body: "", sentBody: base64("added") }, "signature-mismatch"],
      [{ ...JSON_POST, body: "", sentBody: base64("added"), chunked: true }, "signature-mismatch"],
      [{ ...JSON_POST, sentTarget: "/api/orders?x=1" }, "signature-mismatch"],
      [{ ...JSON_POST, clockIsOff: -400 }, "timestamp-too-old"],
      [{ ...JSON_POST, clockIsOff: 400 }, "timestamp-too-new"],
    ];
    for (const [each, code] of refused) {
      expect(await statuses(server, [each])).toEqual([[401]]);
      expect(server.lastCode()).toBe(code);
    }
    expect(await statuses(server, [{ ...JSON_POST, times: 3 }])).toEqual([[200, 401, 401]]);
    expect(server.lastCode()).toBe("nonce-seen");
  });

  it("takes targets in one case alone, unless told otherwise", async () => {
    const target = "/api/Orders";
    expect(await statuses(strict, [{ ...JSON_POST, target }])).toEqual([[401]]);
    expect(strict.lastCode()).toBe("target-malformed");
    expect(await statuses(strict, [JSON_POST])).toEqual([[200]]);
    // What that is for: the signature does not tell the two apart.
    const changed = { ...JSON_POST, target, sentTarget: "/api/orders" };
    expect(await statuses(server, [changed])).toEqual([[200]]);
  });
});
