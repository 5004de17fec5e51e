import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, sender, timed } from "./sender.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("zoom");

/** Who sends, and for how long messages are good. */
export interface ZoomOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Zoom (`x-zm-signature`, version 0). A key is the secret token of the app as it stands: encoding `text`. It
 * is not the verification token. What fails with a status from 500 on is sent 3 times more, in some 90 minutes.
 * @throws ConfigurationError
 * @see https://developers.zoom.us/docs/api/webhooks/
 */
export const zoom = (options: ZoomOptions): Scheme =>
  sender("zoom", OPTIONS, options, {
    signatureHeader: "x-zm-signature",
    prefix: "v0=",
    timestampHeader: "x-zm-request-timestamp",
    template: "v0:{timestamp}:{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
  });
