import { flag, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import type { Handshake } from "../body-signature/handshake/handshake.js";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timeless("line"),
  /** Answers the signed message without events that the button "Verify" sends. False unless given. */
  handshake: flag({ default: false }),
};

const VERIFY: Handshake = { name: "verify", signed: true, fields: { events: [] } };

/** Who sends, and how long its messages are remembered. */
export interface LineOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of the LINE Messaging API (`x-line-signature`). A key is the channel secret as it stands: encoding `text`. The
 * signature covers the content alone. What LINE delivers again, where that is switched on, says so in its content, so it
 * is another message with the same `webhookEventId`. The button "Verify" sends the same content each
 * time: with `handshake` it is answered each time, without the handler.
 * @throws ConfigurationError
 * @see https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/
 */
export const line = (options: LineOptions): Scheme =>
  preset("line", OPTIONS, options, ({ handshake }) => ({
    signatureHeader: "x-line-signature",
    encoding: "base64",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
    ...(handshake && { handshake: VERIFY }),
  }));
