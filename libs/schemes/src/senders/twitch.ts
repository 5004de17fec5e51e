import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { sender, timed, WRITTEN_KEYS } from "./sender.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timed("twitch", 600), ...WRITTEN_KEYS };

/** Who sends, and for how long messages are good. */
export interface TwitchOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Twitch's EventSub (`Twitch-Eventsub-Message-Signature`). A key is the `secret` that you gave with the subscription,
 * 10 to 100 characters: encoding `text`. Messages are good for ten minutes unless given, as Twitch's documents say,
 * and the id is good once. `Twitch-Eventsub-Message-Type` is not signed: what a message is stands in its content too.
 *
 * Waits a few seconds; what is not answered 2xx comes again with its id, and after many failures Twitch ends the
 * subscription. The first message of a subscription, `webhook_callback_verification`, is signed.
 * @throws ConfigurationError
 * @see https://dev.twitch.tv/docs/eventsub/handling-webhook-events/
 */
export const twitch = (options: TwitchOptions): Scheme =>
  sender("twitch", OPTIONS, options, {
    signatureHeader: "twitch-eventsub-message-signature",
    prefix: "sha256=",
    timestampHeader: "twitch-eventsub-message-timestamp",
    timestampFormat: "iso",
    idHeader: "twitch-eventsub-message-id",
    template: "{id}{timestamp}{body}",
    keyEncodings: ["text"],
  });
