import { lacre1, type KeyEncoding, type KeyRules } from "@lacre/core";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";

/** A format that a key can be of. */
export interface KeyScheme {
  /** What may be written as a key: the rules of the module itself. */
  readonly rules: KeyRules;
  /** For people. */
  readonly title: string;
  /** Whether the other side makes the secret, so that it is imported here. */
  readonly imported: boolean;
  /** What to do about a secret that is too short, where its people choose it. */
  readonly cureShort?: string;
}

const weak = { acknowledgeWeakness: true } as const;
const sender = { appId: "sender" } as const;

const own = (title: string, rules: KeyRules): KeyScheme => ({ rules, title, imported: false });
const imported = (title: string, rules: KeyRules): KeyScheme => ({ rules, title, imported: true });

/** Every format with which services of this console can be called, the usual one first. */
export const KEY_SCHEMES: readonly KeyScheme[] = [
  own("LACRE1", lacre1),
  own("AWS Signature Version 4", awsSigV4({ region: "any", service: "any" })),
  own("HTTP Message Signatures (RFC 9421)", rfc9421(weak)),
  own("Hawk", hawk({ ...weak, sha1: true })),
  own("Acquia HTTP HMAC 2", acquia2({ realm: "any" })),
  own("ASP.NET HMAC", aspnetHmac(weak)),
  own("Azure HMAC", azureHmac(weak)),
  own("Azure Shared Key", azureSharedKey(weak)),
  own("Shared key", sharedKey(weak)),
  own("Time and content", timestampBody({ ...sender, ...weak })),
  imported("Stripe webhooks", stripe(sender)),
  {
    ...imported("GitHub webhooks", github({ ...sender, ...weak })),
    cureShort:
      "GitHub lets you choose the secret: make a longer one, put it into the webhook there, and import it here.",
  },
  imported("Slack requests", slack(sender)),
  imported("Standard Webhooks, Svix", standardWebhooks(sender)),
];

/** The rules by which the module reads keys, for all of them. */
export const KEY_RULES: readonly KeyRules[] = KEY_SCHEMES.map(({ rules }) => rules);

export const SCHEME_NAMES: readonly string[] = KEY_RULES.map(({ name }) => name);

export const schemeOf = (name: string): KeyScheme | undefined =>
  KEY_SCHEMES.find(({ rules }) => rules.name === name);

/** The encoding of new keys of a scheme: `lk1` wherever it is taken, else the scheme's usual one. */
export function encodingOf({ rules }: KeyScheme): KeyEncoding {
  const [usual = "lk1"] = rules.keyEncodings;
  return rules.keyEncodings.includes("lk1") ? "lk1" : usual;
}
