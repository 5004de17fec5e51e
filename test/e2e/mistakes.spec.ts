import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { Controller, type DynamicModule, Get, Module, type Type, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { AuthGuard } from "@nestjs/passport";
import axios from "axios";
import express from "express";
import got from "got";
import supertest from "supertest";
import { Agent } from "undici";
import { signFetch } from "@lacre/client";
import { signAxios } from "@lacre/client/axios";
import { signGot } from "@lacre/client/got";
import { HmacHttpModule } from "@lacre/client/nest";
import { Signer, type SignerOptions } from "@lacre/client/signer";
import { signSupertest } from "@lacre/client/supertest";
import { signUndici } from "@lacre/client/undici";
import { HmacModule, HmacPrincipal, HmacProtected, HmacPublic } from "@lacre/nestjs";
import { bodySignature } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { listenOn, readPort } from "../../apps/demo/src/port.js";
import { WebSigner } from "../../libs/client/src/platform/web-signer.js";
import { lacre } from "../cli/lacre.js";
import { DEMO_KEY, startApp } from "../support/app.js";
import {
  atBoot,
  atRoute,
  inLog,
  messageOf,
  type Places,
  rightRequest,
} from "../support/mistakes.js";
import { signed, type WireRequest } from "../support/wire.js";

/*
 * What people get wrong, and the words that they must see: at the start, in the log, from a client, on the command line.
 * Each mistake is made in every place where it can be, and no place shows a key.
 */

const HEX = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";
const BASE64 = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";
const PASSWORD = "correct-horse-battery-staple";
const BOM = "\uFEFF";
/** As a file of UTF-16 is read by whoever takes it for UTF-8. */
const utf16 = (text: string): string => Buffer.from(BOM + text, "utf16le").toString("utf8");

interface Mistake {
  readonly what: string;
  /** What must be seen. */
  readonly words: readonly string[];
  readonly seen: Places;
}

const folder = mkdtempSync(join(tmpdir(), "lacre-mistakes-"));
afterAll(() => rmSync(folder, { recursive: true }));

// ---- keys ----

interface WrongKey {
  readonly key: string | undefined;
  readonly encoding?: "lk1" | "hex" | "base64" | "text" | "whsec";
}

/** A key that is wrong in itself: in an app, from a source, in each client, and in a file of the command line. */
function wrongKey({ key, encoding }: WrongKey): Places {
  const record = { apiKey: key, encoding };
  const find = (): object => ({ appId: "demo", ...record });
  return {
    ...atBoot({ apps: [{ appId: "demo", ...record }] }),
    ...prefixed("from a source, ", inLog({ options: { apps: { find } }, status: 503 })),
    ...clients({ apiKey: key, encoding }),
    "lacre --key-file": () => {
      const path = join(folder, "key");
      writeFileSync(path, key ?? "", { mode: 0o600 });
      return commandLine(["--key-file", path, ...(encoding ? ["--encoding", encoding] : [])]);
    },
  };
}

/** A key that is wrong for a format: in an app, and in a client that speaks it. */
const wrongFor = (scheme: SignerOptions["scheme"], name: string, key: string): Places => ({
  ...atBoot({
    schemes: [scheme],
    apps: [
      {
        appId: "hooks",
        apiKey: key,
        encoding: name === "standard-webhooks" ? "whsec" : "text",
        schemes: [name],
      },
    ],
  }),
  Signer: () => messageOf(() => new Signer({ appId: "hooks", apiKey: key, scheme })),
  signFetch: () => messageOf(() => signFetch(fetch, { appId: "hooks", apiKey: key, scheme })),
});

const KEYS: readonly Mistake[] = [
  {
    what: "a key with a line end",
    words: ["ends with a line end", ".trim()"],
    // The command line takes the one line end that editors write.
    seen: without("lacre --key-file", wrongKey({ key: `${DEMO_KEY}\n` })),
  },
  {
    what: "a key with two line ends",
    words: ["ends with a line end", ".trim()"],
    seen: wrongKey({ key: `${DEMO_KEY}\r\n\r\n` }),
  },
  {
    what: "a key with a byte order mark",
    words: ["begins with a byte order mark (BOM)", "UTF-8 without BOM"],
    seen: wrongKey({ key: BOM + DEMO_KEY }),
  },
  {
    what: "a key from a file of UTF-16",
    words: ["bytes that are not UTF-8", "Save the file as UTF-8"],
    seen: wrongKey({ key: utf16(DEMO_KEY) }),
  },
  {
    what: "a key with a blank",
    words: ["begins or ends with a blank", ".trim()"],
    seen: wrongKey({ key: ` ${DEMO_KEY}` }),
  },
  {
    what: "a key in quotation marks",
    words: ["stands in quotation marks", "Take them off"],
    seen: wrongKey({ key: `"${DEMO_KEY}"` }),
  },
  {
    what: "a key of text in quotation marks",
    words: ["stands in quotation marks", "Take them off"],
    seen: wrongKey({ key: `"${PASSWORD}-and-so-on"`, encoding: "text" }),
  },
  {
    what: "a variable that nobody replaced",
    words: ["is the name of a variable", "read it from the environment"],
    seen: wrongKey({ key: "${ORDERS_KEY}" }),
  },
  {
    what: "a key that was copied with its dots",
    words: ["was cut", "Copy it again, whole"],
    seen: wrongKey({ key: `${DEMO_KEY.slice(0, 12)}…` }),
  },
  {
    what: "hex where base64 is said",
    words: ["is written in hex", 'Say encoding: "hex"'],
    seen: wrongKey({ key: HEX, encoding: "base64" }),
  },
  {
    what: "base64 where hex is said",
    words: ["letters as base64 has them", 'Say encoding: "base64"'],
    seen: wrongKey({ key: BASE64, encoding: "hex" }),
  },
  {
    what: "a key without its prefix",
    words: ["does not begin with lk1_", "Write it with its prefix"],
    seen: wrongKey({ key: DEMO_KEY.slice(4) }),
  },
  {
    what: "a key with its prefix twice",
    words: ["has the prefix lk1_ twice", "Take one off"],
    seen: wrongKey({ key: `lk1_${DEMO_KEY}` }),
  },
  {
    what: "a key of another encoding",
    words: ["does not begin with lk1_", "say its encoding: base64, hex, text or whsec"],
    seen: wrongKey({ key: BASE64 }),
  },
  {
    what: "a key of hex in capitals and small letters",
    words: ["has capitals and small letters", ".toLowerCase()"],
    seen: wrongKey({ key: `${HEX.slice(0, 32)}${HEX.slice(32).toUpperCase()}`, encoding: "hex" }),
  },
  {
    what: "a key that was cut",
    words: ["lk1_ and 43 characters", "copy it again"],
    seen: wrongKey({ key: DEMO_KEY.slice(0, -3) }),
  },
  {
    what: "a key that is short",
    words: ["is shorter than 32 bytes: it has 28", "Make one of 32 to 64 bytes"],
    seen: wrongKey({ key: PASSWORD, encoding: "text" }),
  },
  {
    what: "no key",
    words: ["apiKey: is missing"],
    // The command line has words of its own, and looks into the environment.
    seen: without("lacre --key-file", wrongKey({ key: undefined })),
  },
  {
    what: "a secret of webhooks with its prefix twice",
    words: ["has the prefix whsec_ twice", "Take one off"],
    seen: wrongFor(
      standardWebhooks({ appId: "hooks" }),
      "standard-webhooks",
      `whsec_whsec_${BASE64}`,
    ),
  },
  {
    what: "a secret of webhooks that is hex",
    words: ["is written in hex", "said to be whsec"],
    seen: wrongFor(standardWebhooks({ appId: "hooks" }), "standard-webhooks", HEX),
  },
  {
    what: "a secret of webhooks with a version of public keys before it",
    words: ['begins with "v1a,"', "the key begins with whsec_"],
    seen: wrongFor(
      standardWebhooks({ appId: "hooks" }),
      "standard-webhooks",
      `v1a,whsec_${BASE64}`,
    ),
  },
  {
    what: "a secret with its prefix twice, where it is a text",
    words: ["has the prefix whsec_ twice", "Take one off"],
    seen: wrongFor(stripe({ appId: "hooks" }), "stripe", `whsec_whsec_${BASE64}`),
  },
  {
    what: "an API key in place of a webhook's secret",
    words: ["begins with sk_, as other credentials", "it is another one"],
    seen: wrongFor(stripe({ appId: "hooks" }), "stripe", `sk_test_51${HEX}`),
  },
  {
    what: "a token in place of a signing secret",
    words: ["begins with xoxb-, as other credentials", "it is another one"],
    seen: wrongFor(slack({ appId: "hooks" }), "slack", `xoxb-${HEX}`),
  },
  {
    what: "a secret of Stripe with a line end",
    words: ["ends with a line end", ".trim()"],
    seen: wrongFor(stripe({ appId: "hooks" }), "stripe", `whsec_${HEX}\r\n`),
  },
  {
    what: "a secret of Stripe in quotation marks",
    words: ["stands in quotation marks", "Take them off"],
    seen: wrongFor(stripe({ appId: "hooks" }), "stripe", `"whsec_${HEX}"`),
  },
  {
    what: "a secret of Stripe that was cut",
    words: ["is shorter than 32 bytes: it has 28", "Copy the secret again, whole."],
    seen: wrongFor(stripe({ appId: "hooks" }), "stripe", PASSWORD),
  },
  {
    what: "a key shorter than minKeyBytes",
    words: [
      "is shorter than 32 bytes: it has 28",
      "minKeyBytes: 28 in the options of timestampBody",
    ],
    seen: wrongFor(timestampBody({ appId: "hooks" }), "timestamp-body", PASSWORD),
  },
  {
    what: "a key for which there is weakKeys",
    words: [
      "is shorter than 32 bytes: it has 13",
      "weakKeys: true in the options of timestampBody",
    ],
    seen: wrongFor(timestampBody({ appId: "hooks" }), "timestamp-body", PASSWORD.slice(0, 13)),
  },
  {
    what: "a key that is too short for weakKeys",
    words: ["is shorter than 8 bytes: it has 7", "no scheme takes fewer than 8 bytes"],
    seen: wrongFor(
      timestampBody({ appId: "hooks", weakKeys: true }),
      "timestamp-body",
      PASSWORD.slice(0, 7),
    ),
  },
];

// ---- options of the server ----

const OPTIONS: readonly Mistake[] = [
  {
    what: "a secret of webhooks that is empty",
    words: ["apps[0].apiKey: is missing", "to the secret that the other side has"],
    seen: atBoot({
      schemes: [stripe({ appId: "hooks" })],
      apps: [{ appId: "hooks", apiKey: "", encoding: "text", schemes: ["stripe"] }],
    }),
  },
  {
    what: "the name of a scheme in place of a list of them",
    words: ["schemes: must be a list", 'Give ["stripe"].'],
    seen: atRoute({ schemes: "stripe" as never }),
  },
  {
    what: "two options that say who the sender is, of a format with a name of its own",
    words: [
      'stripe "stripe-connect".appId: says who the sender is, and appIdHeader does too',
      "appId and appIdHeader are both given: take one away",
    ],
    seen: {
      "the preset": () =>
        messageOf(() => stripe({ name: "stripe-connect", appId: "a", appIdHeader: "x-a" })),
    },
  },
  {
    what: "a template that was meant as a template literal",
    words: ["template: has a $ before a name", "Leave the $ out"],
    seen: {
      bodySignature: () =>
        messageOf(() =>
          bodySignature({
            name: "acme",
            appId: "acme",
            signatureHeader: "x-acme",
            template: "${body}",
          }),
        ),
    },
  },
  {
    what: "two senders of one format under one name",
    words: ["names a scheme twice: github", "a name of its own", 'name: "…"'],
    seen: atBoot({
      schemes: [github({ appId: "a" }), github({ appId: "b" })],
      apps: [{ appId: "a", apiKey: HEX, encoding: "text", schemes: ["github"] }],
    }),
  },
  {
    what: "a key whose encoding was forgotten",
    words: ["encoding: is missing, and stripe has no keys in lk1", 'Say encoding: "text"'],
    seen: atBoot({
      schemes: [stripe({ appId: "hooks" })],
      apps: [{ appId: "hooks", apiKey: `whsec_${HEX}`, schemes: ["stripe"] }],
    }),
  },
  {
    what: "the secrets of three endpoints as one ring",
    words: ["3 keys of one scheme", "no ring", "make an app of each"],
    seen: atBoot({
      schemes: [stripe({ appId: "hooks" })],
      apps: [
        {
          appId: "hooks",
          keys: ["a", "b", "c"].map((endpoint) => ({
            apiKey: `whsec_${endpoint}${HEX}`,
            encoding: "text",
            schemes: ["stripe"],
          })),
        },
      ],
    }),
  },
  {
    what: "an origin with a path",
    words: ["Remove the path; pathPrefix is for that", 'origins: ["https://api.example.com"]'],
    seen: atBoot({ origins: ["https://api.example.com/v1"] }),
  },
  {
    what: "an origin that is a text",
    words: ["origins: must be a list", '["https://'],
    seen: atBoot({ origins: "https://api.example.com" }),
  },
  {
    what: "an origin without a scheme",
    words: ["has no scheme", 'origins: ["https://api.example.com"]'],
    seen: atBoot({ origins: ["api.example.com"] }),
  },
  {
    what: "an origin with a / at its end",
    words: ['ends with "/"', 'origins: ["https://api.example.com"]'],
    seen: atBoot({ origins: ["https://api.example.com/"] }),
  },
  ...["https://*", "https://*.", "https://api-*.example.com"].map((origin) => ({
    what: `an origin with a * in the wrong place: ${origin}`,
    words: ["has a * in the wrong place", '"https://*.example.com"'],
    seen: atBoot({ origins: [origin] }),
  })),
  {
    what: "scopes of an app that are a text",
    words: ["scopes: is a text, and must be a list", 'scopes: ["orders:read"]'],
    seen: {
      ...atBoot({ apps: [{ appId: "demo", apiKey: DEMO_KEY, scopes: "orders:write" }] }),
      ...prefixed(
        "from a source, ",
        inLog({
          options: {
            apps: { find: () => ({ appId: "demo", apiKey: DEMO_KEY, scopes: "orders:write" }) },
          },
          status: 503,
        }),
      ),
    },
  },
  {
    what: "attributes of an app that are a text",
    words: ["attributes: is a text, and must be an object"],
    seen: atBoot({ apps: [{ appId: "demo", apiKey: DEMO_KEY, attributes: "tenant" }] }),
  },
  ...(["scopes", "signedHeaders", "schemes"] as const).map((name) => ({
    what: `${name} of a route that is a text`,
    words: [`${name}: must be a list`, "Give ["],
    seen: atRoute({ [name]: "orders:write" }),
  })),
  ...(["schemes", "trustedProxies"] as const).map((name) => ({
    what: `${name} that is a text`,
    words: [`${name}: must be a list`, "["],
    seen: atBoot({ [name]: "10.0.0.0/8" }),
  })),
  ...(
    [
      "maxAge",
      "futureSkew",
      "clockSpread",
      "maxBodyBytes",
      "nonceCapacity",
      "maxAnswerBytes",
    ] as const
  ).map((name) => ({
    what: `${name} that is a text`,
    words: [`${name}: is "300", and must be a whole number`, "Give "],
    seen: atBoot({ [name]: "300" }),
  })),
  {
    what: "an option that is misspelt",
    words: ["maxage: is not an option", "Did you mean maxAge?"],
    seen: atBoot({ maxage: 300 } as never),
  },
];

// ---- the log ----

const secondsOff =
  (seconds: number) =>
  (port: number): WireRequest =>
    signed(
      port,
      { method: "GET", target: "/orders" },
      { clock: { nowMs: () => CLOCK.nowMs() + seconds * 1000 } },
    );
/** One moment for both sides, so that differences are exact. */
const CLOCK = { nowMs: () => Date.UTC(2027, 0, 2) };
const page = (code: string): string => `@lacre/core/errors.md#${code}`;

const LOG: readonly Mistake[] = [
  {
    what: "a host that is none of origins",
    words: [
      "host-unknown",
      'the request is for "127.0.0.1:',
      "origins has https://api.example.com, https://*.example.org",
      page("host-unknown"),
    ],
    seen: inLog({
      options: { origins: ["https://api.example.com", "https://*.example.org"] },
      status: 401,
    }),
  },
  {
    what: "a proxy that is not trusted",
    words: ["X-Forwarded-Host does not count", "not in trustedProxies"],
    seen: inLog({
      options: { origins: ["https://api.example.com"] },
      request: (port) => {
        const { headers, ...request } = rightRequest(port);
        return { ...request, headers: [...headers, ["X-Forwarded-Host", "api.example.com"]] };
      },
      status: 401,
    }),
  },
  {
    what: "a request that is too old",
    words: ["12 s too old", "signed 312 s ago", "maxAge is 300 s", page("timestamp-too-old")],
    seen: inLog({ options: { clock: CLOCK }, request: secondsOff(-312), status: 401 }),
  },
  {
    what: "a request from the future",
    words: ["60 s too early", "65 s ahead", "futureSkew is 5 s", page("timestamp-too-new")],
    seen: inLog({ options: { clock: CLOCK }, request: secondsOff(65), status: 401 }),
  },
  {
    what: "a clock that was never set",
    words: ["200000 s behind this server's clock", page("timestamp-absurd")],
    seen: inLog({ options: { clock: CLOCK }, request: secondsOff(-200_000), status: 401 }),
  },
  {
    what: "a request right after the start",
    words: ["boot fence, 6 s left", "bootFence", page("nonces-starting")],
    seen: inLog({
      options: { clock: CLOCK, bootFence: true },
      request: secondsOff(0),
      status: 503,
    }),
  },
  {
    what: "an app without the scope",
    words: [
      "the app lacks orders:write, orders:delete; it has orders:read, orders:list",
      page("scope-insufficient"),
    ],
    seen: inLog({
      options: {
        apps: [{ appId: "demo", apiKey: DEMO_KEY, scopes: ["orders:read", "orders:list"] }],
      },
      rule: { scopes: ["orders:read", "orders:write", "orders:delete"] },
      status: 403,
    }),
  },
  {
    what: "a signature that does not match",
    words: ["signature-mismatch", "lacre explain", page("signature-mismatch")],
    seen: inLog({
      request: (port) => ({ ...rightRequest(port), target: "/orders?page=2" }),
      status: 401,
    }),
  },
];

// ---- clients ----

/** Makes every client with these options. */
function clients(options: object): Places {
  const given = { appId: "demo", apiKey: DEMO_KEY, ...options } as SignerOptions;
  return {
    ...senders(options),
    Signer: () => messageOf(() => new Signer(given)),
    "signFetch without Node": () => messageOf(() => new WebSigner(given)),
  };
}

/** Those that send. */
function senders(options: object): Places {
  const given = { appId: "demo", apiKey: DEMO_KEY, ...options } as SignerOptions;
  return {
    signFetch: () => messageOf(() => signFetch(fetch, given)),
    signUndici: () => messageOf(() => signUndici(new Agent(), given)),
    signAxios: () => messageOf(() => signAxios(axios.create(), given)),
    signGot: () => messageOf(() => signGot(got, given)),
    signSupertest: () => messageOf(() => signSupertest(supertest.agent(express()), given)),
    HmacHttpModule: () =>
      messageOf(() =>
        NestFactory.createApplicationContext(HmacHttpModule.register(given), {
          logger: false,
          abortOnError: false,
        }),
      ),
  };
}

const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY });
const URL_OF_API = "https://api.example.com/orders";
const sign = (request: object): Places => ({
  "sign()": () => messageOf(() => signer.sign(request as never)),
});
const presign = (request: object): Places => ({
  "presign()": () => messageOf(() => signer.presign(request as never)),
});

const CLIENTS: readonly Mistake[] = [
  {
    what: "an option that is misspelt: retry",
    words: ["retry: is not an option of", "Did you mean retries?"],
    seen: senders({ retry: 5 }),
  },
  {
    what: "an option that a signer does not have: retry",
    words: ["retry: is not an option of Signer", "Options: appId, apiKey"],
    seen: {
      Signer: () =>
        messageOf(() => new Signer({ appId: "a", apiKey: DEMO_KEY, retry: 5 } as never)),
    },
  },
  ...(["retries", "redirects"] as const).map((name) => ({
    what: `${name} that is a text`,
    words: [`${name}: is "5", and must be a whole number from 0 to 20`],
    seen: senders({ [name]: "5" }),
  })),
  {
    what: "an encoding that the format does not have",
    words: ["encoding: lacre1 has no keys in this encoding", '"lk1" or "base64"'],
    seen: clients({ encoding: "whsec" }),
  },
  {
    what: "a clock that is a function",
    words: ["clock: is a function, and must be an object with nowMs()"],
    seen: {
      ...senders({ clock: Date.now }),
      Signer: () =>
        messageOf(() => new Signer({ appId: "a", apiKey: DEMO_KEY, clock: Date.now } as never)),
    },
  },
  {
    what: "options of axios that are a text",
    words: ["axios: must be what axios.create() takes", "baseURL"],
    seen: {
      HmacHttpModule: () =>
        messageOf(() =>
          NestFactory.createApplicationContext(
            HmacHttpModule.register({ appId: "a", apiKey: DEMO_KEY, axios: "x" } as never),
            { logger: false, abortOnError: false },
          ),
        ),
    },
  },
  {
    what: "content under another name",
    words: ["sign: body: is not an option of sign", "content"],
    seen: sign({ method: "POST", url: URL_OF_API, body: "{}" }),
  },
  {
    what: "content that is a text",
    words: ["content: is a text, and must be the bytes", "Buffer.from(text)"],
    seen: sign({ method: "POST", url: URL_OF_API, content: "{}" as never }),
  },
  {
    what: "a URL without its origin",
    words: ["url: must be an absolute URL", "https://"],
    seen: {
      ...sign({ method: "GET", url: "/orders" }),
      ...presign({ url: "/orders", expiresSeconds: 60 }),
    },
  },
  {
    what: "headers that are an object",
    words: ["headers: is an object, and must be a list", "Object.entries(headers)"],
    seen: sign({ method: "GET", url: URL_OF_API, headers: { accept: "*/*" } }),
  },
  {
    what: "a life of a URL under another name",
    words: ["presign: expires: is not an option of presign", "Did you mean expiresSeconds?"],
    seen: presign({ url: URL_OF_API, expires: 60 }),
  },
  {
    what: "a life of a URL that is a text",
    words: ['expiresSeconds: is "60", and must be a whole number of seconds'],
    seen: presign({ url: URL_OF_API, expiresSeconds: "60" }),
  },
];

// ---- guards ----

class AppsSource {
  find(): undefined {
    return undefined;
  }
}

const RIGHT = { apps: { demo: DEMO_KEY }, origins: "*" as const };

async function boot(module: unknown): Promise<void> {
  class AppModule {}
  Module({ imports: [module as DynamicModule] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.init();
  await app.close();
}

const bootAsync = (options: object): Places => ({
  Nest: () => messageOf(() => boot(HmacModule.forRootAsync(options))),
});

const GUARDS: readonly Mistake[] = [
  {
    what: 'AuthGuard("hmac") without the module',
    words: ['AuthGuard("hmac"): there is no HmacModule', "HmacModule.forRoot"],
    seen: { Nest: () => messageOf(() => bootBare(UseGuards(AuthGuard("hmac")))) },
  },
  {
    what: "@HmacProtected() without the module",
    words: ["HmacGuard: there is no HmacModule", "HmacModule.forRoot"],
    seen: { Nest: () => messageOf(() => bootBare(HmacProtected())) },
  },
  {
    what: "an option of the module beside the factory",
    words: [
      "HmacModule.forRootAsync: globalGuard: is not an option here",
      "what the factory returns",
    ],
    seen: bootAsync({ globalGuard: true, useFactory: () => RIGHT }),
  },
  {
    what: "forRootAsync without a factory",
    words: ["has no useFactory, useClass or useExisting", "useFactory: () =>"],
    seen: bootAsync({}),
  },
  {
    what: "a factory that is an object",
    words: ["useFactory must be a function", "useFactory: () =>"],
    seen: bootAsync({ useFactory: RIGHT }),
  },
  {
    what: "a class without createHmacOptions",
    words: ["useClass must be a class with createHmacOptions()"],
    seen: bootAsync({ useClass: AppsSource }),
  },
  {
    what: "two ways to the options",
    words: ["has useFactory and useClass, of which one counts"],
    seen: bootAsync({ useFactory: () => RIGHT, useClass: AppsSource }),
  },
  {
    what: "an injection that is a text",
    words: ["inject must be a list"],
    seen: bootAsync({ useFactory: () => RIGHT, inject: "x" }),
  },
  {
    what: "a factory that returns nothing",
    words: ["HmacModule: has no options", "let the factory of forRootAsync return them"],
    seen: bootAsync({ useFactory: () => undefined }),
  },
  {
    what: "HmacModule without forRoot",
    words: ["HmacModule: has no options", "HmacModule.forRoot(…)"],
    seen: { Nest: () => messageOf(() => boot(HmacModule)) },
  },
  {
    what: "limits that nothing counts",
    words: ["the app demo has limits, and nothing counts its requests", "HmacThrottlerGuard"],
    seen: { Nest: startWithLimits },
  },
  {
    what: "two marks on one method",
    words: ["on list: stands there twice", "Leave one"],
    seen: {
      "public above protected": () => messageOf(() => marked(HmacPublic(), HmacProtected())),
      "two that are protected": () =>
        messageOf(() => marked(HmacProtected(), HmacProtected({ scopes: ["admin"] }))),
    },
  },
  {
    what: "a signed header that nobody signs",
    words: ["signedHeaders: connection is never signed", "Take it out"],
    seen: atRoute({ signedHeaders: ["connection"] }),
  },
  {
    what: "apps that are a Map",
    words: ["apps: is a Map", "Object.fromEntries(map)"],
    seen: atBoot({ apps: new Map([["demo", DEMO_KEY]]) }),
  },
  {
    what: "apps that are a promise",
    words: ["apps: is a promise", "Await it"],
    seen: atBoot({ apps: Promise.resolve({ demo: DEMO_KEY }) }),
  },
  {
    what: "apps that are a class",
    words: ["apps: is the class AppsSource", "Give new to it"],
    seen: atBoot({ apps: AppsSource }),
  },
  {
    what: "an app without its AppId",
    words: ["apps[0].appId: is missing"],
    seen: atBoot({ apps: [{ id: "demo", apiKey: DEMO_KEY }] }),
  },
  {
    what: "a network that is written with an address of it",
    words: ["apps[0].networks[1]: is the address 10.1.2.3", 'Write "10.0.0.0/8" for the network'],
    seen: atBoot({
      apps: [{ appId: "demo", apiKey: DEMO_KEY, networks: ["192.0.2.7", "10.1.2.3/8"] }],
    }),
  },
  {
    what: "an app without a network that it may send from",
    words: ["apps[0].networks: is empty", "Leave it out"],
    seen: atBoot({ apps: [{ appId: "demo", apiKey: DEMO_KEY, networks: [] }] }),
  },
  {
    what: "@HmacPrincipal() on a route that nothing protects",
    words: ["@HmacPrincipal() on BareController.get", "Put @HmacProtected() on it"],
    seen: { Nest: askUnprotected },
  },
];

/** Applies decorators to a method as TypeScript does: the lowest first. */
function marked(...decorators: readonly MethodDecorator[]): void {
  class Orders {
    list(): void {}
  }
  const { prototype } = Orders;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, "list") as PropertyDescriptor;
  for (const decorate of decorators.toReversed()) decorate(prototype, "list", descriptor);
}

function bareController(guarded: ClassDecorator): Type {
  @Controller()
  class BareController {
    @Get()
    get(@HmacPrincipal() caller: { appId: string }): string {
      return caller.appId;
    }
  }
  guarded(BareController);
  return BareController;
}

/** Starts an app that has no HmacModule. */
async function bootBare(guarded: ClassDecorator): Promise<void> {
  class AppModule {}
  Module({ controllers: [bareController(guarded)] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.init();
  await app.close();
}

/** What the log says of a record whose limits are without effect. */
async function startWithLimits(): Promise<string> {
  const said: unknown[] = [];
  const warn = (...parts: unknown[]): void => void said.push(...parts);
  const { close } = await startApp("express", {
    controllers: [],
    hmac: { apps: [{ appId: "demo", apiKey: DEMO_KEY, limits: { perMinute: 1 } }] },
    create: { logger: { log: () => {}, warn, error: () => {} } },
  });
  await close();
  return said.join("\n");
}

/** What the log says once a handler was to be told who calls. */
async function askUnprotected(): Promise<string> {
  const said: unknown[] = [];
  const error = (...parts: unknown[]): void => void said.push(...parts);
  const logger = { log: () => {}, warn: () => {}, error };
  const controllers = [bareController(() => {})];
  const { url, close } = await startApp("express", { controllers, create: { logger } });
  try {
    expect((await fetch(url)).status).toBe(500);
  } finally {
    await close();
  }
  return said.join("\n");
}

// ---- the demo ----

const DEMO: readonly Mistake[] = [
  {
    what: "a port that is taken",
    words: ["is taken", "Set PORT to another one", "PORT=3001 npm start"],
    seen: { "the demo": () => messageOf(listenWhereTaken) },
  },
  {
    what: "a port that is none",
    words: ['PORT is "http", and must be a number from 1 to 65535', "PORT=3001"],
    seen: { "the demo": () => messageOf(() => readPort("http")) },
  },
];

async function listenWhereTaken(): Promise<void> {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  try {
    await listenOn(app, (other.address() as AddressInfo).port, "127.0.0.1");
  } finally {
    other.close();
  }
}

// ---- all of them ----

const MISTAKES = [...KEYS, ...OPTIONS, ...LOG, ...CLIENTS, ...GUARDS, ...DEMO];

/** Of each key, what would give it away. */
const SECRETS = [DEMO_KEY.slice(4), HEX, HEX.toUpperCase(), BASE64, PASSWORD].flatMap((key) =>
  Array.from({ length: key.length - 9 }, (_, at) => key.slice(at, at + 10)),
);

describe.each(MISTAKES)("$what", ({ words, seen }) => {
  it.each(Object.entries(seen))("%s", async (_place, look) => {
    const text = await look();
    for (const word of words) expect(text).toContain(word);
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
  });
});

it("are all told apart", () => {
  expect(new Set(MISTAKES.map(({ what }) => what)).size).toBe(MISTAKES.length);
  expect(MISTAKES.length).toBeGreaterThanOrEqual(74);
});

function prefixed(prefix: string, places: Places): Places {
  return Object.fromEntries(Object.entries(places).map(([name, look]) => [prefix + name, look]));
}

function without(name: string, { [name]: _left, ...places }: Places): Places {
  return places;
}

async function commandLine(args: readonly string[]): Promise<string> {
  const { code, err } = await lacre(["sign", "--app-id", "demo", ...args, "GET", URL_OF_API]);
  expect([code, err.trim().split("\n").length]).toEqual([2, 1]);
  return err;
}
