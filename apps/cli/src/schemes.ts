import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { bodySignature } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { lacre1, type Clock, type Scheme } from "@lacre/core";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import type { OptionDescription } from "./command.js";
import { UsageError } from "./exit.js";
import type { Format } from "./explain/format.js";
import type { Layout } from "./explain/layout.js";
import { contentLayout } from "./explain/layouts/content-layout.js";
import { LACRE1_LAYOUT } from "./explain/layouts/lacre1-layout.js";
import { plainLayout } from "./explain/layouts/plain-layout.js";
import { RFC9421_LAYOUT } from "./explain/layouts/rfc9421-layout.js";
import { SIGV4_LAYOUT } from "./explain/layouts/sigv4-layout.js";
import { readSchemeTerms, type SchemeTerms } from "./scheme-terms.js";
import { termsShownBy, type ShownRequest } from "./shown-scheme.js";

/** The options that say how one scheme or another is spoken. */
export interface SchemeOptions {
  readonly scheme?: string;
  readonly region?: string;
  readonly service?: string;
  readonly urlMode?: "plain" | "s3";
  readonly realm?: string;
  /** `name=value`, each an option of the scheme's own. */
  readonly schemeOption?: readonly string[];
  /** A file of JSON with options of the scheme's own. */
  readonly schemeOptions?: string;
  /** What a profile says of them. */
  readonly profileTerms?: SchemeTerms;
}

/** A format as it was said, or as the request shows it. */
export interface SpokenFormat extends Format {
  /** The flags that nobody gave, as the request says them: `--region eu-central-1`. */
  readonly taken: readonly string[];
}

/** What a scheme may have to know beside its options. */
export interface World {
  readonly appId: string;
  readonly clock: Clock;
  /** The request that is looked at; none where one is made. */
  readonly request?: ShownRequest;
}

/** One scheme that can be spoken on the command line. */
interface Spoken {
  /** Makes it of its own options, those with flags of their own among them. */
  readonly make: (terms: SchemeTerms, world: World) => Scheme;
  /** How its text is built, for `lacre explain`. */
  readonly layout: (terms: SchemeTerms) => Layout;
  /** Which flags say an option of it, and which must be there. */
  readonly flags?: readonly Flag[];
}

type Flag = "region" | "service" | "urlMode" | "realm";

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

/** The sender is known beforehand, or a header names it. */
const sayingWho = (terms: SchemeTerms, appId: string): SchemeTerms =>
  terms["appIdHeader"] === undefined ? { appId, ...terms } : terms;

const hasHeader = (request: ShownRequest | undefined, wanted: string): boolean =>
  request?.headers.some(([name]) => name.toLowerCase() === wanted) === true;

const ofSender = ({ appId }: World): object => ({ appId });

/** Every scheme that can be spoken on the command line, with the defaults that its page names. */
const SCHEMES: Readonly<Record<string, Spoken>> = {
  lacre1: { make: () => lacre1, layout: always(LACRE1_LAYOUT) },
  acquia2: {
    make: by(acquia2),
    layout: always(plainLayout("acquia2", ["method", "header host", "target", "query"])),
    flags: ["realm"],
  },
  "aspnet-hmac": { make: by(aspnetHmac, () => weak), layout: always(plainLayout("aspnet-hmac")) },
  "aws-sigv4": {
    make: by(awsSigV4),
    layout: always(SIGV4_LAYOUT),
    flags: ["region", "service", "urlMode"],
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
    layout: ({ template = "{body}" }) => contentLayout("body-signature", String(template)),
  },
  github: {
    make: by(github, ({ appId, clock }) => ({ appId, clock, ...weak })),
    layout: always(contentLayout("github", "{body}")),
  },
  hawk: { make: by(hawk, () => weak), layout: always(plainLayout("hawk", HAWK_LINES)) },
  rfc9421: { make: by(rfc9421, () => weak), layout: always(RFC9421_LAYOUT) },
  "shared-key": { make: by(sharedKey, () => weak), layout: always(plainLayout("shared-key")) },
  slack: {
    make: by(slack, ofSender),
    layout: always(contentLayout("slack", "v0:{timestamp}:{body}")),
  },
  "standard-webhooks": {
    // Svix, who wrote the standard, sends it under names of its own.
    make: by(standardWebhooks, ({ appId, request }) => ({
      appId,
      ...(hasHeader(request, "svix-signature") &&
        !hasHeader(request, "webhook-signature") && { headerPrefix: "svix" }),
    })),
    layout: always(contentLayout("standard-webhooks", "{id}.{timestamp}.{body}")),
  },
  stripe: {
    make: by(stripe, ofSender),
    layout: always(contentLayout("stripe", "{timestamp}.{body}")),
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
};

/** What the flags that a scheme cannot be without are called, where there are such. */
const NEEDED: Readonly<Record<string, readonly Flag[]>> = {
  "aws-sigv4": ["region", "service"],
  acquia2: ["realm"],
};

export const SCHEME_OPTION: OptionDescription = {
  flags: "--scheme <name>",
  summary: "lacre1 unless said otherwise",
  choices: Object.keys(SCHEMES),
};

export const SCHEME_OPTIONS: readonly OptionDescription[] = [
  SCHEME_OPTION,
  { flags: "--region <name>", summary: "aws-sigv4: the region of the scope" },
  { flags: "--service <name>", summary: "aws-sigv4: the service of the scope" },
  {
    flags: "--url-mode <name>",
    summary: "aws-sigv4: how the path is signed",
    choices: ["plain", "s3"],
  },
  { flags: "--realm <name>", summary: "acquia2: the realm" },
  {
    flags: "--scheme-option <name=value>",
    summary: "an option of the scheme, as its page names it: headerPrefix=svix; any number",
    repeats: true,
  },
  {
    flags: "--scheme-options <file>",
    summary: "the same from a JSON file: one object with the scheme's options",
  },
];

/**
 * The scheme that the options name, and how its text is built.
 * @throws UsageError, ConfigurationError
 */
export function formatOf(options: SchemeOptions, world: World): SpokenFormat {
  const { scheme: name = "lacre1" } = options;
  const spoken = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  refuseFlagsOfOthers(name, options);
  if (spoken === undefined)
    throw new UsageError(
      `--scheme ${/^[a-z][a-z0-9-]{0,24}$/.test(name) ? name : "…"} is not known. Use ${Object.keys(SCHEMES).join(", ")}.`,
    );
  const own = readSchemeTerms(options);
  if (name === "lacre1" && Object.keys(own).length > 0)
    throw new UsageError("The scheme lacre1 has no options. Leave out --scheme-option.");
  const said: SchemeTerms = { ...own, ...flagsOf(spoken, options) };
  const shown = world.request === undefined ? {} : termsShownBy(name, world.request);
  const terms = { ...shown, ...said };
  const needed = NEEDED[name] ?? [];
  if (needed.some((flag) => terms[flag] === undefined))
    throw new UsageError(
      `--scheme ${name} needs ${NEEDED[name]?.map(flagName).join(" and ")}. Give what your server has.`,
    );
  return {
    scheme: spoken.make(terms, world),
    layout: spoken.layout(terms),
    taken: needed
      .filter((flag) => said[flag] === undefined)
      .map((flag) => `${flagName(flag)} ${String(terms[flag])}`),
  };
}

/**
 * The scheme that the options name.
 * @throws UsageError, ConfigurationError
 */
export const schemeOf = (options: SchemeOptions, world: World): Scheme =>
  formatOf(options, world).scheme;

function refuseFlagsOfOthers(name: string, options: SchemeOptions): void {
  for (const [owner, { flags = [] }] of Object.entries(SCHEMES))
    for (const flag of flags)
      if (owner !== name && options[flag] !== undefined)
        throw new UsageError(
          `${flagName(flag)} belongs to --scheme ${owner}. Add it, or leave it out.`,
        );
}

const flagsOf = ({ flags = [] }: Spoken, options: SchemeOptions): SchemeTerms =>
  Object.fromEntries(
    flags.flatMap((flag) => (options[flag] === undefined ? [] : [[flag, options[flag]]])),
  );

const flagName = (flag: Flag): string => `--${flag === "urlMode" ? "url-mode" : flag}`;
