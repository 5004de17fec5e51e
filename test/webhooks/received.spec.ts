import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Body, Controller, HttpCode, Post } from "@nestjs/common";
import { WebhookSender, type WebhookEndpoint } from "@lacre/client/webhooks";
import { HmacPrincipal, HmacProtected, type Principal } from "@lacre/nestjs";
import { bodySignature } from "@lacre/schemes/body-signature";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { PLATFORMS, startApp, type RunningApp } from "../support/app.js";

/* What is sent is received by the guard of this project, on both platforms. */

const whsec = (): string => `whsec_${randomBytes(32).toString("base64")}`;
const words = (): string => randomBytes(24).toString("base64url");
const SCHEMES = {
  standard: standardWebhooks({ appId: "standard" }),
  stripe: stripe({ appId: "stripe" }),
  acme: bodySignature({
    name: "acme",
    appId: "acme",
    signatureHeader: "X-Acme-Signature",
    prefix: "v1=",
    timestampHeader: "X-Acme-Time",
    idHeader: "X-Acme-Message",
    template: "{id}:{timestamp}:{body}",
    encoding: "base64",
    keyEncodings: ["text"],
  }),
};
const SECRETS = {
  standard: [whsec(), whsec()],
  stripe: [words(), words()],
  acme: [words(), words()],
} as const;
type Format = keyof typeof SCHEMES;
const FORMATS = Object.keys(SCHEMES) as Format[];

@Controller("hooks")
@HmacProtected({ schemes: FORMATS.map((format) => SCHEMES[format].name) })
class HooksController {
  @Post()
  @HttpCode(200)
  take(@HmacPrincipal() { appId, keyId }: Principal, @Body() body: unknown) {
    return { appId, keyId, body };
  }
}

describe.each(PLATFORMS)("sent to a guard on %s", (platform) => {
  let receiver: RunningApp;
  let hooks: WebhookSender;
  const endpoints: Record<string, WebhookEndpoint> = {};
  beforeAll(async () => {
    receiver = await startApp(platform, {
      controllers: [HooksController],
      hmac: {
        schemes: ["lacre1", ...FORMATS.map((format) => SCHEMES[format])],
        apps: FORMATS.map((format) => {
          const encoding = SCHEMES[format].keyEncodings[0] ?? "text";
          const schemes = [SCHEMES[format].name];
          const [apiKey, old] = SECRETS[format];
          return {
            appId: format,
            keys: [
              { id: "new", apiKey, encoding, schemes },
              { id: "old", apiKey: old, encoding, schemes },
            ],
          };
        }),
      },
    });
    for (const scheme of FORMATS)
      Object.assign(endpoints, {
        [scheme]: to(SECRETS[scheme], SCHEMES[scheme]),
        [`${scheme}-old`]: to([SECRETS[scheme][1]], SCHEMES[scheme]),
        [`${scheme}-strange`]: to([scheme === "standard" ? whsec() : words()], SCHEMES[scheme]),
      });
    hooks = new WebhookSender({
      scheme: SCHEMES.standard,
      endpoints,
      allowHttp: true,
      allowedNetworks: ["127.0.0.1"],
      retryPlan: [],
    });
    await hooks.start();
  });
  afterAll(async () => {
    await hooks.stop();
    await receiver.close();
  });
  const to = (secrets: readonly string[], scheme: WebhookEndpoint["scheme"]): WebhookEndpoint => ({
    url: `${receiver.url}/hooks`,
    secrets,
    scheme,
  });

  it.each(FORMATS)("is taken, once, under both secrets or the old one: %s", async (format) => {
    const told = (endpoint: string) => ({ type: "t", data: { name: "Šárka", n: 1.5, endpoint } });
    for (const endpoint of [format, `${format}-old`]) {
      const event = told(endpoint);
      const { id } = await hooks.send(endpoint, event, { id: `id-${endpoint}` });
      await hooks.idle();
      const { state, log = [] } = (await hooks.find(id)) ?? {};
      expect([state, log[0]?.status]).toEqual(["delivered", 200]);
      expect(JSON.parse(log[0]?.answer ?? "")).toMatchObject({ appId: format, body: event });
    }
    const { id } = await hooks.send(`${format}-strange`, told("strange"));
    await hooks.idle();
    expect((await hooks.find(id))?.log[0]?.status).toBe(401);
    expect(receiver.lastCode()).toBe("signature-mismatch");
  });
});
