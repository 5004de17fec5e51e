import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { preset, timeless, WRITTEN_KEYS } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timeless("typeform"), ...WRITTEN_KEYS };

/** Who sends, and how long its messages are remembered. */
export interface TypeformOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Typeform's webhooks (`Typeform-Signature`, base64 behind `sha256=`). A key is the webhook's secret as it stands:
 * encoding `text`. The signature covers the content alone; `event_id` in it names the answer.
 *
 * Waits 30 seconds; answers 408, 423, 429 and 503 make it come again every two or three minutes for ten hours, and 404
 * and 410 switch the webhook off.
 * @throws ConfigurationError
 * @see https://www.typeform.com/developers/webhooks/secure-your-webhooks/
 */
export const typeform = (options: TypeformOptions): Scheme =>
  preset("typeform", OPTIONS, options, {
    signatureHeader: "typeform-signature",
    prefix: "sha256=",
    encoding: "base64",
    template: "{body}",
    keyEncodings: ["text"],
  });
