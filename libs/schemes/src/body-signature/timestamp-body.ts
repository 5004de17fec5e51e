import {
  custom,
  oneOf,
  type OptionsOf,
  readHeaderName,
  readOptions,
  type Scheme,
  schemeName,
  text,
} from "@lacre/core/scheme";
import { bodySignatureScheme } from "./body-signature.js";
import { OPTIONS as ALL } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const headerName = (name: string, at: string): string => readHeaderName(name, at);

const OPTIONS = {
  /** The name by which keys and routes speak of it; `timestamp-body` unless given. */
  name: schemeName("timestamp-body"),
  appId: ALL.appId,
  appIdHeader: ALL.appIdHeader,
  /** The header with the signature; `x-hmac-sha256` unless given. */
  signatureHeader: custom(headerName, { default: "x-hmac-sha256", example: '"x-hmac-sha256"' }),
  /** The header with the time; `x-hmac-timestamp` unless given. */
  timestampHeader: custom(headerName, {
    default: "x-hmac-timestamp",
    example: '"x-hmac-timestamp"',
  }),
  /** Which of the two is signed first; the body unless given. */
  order: oneOf(["body-first", "timestamp-first"], { default: "body-first" }),
  /** What stands between the two; nothing unless given. */
  separator: text({
    pattern: /^[\n\x20-\x7a\x7c\x7e]{0,16}$/,
    as: "at most 16 line feeds or printable US-ASCII characters without braces",
    example: ".",
    default: "",
  }),
  encoding: ALL.encoding,
  contentTypes: ALL.contentTypes,
  maxAge: ALL.maxAge,
  futureSkew: ALL.futureSkew,
  minKeyBytes: ALL.minKeyBytes,
  weakKeys: ALL.weakKeys,
  repeatSafe: ALL.repeatSafe,
  acknowledgeWeakness: ALL.acknowledgeWeakness,
};

/** How a deployment of this format writes it. */
export interface TimestampBodyOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * HMAC-SHA256 over the content and the time, in two headers: what many services that call each other have made for
 * themselves. The time has exactly ten digits, so content and time can be told apart with nothing between them.
 * @throws ConfigurationError
 */
export function timestampBody(options: TimestampBodyOptions): Scheme {
  const { order, separator, ...others } = readOptions(OPTIONS, options, "timestampBody");
  const fields = order === "body-first" ? ["{body}", "{timestamp}"] : ["{timestamp}", "{body}"];
  // Its callers sign each attempt anew.
  const given = { ...others, template: fields.join(separator), retryFailed: false };
  return bodySignatureScheme(given, "timestampBody", { weaknesses: [UNCOVERED], isStrict: true });
}

const UNCOVERED =
  "Method, path, query, host and headers are not signed: whoever overhears a request can send its content to another route first, or to another service with the same key.";
