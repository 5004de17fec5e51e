import {
  ConfigurationError,
  custom,
  flag,
  KEY_OPTIONS,
  type KeyLength,
  keyLengthOf,
  oneOf,
  type OptionsOf,
  readHeaderName,
  readOptions,
  schemeName,
  seconds,
  type SettingsOf,
} from "@lacre/core/scheme";

const DAY_SECONDS = 86_400;

const headerName = (usual: string) =>
  custom((name: string, at) => readHeaderName(name, at), {
    default: usual,
    example: JSON.stringify(usual),
  });

const OPTIONS = {
  /** The name by which keys and routes speak of it; `shared-key` unless given. */
  name: schemeName("shared-key"),
  /** The header with the request's id, which is its signature; `x-auth-id` unless given. */
  idHeader: headerName("x-auth-id"),
  /** The header with the login, which is the AppId; `x-auth-login` unless given. */
  loginHeader: headerName("x-auth-login"),
  /** The header with the date; `x-auth-date` unless given. */
  dateHeader: headerName("x-auth-date"),
  /** How the id is written; `hex` unless given. */
  encoding: oneOf(["hex", "base64"], { default: "hex" }),
  /**
   * What callers sign as the URI. `target`: path and query as sent. `path`: without the query, which is then open.
   * `absolute`: with `https://` and the host before it. `target` unless given.
   */
  uri: oneOf(["target", "path", "absolute"], { default: "target" }),
  /** How old a request may be, in seconds; 900 unless given. */
  maxAge: seconds({ from: 1, to: DAY_SECONDS, default: 900 }),
  /** How far ahead of the server's clock a request may be, in seconds; as the module says unless given. */
  futureSkew: seconds({ from: 0, to: DAY_SECONDS, says: "the module's" }),
  /**
   * Takes requests with content, which is not signed: whoever overhears one can send another content first. False
   * unless given.
   */
  allowUnsignedContent: flag({ default: false }),
  /**
   * Makes the id as SHA-256 of the text with the key behind it, in place of HMAC. Insecure: for callers that cannot be
   * changed. False unless given.
   */
  insecureHash: flag({ default: false }),
  /** How many bytes a key must have, 16 to 128; 32 unless given. */
  minKeyBytes: KEY_OPTIONS.minKeyBytes,
  /**
   * Takes keys from 8 bytes on, such as passwords. Whoever has one signed request can try passwords against it until
   * one fits, as fast as their machines can. False unless given.
   */
  weakKeys: KEY_OPTIONS.weakKeys,
  /** The weaknesses are known: the module does not warn of them at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
};

/** How a deployment of Shared Key authentication writes it. */
export interface SharedKeyOptions extends OptionsOf<typeof OPTIONS> {}

/** The same, checked, with defaults. */
export interface Settings extends SettingsOf<typeof OPTIONS> {
  readonly keyLength: KeyLength;
}

/** @throws ConfigurationError */
export function readSettings(options: SharedKeyOptions | undefined): Settings {
  const read = readOptions(OPTIONS, options, "sharedKey");
  const names = [read.idHeader, read.loginHeader, read.dateHeader];
  if (new Set(names).size < names.length)
    throw new ConfigurationError(
      "sharedKey.idHeader",
      "must be another header than loginHeader and dateHeader, and these must differ.",
      "Give each a name of its own.",
    );
  return { ...read, keyLength: keyLengthOf(read, "sharedKey") };
}
