import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { preset, timeless, WRITTEN_KEYS } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timeless("razorpay"), ...WRITTEN_KEYS };

/** Who sends, and how long its messages are remembered. */
export interface RazorpayOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Razorpay (`X-Razorpay-Signature`). A key is the secret that was typed in for the webhook, as it stands:
 * encoding `text`. It is not the API secret. The signature covers the content alone: `x-razorpay-event-id` is not signed.
 * What fails is sent again for a day, and then the webhook is switched off.
 * @throws ConfigurationError
 * @see https://razorpay.com/docs/webhooks/validate-test/
 */
export const razorpay = (options: RazorpayOptions): Scheme =>
  preset("razorpay", OPTIONS, options, {
    signatureHeader: "x-razorpay-signature",
    template: "{body}",
    keyEncodings: ["text"],
  });
