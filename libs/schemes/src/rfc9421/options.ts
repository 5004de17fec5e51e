import {
  APP_ID_TERMS,
  ConfigurationError,
  custom,
  flag,
  isFieldName,
  list,
  oneOf,
  type OptionsOf,
  schemeName,
  type SettingsOf,
  text,
} from "@lacre/core/scheme";
import { isForbidden, REQUEST_PARTS } from "./components.js";
import type { FieldType } from "./message.js";

const MAX_COMPONENTS = 16;
const FIELD_TYPES: readonly FieldType[] = ["list", "dictionary", "item"];

/** Structured fields that are the same everywhere. */
const KNOWN_FIELDS: readonly (readonly [string, FieldType])[] = [
  ["accept-signature", "dictionary"],
  ["cache-status", "list"],
  ["content-digest", "dictionary"],
  ["priority", "dictionary"],
  ["repr-digest", "dictionary"],
  ["signature", "dictionary"],
  ["signature-input", "dictionary"],
  ["want-content-digest", "dictionary"],
  ["want-repr-digest", "dictionary"],
];

export const OPTIONS = {
  /** The name by which keys and routes speak of it; `rfc9421` unless given. */
  name: schemeName("rfc9421"),
  /**
   * What every signature must cover: derived components and field names. `@request-target` stands for `@path` and
   * `@query`, `@target-uri` for these, `@authority` and `@scheme`. Content-Digest is added whenever there is content,
   * and so are the fields that change what a request means. `["@method", "@authority", "@path", "@query"]` unless
   * given.
   */
  components: list(custom(readComponentName, { example: '"@method"' }), {
    default: ["@method", "@authority", "@path", "@query"],
    example: ["@method", "@target-uri"],
    from: 1,
    to: MAX_COMPONENTS,
  }),
  /**
   * Whether a signature must have a nonce. One without is good once, but for GET and HEAD where it covers `@method`.
   * `optional` unless given.
   */
  nonce: oneOf(["required", "optional"], { default: "optional" }),
  /** The tag that our signatures have. Any, or none, unless given. */
  tag: text({
    pattern: /^[\x20-\x7e]{1,128}$/,
    as: "1 to 128 printable US-ASCII characters",
    example: "orders",
  }),
  /** The label that our signature has. The only one that fits, unless given. */
  label: text({
    pattern: /^[a-z*][a-z0-9_\-.*]{0,63}$/,
    as: "1 to 64 lower-case letters, digits or _ - . *, a letter or * first",
    example: "sig1",
  }),
  /** Who signs where there is no `keyid`. Without it, each signature names its AppId as `keyid`. */
  appId: text(APP_ID_TERMS),
  /** What the application's own fields are: for `sf`, and because lists and dictionaries may come on several lines. */
  fields: custom(readFieldTypes, { default: {}, example: '{ "x-order": "dictionary" }' }),
  /** What `components` leaves open is known: the module does not warn of it at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
};

/** How signatures are chosen, and what they must cover. */
export interface Rfc9421Options extends OptionsOf<typeof OPTIONS> {}

/** The options, checked. */
export type Rules = SettingsOf<typeof OPTIONS>;

function readComponentName(name: string, at: string): string {
  const isField = typeof name === "string" && isFieldName(name) && !isForbidden(name);
  if (isField || REQUEST_PARTS.has(name)) return name;
  throw new ConfigurationError(
    at,
    `must be a field name in lower case that proxies leave alone, or one of ${[...REQUEST_PARTS.keys()].join(", ")}.`,
    'Give "@method", for example.',
  );
}

function readFieldTypes(
  fields: Readonly<Record<string, FieldType>>,
  at: string,
): ReadonlyMap<string, FieldType> {
  const wrong = (where: string, problem: string): ConfigurationError =>
    new ConfigurationError(where, problem, 'Give { "x-order": "dictionary" }, for example.');
  if (typeof fields !== "object" || fields === null || Array.isArray(fields))
    throw wrong(at, "must be an object of field names and their types.");
  for (const [field, type] of Object.entries(fields))
    if (!isFieldName(field) || !FIELD_TYPES.includes(type))
      throw wrong(
        `${at}[${JSON.stringify(field)}]`,
        `must be a name in lower case, and ${FIELD_TYPES.map((each) => `"${each}"`).join(" or ")}.`,
      );
  return new Map([...KNOWN_FIELDS, ...Object.entries(fields)]);
}
