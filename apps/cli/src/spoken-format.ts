import type { Scheme } from "@lacre/core";
import type { OptionDescription } from "./command.js";
import { UsageError } from "./exit.js";
import type { Format } from "./explain/format.js";
import { readSchemeTerms, type SchemeTerms } from "./scheme-terms.js";
import { NEEDED, SCHEMES, type Flag, type Spoken, type World } from "./schemes.js";
import { termsShownBy } from "./shown-scheme.js";

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
  choices: Object.keys(SCHEMES),
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
