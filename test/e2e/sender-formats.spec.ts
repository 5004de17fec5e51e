import { createHash } from "node:crypto";
import { createGunzip } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { All, Body, Controller } from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { FastifyInstance } from "fastify";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { bodySignature } from "@lacre/schemes/body-signature";
import { PLATFORMS, startApp, TestClock, type Platform, type RunningApp } from "../support/app.js";
import { SENDER_FORMATS, USUAL_BODY, type Sent } from "../support/sender-formats.js";
import { send, type WireResponse } from "../support/wire.js";

/*
 * Every sender's message over a socket, as its documents say that it is made: taken, once, and with no byte changed.
 */

const ORIGIN = "https://hooks.example.test";
/** As senders write them: text, or what their encoding makes of it. */
const keyOf = (name: string): string => {
  const { key, encoding } = SENDER_FORMATS[name] ?? {};
  const bytes = createHash("sha256").update(name).digest();
  return key ?? (encoding === "base64" ? bytes.toString("base64") : bytes.toString("hex"));
};
const AT = 1_700_000_000;
const NAMES = Object.keys(SENDER_FORMATS);
const slug = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

const schemes = NAMES.map((name) =>
  bodySignature({
    name: slug(name),
    ...(SENDER_FORMATS[name]?.appId === undefined && { appId: slug(name) }),
    acknowledgeWeakness: true,
    clock: { nowMs: () => AT * 1000 },
    ...SENDER_FORMATS[name]?.options,
  } as Parameters<typeof bodySignature>[0]),
);
const apps = NAMES.map((name) => {
  const {
    appId = slug(name),
    encoding = "text",
    options,
  } = SENDER_FORMATS[name] ?? { options: {} };
  return {
    appId,
    apiKey: keyOf(name),
    encoding,
    schemes: [slug(name)],
    algorithm: options.algorithm ?? "sha256",
  } as const;
});

/** One route for each sender, which takes its format alone. */
class Hooks {}
for (const name of NAMES.map(slug)) {
  const handler = (body: unknown, appId: string) => ({ appId, hasBody: body !== undefined });
  Object.defineProperty(Hooks.prototype, name, {
    value: handler,
    configurable: true,
    writable: true,
  });
  const descriptor = Object.getOwnPropertyDescriptor(Hooks.prototype, name) as PropertyDescriptor;
  Body()(Hooks.prototype, name, 0);
  HmacPrincipal("appId")(Hooks.prototype, name, 1);
  All(name)(Hooks.prototype, name, descriptor);
  HmacProtected({ schemes: [name] })(Hooks.prototype, name, descriptor);
}
Controller("hooks")(Hooks);

/** What an application on Fastify does itself. */
function readXmlAndGzip(fastify: FastifyInstance): void {
  fastify.addContentTypeParser("application/xml", { parseAs: "string" }, (_, text, done) =>
    done(null, text),
  );
  fastify.addHook("preParsing", (request, _reply, payload, done) => {
    if (request.headers["content-encoding"] !== "gzip") return done(null, payload);
    delete request.headers["content-length"];
    done(null, payload.pipe(createGunzip()));
  });
}

describe.each(PLATFORMS)("formats of senders on %s", (platform: Platform) => {
  let running: RunningApp;
  beforeAll(async () => {
    running = await startApp(platform, {
      controllers: [Hooks],
      hmac: { schemes, apps, origins: [ORIGIN], clock: new TestClock(AT * 1000) },
      main: (app) => {
        if (platform === "fastify") readXmlAndGzip(app.getHttpAdapter().getInstance());
        else (app as NestExpressApplication).useBodyParser("text", { type: "application/xml" });
      },
    });
  });
  afterAll(() => running.close());

  const messageOf = (name: string): Sent =>
    (SENDER_FORMATS[name] as (typeof SENDER_FORMATS)[string]).send({
      key: keyOf(name),
      s: String(AT),
      ms: `${AT}257`,
      iso: new Date(AT * 1000).toISOString().replace(".000", ""),
      origin: ORIGIN,
      target: `/hooks/${slug(name)}`,
    });

  const deliver = (name: string, sent: Sent): Promise<WireResponse> => {
    const {
      method = "POST",
      search = "",
      headers,
      body = USUAL_BODY,
      type = "application/json",
    } = sent;
    return send(running.port, {
      method,
      target: `/hooks/${slug(name)}${search}`,
      headers: [["Host", "hooks.example.test"], ["Content-Type", type], ...headers],
      body: Buffer.from(body),
    });
  };

  /** Why the last request was refused, where it was. */
  const refused = (): string | undefined => {
    const verdict = running.verdicts.at(-1);
    return verdict?.outcome === "refused" ? verdict.message : undefined;
  };

  it.each(NAMES)("%s: taken once, and with no byte changed", async (name) => {
    const sent = messageOf(name);
    const body = Buffer.from(sent.body ?? USUAL_BODY);
    const spoilt = Buffer.from(body);
    const at = SENDER_FORMATS[name]?.uncovered === "content" ? -1 : body.length - 2;
    if (at >= 0) {
      spoilt[at] = (spoilt[at] as number) ^ 1;
      expect([name, (await deliver(name, { ...sent, body: spoilt })).status]).toEqual([name, 401]);
    }
    const answer = await deliver(name, sent);
    expect([refused(), answer.status]).toEqual([undefined, 200]);
    expect(JSON.parse(answer.body)).toMatchObject({ hasBody: true });
    expect((await deliver(name, sent)).status).toBe(401);
    expect(refused()).toBe("nonce-seen");
  });
});
