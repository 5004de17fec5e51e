import type { LookupFunction } from "node:net";
import {
  APP_ID_CURE,
  bytes,
  ConfigurationError,
  custom,
  flag,
  isAppId,
  milliseconds,
  Networks,
  oneOf,
  port,
  readScheme,
  refuseReadOnly,
  systemClock,
  text,
  type Clock,
  type KeyEncoding,
  type MacAlgorithm,
  type OptionsOf,
  type Scheme,
  type SettingsOf,
} from "@lacre/core";

const ENCODINGS: readonly KeyEncoding[] = ["lk1", "base64", "hex", "whsec", "text"];
const ALGORITHMS: readonly MacAlgorithm[] = ["sha1", "sha256", "sha384", "sha512"];

/** Finds the addresses of a name, as `dns.lookup` does. By a name of our own, so that its type needs no import of Node's. */
export interface Lookup extends LookupFunction {}

/** How one attempt is made. */
export const CLIENT_OPTIONS = {
  /** The format: `standardWebhooks({ appId: "us" })`, for example. An endpoint may have another one. */
  scheme: custom(readSigningScheme, {
    required: true,
    example: 'standardWebhooks({ appId: "us" })',
  }),
  /** Who sends, for formats that write it; `webhooks` unless given. */
  appId: custom(readAppId, { default: "webhooks", example: '"webhooks"' }),
  /** How secrets are written; as the scheme's usually are unless given. */
  encoding: oneOf(ENCODINGS, { says: "the scheme's" }),
  /** The hash, for schemes that have several; SHA-256 unless given, or the only one that the scheme has. */
  algorithm: oneOf(ALGORITHMS, { says: "the scheme's" }),
  /** How long an attempt may take, from the look-up of the name to the end of the answer; 15,000 unless given. */
  timeoutMs: milliseconds({ from: 1, to: 120_000, default: 15_000 }),
  /**
   * Networks that are not public and may be sent to all the same: `["10.1.0.0/16"]`. None unless given. Whoever may add
   * endpoints can then reach what is in them.
   */
  allowedNetworks: custom((list: readonly string[], at) => Networks.of(list, at), {
    default: [],
    example: '["10.1.0.0/16"]',
  }),
  /** Lets endpoints have URLs without TLS. False unless given. */
  allowHttp: flag({ default: false }),
  /** How many bytes of an answer are kept in the log; 512 unless given, 0 for none. */
  keptAnswerBytes: bytes({ from: 0, to: 16_384, default: 512 }),
  /** What the header `User-Agent` says; `Lacre-Webhooks/1` unless given. */
  userAgent: text({
    pattern: /^[\x21-\x7e][\x20-\x7e]{0,199}$/,
    as: "1 to 200 printable characters",
    example: "Acme-Webhooks/1",
    default: "Lacre-Webhooks/1",
  }),
  /** How names are looked up; as `dns.lookup` does unless given. What it finds is judged, and is what is connected to. */
  lookup: custom(readLookup, { example: "dns.lookup", says: "the system's" }),
  /** What says when a message is signed; the system's unless given. */
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
};

/** How one attempt is made: the format, the time-out, and where messages may go. */
export interface WebhookClientOptions extends OptionsOf<typeof CLIENT_OPTIONS> {}

/** The same, checked. */
export type ClientSettings = SettingsOf<typeof CLIENT_OPTIONS>;

function readSigningScheme(given: Scheme, at: string): Scheme {
  const scheme = readScheme(given, at);
  refuseReadOnly(scheme, at);
  return scheme;
}

function readAppId(appId: string, at: string): string {
  if (isAppId(appId)) return appId;
  throw new ConfigurationError(at, "is not an AppId.", APP_ID_CURE);
}

function readLookup(lookup: Lookup, at: string): Lookup {
  if (typeof lookup === "function") return lookup;
  throw new ConfigurationError(at, "must be a function.", "Give one like dns.lookup.");
}
