import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timeless("docusign");

/** Who sends, and how long its messages are remembered. */
export interface DocusignOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Docusign Connect (`X-DocuSign-Signature-1` to `-10`, one header for each key of the account, base64). A key is a
 * Connect key as it stands, though it looks like base64: encoding `text`. Any of the headers may be the one of your
 * key. The signature covers the content alone.
 *
 * Answers within 100 seconds count. What failed comes again for days, and `retryCount` in its content changes, so it
 * is another message: the handler looks at the envelope and its state.
 * @throws ConfigurationError
 * @see https://developers.docusign.com/platform/webhooks/connect/validate
 */
export const docusign = (options: DocusignOptions): Scheme =>
  preset("docusign", OPTIONS, options, {
    signatureHeader: Array.from({ length: 10 }, (_, i) => `x-docusign-signature-${i + 1}`),
    encoding: "base64",
    template: "{body}",
    contentTypes: ["json", "xml"],
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  });
