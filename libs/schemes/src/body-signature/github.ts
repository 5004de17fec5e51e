import {
  ConfigurationError,
  type KeyTerms,
  type Scheme,
  type SchemeName,
} from "@lacre/core/scheme";
import { bodySignatureScheme, type BodySignatureOptions } from "./body-signature.js";

/** Who sends, and how long its deliveries are remembered. */
export interface GithubOptions
  extends KeyTerms, SchemeName, Pick<BodySignatureOptions, "acknowledgeWeakness" | "clock"> {
  /** The AppId of the sender. Its key is the webhook's secret as it stands: encoding `text`. */
  readonly appId: string;
  /**
   * How long a delivery is remembered, and so refused when it comes again, in seconds: a day unless said otherwise. The
   * button "Redeliver" sends what it sent before.
   */
  readonly rememberSeconds?: number;
}

const DAY_SECONDS = 86_400;

/**
 * GitHub's webhooks (`X-Hub-Signature-256`). The signature covers the content alone. `X-GitHub-Delivery` and
 * `X-GitHub-Event` are not signed, so what is good once is the content, whatever id stands beside it.
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function github({
  name = "github",
  rememberSeconds = DAY_SECONDS,
  ...options
}: GithubOptions): Scheme {
  if (!Number.isSafeInteger(rememberSeconds) || rememberSeconds < 300)
    throw new ConfigurationError(
      "github.rememberSeconds",
      `${String(rememberSeconds)} will not do.`,
      "Give whole seconds, 300 or more.",
    );
  return bodySignatureScheme(
    {
      ...options,
      name,
      signatureHeader: "x-hub-signature-256",
      prefix: "sha256=",
      template: "{body}",
      maxAgeSeconds: rememberSeconds,
      keyEncodings: ["text"],
    },
    "github",
  );
}
