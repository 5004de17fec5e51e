import {
  APP_ID_CURE,
  ConfigurationError,
  isAppId,
  isFieldName,
  readSchemeName,
  type SchemeName,
} from "@lacre/core/scheme";
import { isForbidden, REQUEST_PARTS } from "./components.js";
import type { FieldType } from "./message.js";

/** How signatures are chosen, and what they must cover. */
export interface Rfc9421Options extends SchemeName {
  /**
   * What every signature must cover: derived components and field names. `@request-target` stands for `@path` and
   * `@query`, `@target-uri` for these, `@authority` and `@scheme`. Content-Digest is added whenever there is content,
   * and so are the fields that change what a request means. `["@method", "@authority", "@path", "@query"]` unless said
   * otherwise.
   */
  readonly components?: readonly string[];
  /**
   * Whether a signature must have a nonce. One without is good once, but for GET and HEAD where it covers `@method`.
   * `optional` unless said otherwise.
   */
  readonly nonce?: "required" | "optional";
  /** The tag that our signatures have. Any, or none, unless said otherwise. */
  readonly tag?: string;
  /** The label that our signature has. The only one that fits, unless said otherwise. */
  readonly label?: string;
  /** Who signs where there is no `keyid`. Without it, each signature names its AppId as `keyid`. */
  readonly appId?: string;
  /** What the application's own fields are: for `sf`, and because lists and dictionaries may come on several lines. */
  readonly fields?: Readonly<Record<string, FieldType>>;
  /** Says that what `components` leaves open is known, so that no start warns of it. */
  readonly acknowledgeWeakness?: boolean;
}

/** The options, checked. */
export interface Rules {
  readonly name: string;
  readonly components: readonly string[];
  readonly isNonceRequired: boolean;
  readonly tag: string | undefined;
  readonly label: string | undefined;
  readonly appId: string | undefined;
  readonly fields: ReadonlyMap<string, FieldType>;
}

const OPTION_NAMES: readonly string[] = [
  "name",
  "components",
  "nonce",
  "tag",
  "label",
  "appId",
  "fields",
  "acknowledgeWeakness",
] satisfies (keyof Rfc9421Options)[];
const LABEL = /^[a-z*][a-z0-9_\-.*]{0,63}$/;
const TAG = /^[\x20-\x7e]{1,128}$/;
const MAX_COMPONENTS = 16;

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

/**
 * Reads the options.
 * @throws ConfigurationError
 */
export function readRules(options: Rfc9421Options): Rules {
  const stranger = Object.keys(options).find((name) => !OPTION_NAMES.includes(name));
  if (stranger !== undefined)
    throw wrong(stranger, "is not known.", `Known: ${OPTION_NAMES.join(", ")}.`);
  const { nonce = "optional", tag, label, appId, fields = {} } = options;
  const name = readSchemeName(options.name === undefined ? "rfc9421" : options.name, "rfc9421");
  if (nonce !== "required" && nonce !== "optional")
    throw wrong("nonce", "is neither.", 'Say "required" or "optional".');
  if (tag !== undefined && !(typeof tag === "string" && TAG.test(tag)))
    throw wrong("tag", "is not a tag.", "Use 1 to 128 printable US-ASCII characters.");
  if (label !== undefined && !(typeof label === "string" && LABEL.test(label)))
    throw wrong("label", "is not a label.", 'Use lower-case letters, digits or _ - . *: "sig1".');
  if (appId !== undefined && !isAppId(appId)) throw wrong("appId", "is not an AppId.", APP_ID_CURE);
  for (const [field, type] of Object.entries(fields))
    if (!isFieldName(field) || !["list", "dictionary", "item"].includes(type))
      throw wrong(
        `fields[${JSON.stringify(field)}]`,
        "is not a field and its type.",
        'Write a name in lower case, and "list", "dictionary" or "item".',
      );
  return {
    name,
    components: readComponentNames(
      options.components ?? ["@method", "@authority", "@path", "@query"],
    ),
    isNonceRequired: nonce === "required",
    tag,
    label,
    appId,
    fields: new Map([...KNOWN_FIELDS, ...Object.entries(fields)]),
  };
}

function readComponentNames(names: readonly string[]): readonly string[] {
  if (!Array.isArray(names) || names.length === 0 || names.length > MAX_COMPONENTS)
    throw wrong(
      "components",
      "is not a list of 1 to 16 components.",
      'Write components: ["@method", "@target-uri"].',
    );
  for (const [i, name] of names.entries())
    if (!REQUEST_PARTS.has(name) && (!isFieldName(name) || isForbidden(name)))
      throw wrong(
        `components[${i}]`,
        `${JSON.stringify(name)} cannot be asked for.`,
        `Use a field name in lower case that proxies leave alone, or one of ${[...REQUEST_PARTS.keys()].join(", ")}.`,
      );
  const unique = new Set<string>(names);
  if (unique.size < names.length) throw wrong("components", "names one twice.", "Name each once.");
  return [...unique];
}

function wrong(option: string, problem: string, cure: string): ConfigurationError {
  return new ConfigurationError(`rfc9421.${option}`, problem, cure);
}
