import type { Scheme, SchemeName } from "@lacre/core/scheme";
import { bodySignatureScheme, type BodySignatureOptions } from "./body-signature.js";

/** Who sends, and for how long messages are good. */
export interface StandardWebhooksOptions
  extends Pick<BodySignatureOptions, "maxAgeSeconds" | "futureSkewSeconds" | "onceBy">, SchemeName {
  /** The AppId of the sender. Its keys are `whsec_…`, with encoding `whsec`. */
  readonly appId: string;
  /** What the names of the three headers begin with: `webhook` unless said otherwise. Svix says `svix`. */
  readonly headerPrefix?: string;
}

/**
 * Standard Webhooks, symmetric signatures (`v1`). Others (`v1a`) are skipped.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardWebhooks({
  name = "standard-webhooks",
  headerPrefix = "webhook",
  ...options
}: StandardWebhooksOptions): Scheme {
  return bodySignatureScheme(
    {
      ...options,
      maxAgeSeconds: options.maxAgeSeconds ?? 300,
      name,
      signatureHeader: `${headerPrefix}-signature`,
      prefix: "v1,",
      separator: " ",
      encoding: "base64",
      timestampHeader: `${headerPrefix}-timestamp`,
      idHeader: `${headerPrefix}-id`,
      template: "{id}.{timestamp}.{body}",
      keyEncodings: ["whsec"],
    },
    "standardWebhooks",
    { keyLength: { min: 24, max: 64 } },
  );
}
