import { oneOf, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timeless("twilio"),
  /**
   * What is signed of the content: the fields of a form, or its hash in the parameter `bodySHA256` of the URL, as for
   * JSON; `form` unless given.
   */
  signs: oneOf(["form", "bodySHA256"], { default: "form" }),
};

/** Who sends, and what its messages are like. */
export interface TwilioOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Requests of Twilio (`X-Twilio-Signature`, HMAC-SHA1). A key is the primary Auth Token of the account as it stands:
 * encoding `text`. Signed are the URL that Twilio was told, and either the fields of the form or the
 * hash of the content. `I-Twilio-Idempotency-Token` is not signed: a call that sends the same fields to the same URL
 * twice is refused the second time, unless it is the `idHeader`. What fails to connect is sent once more, as it was.
 * @throws ConfigurationError
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export const twilio = (options: TwilioOptions): Scheme =>
  preset("twilio", OPTIONS, options, ({ signs }) => ({
    signatureHeader: "x-twilio-signature",
    algorithm: "sha1",
    encoding: "base64",
    ...(signs === "form"
      ? { template: "{url}{form}", contentTypes: ["form"] }
      : { template: "{url}", contentDigest: { query: "bodySHA256" } }),
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  }));
