import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("mux");

/** Who sends, and for how long messages are good. */
export interface MuxOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Mux (`Mux-Signature`). A key is the signing secret of the webhook as it stands: encoding `text`. What fails
 * is sent again for a day, signed anew.
 * @throws ConfigurationError
 * @see https://www.mux.com/docs/core/verify-webhook-signatures
 */
export const mux = (options: MuxOptions): Scheme =>
  preset("mux", OPTIONS, options, {
    signatureHeader: "mux-signature",
    prefix: "v1=",
    separator: ",",
    timestampPrefix: "t=",
    template: "{timestamp}.{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
  });
