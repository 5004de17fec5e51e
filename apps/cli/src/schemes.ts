import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
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

/** The options that say how one scheme or another is spoken. */
export interface SchemeOptions {
  readonly scheme?: string;
  readonly region?: string;
  readonly service?: string;
  readonly urlMode?: "plain" | "s3";
  readonly realm?: string;
}

interface World {
  readonly appId: string;
  readonly clock: Clock;
}

const weak = { acknowledgeWeakness: true } as const;

/** Every scheme that can be spoken on the command line, with the defaults that its page names. */
const SCHEMES: Readonly<Record<string, (options: SchemeOptions, world: World) => Scheme>> = {
  lacre1: () => lacre1,
  acquia2: ({ realm }) => acquia2({ realm: need(realm, "--scheme acquia2", "--realm") }),
  "aspnet-hmac": () => aspnetHmac(weak),
  "aws-sigv4": ({ region, service, urlMode }) =>
    awsSigV4({
      region: need(region, "--scheme aws-sigv4", "--region and --service"),
      service: need(service, "--scheme aws-sigv4", "--region and --service"),
      urlMode,
    }),
  "azure-hmac": () => azureHmac(weak),
  "azure-shared-key": () => azureSharedKey(weak),
  github: (_options, { appId, clock }) => github({ appId, clock, ...weak }),
  hawk: () => hawk(weak),
  rfc9421: () => rfc9421(weak),
  "shared-key": () => sharedKey(weak),
  slack: (_options, { appId }) => slack({ appId }),
  "standard-webhooks": (_options, { appId }) => standardWebhooks({ appId }),
  stripe: (_options, { appId }) => stripe({ appId }),
  "timestamp-body": (_options, { appId }) => timestampBody({ appId, ...weak }),
};

/** Which options belong to which scheme. */
const BELONGS: Readonly<Record<string, readonly (keyof SchemeOptions)[]>> = {
  "aws-sigv4": ["region", "service", "urlMode"],
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
];

/**
 * The scheme that the options name.
 * @throws UsageError, ConfigurationError
 */
export function schemeOf(options: SchemeOptions, world: World): Scheme {
  const { scheme: name = "lacre1" } = options;
  for (const [owner, names] of Object.entries(BELONGS))
    for (const option of names)
      if (owner !== name && options[option] !== undefined)
        throw new UsageError(
          `--${option === "urlMode" ? "url-mode" : option} belongs to --scheme ${owner}. Add it, or leave it out.`,
        );
  const make = SCHEMES[name];
  if (make === undefined)
    throw new UsageError(`--scheme ${name} is not known. Use ${Object.keys(SCHEMES).join(", ")}.`);
  return make(options, world);
}

function need(value: string | undefined, scheme: string, option: string): string {
  if (value === undefined)
    throw new UsageError(`${scheme} needs ${option}. Give what your server has.`);
  return value;
}
