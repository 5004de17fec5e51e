import { flag, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import type { Handshake } from "../body-signature/handshake/handshake.js";
import { preset, timeless, WRITTEN_KEYS } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timeless("woocommerce"),
  ...WRITTEN_KEYS,
  /** Answers the unsigned ping of a new webhook: `webhook_id=7`, and nothing else. False unless given. */
  handshake: flag({ default: false }),
};

const PING: Handshake = { name: "ping", signed: false, form: { webhook_id: "{digits}" } };

/** Who sends, and how long its messages are remembered. */
export interface WoocommerceOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * WooCommerce's webhooks (`X-WC-Webhook-Signature`, base64). A key is the webhook's secret as it stands, with whatever
 * stands in it: encoding `text`. The signature covers the content alone: not `X-WC-Webhook-Topic`, not
 * `X-WC-Webhook-Delivery-ID`.
 *
 * Nothing is sent again; five failures in a row, 401 among them, switch the webhook off. The ping of a new webhook
 * (`webhook_id=7`, a form) is not signed: with `handshake` it is answered, without the handler.
 * @throws ConfigurationError
 * @see https://developer.woocommerce.com/docs/apis/rest-api/v3/webhooks
 */
export const woocommerce = (options: WoocommerceOptions): Scheme =>
  preset("woocommerce", OPTIONS, options, ({ handshake }) => ({
    signatureHeader: "x-wc-webhook-signature",
    encoding: "base64",
    template: "{body}",
    keyEncodings: ["text"],
    ...(handshake && { handshake: PING }),
  }));
