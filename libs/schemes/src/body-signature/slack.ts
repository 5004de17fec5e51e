import type { Scheme, SchemeName } from "@lacre/core/scheme";
import { bodySignatureScheme, type BodySignatureOptions } from "./body-signature.js";

/** Who sends, and for how long messages are good. */
export interface SlackOptions
  extends Pick<BodySignatureOptions, "maxAgeSeconds" | "futureSkewSeconds">, SchemeName {
  /** The AppId of the sender. Its key is the app's signing secret as it stands: encoding `text`. */
  readonly appId: string;
}

/**
 * Requests from Slack (`X-Slack-Signature`, version 0).
 * @see https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function slack({ name = "slack", ...options }: SlackOptions): Scheme {
  return bodySignatureScheme(
    {
      ...options,
      maxAgeSeconds: options.maxAgeSeconds ?? 300,
      name,
      signatureHeader: "x-slack-signature",
      prefix: "v0=",
      timestampHeader: "x-slack-request-timestamp",
      template: "v0:{timestamp}:{body}",
      keyEncodings: ["text"],
    },
    "slack",
  );
}
