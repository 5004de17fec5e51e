import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { bodySignature } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { type Clock, type KeyEncoding, type SchemeOption } from "@lacre/core";
import type { Random } from "../interop/random.js";

/** What docs/schemes says of a scheme: what its MAC covers, its window, and what is good once. */
export interface Format {
  readonly name: string;
  readonly scheme: (clock: Clock) => SchemeOption;
  readonly encoding: KeyEncoding;
  readonly newKey: (random: Random) => string;
  /** Which parts of a request the MAC covers. `"none"`: content is refused. */
  readonly covers: {
    readonly method: boolean;
    readonly target: boolean;
    readonly host: boolean;
    /** The header X-Tenant, where it was there when the request was signed. */
    readonly tenant: boolean;
    readonly content: boolean | "none";
  };
  /** Its sender sends no plain text, which is refused. */
  readonly sendsNoText?: true;
  /** Seconds, where the scheme has a window of its own. */
  readonly maxAge?: number;
  readonly futureSkew?: number;
  /** No time is signed: what was signed is remembered for so many seconds. */
  readonly remember?: number;
  /** Every request has a nonce or an id, drawn for it. */
  readonly nonce: boolean;
  /** The lower-case name of the header that makes a request one of this scheme. Twins have the same. */
  readonly reads: string;
  /** The one sender, where requests do not say who sent them. */
  readonly sender?: string;
  readonly presigns?: boolean;
  /** Up to the last digit of the time, to the first of the MAC, and to the AppId: where a request can be spoilt. */
  readonly time?: readonly [header: string, upTo: RegExp];
  readonly mac: readonly [header: string, upTo: RegExp];
  readonly appId?: readonly [header: string, upTo: RegExp];
}

/** The sender of the schemes whose requests do not say it. */
const SENDER = "alpha";
const OTHER_SENDER = "bravo";
export const APP_IDS: readonly string[] = [SENDER, OTHER_SENDER, "charlie"];
/** The longest life of a bewit. */
export const BEWIT_SECONDS = 300;

const text = (random: Random): string => random.bytes(20).toString("hex");
const base64 = (random: Random): string => random.bytes(32).toString("base64");

const WHOLE = { method: true, target: true, host: true, tenant: true, content: true };
const NO_HEADERS = { ...WHOLE, tenant: false };
const CONTENT = { method: false, target: false, host: false, tenant: false, content: true };

const twin = (name: string, appId: string): Format => ({
  name,
  scheme: (clock) =>
    bodySignature({
      name,
      appId,
      signatureHeader: "X-Twin",
      timestampHeader: "X-Twin-Time",
      template: "{timestamp}.{body}",
      maxAge: 400,
      futureSkew: 30,
      acknowledgeWeakness: true,
      clock,
    }),
  encoding: "text",
  newKey: text,
  covers: CONTENT,
  maxAge: 400,
  futureSkew: 30,
  nonce: false,
  reads: "x-twin",
  sender: appId,
  time: ["x-twin-time", /^\d{9}/],
  mac: ["x-twin", /^/],
});

export const FORMATS: readonly Format[] = [
  {
    name: "lacre1",
    scheme: () => "lacre1",
    encoding: "lk1",
    newKey: (random) => `lk1_${random.bytes(32).toString("base64url")}`,
    covers: WHOLE,
    nonce: true,
    reads: "authorization",
    presigns: true,
    time: ["authorization", /Timestamp=\d{9}/],
    mac: ["authorization", /Signature=/],
    appId: ["authorization", /Credential=/],
  },
  {
    name: "aws-sigv4",
    scheme: () => awsSigV4({ region: "eu-central-1", service: "orders" }),
    encoding: "text",
    newKey: text,
    covers: WHOLE,
    nonce: false,
    reads: "authorization",
    presigns: true,
    time: ["x-amz-date", /T\d{5}/],
    mac: ["authorization", /Signature=/],
    appId: ["authorization", /Credential=/],
  },
  {
    name: "hawk",
    scheme: () => hawk({ presigned: BEWIT_SECONDS }),
    encoding: "text",
    newKey: text,
    covers: NO_HEADERS,
    maxAge: 60,
    futureSkew: 60,
    nonce: true,
    reads: "authorization",
    presigns: true,
    time: ["authorization", /ts="\d{9}/],
    mac: ["authorization", /mac="/],
    appId: ["authorization", /id="/],
  },
  {
    name: "rfc9421",
    scheme: () => rfc9421(),
    encoding: "text",
    newKey: text,
    covers: WHOLE,
    nonce: false,
    reads: "signature-input",
    time: ["signature-input", /created=\d{9}/],
    mac: ["signature", /=:/],
    appId: ["signature-input", /keyid="/],
  },
  {
    name: "acquia2",
    scheme: () => acquia2({ realm: "model" }),
    encoding: "base64",
    newKey: base64,
    covers: WHOLE,
    maxAge: 900,
    futureSkew: 900,
    nonce: true,
    reads: "authorization",
    time: ["x-authorization-timestamp", /^\d{9}/],
    mac: ["authorization", /signature="/],
    appId: ["authorization", /id="/],
  },
  {
    name: "aspnet-hmac",
    scheme: () => aspnetHmac({ acknowledgeWeakness: true }),
    encoding: "base64",
    newKey: base64,
    covers: NO_HEADERS,
    maxAge: 300,
    futureSkew: 300,
    nonce: true,
    reads: "authorization",
    time: ["authorization", /:\d{9}(?=\d$)/],
    mac: ["authorization", new RegExp(`(?:${APP_IDS.join("|")}):`)],
    appId: ["authorization", new RegExp(`^.*?(?=(?:${APP_IDS.join("|")}):)`)],
  },
  {
    name: "azure-hmac",
    scheme: () => azureHmac({ acknowledgeWeakness: true }),
    encoding: "text",
    newKey: text,
    covers: NO_HEADERS,
    maxAge: 900,
    nonce: false,
    reads: "authorization",
    time: ["x-ms-date", /\d\d:\d\d:\d/],
    mac: ["authorization", /Signature=/],
    appId: ["authorization", /Credential=/],
  },
  {
    name: "azure-shared-key",
    scheme: () => azureSharedKey({ acknowledgeWeakness: true }),
    encoding: "base64",
    newKey: (random) => random.bytes(64).toString("base64"),
    covers: { ...NO_HEADERS, host: false },
    maxAge: 900,
    nonce: false,
    reads: "authorization",
    time: ["x-ms-date", /\d\d:\d\d:\d/],
    mac: ["authorization", /:/],
    appId: ["authorization", /SharedKey /],
  },
  {
    name: "shared-key",
    scheme: () => sharedKey({ acknowledgeWeakness: true }),
    encoding: "text",
    newKey: text,
    covers: { ...NO_HEADERS, host: false, content: "none" },
    maxAge: 900,
    nonce: true,
    reads: "x-auth-id",
    time: ["x-auth-date", /T.*\d(?=\d)/],
    mac: ["x-auth-id", /^/],
    appId: ["x-auth-login", /^/],
  },
  {
    name: "timestamp-body",
    scheme: () => timestampBody({ appIdHeader: "X-Caller", acknowledgeWeakness: true }),
    encoding: "text",
    newKey: text,
    covers: CONTENT,
    nonce: false,
    reads: "x-hmac-sha256",
    time: ["x-hmac-timestamp", /^\d{9}/],
    mac: ["x-hmac-sha256", /^/],
    appId: ["x-caller", /^/],
  },
  {
    name: "github",
    scheme: (clock) => github({ appId: SENDER, maxAge: 3600, acknowledgeWeakness: true, clock }),
    encoding: "text",
    newKey: text,
    covers: CONTENT,
    sendsNoText: true,
    remember: 3600,
    nonce: false,
    reads: "x-hub-signature-256",
    sender: SENDER,
    mac: ["x-hub-signature-256", /=/],
  },
  {
    name: "standard-webhooks",
    scheme: () => standardWebhooks({ appId: SENDER, maxAge: 300 }),
    encoding: "whsec",
    newKey: (random) => `whsec_${base64(random)}`,
    covers: CONTENT,
    maxAge: 300,
    nonce: true,
    reads: "webhook-signature",
    sender: SENDER,
    time: ["webhook-timestamp", /^\d{9}/],
    mac: ["webhook-signature", /,/],
  },
  {
    name: "stripe",
    scheme: () => stripe({ appId: OTHER_SENDER, maxAge: 200 }),
    encoding: "text",
    newKey: text,
    covers: CONTENT,
    sendsNoText: true,
    maxAge: 200,
    nonce: false,
    reads: "stripe-signature",
    sender: OTHER_SENDER,
    time: ["stripe-signature", /t=\d{9}/],
    mac: ["stripe-signature", /v1=/],
  },
  twin("twin-a", SENDER),
  twin("twin-b", OTHER_SENDER),
];

export const formatOf = (name: string): Format => {
  const format = FORMATS.find((known) => known.name === name);
  if (format === undefined) throw new Error(`no format ${name}`);
  return format;
};
