import { ConfigurationError, type Scheme, type SchemeName } from "@lacre/core/scheme";
import { bodySignatureScheme, type BodySignatureOptions } from "./body-signature.js";

/** How a deployment of this format writes it. */
export interface TimestampBodyOptions
  extends
    Pick<
      BodySignatureOptions,
      | "appId"
      | "appIdHeader"
      | "encoding"
      | "maxAgeSeconds"
      | "futureSkewSeconds"
      | "minKeyBytes"
      | "weakKeys"
      | "repeatSafe"
      | "acknowledgeWeakness"
    >,
    SchemeName {
  /** `x-hmac-sha256` unless said otherwise. */
  readonly signatureHeader?: string;
  /** `x-hmac-timestamp` unless said otherwise. */
  readonly timestampHeader?: string;
  /** Which of the two is signed first; the body unless said otherwise. */
  readonly order?: "body-first" | "timestamp-first";
  /** What stands between the two; nothing unless said otherwise. */
  readonly separator?: string;
}

/**
 * HMAC-SHA256 over the content and the time, in two headers: what many services that call each other have made for
 * themselves. The time has exactly ten digits, so content and time can be told apart with nothing between them.
 */
export function timestampBody(options: TimestampBodyOptions): Scheme {
  const {
    name = "timestamp-body",
    signatureHeader = "x-hmac-sha256",
    timestampHeader = "x-hmac-timestamp",
    order = "body-first",
    separator = "",
    ...others
  } = options;
  if (order !== "body-first" && order !== "timestamp-first")
    throw new ConfigurationError(
      "timestampBody.order",
      "is not an order.",
      'Use "body-first" or "timestamp-first".',
    );
  if (
    typeof separator !== "string" ||
    !/^[\n\x20-\x7e]{0,16}$/.test(separator) ||
    /[{}]/.test(separator)
  )
    throw new ConfigurationError(
      "timestampBody.separator",
      "is not a separator.",
      'Write at most 16 printable characters, such as ".".',
    );
  const fields = order === "body-first" ? ["{body}", "{timestamp}"] : ["{timestamp}", "{body}"];
  return bodySignatureScheme(
    {
      ...others,
      name,
      signatureHeader,
      timestampHeader,
      template: fields.join(separator),
    },
    "timestampBody",
    { weaknesses: [UNCOVERED] },
  );
}

const UNCOVERED =
  "Method, path, query, host and headers are not signed: whoever overhears a request can send its content to another route first, or to another service with the same key.";
