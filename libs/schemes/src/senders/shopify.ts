import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timeless("shopify");

/** Who sends, and how long its messages are remembered. */
export interface ShopifyOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks of Shopify (`X-Shopify-Hmac-SHA256`). A key is the client secret of the app as it stands, encoding `text`; for
 * webhooks that a shop made in its admin pages, the one that is shown there. The signature covers the content alone. One
 * secret signs for all shops of an app: `X-Shopify-Shop-Domain`, `X-Shopify-Topic` and `X-Shopify-Webhook-Id` are not
 * signed. What fails is sent 8 times more within 4 hours.
 * @throws ConfigurationError
 * @see https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 */
export const shopify = (options: ShopifyOptions): Scheme =>
  preset("shopify", OPTIONS, options, {
    signatureHeader: "x-shopify-hmac-sha256",
    encoding: "base64",
    template: "{body}",
    contentTypes: ["json", "xml"],
    keyEncodings: ["text"],
    keyLength: issuedKeys(32, ["shpat_", "shpca_", "shppa_"]),
  });
