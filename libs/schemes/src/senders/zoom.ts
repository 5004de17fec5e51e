import { flag, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import type { Handshake } from "../body-signature/handshake/handshake.js";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timed("zoom"),
  /** Answers the signed `endpoint.url_validation` with its token and a MAC of that. False unless given. */
  handshake: flag({ default: false }),
};

/** Whoever can have it answered has signed the request, and no message is one word: what it signs is no message. */
const URL_VALIDATION: Handshake = {
  name: "url_validation",
  signed: true,
  fields: { event: "endpoint.url_validation", "payload.plainToken": "{token}" },
  answer: {
    json: {
      plainToken: "{field:payload.plainToken}",
      encryptedToken: "{mac:field:payload.plainToken}",
    },
  },
};

/** Who sends, and for how long messages are good. */
export interface ZoomOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Zoom (`x-zm-signature`, version 0). A key is the secret token of the app as it stands: encoding `text`. It
 * is not the verification token. What fails with a status from 500 on is sent 3 times more, in some 90 minutes.
 *
 * With `handshake` the validation of the URL is answered, without the handler; Zoom repeats it every 72 hours.
 * @throws ConfigurationError
 * @see https://developers.zoom.us/docs/api/webhooks/
 */
export const zoom = (options: ZoomOptions): Scheme =>
  preset("zoom", OPTIONS, options, ({ handshake }) => ({
    signatureHeader: "x-zm-signature",
    prefix: "v0=",
    timestampHeader: "x-zm-request-timestamp",
    template: "v0:{timestamp}:{body}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(16),
    ...(handshake && { handshake: URL_VALIDATION }),
  }));
