import {
  type KeyLength,
  type OptionsOf,
  readOptions,
  type Scheme,
  schemeName,
  seconds,
  type SettingsOf,
} from "@lacre/core/scheme";
import { bodySignatureScheme } from "../body-signature/body-signature.js";
import { type BodySignatureOptions, OPTIONS as ALL } from "../body-signature/options.js";
import { REDELIVERY_OPTIONS, YEAR_SECONDS } from "../body-signature/redelivery.js";
import { WHO } from "../body-signature/sender.js";

/*
 * A preset is what a sender always does, said in the options of bodySignature, and the few options that are left to
 * whoever receives its messages.
 */

const DAY_SECONDS = 86_400;

/**
 * What presets of all senders take.
 * @param name the scheme's name unless given
 */
const everySender = (name: string) => ({
  /** The name by which keys and routes speak of it; the sender's own unless given. */
  name: schemeName(name),
  ...WHO,
  ...REDELIVERY_OPTIONS,
  /** What the sender leaves open is known: the module does not warn of it at the start. False unless given. */
  acknowledgeWeakness: ALL.acknowledgeWeakness,
});

/**
 * Options of senders that sign a time.
 * @param name the scheme's name unless given
 * @param maxAgeSeconds how old their messages may be unless given
 */
export const timed = (name: string, maxAgeSeconds = 300) => ({
  ...everySender(name),
  /** How old a message may be, in seconds; 300 unless given, where the preset does not say otherwise. */
  maxAge: seconds({ from: 1, to: YEAR_SECONDS, default: maxAgeSeconds }),
  /** How far ahead of the server's clock a message may be, in seconds; as the module says unless given. */
  futureSkew: ALL.futureSkew,
});

/**
 * Options of senders that sign no time.
 * @param name the scheme's name unless given
 * @param rememberSeconds for how long their messages are remembered unless given
 */
export const timeless = (name: string, rememberSeconds = DAY_SECONDS) => ({
  ...everySender(name),
  /**
   * How long a message is remembered, and so known when it comes again, in seconds, at least 300; a day unless given,
   * where the preset does not say otherwise.
   */
  maxAge: seconds({ from: 300, to: YEAR_SECONDS, default: rememberSeconds }),
  /**
   * The header in which the sender has an id for each delivery. With it, the same message under another id is another
   * one. Weaker: the id is not signed, so whoever overhears a message can give it a new one. None unless given.
   */
  idHeader: ALL.idHeader,
  /** What says when a message came. Give the module's, where it has one; the system's unless given. */
  clock: ALL.clock,
});

/** Options of senders whose secrets are written by people, and may be short. */
export const WRITTEN_KEYS = {
  /** How many bytes a key must have, 16 to 128; 32 unless given. */
  minKeyBytes: ALL.minKeyBytes,
  /**
   * Takes keys from 8 bytes on, such as passwords. Whoever has one signed message can try passwords against it until one
   * fits, as fast as their machines can. False unless given.
   */
  weakKeys: ALL.weakKeys,
};

/**
 * Keys that the sender makes: none is shorter, unless it was not copied as a whole.
 * @param min how many bytes they have at least
 * @param otherPrefixes what other credentials of the sender begin with, which are easily taken for the key
 */
export const issuedKeys = (min: number, otherPrefixes: readonly string[] = []): KeyLength => ({
  min,
  max: 128,
  otherPrefixes,
  cureShort: () => "Copy the secret again, whole.",
});

/** What most senders send. */
const JSON_ALONE = ["json"] as const;

/** What a sender always does. */
type Habits = Omit<BodySignatureOptions, "name" | keyof typeof WHO> & {
  readonly keyLength?: KeyLength;
};

/**
 * What senders do that follow Standard Webhooks.
 * @param names what the names of the three headers begin with: `webhook`
 */
export const standard = (names: string): Habits => ({
  signatureHeader: `${names}-signature`,
  prefix: "v1,",
  separator: " ",
  encoding: "base64",
  timestampHeader: `${names}-timestamp`,
  idHeader: `${names}-id`,
  template: "{id}.{timestamp}.{body}",
  contentTypes: ["json", "form", "xml", "text"],
  keyEncodings: ["whsec"],
  keyLength: { min: 24, max: 64 },
});

/**
 * The scheme of a sender.
 * @param at what messages call the options
 * @param specs the options that are left to the caller; those of its own, which bodySignature lacks, are for `habits`
 * @param habits what the sender always does, or how that comes of the options
 * @throws ConfigurationError
 */
export function preset<S extends ReturnType<typeof everySender>>(
  at: string,
  specs: S,
  options: OptionsOf<S>,
  habits: Habits | ((read: SettingsOf<S>) => Habits),
): Scheme {
  const where = labelOf(at, options, specs.name.default);
  const read = readOptions(specs, options, where);
  const { keyLength, ...always } = typeof habits === "function" ? habits(read) : habits;
  const given: Readonly<Record<string, unknown>> = { ...options };
  // As they were given: bodySignature reads them itself. Which first contact is answered, the preset says: its own
  // option is but whether, or with what.
  const shared = Object.entries(specs)
    .filter(([option]) => option !== "handshake" && Object.hasOwn(ALL, option))
    .map(([option, { default: usual }]) => [option, given[option] ?? usual] as const);
  return bodySignatureScheme(
    {
      ...(Object.fromEntries(shared) as Pick<BodySignatureOptions, "name">),
      contentTypes: JSON_ALONE,
      ...always,
    },
    where,
    keyLength === undefined ? {} : { keyLength },
  );
}

/** What messages call the options: of several of one sender, each by its name. */
function labelOf(at: string, options: unknown, usual: string | undefined): string {
  const { name } = (options ?? {}) as { readonly name?: unknown };
  const isOwn = typeof name === "string" && name !== usual && /^[a-z][a-z0-9-]{0,63}$/.test(name);
  return isOwn ? `${at} "${name}"` : at;
}
