import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { preset, timed, WRITTEN_KEYS } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timed("calendly", 180), ...WRITTEN_KEYS };

/** Who sends, and for how long messages are good. */
export interface CalendlyOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Calendly's webhooks (`Calendly-Webhook-Signature`). A key is the signing key of the subscription or of the OAuth app
 * as it stands: encoding `text`. Messages are good for three minutes unless given, as Calendly's documents say.
 *
 * Waits 15 seconds for an answer; whatever is not 2xx comes again, later and later, for 24 hours, and 410 ends the
 * subscription.
 * @throws ConfigurationError
 * @see https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures
 */
export const calendly = (options: CalendlyOptions): Scheme =>
  preset("calendly", OPTIONS, options, {
    signatureHeader: "calendly-webhook-signature",
    prefix: "v1=",
    separator: ",",
    timestampPrefix: "t=",
    template: "{timestamp}.{body}",
    keyEncodings: ["text"],
  });
