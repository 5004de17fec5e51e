import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("zendesk");

/** Who sends, and for how long messages are good. */
export interface ZendeskOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Zendesk's webhooks (`X-Zendesk-Webhook-Signature`, base64). A key is the webhook's signing secret as it stands,
 * though it looks like base64: encoding `text`. A webhook that is tested before it is saved is signed with a secret
 * that Zendesk's documents print: never take that one where it counts.
 *
 * Waits 12 seconds, and tries five times where nothing is answered; 409 comes again three times, 429 and 503 where
 * `Retry-After` is below a minute. Many errors open a circuit breaker.
 * @throws ConfigurationError
 * @see https://developer.zendesk.com/documentation/webhooks/verifying/
 */
export const zendesk = (options: ZendeskOptions): Scheme =>
  preset("zendesk", OPTIONS, options, {
    signatureHeader: "x-zendesk-webhook-signature",
    encoding: "base64",
    timestampHeader: "x-zendesk-webhook-signature-timestamp",
    timestampFormat: "iso",
    template: "{timestamp}{body}",
    contentTypes: ["json", "form", "xml"],
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  });
