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
  /** The name by which keys and routes speak of it; `stripe` unless given. */
  name: schemeName("stripe"),
  /** The AppId of the sender. Its key is the endpoint's secret as it stands, `whsec_` included: encoding `text`. */
  appId: text({ ...APP_ID_TERMS, required: true }),
  /** How old a message may be, in seconds; 300 unless given. */
  maxAge: seconds({ from: 1, to: YEAR_SECONDS, default: 300 }),
  futureSkew: ALL.futureSkew,
};

/** Who sends, and for how long messages are good. */
export interface StripeOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Stripe's webhooks (`Stripe-Signature`). Unlike Stripe's own library it takes none from a time that has not come.
 * @throws ConfigurationError
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export function stripe(options: StripeOptions): Scheme {
  return bodySignatureScheme(
    {
      ...readOptions(OPTIONS, options, "stripe"),
      signatureHeader: "stripe-signature",
      prefix: "v1=",
      separator: ",",
      timestampPrefix: "t=",
      template: "{timestamp}.{body}",
      keyEncodings: ["text"],
    },
    "stripe",
    { keyLength: { min: 32, max: 128, cureShort: () => "Copy the secret again, whole." } },
  );
}
