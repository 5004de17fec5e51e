import { ConfigurationError } from "./errors.js";
import {
  readOptions,
  shown,
  type Option,
  type OptionSpecs,
  type OptionsOf,
  type SettingsOf,
} from "./options.js";

/** What every kind of option takes beside its own terms. Give at most one of `default` and `required`. */
export interface OptionTerms<T> {
  readonly default?: T;
  readonly required?: true;
  readonly says?: string;
}

type OptionFor<Given, Read, Terms> = Terms extends { readonly required: true }
  ? Option<Given, Read, "required">
  : Terms extends { readonly default: unknown }
    ? Option<Given, Read, "optional">
    : Option<Given, Read | undefined, "optional">;

/** A whole number of seconds within bounds, both included. */
export const seconds = wholeNumber(" of seconds");
/** A whole number of milliseconds within bounds, both included. */
export const milliseconds = wholeNumber(" of milliseconds");
/** A whole number of bytes within bounds, both included. */
export const bytes = wholeNumber(" of bytes");
/** A whole number without a unit within bounds, both included. */
export const count = wholeNumber("");

/** The bounds of a number, both included. */
export interface Bounds {
  readonly from: number;
  readonly to?: number;
}

function wholeNumber(unit: string) {
  return <const Terms extends OptionTerms<number>>(
    terms: Bounds & Terms,
  ): OptionFor<number, number, Terms> => {
    const { from, to = Number.MAX_SAFE_INTEGER } = terms;
    const cure = `Give ${terms.default ?? from}, for example.`;
    const range = terms.to === undefined ? `, at least ${from}` : ` from ${from} to ${to}`;
    return option<number, number, Terms>(terms, cure, (value, at) => {
      if (Number.isSafeInteger(value) && value >= from && value <= to) return value;
      throw new ConfigurationError(
        at,
        `is ${shown(value)}, and must be a whole number${unit}${range}.`,
        cure,
      );
    });
  };
}

/** A boolean. Words of an environment are refused: `"false"` would be true. */
export function flag<const Terms extends OptionTerms<boolean>>(
  terms: Terms,
): OptionFor<boolean, boolean, Terms> {
  const cure = "Give true or false.";
  return option<boolean, boolean, Terms>(terms, cure, (value, at) => {
    if (typeof value === "boolean") return value;
    throw new ConfigurationError(at, `is ${shown(value)}, and must be a boolean.`, cure);
  });
}

/** The terms of a text. */
export interface TextTerms {
  /** What it must match; any text that is not empty unless given. */
  readonly pattern?: RegExp;
  /** What that is, in words: `an AppId`. */
  readonly as?: string;
  readonly example: string;
  /** Whether messages may show a wrong value. Never for what may be a secret. */
  readonly shown?: boolean;
}

/** A text. */
export function text<const Terms extends OptionTerms<string>>(
  terms: TextTerms & Terms,
): OptionFor<string, string, Terms> {
  const { pattern = /[^]/, as = "a text that is not empty" } = terms;
  const cure = `Give ${JSON.stringify(terms.example)}, for example.`;
  return option<string, string, Terms>(terms, cure, (value, at) => {
    if (typeof value === "string" && pattern.test(value)) return value;
    const saw =
      terms.shown === true && typeof value === "string" ? `is ${JSON.stringify(value)}, and ` : "";
    throw new ConfigurationError(at, `${saw}must be ${as}.`, cure);
  });
}

/** One of a few values. */
export function oneOf<
  const T extends string | number,
  const Terms extends OptionTerms<NoInfer<T>> = object,
>(values: readonly T[], terms: Terms): OptionFor<T, T, Terms> {
  const written = values.map((value) => JSON.stringify(value));
  const cure = `Give ${JSON.stringify(terms.default ?? values[0])}, for example.`;
  return option<T, T, Terms>(terms, cure, (value, at) => {
    if (values.includes(value)) return value;
    throw new ConfigurationError(at, `must be ${written.join(" or ")}.`, cure);
  });
}

/** The name of a header that can be signed, in any case (docs/protocol.md section 2). */
export const headerName = (example: string) =>
  text({
    as: "the name of a header",
    pattern: /^[A-Za-z][A-Za-z0-9-]{0,63}$/,
    example,
    shown: true,
  });

/** The terms of a list. */
export interface ListTerms {
  readonly example: readonly (string | number)[];
  /** How many entries it has at least; 0 unless given. */
  readonly from?: number;
  /** How many entries it has at most. */
  readonly to?: number;
  /** Whether an entry may stand in it twice. */
  readonly repeats?: boolean;
  /** Whether a text in its place may be shown: no secret is likely to stand there. */
  readonly shown?: boolean;
}

/** A list: of names, where each item is a text. A text in its place would be taken for its letters. */
export function list<T, const Terms extends OptionTerms<readonly T[]>>(
  item: Option<T, T | undefined>,
  terms: ListTerms & Terms,
): OptionFor<readonly T[], readonly T[], Terms> {
  const { from = 0, to = Infinity } = terms;
  const cure = `Give ${JSON.stringify(terms.example)}, for example.`;
  return option<readonly T[], readonly T[], Terms>(terms, cure, (value, at) => {
    if (!Array.isArray(value) || value.length < from || value.length > to) {
      const isOne = terms.shown === true && typeof value === "string" && value !== "";
      const listed = isOne ? `Give ${JSON.stringify([value])}.` : cure;
      throw new ConfigurationError(at, `must be a list${sizeOf(from, to)}.`, listed);
    }
    const items = value.map((each: T, i) => item.read(each, `${at}[${i}]`) as T);
    const second = items.findIndex((each, i) => items.indexOf(each) < i);
    if (second >= 0 && terms.repeats !== true)
      throw new ConfigurationError(
        `${at}[${second}]`,
        "is in the list already.",
        "Give each once.",
      );
    return items;
  });
}

function sizeOf(from: number, to: number): string {
  if (to !== Infinity) return ` of ${from} to ${to} entries`;
  return from === 0 ? "" : ` with at least ${from} ${from === 1 ? "entry" : "entries"}`;
}

/** An object that does something: a clock, an observer. `methods` are those that it must have. */
export function port<T extends object>(
  methods: readonly (keyof T & string)[],
  terms: OptionTerms<T> & { readonly default: T },
): Option<T, T, "optional">;
export function port<T extends object>(
  methods: readonly (keyof T & string)[],
  terms: OptionTerms<T> & { readonly required: true },
): Option<T, T, "required">;
export function port<T extends object>(
  methods: readonly (keyof T & string)[],
  terms: Omit<OptionTerms<T>, "default" | "required">,
): Option<T, T | undefined, "optional">;
export function port<T extends object>(
  methods: readonly (keyof T & string)[],
  terms: OptionTerms<T>,
): unknown {
  const cure = `Give { ${methods.map((name) => `${name}() { … }`).join(", ")} }.`;
  return option<T, T, OptionTerms<T>>(terms, cure, (value, at) => {
    const given: Partial<T> | null = value;
    const missing = methods.find((name) => typeof given?.[name] !== "function");
    if (missing === undefined) return value;
    const saw = typeof given === "object" && given !== null ? "" : `is ${shown(value)}, and `;
    throw new ConfigurationError(at, `${saw}must be an object with ${missing}().`, cure);
  });
}

/** Options within an option. */
export function group<S extends OptionSpecs, const Terms extends OptionTerms<OptionsOf<S>>>(
  specs: S,
  terms: Terms,
): OptionFor<OptionsOf<S>, SettingsOf<S>, Terms> {
  const cure = `Options: ${Object.keys(specs).join(", ")}.`;
  return option<OptionsOf<S>, SettingsOf<S>, Terms>(terms, cure, (value, at) =>
    readOptions(specs, value, at),
  );
}

/**
 * An option that has a reader of its own.
 * @param terms the option; its `example` is a value as it is written in code, for messages
 */
export function custom<Given, Read, const Terms extends OptionTerms<Given>>(
  read: (given: Given, at: string) => Read,
  terms: Terms & { readonly example: string },
): OptionFor<Given, Read, Terms> {
  return option<Given, Read, Terms>(terms, `Give ${terms.example}, for example.`, read);
}

function option<Given, Read, Terms extends OptionTerms<Given>>(
  terms: Terms,
  cure: string,
  read: (given: Given, at: string) => Read,
): OptionFor<Given, Read, Terms> {
  return {
    presence: terms.required === true ? "required" : "optional",
    default: terms.default,
    says: terms.says,
    cure,
    read,
  } as unknown as OptionFor<Given, Read, Terms>;
}
