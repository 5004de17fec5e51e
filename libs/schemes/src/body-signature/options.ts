import {
  APP_ID_TERMS,
  type Clock,
  ConfigurationError,
  custom,
  flag,
  KEY_OPTIONS,
  type KeyEncoding,
  list,
  type MacAlgorithm,
  oneOf,
  type OptionsOf,
  port,
  readHeaderName,
  readOptions,
  readSchemeName,
  seconds,
  type SettingsOf,
  systemClock,
  text,
} from "@lacre/core/scheme";
import { PREFIX, SignatureField } from "./signature-field.js";
import { Template } from "./template.js";

export const YEAR_SECONDS = 31_536_000;

const headerName = (name: string, at: string): string => readHeaderName(name, at);
const ALGORITHMS: readonly MacAlgorithm[] = ["sha1", "sha256", "sha384", "sha512"];
const KEY_ENCODINGS: readonly KeyEncoding[] = ["lk1", "base64", "hex", "whsec", "text"];

export const OPTIONS = {
  /** The name by which keys and routes speak of it, such as `acme-webhooks`. */
  name: custom(readSchemeName, { required: true, example: '"acme-webhooks"' }),
  /** Who the sender is, where the request does not say it. */
  appId: text(APP_ID_TERMS),
  /** The header that says who the sender is. Give this or `appId`. */
  appIdHeader: custom(headerName, { example: '"x-sender"' }),
  /** The header with the signature. */
  signatureHeader: custom(headerName, { required: true, example: '"x-acme-signature"' }),
  /** What stands before the signature: `sha256=`, `v1,`. Nothing unless given. */
  prefix: text({
    pattern: new RegExp(`^$|${PREFIX.source}`),
    as: 'a name of 1 to 16 characters and "=", "," or ":"',
    example: "v1=",
    default: "",
  }),
  /** What stands between several signatures, where there may be some. Those with another prefix are skipped. */
  separator: oneOf([" ", ","], {}),
  /** How the signature is written; `hex` unless given. */
  encoding: oneOf(["hex", "base64"], { default: "hex" }),
  /** The hash of the MAC; `sha256` unless given. */
  algorithm: oneOf(ALGORITHMS, { default: "sha256" }),
  /** The header with the time of signing, in Unix seconds. */
  timestampHeader: custom(headerName, { example: '"x-acme-time"' }),
  /** Where the time stands in the list of signatures: behind this, such as `t=`. */
  timestampPrefix: text({
    pattern: PREFIX,
    as: 'a name of 1 to 16 characters and "=", "," or ":"',
    example: "t=",
  }),
  /** The header with the message's id. */
  idHeader: custom(headerName, { example: '"x-acme-id"' }),
  /** What is signed: text with `{body}`, and `{timestamp}` and `{id}` where there are such. */
  template: custom((given: string, at) => new Template(given, at), {
    required: true,
    example: '"{timestamp}.{body}"',
  }),
  /**
   * What is good once: a message of this id, or exactly what was signed. `id` where there is an id, unless given. With
   * `signature`, a message that is sent again later, with its id and another time, is taken again.
   */
  onceBy: oneOf(["id", "signature"], { says: "id where there is one" }),
  /**
   * Lets GET and HEAD be repeated within their time. Insecure: the method is not signed, so whoever overhears a request,
   * whatever its method, can send it again as GET until it is too old. False unless given.
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
   * How far ahead of the server's clock a message may be, in seconds; as the module says unless given. After a start a
   * memory store refuses messages for as long.
   */
  futureSkew: seconds({ from: 0, to: YEAR_SECONDS, says: "the module's" }),
  /** How many bytes a key must have, 16 to 128; 32 unless given. */
  minKeyBytes: KEY_OPTIONS.minKeyBytes,
  /**
   * Takes keys from 8 bytes on, such as passwords. Whoever has one signed request can try passwords against it until
   * one fits, as fast as their machines can. False unless given.
   */
  weakKeys: KEY_OPTIONS.weakKeys,
  /** The weaknesses are known: the module does not warn of them at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
  /** Where no time is signed: what says when a message came. Give the module's, where it has one. */
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
};

/** A format in which the content of a request is signed, and little else. */
export interface BodySignatureOptions extends OptionsOf<typeof OPTIONS> {}

/** The options, checked one by one and against each other. */
export interface Settings extends SettingsOf<typeof OPTIONS> {
  readonly field: SignatureField;
  readonly isTimed: boolean;
}

/**
 * Reads the options.
 * @param at what messages call them
 * @throws ConfigurationError
 */
export function readSettings(options: BodySignatureOptions, at: string): Settings {
  const read = readOptions(OPTIONS, options, at);
  checkHeaders(read, at);
  const field = new SignatureField(read, at);
  const isTimed = read.timestampHeader !== undefined || read.timestampPrefix !== undefined;
  checkTemplate(read, isTimed, at);
  if (read.onceBy === "id" && read.idHeader === undefined)
    throw new ConfigurationError(`${at}.onceBy`, "needs an id.", "Give its idHeader.");
  return { ...read, field, isTimed };
}

type Read = SettingsOf<typeof OPTIONS>;

function checkHeaders(read: Read, at: string): void {
  const { appId, appIdHeader, signatureHeader, timestampHeader, timestampPrefix, idHeader } = read;
  if ((appId === undefined) === (appIdHeader === undefined))
    throw new ConfigurationError(
      `${at}.appId`,
      "or appIdHeader must say who the sender is, and not both.",
      'Give appId: "…", the AppId of the sender.',
    );
  if (timestampHeader !== undefined && timestampPrefix !== undefined)
    throw new ConfigurationError(
      `${at}.timestampPrefix`,
      "must be left out where timestampHeader is given.",
      "Leave out one of the two.",
    );
  const names = [signatureHeader, timestampHeader, idHeader, appIdHeader];
  const given = names.filter((header) => header !== undefined);
  if (new Set(given).size < given.length)
    throw new ConfigurationError(
      `${at}.signatureHeader`,
      "and the other headers must have different names.",
      "Give each a name of its own.",
    );
}

/** What is read must be signed, and what is signed must be read. */
function checkTemplate({ template, idHeader }: Read, isTimed: boolean, at: string): void {
  for (const [field, isRead, option] of [
    ["timestamp", isTimed, "timestampHeader"],
    ["id", idHeader !== undefined, "idHeader"],
  ] as const)
    if (template.has(field) !== isRead)
      throw new ConfigurationError(
        `${at}.template`,
        isRead ? `must use {${field}}.` : `uses {${field}}, but no header provides it.`,
        isRead ? `Put {${field}} into it.` : `Give its ${option}.`,
      );
}
