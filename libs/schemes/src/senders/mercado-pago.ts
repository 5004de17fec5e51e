import { oneOf, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timed("mercado-pago"),
  /**
   * How `data.id` of the URL is signed where it has capitals, as the ids of orders have: `as-sent` unless given, as
   * Mercado Pago's libraries have it since June 2026, or in `lower-case`, as its documents said.
   */
  dataId: oneOf(["as-sent", "lower-case"], { default: "as-sent" }),
};

/** Who sends, and for how long messages are good. */
export interface MercadoPagoOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Mercado Pago's webhooks (`x-signature`). A key is the secret signature of "Your integrations" as it stands: encoding
 * `text`. Three things are signed: `data.id` of the URL, `x-request-id`, and the time, in seconds or milliseconds;
 * what a message lacks of the first two is left out. The content is not signed: fetch the payment or the order that
 * `data.id` names, and believe that. QR code notifications are not signed, and are refused.
 *
 * Waits 22 seconds; what is not answered 200 or 201 comes again after 15 minutes, and then less often. Give a `maxAge`
 * above that where such a repeat comes with the time of the first.
 * @throws ConfigurationError
 * @see https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks
 */
export const mercadoPago = (options: MercadoPagoOptions): Scheme =>
  preset("mercadoPago", OPTIONS, options, ({ dataId }) => ({
    signatureHeader: "x-signature",
    prefix: "v1=",
    separator: ",",
    timestampPrefix: "ts=",
    timestampFormat: "unix",
    template: `[id:{query:data.id${dataId === "lower-case" ? "|lower" : ""}};][request-id:{header:x-request-id};]ts:{timestamp};`,
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  }));
