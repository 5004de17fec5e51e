import { flag, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import type { Handshake } from "../body-signature/handshake/handshake.js";
import { preset, timed, WRITTEN_KEYS } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timed("twitch", 600),
  ...WRITTEN_KEYS,
  /** Answers the signed `webhook_callback_verification` of a new subscription. False unless given. */
  handshake: flag({ default: false }),
};

/** By its content: the header that says so as well is not signed. */
const VERIFICATION: Handshake = {
  name: "webhook_callback_verification",
  signed: true,
  fields: {
    challenge: "{token}",
    "subscription.status": "webhook_callback_verification_pending",
  },
  answer: { text: "{field:challenge}" },
};

/** Who sends, and for how long messages are good. */
export interface TwitchOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Twitch's EventSub (`Twitch-Eventsub-Message-Signature`). A key is the `secret` that you gave with the subscription,
 * 10 to 100 characters: encoding `text`. Messages are good for ten minutes unless given, as Twitch's documents say,
 * and the id is good once. `Twitch-Eventsub-Message-Type` is not signed: what a message is stands in its content too.
 *
 * Waits a few seconds; what is not answered 2xx comes again with its id, and after many failures Twitch ends the
 * subscription. The first message of a subscription, `webhook_callback_verification`, is signed: with
 * `handshake` it is answered, without the handler.
 * @throws ConfigurationError
 * @see https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
 */
export const twitch = (options: TwitchOptions): Scheme =>
  preset("twitch", OPTIONS, options, ({ handshake }) => ({
    signatureHeader: "twitch-eventsub-message-signature",
    prefix: "sha256=",
    timestampHeader: "twitch-eventsub-message-timestamp",
    timestampFormat: "iso",
    idHeader: "twitch-eventsub-message-id",
    template: "{id}{timestamp}{body}",
    keyEncodings: ["text"],
    ...(handshake && { handshake: VERIFICATION }),
  }));
