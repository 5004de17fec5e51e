import {
  APP_ID_TERMS,
  type OptionsOf,
  readOptions,
  type Scheme,
  schemeName,
  seconds,
  text,
} from "@lacre/core/scheme";
import { bodySignatureScheme } from "./body-signature.js";
import { OPTIONS as ALL, YEAR_SECONDS } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  /** The name by which keys and routes speak of it; `slack` unless given. */
  name: schemeName("slack"),
  /** The AppId of the sender. Its key is the app's signing secret as it stands: encoding `text`. */
  appId: text({ ...APP_ID_TERMS, required: true }),
  /** How old a message may be, in seconds; 300 unless given. */
  maxAge: seconds({ from: 1, to: YEAR_SECONDS, default: 300 }),
  futureSkew: ALL.futureSkew,
};

/** Who sends, and for how long messages are good. */
export interface SlackOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Requests from Slack (`X-Slack-Signature`, version 0).
 * @throws ConfigurationError
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function slack(options: SlackOptions): Scheme {
  return bodySignatureScheme(
    {
      ...readOptions(OPTIONS, options, "slack"),
      signatureHeader: "x-slack-signature",
      prefix: "v0=",
      timestampHeader: "x-slack-request-timestamp",
      template: "v0:{timestamp}:{body}",
      keyEncodings: ["text"],
    },
    "slack",
    { keyLength: { min: 32, max: 128, cureShort: () => "Copy the secret again, whole." } },
  );
}
