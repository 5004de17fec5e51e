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
  /** The name by which keys and routes speak of it; `standard-webhooks` unless given. */
  name: schemeName("standard-webhooks"),
  /** The AppId of the sender. Its keys are `whsec_…`, with encoding `whsec`. */
  appId: text({ ...APP_ID_TERMS, required: true }),
  /** What the names of the three headers begin with: `webhook` unless given. Svix says `svix`. */
  headerPrefix: text({
    pattern: /^[a-z][a-z0-9-]{0,31}$/i,
    as: "1 to 32 letters, digits and hyphens, a letter first",
    example: "svix",
    default: "webhook",
  }),
  /** How old a message may be, in seconds; 300 unless given. */
  maxAge: seconds({ from: 1, to: YEAR_SECONDS, default: 300 }),
  futureSkew: ALL.futureSkew,
  onceBy: ALL.onceBy,
};

/** Who sends, and for how long messages are good. */
export interface StandardWebhooksOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Standard Webhooks, symmetric signatures (`v1`). Others (`v1a`) are skipped.
 * @throws ConfigurationError
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardWebhooks(options: StandardWebhooksOptions): Scheme {
  const { headerPrefix, ...others } = readOptions(OPTIONS, options, "standardWebhooks");
  return bodySignatureScheme(
    {
      ...others,
      signatureHeader: `${headerPrefix}-signature`,
      prefix: "v1,",
      separator: " ",
      encoding: "base64",
      timestampHeader: `${headerPrefix}-timestamp`,
      idHeader: `${headerPrefix}-id`,
      template: "{id}.{timestamp}.{body}",
      keyEncodings: ["whsec"],
    },
    "standardWebhooks",
    { keyLength: { min: 24, max: 64 } },
  );
}
