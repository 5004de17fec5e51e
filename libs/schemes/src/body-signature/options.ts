import {
  type Clock,
  ConfigurationError,
  custom,
  flag,
  group,
  KEY_OPTIONS,
  type KeyEncoding,
  list,
  type MacAlgorithm,
  oneOf,
  type OptionsOf,
  port,
  readHeaderName,
  readSchemeName,
  seconds,
  systemClock,
  text,
} from "@lacre/core/scheme";
import { readContentPath } from "./content/content-path.js";
import { type ContentTypeName, readContentType } from "./content/content-types.js";
import { HANDSHAKE } from "./handshake/handshake.js";
import { REDELIVERY_OPTIONS, YEAR_SECONDS } from "./redelivery.js";
import { WHO } from "./sender.js";
import { Template } from "./template/template.js";

const MAX_HEADERS = 16;

const contentType = (name: ContentTypeName, at: string): ContentTypeName =>
  readContentType(name, at);
const headerName = (name: string, at: string): string => readHeaderName(name, at);
const ALGORITHMS: readonly MacAlgorithm[] = ["sha1", "sha256", "sha384", "sha512"];
const KEY_ENCODINGS: readonly KeyEncoding[] = ["lk1", "base64", "hex", "whsec", "text"];
/** Printable, and no blank at its beginning: a blank behind a separator is skipped. */
const PREFIX = /^(?:[\x21-\x7e][\x20-\x7e]{0,31})?$/;
const AS_PREFIX = "at most 32 printable characters, not beginning with a blank";

/** Where the header with the signature is: one name, or several of which those that are there count. */
function signatureHeaders(given: string | readonly string[], at: string): readonly string[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (names.length === 0 || names.length > MAX_HEADERS)
    throw new ConfigurationError(
      at,
      `must be the name of a header, or a list of 1 to ${MAX_HEADERS}.`,
      'Give "x-acme-signature", for example.',
    );
  return names.map((name, i) => signatureHeader(name, Array.isArray(given) ? `${at}[${i}]` : at));
}

/** Authorization may be one, where the prefix is the word before the credentials. */
const signatureHeader = (name: unknown, at: string): string =>
  typeof name === "string" && name.toLowerCase() === "authorization"
    ? "authorization"
    : readHeaderName(name, at);

const OPTIONS_OF_SIGNATURE = {
  /** The header with the signature, or a list of up to 16 where the sender has one for each key. */
  signatureHeader: custom(signatureHeaders, { example: '"x-acme-signature"' }),
  /** Where the signature stands in the content: a path such as `signature.signature`, or the name of a form. */
  signatureField: custom(readContentPath, { example: '"signature.signature"' }),
  /** What stands before the signature: `sha256=`, `v1,`, `HMAC `. Nothing unless given. */
  prefix: text({ pattern: PREFIX, as: AS_PREFIX, example: "v1=", default: "" }),
  /**
   * What stands between the parts, where there may be several: signatures, the time, others, which are skipped. One or
   * two characters, neither letter nor digit; a blank behind it is skipped.
   */
  separator: text({
    pattern: /^[\x20-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e]{1,2}$/,
    as: "one or two characters that are neither letter nor digit",
    example: ",",
  }),
  /** How the signature is written; `hex` unless given. */
  encoding: oneOf(["hex", "hex-upper", "base64", "base64-unpadded", "base64url"], {
    default: "hex",
  }),
  /** The hash of the MAC; `sha256` unless given. */
  algorithm: oneOf(ALGORITHMS, { default: "sha256" }),
};

const OPTIONS_OF_TIME = {
  /** The header with the time of signing. */
  timestampHeader: custom(headerName, { example: '"x-acme-time"' }),
  /** Where the time stands beside the signature: behind this, such as `t=`; empty: it is the first part. */
  timestampPrefix: text({ pattern: PREFIX, as: AS_PREFIX, example: "t=" }),
  /** Where the time stands in the content: a path, or the name of a form. */
  timestampField: custom(readContentPath, { example: '"sent_at"' }),
  /**
   * How the time is written: `seconds` since 1970 (ten digits), `milliseconds` (thirteen), `unix` (either of the two) or
   * `iso` (RFC 3339); `seconds` unless given. Signed is what was written.
   */
  timestampFormat: oneOf(["seconds", "milliseconds", "unix", "iso"], { default: "seconds" }),
};

/** The SHA-256 that stands for the content. */
const CONTENT_DIGEST = {
  /** The header that holds it. */
  header: custom(headerName, { example: '"x-content-sha256"' }),
  /** The parameter of the query that holds it. Give this or `header`. */
  query: text({ pattern: /^[\x21-\x7e]{1,64}$/, as: "a name", example: "bodySHA256" }),
  /** How it is written; `hex`, in small letters, unless given. */
  encoding: oneOf(["hex", "base64"], { default: "hex" }),
};

export const OPTIONS = {
  /** The name by which keys and routes speak of it, such as `acme-webhooks`. */
  name: custom(readSchemeName, { required: true, example: '"acme-webhooks"' }),
  ...WHO,
  ...OPTIONS_OF_SIGNATURE,
  ...OPTIONS_OF_TIME,
  /** The header with the message's id. */
  idHeader: custom(headerName, { example: '"x-acme-id"' }),
  /** Where the id stands in the content: a path, or the name of a form. */
  idField: custom(readContentPath, { example: '"event.id"' }),
  /** What is signed: text with `{body}`, `{timestamp}`, `{id}` and other names. The page lists them. */
  template: custom((given: string, at) => new Template(given, at), {
    required: true,
    example: '"{timestamp}.{body}"',
  }),
  /** Where a SHA-256 stands for the content: in a header or a parameter that the template signs. */
  contentDigest: group(CONTENT_DIGEST, {}),
  /** What `{body}`, `{form}` and fields are read of, where there is a Content-Encoding: `wire` unless given. */
  content: oneOf(["wire", "inflated"], { default: "wire" }),
  /**
   * What the content is sent as: `json`, which is `application/json` alone, `form`, `xml`, `text` (all else), or several of
   * them, of which each content may come as what it looks like. Other types of JSON and XML are taken where their names
   * are given: `application/cloudevents+json`, `text/json`. Have the application parse each of them. By its look, unless
   * given. The charset must be UTF-8. `any` takes every type. Insecure where the type is not signed: whoever overhears a
   * message can have it read as another one.
   */
  contentTypes: list(custom(contentType, { example: '"json"' }), {
    says: "by the look of the content",
    example: ["json"],
    from: 1,
  }),
  /**
   * What is good once: a message of this id, or exactly what was signed. `id` where there is an id, unless given. With
   * `signature`, a message that is sent again later, with its id and another time, is taken again.
   */
  onceBy: oneOf(["id", "signature"], { says: "id where there is one" }),
  /**
   * Lets GET and HEAD be repeated within their time. Insecure where the method is not signed: whoever overhears a
   * request, whatever its method, can send it again as GET until it is too old. False unless given.
   */
  repeatSafe: flag({ default: false }),
  /** How keys are written, the usual encoding first; `text`, `base64`, `hex` unless given. */
  keyEncodings: list(oneOf(KEY_ENCODINGS, {}), {
    default: ["text", "base64", "hex"],
    example: ["base64"],
    from: 1,
  }),
  /** How old a message may be, in seconds; as the module says unless given. */
  maxAge: seconds({ from: 1, to: YEAR_SECONDS, says: "the module's" }),
  /**
   * How far ahead of the server's clock a message may be, in seconds; as the module says unless given. After its start a
   * memory store refuses for no longer than the module's `futureSkew` asks for: a message from further ahead that was
   * taken just before can be sent again then. A shared store knows it.
   */
  futureSkew: seconds({ from: 0, to: YEAR_SECONDS, says: "the module's" }),
  ...REDELIVERY_OPTIONS,
  /** How many bytes a key must have, 16 to 128; 32 unless given. */
  minKeyBytes: KEY_OPTIONS.minKeyBytes,
  /**
   * Takes keys from 8 bytes on, such as passwords. Whoever has one signed request can try passwords against it until
   * one fits, as fast as their machines can. False unless given.
   */
  weakKeys: KEY_OPTIONS.weakKeys,
  /**
   * What the sender sends before its messages, or beside them, and how it is answered, without the handler: one or a list.
   * Nothing is answered unless given.
   */
  handshake: HANDSHAKE,
  /** The weaknesses are known: the module does not warn of them at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
  /** Where no time is signed: what says when a message came. Give the module's, where it has one. */
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
};

/** A format for webhooks, or of one's own. */
export interface BodySignatureOptions extends OptionsOf<typeof OPTIONS> {}
