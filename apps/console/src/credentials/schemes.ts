import { lacre1, type KeyEncoding, type KeyRules } from "@lacre/core";
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { adyen } from "@lacre/schemes/adyen";
import { box } from "@lacre/schemes/box";
import { docusign } from "@lacre/schemes/docusign";
import { mercadoPago } from "@lacre/schemes/mercado-pago";
import { twitch } from "@lacre/schemes/twitch";
import { zendesk } from "@lacre/schemes/zendesk";
import { bitbucket } from "@lacre/schemes/bitbucket";
import { calendly } from "@lacre/schemes/calendly";
import { gitlab } from "@lacre/schemes/gitlab";
import { hubspot } from "@lacre/schemes/hubspot";
import { intercom } from "@lacre/schemes/intercom";
import { line } from "@lacre/schemes/line";
import { linear } from "@lacre/schemes/linear";
import { mailgun } from "@lacre/schemes/mailgun";
import { meta } from "@lacre/schemes/meta";
import { mux } from "@lacre/schemes/mux";
import { notion } from "@lacre/schemes/notion";
import { paddle } from "@lacre/schemes/paddle";
import { razorpay } from "@lacre/schemes/razorpay";
import { shopify } from "@lacre/schemes/shopify";
import { square } from "@lacre/schemes/square";
import { svix } from "@lacre/schemes/svix";
import { twilio } from "@lacre/schemes/twilio";
import { typeform } from "@lacre/schemes/typeform";
import { woocommerce } from "@lacre/schemes/woocommerce";
import { workos } from "@lacre/schemes/workos";
import { zoom } from "@lacre/schemes/zoom";
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

/** A sender whose people choose the secret. */
const chosen = (name: string, rules: KeyRules): KeyScheme => ({
  ...imported(`${name} webhooks`, rules),
  cureShort: `${name} lets you choose the secret: make a longer one, put it into the webhook there, and import it here.`,
});

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
  chosen("GitHub", github({ ...sender, ...weak })),
  imported("Slack requests", slack(sender)),
  imported("Standard Webhooks", standardWebhooks(sender)),
  chosen("Bitbucket", bitbucket({ ...sender, ...weak })),
  chosen("Calendly", calendly({ ...sender, ...weak })),
  imported("GitLab webhooks", gitlab({ ...sender, ...weak })),
  imported("HubSpot webhooks", hubspot({ ...sender, ...weak })),
  imported("Intercom webhooks", intercom({ ...sender, ...weak })),
  imported("LINE webhooks", line({ ...sender, ...weak })),
  imported("Linear webhooks", linear({ ...sender, ...weak })),
  imported("Mailgun webhooks", mailgun({ ...sender, ...weak })),
  imported("Meta webhooks", meta({ ...sender, ...weak })),
  imported("Mux webhooks", mux({ ...sender, ...weak })),
  imported("Notion webhooks", notion({ ...sender, ...weak })),
  imported("Paddle webhooks", paddle({ ...sender, ...weak })),
  chosen("Razorpay", razorpay({ ...sender, ...weak })),
  imported("Shopify webhooks", shopify({ ...sender, ...weak })),
  imported("Square webhooks", square({ ...sender, ...weak })),
  imported("Svix webhooks", svix({ ...sender, ...weak })),
  imported("Twilio webhooks", twilio({ ...sender, ...weak })),
  chosen("Typeform", typeform({ ...sender, ...weak })),
  chosen("WooCommerce", woocommerce({ ...sender, ...weak })),
  imported("WorkOS webhooks", workos({ ...sender, ...weak })),
  imported("Zoom webhooks", zoom({ ...sender, ...weak })),
  imported("Adyen webhooks", adyen({ ...sender, ...weak })),
  imported("Box webhooks", box({ ...sender, ...weak })),
  imported("Docusign webhooks", docusign({ ...sender, ...weak })),
  imported("Mercado Pago webhooks", mercadoPago({ ...sender, ...weak })),
  chosen("Twitch", twitch({ ...sender, ...weak })),
  imported("Zendesk webhooks", zendesk({ ...sender, ...weak })),
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
