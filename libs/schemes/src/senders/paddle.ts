import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("paddle");

/** Who sends, and for how long messages are good. */
export interface PaddleOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Notifications of Paddle Billing (`Paddle-Signature`). A key is the secret of the notification destination as it stands,
 * `pdl_ntfset_` included: encoding `text`. Libraries of Paddle take messages of 5 seconds; here they are good once, so
 * the window may be wider. What fails is sent 60 times more within 3 days, signed anew.
 * @throws ConfigurationError
 * @see https://developer.paddle.com/webhooks/signature-verification
 */
export const paddle = (options: PaddleOptions): Scheme =>
  preset("paddle", OPTIONS, options, {
    signatureHeader: "paddle-signature",
    prefix: "h1=",
    separator: ";",
    timestampPrefix: "ts=",
    template: "{timestamp}:{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  });
