import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, sender, timeless } from "./sender.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timeless("notion");

/** Who sends, and how long its messages are remembered. */
export interface NotionOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Notion (`X-Notion-Signature`). A key is the verification token of the subscription as it stands, `secret_`
 * included: encoding `text`. The signature covers the content alone. What fails is sent 8 times more within a day, with
 * another `attempt_number` in it, so it is another message with the same `id`.
 * @throws ConfigurationError
 * @see https://developers.notion.com/reference/webhooks
 */
export const notion = (options: NotionOptions): Scheme =>
  sender("notion", OPTIONS, options, {
    signatureHeader: "x-notion-signature",
    prefix: "sha256=",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
  });
