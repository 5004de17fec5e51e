import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("linear");

/** Who sends, and for how long messages are good. */
export interface LinearOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Linear (`Linear-Signature`). A key is the signing secret of the webhook as it stands: encoding `text`. The
 * time is read from `webhookTimestamp` in the content, which is signed; `Linear-Timestamp`, `Linear-Delivery` and
 * `Linear-Event` are not. What fails is sent 3 times more: after a minute, an hour and 6 hours.
 * @throws ConfigurationError
 * @see https://linear.app/developers/webhooks
 */
export const linear = (options: LinearOptions): Scheme =>
  preset("linear", OPTIONS, options, {
    signatureHeader: "linear-signature",
    timestampField: "webhookTimestamp",
    timestampFormat: "milliseconds",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
  });
