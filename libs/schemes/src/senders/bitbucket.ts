import type { OptionsOf, Scheme } from "@lacre/core/scheme";
import { preset, timeless, WRITTEN_KEYS } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = { ...timeless("bitbucket"), ...WRITTEN_KEYS };

/** Who sends, and how long its messages are remembered. */
export interface BitbucketOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Bitbucket Cloud's webhooks (`X-Hub-Signature`, which is SHA-256 here), and those of Bitbucket Data Center. A key is
 * the webhook's secret as it stands: encoding `text`. The signature covers the content alone: not `X-Event-Key`, not
 * `X-Request-UUID`. A webhook without a secret sends no signature, and is refused.
 *
 * Waits 10 seconds; what is answered 5xx comes at most twice more, the same content at once. Data Center's "Test
 * connection" is not signed.
 * @throws ConfigurationError
 * @see https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/
 */
export const bitbucket = (options: BitbucketOptions): Scheme =>
  preset("bitbucket", OPTIONS, options, {
    signatureHeader: "x-hub-signature",
    prefix: "sha256=",
    template: "{body}",
    keyEncodings: ["text"],
  });
