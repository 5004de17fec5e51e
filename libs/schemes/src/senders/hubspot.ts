import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timed } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = timed("hubspot");

/** Who sends, and for how long messages are good. */
export interface HubspotOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Webhooks and other requests of HubSpot (`X-HubSpot-Signature-v3`). A key is the client secret of the app as it stands:
 * encoding `text`. Signed are method, URL, content and time. HubSpot writes some escapes of the URL as the characters
 * that they stand for before it signs (`%2F`, `%3A`, `%40`, …): give it a URL without such. What fails is sent 10 times
 * more within a day, signed anew.
 * @throws ConfigurationError
 * @see https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
 */
export const hubspot = (options: HubspotOptions): Scheme =>
  preset("hubspot", OPTIONS, options, {
    signatureHeader: "x-hubspot-signature-v3",
    encoding: "base64",
    timestampHeader: "x-hubspot-request-timestamp",
    timestampFormat: "milliseconds",
    template: "{method}{url}{body}{timestamp}",
    keyEncodings: ["text"],
    keyLength: issuedKeys(32),
  });
