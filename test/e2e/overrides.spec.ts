import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Controller, Delete, Get, Patch, Post, type INestApplication } from "@nestjs/common";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { bodySignature } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { HmacProtected } from "@lacre/nestjs";
import { sharedKey } from "@lacre/schemes/shared-key";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { Signer, type SignerOptions } from "@lacre/core";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send, signed, type WireRequest } from "../support/wire.js";

/*
 * Middleware in front of the routes that takes the method from a header, as `method-override` does: whoever holds a
 * signed request must not choose with it which handler runs.
 */

const TEXT_KEY = "correct horse battery staple, at least";
const webhooks = bodySignature({
  name: "generic",
  appId: "demo",
  acknowledgeWeakness: true,
  signatureHeader: "x-signature",
  timestampHeader: "x-timestamp",
  template: "{timestamp}.{body}",
});
const SCHEMES = [
  sharedKey({ acknowledgeWeakness: true }),
  timestampBody({ appId: "demo", acknowledgeWeakness: true }),
  github({ appId: "demo", acknowledgeWeakness: true }),
  webhooks,
  awsSigV4({ region: "r", service: "s" }),
  hawk({ presigned: 600 }),
];
const NAMES = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];
const SPELLINGS = NAMES.flatMap((name) => [name, name.toUpperCase().replaceAll("-", "_")]);

let runs: string[] = [];
beforeEach(() => {
  runs = [];
});

@Controller("orders")
@HmacProtected({ schemes: ["lacre1", ...SCHEMES.map(({ name }) => name)], presigned: 600 })
class OrdersController {
  @Get()
  get() {
    runs.push("GET");
  }
  @Post()
  post() {
    runs.push("POST");
  }
  @Patch()
  patch() {
    runs.push("PATCH");
  }
  @Delete()
  delete() {
    runs.push("DELETE");
  }
}

interface Overridable {
  method?: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}
/** What a PHP or CGI hop makes of names counts too: `_` is read as `-`. */
function overrideMethod(app: INestApplication): void {
  app.use((request: Overridable, _response: object, next: () => void) => {
    for (const [name, value] of Object.entries(request.headers))
      if (NAMES.some((known) => known.toLowerCase() === name.replaceAll("_", "-")))
        request.method = value ?? "";
    next();
  });
}

const SIGNERS: [string, Partial<SignerOptions>][] = [
  ["lacre1", {}],
  ...SCHEMES.map((scheme): [string, Partial<SignerOptions>] => [
    scheme.name,
    { scheme, apiKey: TEXT_KEY, encoding: "text" },
  ]),
];

describe.each(PLATFORMS)("behind middleware that overrides methods, on %s", (platform) => {
  const servers = new Map<string, RunningApp>();
  // No secret may stand in one configuration twice, so each scheme has a server.
  beforeAll(async () => {
    for (const [name] of SIGNERS) {
      const key =
        name === "lacre1"
          ? { apiKey: DEMO_KEY }
          : { apiKey: TEXT_KEY, encoding: "text" as const, schemes: [name] };
      servers.set(
        name,
        await startApp(platform, {
          controllers: [OrdersController],
          hmac: { schemes: ["lacre1", ...SCHEMES], apps: [{ appId: "demo", ...key }] },
          main: overrideMethod,
        }),
      );
    }
  });
  afterAll(() => Promise.all([...servers.values()].map((server) => server.close())));

  it.each(SIGNERS)("%s runs no other handler than the signed one", async (name, signer) => {
    const server = servers.get(name) as RunningApp;
    const statusOf = async (request: WireRequest): Promise<number> =>
      (await send(server.port, request)).status;
    const taken: unknown[] = [];
    for (const spelling of SPELLINGS) {
      for (const method of ["GET", "POST"]) {
        const request = signed(server.port, { method, target: "/orders" }, signer);
        const headers = [...request.headers, [spelling, "DELETE"] as const];
        const status = await statusOf({ ...request, headers });
        if (status !== 401) taken.push([spelling, method, status]);
      }
    }
    expect([taken, runs]).toEqual([[], []]);
    expect(await statusOf(signed(server.port, { method: "POST", target: "/orders" }, signer))).toBe(
      201,
    );
    expect(runs).toEqual(["POST"]);
  });

  const PRESIGNING = ["lacre1", "aws-sigv4", "hawk"];
  it.each(SIGNERS.filter(([name]) => PRESIGNING.includes(name)))(
    "a presigned URL of %s runs no other handler than GET's",
    async (name, signer) => {
      const { url: origin, port } = servers.get(name) as RunningApp;
      const { url } = new Signer({ appId: "demo", apiKey: DEMO_KEY, ...signer }).presign({
        url: `${origin}/orders`,
        expiresSeconds: 300,
      });
      const target = url.slice(origin.length);
      const statusWith = async (...more: [string, string][]): Promise<number> => {
        const headers = [["Host", `127.0.0.1:${port}`] as const, ...more];
        return (await send(port, { method: "GET", target, headers })).status;
      };
      for (const spelling of SPELLINGS)
        expect([spelling, await statusWith([spelling, "DELETE"])]).toEqual([spelling, 401]);
      expect([await statusWith(), runs]).toEqual([200, ["GET"]]);
    },
  );
});
