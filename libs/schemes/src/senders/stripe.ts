import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("stripe");

/** Who sends, and for how long messages are good. */
export interface StripeOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Stripe's webhooks (`Stripe-Signature`). A key is an endpoint's secret as it stands, `whsec_` included: encoding
 * `text`. Unlike Stripe's own library it takes no message from a time that has not come.
 * @throws ConfigurationError
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export const stripe = (options: StripeOptions): Scheme =>
  preset("stripe", OPTIONS, options, {
    signatureHeader: "stripe-signature",
    prefix: "v1=",
    separator: ",",
    timestampPrefix: "t=",
    template: "{timestamp}.{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32, ["sk_", "rk_", "pk_"]),
  });
