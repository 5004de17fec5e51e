import { oneOf, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timed("mailgun"),
  /** How events come: in JSON, or as a form; `json` unless given. */
  events: oneOf(["json", "form"], { default: "json" }),
};

/** Who sends, and what its events are like. */
export interface MailgunOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Mailgun, which sign a time and a token in the content, and nothing of the event: whoever overhears a
 * message that was not taken can send another event with its signature. A key is the HTTP webhook signing key as it
 * stands: encoding `text`. Each token is good once. What fails with another status than 406 is sent again for 8 hours.
 * @throws ConfigurationError
 * @see https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 */
export const mailgun = (options: MailgunOptions): Scheme =>
  preset("mailgun", OPTIONS, options, ({ events }) => {
    const at = events === "json" ? "signature." : "";
    return {
      signatureField: `${at}signature`,
      timestampField: `${at}timestamp`,
      idField: `${at}token`,
      template: "{timestamp}{id}",
      contentTypes: [events],
      keyEncodings: ["text"],
      keyLength: issuedKeys(16),
    };
  });
