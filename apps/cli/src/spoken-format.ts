import type { Scheme } from "@lacre/core";
import type { OptionDescription } from "./command.js";
import { UsageError } from "./exit.js";
import type { Format } from "./explain/format.js";
import { readSchemeTerms, type SchemeTerms } from "./scheme-terms.js";
import {
  FLAG_OWNERS,
  FLAGS,
  isSchemeName,
  neededOf,
  SCHEME_NAMES,
  type Flag,
  type SchemeName,
} from "./scheme-names.js";
import { LACRE1, type Spoken, type World } from "./spoken.js";

/** The options that say how one scheme or another is spoken. */
export interface SchemeOptions {
  readonly scheme?: string;
  readonly region?: string;
  readonly service?: string;
  readonly urlMode?: "plain" | "s3" | "raw";
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

export const SCHEME_OPTION: OptionDescription = {
  flags: "--scheme <name>",
  summary: "lacre1 unless said otherwise",
  choices: SCHEME_NAMES,
};

export const SCHEME_OPTIONS: readonly OptionDescription[] = [
  SCHEME_OPTION,
  { flags: "--region <name>", summary: "aws-sigv4: the region of the scope" },
  { flags: "--service <name>", summary: "aws-sigv4: the service of the scope" },
  {
    flags: "--url-mode <name>",
    summary: "aws-sigv4: how the path is signed",
    choices: ["plain", "s3", "raw"],
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
export async function formatOf(options: SchemeOptions, world: World): Promise<SpokenFormat> {
  const { scheme: name = "lacre1" } = options;
  refuseFlagsOfOthers(name, options);
  if (!isSchemeName(name))
    throw new UsageError(
      `--scheme ${/^[a-z][a-z0-9-]{0,24}$/.test(name) ? name : "…"} is not known. Use ${SCHEME_NAMES.join(", ")}.`,
    );
  const own = readSchemeTerms(options);
  if (name === "lacre1" && Object.keys(own).length > 0)
    throw new UsageError("The scheme lacre1 has no options. Leave out --scheme-option.");
  const said: SchemeTerms = { ...own, ...saidByFlags(options) };
  const terms = { ...(await shownTerms(name, world)), ...said };
  const needed = neededOf(name);
  if (needed.some((flag) => terms[flag] === undefined))
    throw new UsageError(
      `--scheme ${name} needs ${needed.map(flagName).join(" and ")}. Give what your server has.`,
    );
  const spoken = await spokenBy(name);
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
export const schemeOf = async (options: SchemeOptions, world: World): Promise<Scheme> =>
  (await formatOf(options, world)).scheme;

/** Whoever speaks LACRE1 waits for no other format to load. */
async function spokenBy(name: SchemeName): Promise<Spoken> {
  if (name === "lacre1") return LACRE1;
  const { SCHEMES } = await import("./schemes.js");
  return SCHEMES[name];
}

async function shownTerms(name: SchemeName, { request }: World): Promise<SchemeTerms> {
  if (request === undefined) return {};
  const { termsShownBy } = await import("./shown-scheme.js");
  return termsShownBy(name, request);
}

function refuseFlagsOfOthers(name: string, options: SchemeOptions): void {
  for (const flag of FLAGS)
    if (FLAG_OWNERS[flag] !== name && options[flag] !== undefined)
      throw new UsageError(
        `${flagName(flag)} belongs to --scheme ${FLAG_OWNERS[flag]}. Add it, or leave it out.`,
      );
}

/** Those of others were refused. */
const saidByFlags = (options: SchemeOptions): SchemeTerms =>
  Object.fromEntries(
    FLAGS.flatMap((flag) => (options[flag] === undefined ? [] : [[flag, options[flag]]])),
  );

const flagName = (flag: Flag): string => `--${flag === "urlMode" ? "url-mode" : flag}`;
