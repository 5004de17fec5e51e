import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { bodySignature } from "@lacre/schemes/body-signature";
import { hawk } from "@lacre/schemes/hawk";
import { ConfigurationError, systemClock, type Scheme } from "@lacre/core";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import type { Format } from "./explain/format.js";
import type { Layout } from "./explain/layout.js";
import { contentLayout } from "./explain/layouts/content-layout.js";
import { plainLayout } from "./explain/layouts/plain-layout.js";
import { RFC9421_LAYOUT } from "./explain/layouts/rfc9421-layout.js";
import { SIGV4_LAYOUT } from "./explain/layouts/sigv4-layout.js";
import {
  isSchemeName,
  neededOf,
  SCHEME_NAMES,
  type SchemeName,
  type SenderName,
} from "./scheme-names.js";
import type { SchemeTerms } from "./scheme-terms.js";
import { SENDERS } from "./senders.js";
import { termsShownBy, type ShownRequest } from "./shown-scheme.js";
import { LACRE1, type Spoken, type World } from "./spoken.js";

/** https://github.com/mozilla/hawk/blob/main/API.md */
const HAWK_LINES = [
  "type",
  "timestamp",
  "nonce",
  "method",
  "target",
  "header host",
  "port",
  "hash",
];

const weak = { acknowledgeWeakness: true } as const;
const always = (layout: Layout) => (): Layout => layout;

/**
 * Its options come from the user as they are, and the scheme's own reader refuses what is wrong or unknown.
 * @param more what the command line says of it besides
 */
const by =
  <Options>(
    make: (options: Options) => Scheme,
    more: (world: World) => object = () => ({}),
  ): Spoken["make"] =>
  (terms, world) =>
    make({ ...more(world), ...terms } as Options);

/** The sender is known beforehand, or a header or the path names it. */
const sayingWho = (terms: SchemeTerms, appId: World["appId"]): SchemeTerms =>
  (terms["appIdHeader"] ?? terms["appIdPath"]) === undefined ? { appId, ...terms } : terms;

const hasHeader = (request: ShownRequest | undefined, wanted: string): boolean =>
  request?.headers.some(([name]) => name.toLowerCase() === wanted) === true;

const presets = Object.entries(SENDERS).map(([name, sender]): [string, Spoken] => {
  const { make, template, timestampFormat } = sender;
  const layout =
    template === undefined ? plainLayout(name) : contentLayout(name, template, timestampFormat);
  return [name, { make, layout: always(layout) }];
});

const spokenPresets = Object.fromEntries(presets) as Record<SenderName, Spoken>;

/** Every scheme that this program speaks, with the defaults that its page names. */
export const SCHEMES: Readonly<Record<SchemeName, Spoken>> = {
  lacre1: LACRE1,
  acquia2: {
    make: by(acquia2),
    layout: always(plainLayout("acquia2", ["method", "header host", "target", "query"])),
  },
  "aspnet-hmac": { make: by(aspnetHmac, () => weak), layout: always(plainLayout("aspnet-hmac")) },
  "aws-sigv4": {
    make: by(awsSigV4),
    layout: always(SIGV4_LAYOUT),
  },
  "azure-hmac": { make: by(azureHmac, () => weak), layout: always(plainLayout("azure-hmac")) },
  "azure-shared-key": {
    make: by(azureSharedKey, () => weak),
    layout: always(plainLayout("azure-shared-key")),
  },
  "body-signature": {
    make: (terms, { appId, clock }) =>
      bodySignature({
        name: "body-signature",
        clock,
        ...weak,
        ...sayingWho(terms, appId),
      } as Parameters<typeof bodySignature>[0]),
    layout: ({ template = "{body}", timestampFormat }) =>
      contentLayout("body-signature", String(template), timestampFormat),
  },
  hawk: { make: by(hawk, () => weak), layout: always(plainLayout("hawk", HAWK_LINES)) },
  rfc9421: { make: by(rfc9421, () => weak), layout: always(RFC9421_LAYOUT) },
  "shared-key": { make: by(sharedKey, () => weak), layout: always(plainLayout("shared-key")) },
  "standard-webhooks": {
    // Svix, who wrote the standard, sends it under names of its own.
    make: by(standardWebhooks, ({ appId, request }) => ({
      appId,
      ...(hasHeader(request, "svix-signature") &&
        !hasHeader(request, "webhook-signature") && { headerPrefix: "svix" }),
    })),
    layout: always(contentLayout("standard-webhooks", "{id}.{timestamp}.{body}")),
  },
  "timestamp-body": {
    make: (terms, { appId }) =>
      timestampBody({ ...weak, ...sayingWho(terms, appId) } as Parameters<typeof timestampBody>[0]),
    layout: ({ order, separator = "" }) =>
      contentLayout(
        "timestamp-body",
        (order === "timestamp-first" ? ["{timestamp}", "{body}"] : ["{body}", "{timestamp}"]).join(
          String(separator),
        ),
      ),
  },
  ...spokenPresets,
};

/** A format that nobody has said more of than its name. */
export interface NamedFormat extends Format {
  /** The options that the request says, since nobody else does: `region eu-central-1`. */
  readonly shown: readonly string[];
}

/**
 * A scheme by its name alone. The options without which it cannot be made are those that the request shows; where it
 * shows none, it is no request of this scheme, and they do not matter.
 * @throws ConfigurationError for another name, or where nobody knows who signs
 */
export function formatNamed(name: string, world: World): NamedFormat {
  if (!isSchemeName(name))
    throw new ConfigurationError(
      "schemes",
      `${/^[a-z][a-z0-9-]{0,24}$/.test(name) ? `"${name}"` : "what is given as a name"} is not known.`,
      `Known: ${SCHEME_NAMES.join(", ")}. Give any other as a Scheme.`,
    );
  const seen = world.request === undefined ? {} : termsShownBy(name, world.request);
  const needed = neededOf(name);
  const spoken = SCHEMES[name];
  const terms = { ...Object.fromEntries(needed.map((flag) => [flag, "unknown"])), ...seen };
  return {
    scheme: spoken.make(terms, world),
    layout: spoken.layout(terms),
    shown: needed.filter((flag) => flag in seen).map((flag) => `${flag} ${String(seen[flag])}`),
  };
}

/** How the text of a scheme is built, seen from its name: by lines, where that says nothing. */
export const layoutOf = ({ name }: Scheme): Layout =>
  isSchemeName(name) ? SCHEMES[name].layout({}) : plainLayout(name);

/** A scheme for its sentences alone; undefined where its name does not make one. */
export function schemeForWords(name: string): Scheme | undefined {
  try {
    return formatNamed(name, { appId: "unknown", clock: systemClock }).scheme;
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}
