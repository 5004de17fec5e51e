import {
  flag,
  oneOf,
  type OptionsOf,
  schemeName,
  seconds,
  type SettingsOf,
} from "@lacre/core/scheme";

const DAY_SECONDS = 86_400;
const QUARTER_OF_AN_HOUR = 900; // seconds, as at Azure

export const OPTIONS = {
  /** The name by which keys and routes speak of it; `azure-shared-key` unless given. */
  name: schemeName("azure-shared-key"),
  /** The service whose text is signed; `blob` unless given. `queue` and `file` sign the same. */
  service: oneOf(["blob", "queue", "file", "table"], { default: "blob" }),
  /** Whether it is `SharedKeyLite`, which signs less. False unless given. */
  lite: flag({ default: false }),
  /** Takes content that no signed Content-MD5 covers. False unless given. */
  allowUnsignedContent: flag({ default: false }),
  /** How old a request may be, in seconds; 900 unless given, as at Azure. */
  maxAge: seconds({ from: 1, to: DAY_SECONDS, default: QUARTER_OF_AN_HOUR }),
  /** How far ahead of the server's clock a request may be, in seconds; as the module says unless given. */
  futureSkew: seconds({ from: 0, to: DAY_SECONDS, says: "the module's" }),
  /** The weaknesses are known: the module does not warn of them at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
};

/** Which of Azure Storage's Shared Keys this is, and what of its weaknesses is taken. */
export interface AzureSharedKeyOptions extends OptionsOf<typeof OPTIONS> {}

/** The same, checked. */
export type Settings = SettingsOf<typeof OPTIONS>;
