import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("workos");

/** Who sends, and for how long messages are good. */
export interface WorkosOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of WorkOS (`WorkOS-Signature`). A key is the signing secret of the endpoint as it stands: encoding `text`. What
 * fails is sent again for 3 days, from other environments than production for some minutes.
 * @throws ConfigurationError
 * @see https://workos.com/docs/events/data-syncing/webhooks
 */
export const workos = (options: WorkosOptions): Scheme =>
  preset("workos", OPTIONS, options, {
    signatureHeader: "workos-signature",
    prefix: "v1=",
    separator: ",",
    timestampPrefix: "t=",
    timestampFormat: "milliseconds",
    template: "{timestamp}.{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
  });
