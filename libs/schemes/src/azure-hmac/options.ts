import {
  APP_ID_TERMS,
  ConfigurationError,
  custom,
  flag,
  isFieldName,
  isUnsignable,
  list,
  type OptionsOf,
  schemeName,
  seconds,
  type SettingsOf,
  text,
} from "@lacre/core/scheme";

const DAY_SECONDS = 86_400;
const QUARTER_OF_AN_HOUR = 900; // seconds, as at Azure

/** The header with the digest of the content. */
export const DIGEST = "x-ms-content-sha256";
const ALWAYS_SIGNED: readonly string[] = ["x-ms-date", "date", "host", DIGEST];

export const OPTIONS = {
  /** The name by which keys and routes speak of it; `azure-hmac` unless given. */
  name: schemeName("azure-hmac"),
  /**
   * Whose the requests are, where they carry no `Credential`: those of Communication Services, and webhooks that are
   * signed like them. Without it, each must carry one, like those for App Configuration.
   */
  appId: text(APP_ID_TERMS),
  /**
   * The headers that may be signed after the three that must be, in this order: one that is signed comes after all of
   * those before it. `["content-type"]` unless given.
   */
  furtherHeaders: list(custom(readFurtherHeader, { example: '"content-type"' }), {
    default: ["content-type"],
    example: ["content-type"],
  }),
  /** How old a request may be, in seconds; 900 unless given, as at Azure. */
  maxAge: seconds({ from: 1, to: DAY_SECONDS, default: QUARTER_OF_AN_HOUR }),
  /** How far ahead of the server's clock a request may be, in seconds; as the module says unless given. */
  futureSkew: seconds({ from: 0, to: DAY_SECONDS, says: "the module's" }),
  /** The weakness is known: the module does not warn of it at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
};

/** Which of the services that sign like this it is. */
export interface AzureHmacOptions extends OptionsOf<typeof OPTIONS> {}

/** The same, checked. */
export type Settings = SettingsOf<typeof OPTIONS>;

function readFurtherHeader(name: string, at: string): string {
  if (
    typeof name === "string" &&
    isFieldName(name) &&
    !isUnsignable(name) &&
    !ALWAYS_SIGNED.includes(name)
  )
    return name;
  throw new ConfigurationError(
    at,
    "must be a name in lower case that is not signed anyway and that proxies leave alone.",
    'Give "content-type", for example.',
  );
}
