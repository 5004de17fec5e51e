import { ConfigurationError } from "./errors.js";

/** One option, described once: its type, its default, its check and its message. Made by `seconds`, `flag`, … */
export interface Option<Given, Read = Given, Needed extends Presence = Presence> {
  readonly presence: Needed;
  /** The value unless one is given. It is read as a given one is. */
  readonly default: Given | undefined;
  /** The default in words, where its value does not say it: `"the system's"`. */
  readonly says: string | undefined;
  /** How to mend a missing or a wrong value, as a sentence. */
  readonly cure: string;
  /**
   * Reads a given value.
   * @param at where it stands: `hawk.maxAge`
   * @throws ConfigurationError
   */
  readonly read: (given: Given, at: string) => Read;
}

/** Whether an option must be given. */
export type Presence = "required" | "optional";

/** An option of any type. */
type AnyOption = Omit<Option<never, unknown>, "default"> & { readonly default: unknown };

/** The options of one function or module by name. The JSDoc of each name is what editors show. */
export type OptionSpecs = Readonly<Record<string, AnyOption>>;

/** What callers give: required options must be there. */
export type OptionsOf<S extends OptionSpecs> = Given<S, Names<S, "required">> &
  Optional<Given<S, Names<S, "optional">>>;

/** `undefined` says nothing, also where `exactOptionalPropertyTypes` tells it from an absent property. */
type Optional<Given> = { readonly [Name in keyof Given]?: Given[Name] | undefined };

/** What `readOptions` makes of it: checked, with defaults. */
export type SettingsOf<S extends OptionSpecs> = {
  readonly [Name in keyof S]: ReturnType<S[Name]["read"]>;
};

type Names<S extends OptionSpecs, Needed extends Presence> = {
  [Name in keyof S]: S[Name]["presence"] extends Needed ? Name : never;
}[keyof S];

// Without `as`, so that each property keeps its JSDoc.
type Given<S extends OptionSpecs, Name extends keyof S> = {
  readonly [N in Name]: Parameters<S[N]["read"]>[0];
};

/**
 * Reads options: unknown names are refused, defaults are filled in, values are checked.
 * @param of what messages call the owner of the options: `hawk`
 * @param prefix what stands before a name in messages; `hawk.` unless given
 * @throws ConfigurationError
 */
export function readOptions<S extends OptionSpecs>(
  specs: S,
  given: OptionsOf<S> | undefined,
  of: string,
  prefix = `${of}.`,
): SettingsOf<S> {
  const options: unknown = given === undefined ? {} : given;
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new ConfigurationError(
      of,
      `is ${shown(options)}, and must be an object of options.`,
      `Options: ${Object.keys(specs).join(", ")}.`,
    );
  refuseStranger(Object.keys(specs), options, of, prefix);
  const values = options as Readonly<Record<string, unknown>>;
  const read = Object.entries(specs).map(([name, option]) => [
    name,
    readOne(option, values[name], prefix + name),
  ]);
  return Object.fromEntries(read) as SettingsOf<S>;
}

function readOne(option: AnyOption, given: unknown, at: string): unknown {
  const value = given === undefined ? option.default : given;
  if (value !== undefined) return option.read(value as never, at);
  if (option.presence === "optional") return undefined;
  throw new ConfigurationError(at, "is missing.", option.cure);
}

/**
 * Refuses a name that is not one of these: misspelt, it would go unnoticed.
 * @param of what messages call the owner of the options
 * @param prefix what stands before a name in messages
 * @throws ConfigurationError
 */
export function refuseStranger(
  names: readonly string[],
  options: object,
  of: string,
  prefix: string,
): void {
  const stranger = Object.keys(options).find((name) => !names.includes(name));
  if (stranger === undefined) return;
  const near = names.find((name) => isNear(stranger.toLowerCase(), name.toLowerCase()));
  // What is no name may be a key that came to the wrong place.
  const name = /^[A-Za-z_$][\w$-]{0,31}$/.test(stranger) ? stranger : "(a name)";
  throw new ConfigurationError(
    `${prefix}${name}`,
    `is not an option of ${of}.`,
    `${near === undefined ? "" : `Did you mean ${near}? `}Options: ${names.join(", ")}.`,
  );
}

/** One begins with the other, or they differ in one place: of two letters, or of three where four before it are equal. */
function isNear(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  if (shorter < 3) return false;
  if (a.startsWith(b) || b.startsWith(a)) return true;
  let start = 0;
  while (a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const differing = Math.max(a.length, b.length) - start - end;
  return differing <= (start < 4 ? 2 : 3);
}

const HARMLESS = /^(?:[-+]?\d[\d.,_]{0,11} ?[a-z]{0,2}|true|false|yes|no|on|off|)$/i;

/** A wrong value in words. A text may be a secret: it is shown where it is a number or a word for yes or no. */
export function shown(value: unknown): string {
  if (value === null || typeof value === "number" || typeof value === "boolean")
    return String(value);
  if (typeof value === "string") return HARMLESS.test(value) ? JSON.stringify(value) : "a text";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
