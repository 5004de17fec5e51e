import type { Scheme, SchemeName } from "@lacre/core/scheme";
import { bodySignatureScheme, type BodySignatureOptions } from "./body-signature.js";

/** Who sends, and for how long messages are good. */
export interface StripeOptions
  extends Pick<BodySignatureOptions, "maxAgeSeconds" | "futureSkewSeconds">, SchemeName {
  /** The AppId of the sender. Its key is the endpoint's secret as it stands, `whsec_` included: encoding `text`. */
  readonly appId: string;
}

/**
 * Stripe's webhooks (`Stripe-Signature`). Unlike Stripe's own library it takes none from a time that has not come.
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export function stripe({ name = "stripe", ...options }: StripeOptions): Scheme {
  return bodySignatureScheme(
    {
      ...options,
      maxAgeSeconds: options.maxAgeSeconds ?? 300,
      name,
      signatureHeader: "stripe-signature",
      prefix: "v1=",
      separator: ",",
      timestampPrefix: "t=",
      template: "{timestamp}.{body}",
      keyEncodings: ["text"],
    },
    "stripe",
  );
}
