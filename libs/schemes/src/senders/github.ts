import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { preset, timeless, WRITTEN_KEYS } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timeless("github"), ...WRITTEN_KEYS };

/** Who sends, and how long its deliveries are remembered. */
export interface GithubOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * GitHub's webhooks (`X-Hub-Signature-256`). A key is the webhook's secret as it stands: encoding `text`. The signature
 * covers the content alone. `X-GitHub-Delivery` and `X-GitHub-Event` are not signed, so what is good once is the
 * content, whatever id stands beside it; the button "Redeliver" sends what it sent before.
 * @throws ConfigurationError
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export const github = (options: GithubOptions): Scheme =>
  preset("github", OPTIONS, options, {
    signatureHeader: "x-hub-signature-256",
    prefix: "sha256=",
    template: "{body}",
    contentTypes: ["json", "form"],
    keyEncodings: ["text"],
  });
