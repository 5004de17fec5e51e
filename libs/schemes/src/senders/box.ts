import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("box", 600);

/** Who sends, and for how long messages are good. */
export interface BoxOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Box's webhooks, version 2 (`BOX-SIGNATURE-PRIMARY`, `BOX-SIGNATURE-SECONDARY`). Keys are the app's primary and
 * secondary signature key as they stand: encoding `text`. Both keys of a ring fit either header, so keys can be
 * changed one by one. Messages are good for ten minutes unless given, as Box's documents say.
 *
 * Waits 30 seconds; what is not answered 2xx comes again, at most 12 times within two hours, with a new time and a new
 * `BOX-DELIVERY-ID`, and the same `id` in its content: the handler looks at that.
 * @throws ConfigurationError
 * @see https://developer.box.com/guides/webhooks/v2/signatures-v2
 */
export const box = (options: BoxOptions): Scheme =>
  preset("box", OPTIONS, options, {
    signatureHeader: ["box-signature-primary", "box-signature-secondary"],
    encoding: "base64",
    timestampHeader: "box-delivery-timestamp",
    timestampFormat: "iso",
    template: "{body}{timestamp}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
  });
