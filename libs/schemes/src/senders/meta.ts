import { group, type OptionsOf, type Scheme, text } from "@lacre/core/scheme";
import type { Handshake } from "../body-signature/handshake/handshake.js";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const VERIFY_TOKEN = {
  /** The Verify Token of the App Dashboard, 1 to 512 printable characters. */
  verifyToken: text({
    pattern: /^[\x20-\x7a\x7c\x7e]{1,512}$/,
    as: "1 to 512 printable characters without braces",
    example: "a long random text",
    required: true,
  }),
};

const OPTIONS = {
  ...timeless("meta"),
  /**
   * Answers the GET with `hub.challenge` by which Meta verifies the URL, where it has this Verify Token. Nothing is
   * answered unless given.
   */
  handshake: group(VERIFY_TOKEN, {}),
};

const challengeWith = (verifyToken: string): Handshake => ({
  name: "challenge",
  signed: false,
  method: "GET",
  query: {
    "hub.mode": "subscribe",
    "hub.challenge": "{token}",
    "hub.verify_token": verifyToken,
  },
  answer: { text: "{query:hub.challenge}" },
});

/** Who sends, and how long its messages are remembered. */
export interface MetaOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Meta: WhatsApp, Messenger, Instagram, Facebook (`X-Hub-Signature-256`). A key is the App Secret as it
 * stands: encoding `text`. The signature covers the content alone, as it is on the wire: a text that was parsed and
 * written again has other escapes. What fails is sent again for 36 hours, by WhatsApp for 7 days.
 *
 * With `handshake` the GET that verifies the URL is answered; the application needs no handler for it.
 * @throws ConfigurationError
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
export const meta = (options: MetaOptions): Scheme =>
  preset("meta", OPTIONS, options, ({ handshake }) => ({
    signatureHeader: "x-hub-signature-256",
    prefix: "sha256=",
    template: "{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
    ...(handshake && { handshake: challengeWith(handshake.verifyToken) }),
  }));
