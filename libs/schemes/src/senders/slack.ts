import { flag, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import type { Handshake } from "../body-signature/handshake/handshake.js";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timed("slack"),
  /** Answers the signed `url_verification` that Slack sends when the URL is saved. False unless given. */
  handshake: flag({ default: false }),
};

const URL_VERIFICATION: Handshake = {
  name: "url_verification",
  signed: true,
  fields: { type: "url_verification", challenge: "{token}" },
  answer: { text: "{field:challenge}" },
};

/** Who sends, and for how long messages are good. */
export interface SlackOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Requests from Slack (`X-Slack-Signature`, version 0). A key is the app's signing secret as it stands: encoding `text`.
 *
 * With `handshake` the challenge of the Events API is answered, without the handler.
 * @throws ConfigurationError
 * @see https://docs.slack.dev/reference/events/url_verification/
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export const slack = (options: SlackOptions): Scheme =>
  preset("slack", OPTIONS, options, ({ handshake }) => ({
    signatureHeader: "x-slack-signature",
    prefix: "v0=",
    timestampHeader: "x-slack-request-timestamp",
    template: "v0:{timestamp}:{body}",
    contentTypes: ["json", "form"],
    keyEncodings: ["text"],
    keyLength: issuedKeys(32, ["xoxb-", "xoxp-", "xapp-"]),
    ...(handshake && { handshake: URL_VERIFICATION }),
  }));
