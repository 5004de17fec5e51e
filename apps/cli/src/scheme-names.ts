/** An option of a scheme that has a flag of its own. */
export type Flag = "region" | "service" | "urlMode" | "realm";

/** The presets of senders. */
const SENDER_NAMES = [
  "adyen",
  "bitbucket",
  "box",
  "calendly",
  "docusign",
  "github",
  "gitlab",
  "hubspot",
  "intercom",
  "line",
  "linear",
  "mailgun",
  "mercado-pago",
  "meta",
  "mux",
  "notion",
  "paddle",
  "razorpay",
  "shopify",
  "slack",
  "square",
  "stripe",
  "svix",
  "twilio",
  "twitch",
  "typeform",
  "woocommerce",
  "workos",
  "zendesk",
  "zoom",
] as const;

/** Every scheme that this program speaks, in the order of the help. */
export const SCHEME_NAMES = [
  "lacre1",
  "acquia2",
  "aspnet-hmac",
  "aws-sigv4",
  "azure-hmac",
  "azure-shared-key",
  "body-signature",
  "hawk",
  "rfc9421",
  "shared-key",
  "standard-webhooks",
  "timestamp-body",
  ...SENDER_NAMES,
] as const;

export type SenderName = (typeof SENDER_NAMES)[number];
export type SchemeName = (typeof SCHEME_NAMES)[number];

const NAMES: ReadonlySet<string> = new Set(SCHEME_NAMES);

export const isSchemeName = (name: string): name is SchemeName => NAMES.has(name);

/** The scheme whose option a flag says. */
export const FLAG_OWNERS: Readonly<Record<Flag, SchemeName>> = {
  realm: "acquia2",
  region: "aws-sigv4",
  service: "aws-sigv4",
  urlMode: "aws-sigv4",
};

export const FLAGS = Object.keys(FLAG_OWNERS) as readonly Flag[];

/** The options without which a scheme cannot be made. A request of it shows them. */
export const neededOf = (name: SchemeName): readonly Flag[] =>
  FLAGS.filter((flag) => FLAG_OWNERS[flag] === name && flag !== "urlMode");
