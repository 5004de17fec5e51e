import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timeless("intercom");

/** Who sends, and how long its messages are remembered. */
export interface IntercomOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Intercom's webhooks (`X-Hub-Signature`, SHA-1). A key is the app's client secret as it stands: encoding `text`. The
 * signature covers the content alone. What is sent again counts `delivery_attempts` in its
 * content, so it is another message: the handler looks at `id`.
 *
 * Waits 5 seconds; slow endpoints come later, 429 makes it wait, and 1000 errors within 15 minutes pause it.
 * @throws ConfigurationError
 * @see https://developers.intercom.com/docs/references/webhooks/webhook-models
 */
export const intercom = (options: IntercomOptions): Scheme =>
  preset("intercom", OPTIONS, options, {
    signatureHeader: "x-hub-signature",
    prefix: "sha1=",
    algorithm: "sha1",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  });
