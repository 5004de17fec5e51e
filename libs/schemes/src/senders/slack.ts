import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, sender, timed } from "./sender.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("slack");

/** Who sends, and for how long messages are good. */
export interface SlackOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Requests from Slack (`X-Slack-Signature`, version 0). A key is the app's signing secret as it stands: encoding `text`.
 * @throws ConfigurationError
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export const slack = (options: SlackOptions): Scheme =>
  sender("slack", OPTIONS, options, {
    signatureHeader: "x-slack-signature",
    prefix: "v0=",
    timestampHeader: "x-slack-request-timestamp",
    template: "v0:{timestamp}:{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32, ["xoxb-", "xoxp-", "xapp-"]),
  });
