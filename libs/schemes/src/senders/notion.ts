import { custom, group, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import { type Handshake, readKeep } from "../body-signature/handshake/handshake.js";
import type { Keep } from "../body-signature/handshake/handshake-contact.js";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const KEEP = {
  /** Keeps the token, found under `field:verification_token`. Returns whether one was expected. */
  keep: custom(readKeep, { example: "async (found) => true", required: true }),
};

const OPTIONS = {
  ...timeless("notion"),
  /**
   * Answers the unsigned POST that brings the verification token of a new subscription. Whoever knows the path can send
   * one: expect it only while you set the subscription up. Nothing is answered unless given.
   */
  handshake: group(KEEP, {}),
};

const tokenFor = (keep: Keep): Handshake => ({
  name: "verification_token",
  signed: false,
  fields: { verification_token: "{token}" },
  keep,
});

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
  preset("notion", OPTIONS, options, ({ handshake }) => ({
    signatureHeader: "x-notion-signature",
    prefix: "sha256=",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
    ...(handshake && { handshake: tokenFor(handshake.keep) }),
  }));
