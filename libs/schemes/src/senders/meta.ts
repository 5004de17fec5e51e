import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, sender, timeless } from "./sender.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timeless("meta");

/** Who sends, and how long its messages are remembered. */
export interface MetaOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Meta: WhatsApp, Messenger, Instagram, Facebook (`X-Hub-Signature-256`). A key is the App Secret as it
 * stands: encoding `text`. The signature covers the content alone, as it is on the wire: a text that was parsed and
 * written again has other escapes. What fails is sent again for 36 hours, by WhatsApp for 7 days.
 * @throws ConfigurationError
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
export const meta = (options: MetaOptions): Scheme =>
  sender("meta", OPTIONS, options, {
    signatureHeader: "x-hub-signature-256",
    prefix: "sha256=",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  });
