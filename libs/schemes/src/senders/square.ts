import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timeless("square");

/** Who sends, and how long its messages are remembered. */
export interface SquareOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Square (`x-square-hmacsha256-signature`). A key is the signature key of the subscription as it stands:
 * encoding `text`. Signed are the URL that Square was told and the content. What fails is sent again for a day, as it
 * was.
 * @throws ConfigurationError
 * @see https://developer.squareup.com/docs/webhooks/step3validate
 */
export const square = (options: SquareOptions): Scheme =>
  preset("square", OPTIONS, options, {
    signatureHeader: "x-square-hmacsha256-signature",
    encoding: "base64",
    template: "{url}{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
  });
