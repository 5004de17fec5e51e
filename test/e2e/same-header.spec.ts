import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Body, Controller, HttpCode, Post } from "@nestjs/common";
import type { Scheme } from "@lacre/core";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { bodySignature } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send } from "../support/wire.js";

/*
 * Several senders that write one header, and several endpoints of one sender: each with a route, an app and a secret of
 * its own. Whose message it is, its route says and its secret proves; no secret opens another's route.
 */

interface Sender {
  readonly name: string;
  readonly scheme: Scheme;
  readonly encoding: "text" | "whsec";
  readonly algorithm?: "sha1";
  readonly secret: string;
  readonly sign: (secret: string, content: string) => Record<string, string>;
}

const mac = (
  algorithm: string,
  key: string | Buffer,
  text: string,
  encoding: "hex" | "base64" = "hex",
): string => createHmac(algorithm, key).update(text).digest(encoding);
const now = (): string => String(Math.floor(Date.now() / 1000));
const weak = { acknowledgeWeakness: true } as const;

let count = 0;
const svix = (secret: string, content: string): Record<string, string> => {
  const [id, time] = [`msg_${(count += 1)}`, now()];
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = `v1,${mac("sha256", key, `${id}.${time}.${content}`, "base64")}`;
  return { "svix-id": id, "svix-timestamp": time, "svix-signature": signature };
};
const ofStripe = (secret: string, content: string): Record<string, string> => {
  const time = now();
  const test = mac("sha256", "for tests", content);
  return {
    "Stripe-Signature": `t=${time},v1=${mac("sha256", secret, `${time}.${content}`)},v0=${test}`,
  };
};
const hub256 = (secret: string, content: string): Record<string, string> => ({
  "X-Hub-Signature-256": `sha256=${mac("sha256", secret, content)}`,
});
const hub =
  (algorithm: string) =>
  (secret: string, content: string): Record<string, string> => ({
    "X-Hub-Signature": `${algorithm}=${mac(algorithm, secret, content)}`,
  });
const ofHub = (name: string, algorithm: "sha1" | "sha256"): Scheme =>
  bodySignature({
    ...weak,
    name,
    appId: name,
    signatureHeader: "x-hub-signature",
    prefix: `${algorithm}=`,
    algorithm,
    template: "{body}",
    keyEncodings: ["text"],
  });

const whsec = (letter: string): string =>
  `whsec_${Buffer.from(`${letter}0123456789abcdef0123456789abcde`).toString("base64")}`;
const secretOf = (name: string): string => `${name}-0123456789abcdef0123456789abcdef`;

const SENDERS: readonly Sender[] = [
  ...["clerk", "resend"].map((name) => ({
    name,
    scheme: standardWebhooks({ name, appId: name, headerPrefix: "svix" }),
    encoding: "whsec" as const,
    secret: whsec(name.charAt(0)),
    sign: svix,
  })),
  ...["stripe", "stripe-connect", "stripe-issuing"].map((name) => ({
    name,
    scheme: stripe({ name, appId: name }),
    encoding: "text" as const,
    secret: `whsec_${secretOf(name)}`,
    sign: ofStripe,
  })),
  ...["github", "whatsapp"].map((name) => ({
    name,
    scheme: github({ name, appId: name, ...weak }),
    encoding: "text" as const,
    secret: secretOf(name),
    sign: hub256,
  })),
  {
    name: "bitbucket",
    scheme: ofHub("bitbucket", "sha256"),
    encoding: "text",
    secret: secretOf("bitbucket"),
    sign: hub("sha256"),
  },
  {
    name: "intercom",
    scheme: ofHub("intercom", "sha1"),
    encoding: "text",
    algorithm: "sha1",
    secret: secretOf("intercom"),
    sign: hub("sha1"),
  },
];

/** A controller with a route for each sender, which takes that sender's scheme alone. */
function controllerOf(senders: readonly Sender[]): new () => object {
  class HooksController {}
  for (const { name } of senders) {
    const handle = (appId: string, body: unknown): object => ({ appId, body });
    Object.defineProperty(HooksController.prototype, name, { value: handle, configurable: true });
    const method = Object.getOwnPropertyDescriptor(
      HooksController.prototype,
      name,
    ) as TypedPropertyDescriptor<unknown>;
    HmacPrincipal("appId")(HooksController.prototype, name, 0);
    Body()(HooksController.prototype, name, 1);
    Reflect.defineMetadata("design:paramtypes", [String, Object], HooksController.prototype, name);
    for (const decorate of [Post(name), HttpCode(200), HmacProtected({ schemes: [name] })])
      (decorate as MethodDecorator)(HooksController.prototype, name, method);
  }
  Controller("hooks")(HooksController);
  return HooksController;
}

describe.each(PLATFORMS)("senders of one header on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [controllerOf(SENDERS)],
      hmac: {
        schemes: ["lacre1", ...SENDERS.map(({ scheme }) => scheme)],
        apps: SENDERS.map(({ name, secret, encoding, algorithm }) => ({
          appId: name,
          apiKey: secret,
          encoding,
          schemes: [name],
          ...(algorithm !== undefined && { algorithm }),
        })),
      },
    });
  });
  afterAll(() => server.close());

  const deliver = async (
    to: string,
    headers: Record<string, string>,
    content: string,
    type = "application/json",
  ): Promise<[number, string]> => {
    const { status, body } = await send(server.port, {
      method: "POST",
      target: `/hooks/${to}`,
      headers: [
        ["Host", `127.0.0.1:${server.port}`],
        ["Content-Type", type],
        ...Object.entries(headers),
      ],
      body: Buffer.from(content),
    });
    return [status, body];
  };

  it.each(SENDERS.map((sender) => [sender.name, sender] as const))(
    "%s opens its own route, once, and no other",
    async (name, { sign, secret }) => {
      const content = JSON.stringify({ from: name, n: (count += 1) });
      const headers = sign(secret, content);
      for (const other of SENDERS)
        if (other.name !== name)
          expect([other.name, (await deliver(other.name, headers, content))[0]]).toEqual([
            other.name,
            401,
          ]);
      const [status, said] = await deliver(name, headers, content);
      expect([status, JSON.parse(said)]).toEqual([200, { appId: name, body: JSON.parse(content) }]);
      expect((await deliver(name, headers, content))[0]).toBe(401);
      const another = secret.replace(/.{4}$/, (end) => (end === "AAAA" ? "BBBB" : "AAAA"));
      expect((await deliver(name, sign(another, content), content))[0]).toBe(401);
    },
  );

  // The parsers of Nest stop at 100 kB on Express unless somebody says otherwise; a push can be larger.
  it.each([
    ["JSON", "application/json", JSON.stringify({ commits: "x".repeat(457_500) })],
    ["a form", "application/x-www-form-urlencoded", `payload=${"x".repeat(457_500)}`],
  ])("takes a push of 457 kB as %s, as a new application is", async (_what, type, content) => {
    const { sign, secret } = SENDERS.find(({ name }) => name === "github") as Sender;
    const [status, said] = await deliver("github", sign(secret, content), content, type);
    expect(status).toBe(200);
    expect(said.length).toBeGreaterThan(457_500);
    const [spoilt] = await deliver("github", sign(secret, content), `${content} `, type);
    expect(spoilt).toBe(401);
  });
});
