import { DEFAULT_SCHEME } from "./apps/default-scheme.js";
import { ConfigurationError } from "./errors.js";
import { lacre1 } from "./lacre1/lacre1.js";
import type { Scheme } from "./scheme/scheme.js";

/** The schemes that need no options, by name. */
const BY_NAME = { lacre1 } as const satisfies Record<string, Scheme>;

/** A scheme by its name, or one that was made with options, as those of `@lacre/schemes` are. */
export type SchemeOption = keyof typeof BY_NAME | Scheme;

/**
 * Reads the list of enabled schemes.
 * @throws ConfigurationError
 */
export function readSchemes(
  options: readonly SchemeOption[] = [DEFAULT_SCHEME],
  at = "schemes",
): readonly Scheme[] {
  if (!Array.isArray(options) || options.length === 0)
    throw new ConfigurationError(
      at,
      "must be a list of schemes.",
      `Write schemes: ["${DEFAULT_SCHEME}"].`,
    );
  const schemes = options.map((option, i) => readScheme(option, `${at}[${i}]`));
  const names = schemes.map(({ name }) => name);
  const second = names.findIndex((name, i) => names.indexOf(name) < i);
  if (second >= 0)
    throw new ConfigurationError(
      at,
      `names a scheme twice: ${names[second]}.`,
      'Give it once, or the second a name of its own, which its keys and routes then say: name: "…".',
    );
  return schemes;
}

/**
 * Reads one scheme.
 * @throws ConfigurationError
 */
export function readScheme(option: SchemeOption, at: string): Scheme {
  if (typeof option === "object" && option !== null && typeof option.header?.read === "function")
    return ownNamed(option as Scheme, at);
  if (typeof option === "string" && Object.hasOwn(BY_NAME, option))
    return BY_NAME[option as keyof typeof BY_NAME];
  if (typeof option === "function")
    throw new ConfigurationError(
      at,
      "is a function that makes a scheme.",
      "Call it: write its name with ().",
    );
  throw new ConfigurationError(
    at,
    // A longer text may be a key that came to the wrong place.
    `${isShort(option) ? JSON.stringify(option) : "what is given"} is not a scheme.`,
    `Name ${Object.keys(BY_NAME).join(", ")}, or import one from @lacre/schemes and call it, or give one of your own.`,
  );
}

const isShort = (option: unknown): boolean => typeof option === "string" && option.length <= 24;

/** Keys, routes and clients take what has such a name for the scheme of that name. */
function ownNamed(scheme: Scheme, at: string): Scheme {
  const { name } = scheme;
  if (Object.hasOwn(BY_NAME, name) && BY_NAME[name as keyof typeof BY_NAME] !== scheme)
    throw new ConfigurationError(
      `${at}.name`,
      `"${name}" is the name of another scheme.`,
      "Give it a name of its own.",
    );
  return scheme;
}
