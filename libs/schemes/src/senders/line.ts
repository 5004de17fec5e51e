import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, sender, timeless } from "./sender.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timeless("line");

/** Who sends, and how long its messages are remembered. */
export interface LineOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of the LINE Messaging API (`x-line-signature`). A key is the channel secret as it stands: encoding `text`. The
 * signature covers the content alone. What LINE delivers again, where that is switched on, says so in its content, so it
 * is another message with the same `webhookEventId`. The button "Verify" sends the same content each time.
 * @throws ConfigurationError
 * @see https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
 */
export const line = (options: LineOptions): Scheme =>
  sender("line", OPTIONS, options, {
    signatureHeader: "x-line-signature",
    encoding: "base64",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  });
