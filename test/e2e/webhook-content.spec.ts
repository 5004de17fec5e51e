import { createHmac } from "node:crypto";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Body, Controller, HttpCode, type INestApplication, Post } from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import type { AppDefinition, Scheme } from "@lacre/core";
import { HmacProtected } from "@lacre/nestjs";
import { adyen } from "@lacre/schemes/adyen";
import { bodySignature, type BodySignatureOptions } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { linear } from "@lacre/schemes/linear";
import { mailgun } from "@lacre/schemes/mailgun";
import { shopify } from "@lacre/schemes/shopify";
import { slack } from "@lacre/schemes/slack";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { twilio } from "@lacre/schemes/twilio";
import { type Platform, PLATFORMS, startApp, type RunningApp } from "../support/app.js";
import { send } from "../support/wire.js";

/*
 * A Content-Type, a charset and a Content-Encoding are hardly ever signed. Whoever overheard a message must not have it
 * read as another one by changing them: what was verified is what the handler gets. Attacks first.
 */

const ADYEN_KEY = "0123456789ABCDEF".repeat(4);
const keyOf = (name: string): string => (name === "adyen" ? ADYEN_KEY : name.padEnd(40, "-"));
const W = { acknowledgeWeakness: true };
const NOW = Math.floor(Date.now() / 1000);
const mac = (name: string, text: string | Uint8Array, encoding: "hex" | "base64" = "hex"): string =>
  createHmac("sha256", keyOf(name)).update(text).digest(encoding);

const own = (name: string, more: Partial<BodySignatureOptions>): Scheme =>
  bodySignature({ name, appId: name, signatureHeader: "x-sig", template: "{body}", ...W, ...more });

const SCHEMES: readonly Scheme[] = [
  adyen({ appId: "adyen", ...W }),
  mailgun({ appId: "mailgun", events: "form" }),
  github({ appId: "github", ...W }),
  shopify({ appId: "shopify", ...W }),
  slack({ appId: "slack" }),
  linear({ appId: "linear" }),
  twilio({ appId: "twilio", ...W }),
  timestampBody({ appId: "timestamp-body", ...W }),
  own("field", { template: "{field:id}.{field:amount}.{field:ref*}" }),
  own("form", { template: "{form}" }),
  own("body", {}),
  own("events", { contentTypes: ["json", "application/CloudEvents+json"] }),
  own("inflated", { content: "inflated" }),
  own("typed", { template: "{header:content-type}\n{body}" }),
];
const apps: AppDefinition[] = SCHEMES.map(({ name }) => ({
  appId: name,
  apiKey: keyOf(name),
  encoding: name === "adyen" ? "hex" : "text",
  schemes: [name],
  ...(name === "twilio" && { algorithm: "sha1" as const }),
}));

const handled: unknown[] = [];
class Hooks {}
for (const { name } of SCHEMES) {
  const take = (body: unknown): string => (handled.push(body), "taken");
  const property = { value: take, configurable: true, writable: true };
  Object.defineProperty(Hooks.prototype, name, property);
  Body()(Hooks.prototype, name, 0);
  Post(name)(Hooks.prototype, name, property);
  HttpCode(200)(Hooks.prototype, name, property);
  HmacProtected({ schemes: [name] })(Hooks.prototype, name, property);
}
Controller()(Hooks);

type Message = readonly [
  scheme: string,
  type: string | undefined,
  content: string | Uint8Array,
  headers?: Readonly<Record<string, string | Uint8Array>>,
];

const PARTS = "multipart/form-data; boundary=x";
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const utf7 = (text: string): string =>
  `+${Buffer.from(text, "utf16le").swap16().toString("base64").replaceAll("=", "")}-`;

/** The header of one's own formats: its MAC is made when it is sent. */
const signed = (text: string | Uint8Array) => ({ "x-sig": text });

/** What was signed with a captured message of Adyen, as a form that lies in unsigned content. */
const ITEM: Readonly<Record<string, string>> = {
  pspReference: "P9",
  originalReference: "",
  merchantAccountCode: "M",
  merchantReference: "r",
  "amount.value": "100",
  "amount.currency": "EUR",
  eventCode: "AUTHORISATION",
  success: "false",
};
const adyenMac = createHmac("sha256", Buffer.from(ADYEN_KEY, "hex"))
  .update(Object.values(ITEM).join(":"))
  .digest("base64");

const adyenForm = Object.entries({ ...ITEM, "additionalData.hmacSignature": adyenMac })
  .map(
    ([name, value]) =>
      `notificationItems.0.NotificationRequestItem.${name}=${encodeURIComponent(value)}`,
  )
  .join("&");
const adyenItem = (more: object) =>
  JSON.stringify({ notificationItems: [{ NotificationRequestItem: more }] });
const evilAdyen = adyenItem({
  pspReference: "P9",
  success: "true",
  amount: { value: 999_999, currency: "EUR" },
  reason: `&${adyenForm}&`,
});
const genuineAdyen = (more: object = {}) =>
  adyenItem({
    pspReference: "P9",
    merchantAccountCode: "M",
    merchantReference: "r",
    amount: { value: 100, currency: "EUR" },
    eventCode: "AUTHORISATION",
    success: "false",
    additionalData: { hmacSignature: adyenMac, ...more },
  });
const mailgunMac = mac("mailgun", `${NOW}token`);
const mailgunForm = `timestamp=${NOW}&token=token&signature=${mailgunMac}`;
const slackHeaders = (content: string) => ({
  "x-slack-request-timestamp": String(NOW),
  "x-slack-signature": `v0=${mac("slack", `v0:${NOW}:${content}`)}`,
});
const stampHeaders = (content: string) => ({
  "x-hmac-timestamp": String(NOW),
  "x-hmac-sha256": mac("timestamp-body", `${content}${NOW}`),
});
const githubHeaders = (content: string | Uint8Array) => ({
  "x-hub-signature-256": `sha256=${mac("github", content)}`,
});
const twilioHeaders = (name: string, form: string) => ({
  "x-twilio-signature": createHmac("sha1", keyOf(name))
    .update(`https://hooks.example.test/${name}${form}`)
    .digest("base64"),
});
const HIDDEN = `{"title":"${utf7('","action":"deleted","y":"')}"}`;
const IN_STRING = '{"title":"&action=deleted&"}';
const flat = '{"id":"K","amount":900,"ref":"r","x":"&id=K&amount=2&ref=r&"}';

const linearContent = JSON.stringify({ action: "create", webhookTimestamp: NOW * 1000 });
const linearHeaders = { "linear-signature": mac("linear", linearContent) };

/** What the word JSON stands in, and the parsers of Express do not take: the handler would run with nothing. */
const NEARLY_JSON = [
  "text/json",
  "application/x+json",
  "image/x+json",
  "application/vnd.api+json",
  "application/cloudevents+json",
  "application/json+json",
  "application/json;",
  "application/json; x",
  "application/json; charset=utf-8; x",
  "application/x-json",
  "image/svg+xml",
];
const NOT_PARSED = NEARLY_JSON.flatMap((type): [string, Message][] => [
  [`Linear's JSON as ${type}`, ["linear", type, linearContent, linearHeaders]],
  [`GitHub's JSON as ${type}`, ["github", type, IN_STRING, githubHeaders(IN_STRING)]],
  [`JSON of one's own format as ${type}`, ["body", type, IN_STRING, signed(IN_STRING)]],
]);

/** Each is read as another message than the one that was signed, or as none. */
const ATTACKS: readonly (readonly [string, Message])[] = [
  ...NOT_PARSED,
  ["a type that is not named", ["events", "application/x+json", IN_STRING, signed(IN_STRING)]],
  ["fields as a form in a string of JSON with a BOM", ["adyen", JSON_TYPE, `\ufeff${evilAdyen}`]],
  ["the same of one's own format", ["field", JSON_TYPE, `\ufeff${flat}`, signed("K.2.r")]],
  [
    "content that hides texts in UTF-7",
    [
      "adyen",
      `${JSON_TYPE}; charset=utf-7`,
      genuineAdyen({ z: utf7('"},"success":"true","q":{"a":"') }),
    ],
  ],
  [
    "fields as JSON, handled as a form",
    [
      "field",
      FORM,
      '{"id":"K","amount":2,"ref":"r","x":"&id=K&amount=900&ref=r"}',
      signed("K.2.r"),
    ],
  ],
  [
    "JSON as a form with brackets",
    [
      "adyen",
      FORM,
      genuineAdyen({ z: "&notificationItems[0][NotificationRequestItem][success]=true&" }),
    ],
  ],
  ["a form as JSON", ["field", JSON_TYPE, "id=K&amount=2&ref=r", signed("K.2.r")]],
  ["a form of no type", ["field", undefined, "id=K&amount=2&ref=r", signed("K.2.r")]],
  [
    "a form behind Brotli",
    [
      "field",
      JSON_TYPE,
      Buffer.concat([
        brotliCompressSync('{"id":"K","amount":900}'),
        Buffer.from("&id=K&amount=2&ref=r"),
      ]),
      { ...signed("K.2.r"), "content-encoding": "br" },
    ],
  ],
  [
    "a form behind deflate",
    [
      "field",
      JSON_TYPE,
      Buffer.concat([deflateSync('{"id":"K","amount":900}'), Buffer.from("&id=K&amount=2&ref=r")]),
      { ...signed("K.2.r"), "content-encoding": "deflate" },
    ],
  ],
  ["a field from a name in brackets", ["field", FORM, "id=K&amount=2&[ref]=evil", signed("K.2.")]],
  [
    "a field from a name in escaped brackets",
    ["field", FORM, "id=K&amount=2&%5bref%5D=evil", signed("K.2.")],
  ],
  ["a list of a field", ["field", FORM, "id=K&amount=5&ref=r&amount[]=900", signed("K.5.r")]],
  ["a list alone", ["field", FORM, "id=K&amount=5&ref[]=evil", signed("K.5.")]],
  ["an object of a field", ["field", FORM, "id=K&amount=5&ref=r&amount[x]=900", signed("K.5.r")]],
  ["a deeper one", ["field", FORM, "id=K&amount=5&ref=r&[amount][x]=900", signed("K.5.r")]],
  ["a form with a BOM", ["field", FORM, "\ufeffid=9&id=K&amount=2&ref=r", signed("K.2.r")]],
  ["Mailgun's form as JSON", ["mailgun", JSON_TYPE, `\ufeff{"event":"&${mailgunForm}&"}`]],
  [
    "Mailgun's form in other letters",
    ["mailgun", `${FORM}; charset=iso-8859-1`, `${mailgunForm}&city=%C3%A9`],
  ],
  ["Mailgun's token in brackets", ["mailgun", FORM, `${mailgunForm}&token[]=other`]],
  [
    "Twilio's form in other letters",
    ["twilio", `${FORM}; charset=iso-8859-1`, "Body=%C3%A9", twilioHeaders("twilio", "Bodyé")],
  ],
  [
    "Twilio's form with brackets",
    ["twilio", FORM, "Body[a]=1", twilioHeaders("twilio", "Body[a]1")],
  ],
  ["a form in other letters", ["form", `${FORM}; charset=iso-8859-1`, "a=%C3%A9", signed("aé")]],
  [
    "a form with letters in capitals and quotes",
    ["form", `${FORM};CHARSET="ISO-8859-1"`, "a=%C3%A9", signed("aé")],
  ],
  ["a form whose names have brackets", ["form", FORM, "a[b]=1", signed("a[b]1")]],
  ["a form of another type", ["form", "text/plain", "a=1", signed("a1")]],
  [
    "GitHub's JSON in UTF-7",
    ["github", `${JSON_TYPE}; charset=utf-7`, HIDDEN, githubHeaders(HIDDEN)],
  ],
  [
    "GitHub's JSON in quoted UTF-7",
    ["github", `${JSON_TYPE} ; Charset="UTF-7"`, HIDDEN, githubHeaders(HIDDEN)],
  ],
  [
    "GitHub's JSON in two charsets",
    ["github", `${JSON_TYPE}; charset=utf-8; charset=utf-7`, HIDDEN, githubHeaders(HIDDEN)],
  ],
  ["GitHub's JSON as a form", ["github", FORM, IN_STRING, githubHeaders(IN_STRING)]],
  [
    "GitHub's JSON behind a blank as a form",
    ["github", FORM, ` ${IN_STRING}`, githubHeaders(` ${IN_STRING}`)],
  ],
  [
    "GitHub's JSON as text of other letters",
    ["github", "text/plain; charset=utf-7", IN_STRING, githubHeaders(IN_STRING)],
  ],
  ["GitHub's JSON as parts", ["github", PARTS, IN_STRING, githubHeaders(IN_STRING)]],
  ["GitHub's form as parts", ["github", PARTS, "payload=1", githubHeaders("payload=1")]],
  [
    "GitHub's JSON as Brotli",
    ["github", JSON_TYPE, IN_STRING, { ...githubHeaders(IN_STRING), "content-encoding": "br" }],
  ],
  [
    "Shopify's JSON as a form",
    ["shopify", FORM, IN_STRING, { "x-shopify-hmac-sha256": mac("shopify", IN_STRING, "base64") }],
  ],
  ["Slack's JSON as a form", ["slack", FORM, IN_STRING, slackHeaders(IN_STRING)]],
  ["Slack's form as parts", ["slack", PARTS, "text=hi", slackHeaders("text=hi")]],
  ["JSON with a time as a form", ["timestamp-body", FORM, IN_STRING, stampHeaders(IN_STRING)]],
  ["JSON with a time as parts", ["timestamp-body", PARTS, IN_STRING, stampHeaders(IN_STRING)]],
  [
    "JSON of one's own format in UTF-7",
    ["body", `${JSON_TYPE};charset=utf-7`, HIDDEN, signed(HIDDEN)],
  ],
  ["JSON of one's own format as a form", ["body", FORM, IN_STRING, signed(IN_STRING)]],
  [
    "JSON behind a BOM as a form",
    ["body", FORM, `\ufeff${IN_STRING}`, signed(`\ufeff${IN_STRING}`)],
  ],
  ["XML as a form", ["body", FORM, "<a>&x=1</a>", signed("<a>&x=1</a>")]],
  ["XML as parts", ["body", PARTS, "<a/>", signed("<a/>")]],
  [
    "inflated JSON as a form",
    ["inflated", FORM, gzipSync(IN_STRING), { ...signed(IN_STRING), "content-encoding": "gzip" }],
  ],
  [
    "gzip of JSON as a form",
    [
      "body",
      FORM,
      gzipSync(IN_STRING),
      { ...signed(gzipSync(IN_STRING)), "content-encoding": "gzip" },
    ],
  ],
  [
    "two types in two lines",
    ["body", `${JSON_TYPE};charset=utf-7\n${JSON_TYPE}`, HIDDEN, signed(HIDDEN)],
  ],
  ["two types in one line", ["body", `${JSON_TYPE}, ${FORM}`, IN_STRING, signed(IN_STRING)]],
];

/** What is taken, and what the handler gets of it. */
const GENUINE: readonly (readonly [string, Message, unknown?])[] = [
  ["Adyen's", ["adyen", JSON_TYPE, genuineAdyen()], JSON.parse(genuineAdyen())],
  [
    "fields of JSON",
    [
      "field",
      "Application/JSON; Charset=UTF-8",
      '{"id":"K","amount":2,"ref":"r"}',
      signed("K.2.r"),
    ],
    { id: "K", amount: 2, ref: "r" },
  ],
  [
    "fields of JSON in quotes",
    ["field", `${JSON_TYPE};charset="utf-8"`, ' {"id":"K","amount":3,"ref":"r"}', signed("K.3.r")],
    { id: "K", amount: 3, ref: "r" },
  ],
  [
    "fields of a form",
    ["field", `${FORM}; charset=utf-8`, "id=K&amount=4&ref=r&x[amount]=1", signed("K.4.r")],
  ],
  ["Mailgun's form", ["mailgun", FORM, `${mailgunForm}&event=opened`]],
  [
    "Twilio's",
    ["twilio", `${FORM}; charset=UTF-8`, "Body=%C3%A9", twilioHeaders("twilio", "Bodyé")],
    { Body: "é" },
  ],
  ["a form", ["form", FORM, "b=2&a=1", signed("a1b2")], { a: "1", b: "2" }],
  [
    "GitHub's JSON",
    ["github", JSON_TYPE, IN_STRING, githubHeaders(IN_STRING)],
    JSON.parse(IN_STRING),
  ],
  [
    "Linear's",
    ["linear", `${JSON_TYPE}; charset=utf-8`, linearContent, linearHeaders],
    JSON.parse(linearContent),
  ],
  [
    "a type that is named",
    ["events", "application/cloudevents+json; charset=utf-8", IN_STRING, signed(IN_STRING)],
    JSON.parse(IN_STRING),
  ],
  ["GitHub's form", ["github", FORM, "payload=1", githubHeaders("payload=1")], { payload: "1" }],
  ["Slack's form", ["slack", FORM, "text=hi", slackHeaders("text=hi")], { text: "hi" }],
  [
    "JSON with a time",
    ["timestamp-body", JSON_TYPE, IN_STRING, stampHeaders(IN_STRING)],
    JSON.parse(IN_STRING),
  ],
  ["text", ["body", "text/plain;charset=utf-8", "hi", signed("hi")]],
  ["GitHub's own example", ["github", "text/plain", "Hello!", githubHeaders("Hello!")]],
  ["XML that nobody parses", ["body", "Text/Plain", "<a/>", signed("<a/>")]],
  ["a type that is signed", ["typed", "text/plain", IN_STRING, signed(`text/plain\n${IN_STRING}`)]],
];

const EVENTS = "application/cloudevents+json";
/** As an application does whose sender has a type of its own. */
const parseEvents = (platform: Platform) => (app: INestApplication) => {
  if (platform === "express")
    (app as NestExpressApplication).useBodyParser("json", { type: [EVENTS, JSON_TYPE] });
  else
    (app as NestFastifyApplication).useBodyParser(EVENTS, {}, (_request, body, done) =>
      done(null, JSON.parse(String(body))),
    );
};

describe.each(PLATFORMS)("content of webhooks on %s", (platform) => {
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [Hooks],
      hmac: { schemes: SCHEMES, apps, origins: ["https://hooks.example.test"] },
      main: parseEvents(platform),
    });
  });
  afterAll(() => server.close());

  const deliver = (port: number, [scheme, type, content, headers = {}]: Message) =>
    send(port, {
      method: "POST",
      target: `/${scheme}`,
      headers: [
        ["Host", "hooks.example.test"],
        ...(type?.split("\n") ?? []).map((line) => ["Content-Type", line] as const),
        ...Object.entries(headers).map(
          ([name, value]) => [name, name === "x-sig" ? mac(scheme, value) : String(value)] as const,
        ),
      ],
      body: Buffer.from(content as string),
    });

  it("is not read as another message than the one that was signed", async () => {
    const { port, verdicts } = server;
    const taken: string[] = [];
    const codes = new Set<string>();
    for (const [what, message] of ATTACKS) {
      const [runs, judged] = [handled.length, verdicts.length];
      const { status } = await deliver(port, message);
      const verdict = verdicts[judged];
      const isSeen = verdict?.outcome === "refused" && verdict.code === "nonce-seen";
      if (isSeen || handled.length > runs) taken.push(`${what}: ${JSON.stringify(handled.at(-1))}`);
      expect([what, [400, 401, 415].includes(status)]).toEqual([what, handled.length === runs]);
      if (verdict?.outcome === "refused") codes.add(verdict.code);
    }
    expect(taken).toEqual([]);
    expect([...codes].toSorted()).toEqual([
      "credentials-malformed",
      "credentials-missing",
      "header-unsigned",
    ]);
  });

  it("is taken as its sender sends it", async () => {
    const { port, verdicts } = server;
    for (const [what, message, body] of GENUINE) {
      handled.length = 0;
      const { status } = await deliver(port, message);
      const verdict = verdicts.at(-1);
      const code = verdict?.outcome === "refused" ? verdict.message : undefined;
      expect([what, code, status]).toEqual([what, undefined, 200]);
      if (body !== undefined) expect([what, ...handled]).toEqual([what, body]);
    }
  });
});

describe("the kinds of content that a format takes", () => {
  const said = (more: Partial<BodySignatureOptions>): readonly string[] =>
    own("own", { acknowledgeWeakness: false, ...more }).weaknesses ?? [];
  const isTold = expect.stringContaining("The Content-Type is not signed") as unknown as string;
  const contentDigest = { query: "sha" };

  it.each<Partial<BodySignatureOptions>>([
    { contentTypes: ["any"] },
    { contentDigest, template: "{url}" },
    { contentDigest, template: "{url}", contentTypes: ["json", "form"] },
  ])("leave a copy its type, and say so: %j", (more) => expect(said(more)).toContainEqual(isTold));

  it.each<Partial<BodySignatureOptions>>([
    {},
    { contentTypes: ["json"] },
    { contentTypes: ["json", "form", "xml", "text"] },
    { contentDigest, template: "{url}", contentTypes: ["json"] },
    { template: "{header:content-type}:{body}" },
    { template: "{form}" },
  ])("leave it none: %j", (more) => expect(said(more)).not.toContainEqual(isTold));

  it.each<Partial<BodySignatureOptions>>([
    { contentTypes: ["application/vnd.api+json"] },
    { contentTypes: ["Text/JSON" as "text/json", "form"], template: "{field:id}" },
    { contentTypes: ["application/soap+xml"] },
  ])("may be types by their names: %j", (more) => expect(() => own("own", more)).not.toThrow());

  it.each<[Partial<BodySignatureOptions>, RegExp]>([
    [{ contentTypes: ["application/json" as "json"] }, /Give "json" for application\/json/],
    [{ contentTypes: ["application/*" as "json"] }, /contentTypes\[0\]: must be "json" or/],
    [{ contentTypes: [/json/ as unknown as "json"] }, /contentTypes\[0\]: must be "json" or/],
    [{ contentTypes: [] }, /contentTypes: must be a list with at least 1 entry/],
    [{ contentTypes: ["html" as "xml"] }, /contentTypes\[0\]: must be "json" or/],
    [{ template: "{form}", contentTypes: ["json"] }, /neither of the kinds .*: form/],
    [{ template: "{field:id}", contentTypes: ["any"] }, /neither of the kinds .*: json, form/],
  ])("stop the start where they are wrong: %j", (more, message) =>
    expect(() => own("own", more)).toThrow(message),
  );
});
