import {
  APP_ID_TERMS,
  type OptionsOf,
  readOptions,
  type Scheme,
  schemeName,
  seconds,
  text,
} from "@lacre/core/scheme";
import { bodySignatureScheme } from "./body-signature.js";
import { OPTIONS as ALL, YEAR_SECONDS } from "./options.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const DAY_SECONDS = 86_400;

const OPTIONS = {
  /** The name by which keys and routes speak of it; `github` unless given. */
  name: schemeName("github"),
  /** The AppId of the sender. Its key is the webhook's secret as it stands: encoding `text`. */
  appId: text({ ...APP_ID_TERMS, required: true }),
  /**
   * How long a delivery is remembered, and so refused when it comes again, in seconds, at least 300: a day unless given.
   * The button "Redeliver" sends what it sent before.
   */
  maxAge: seconds({ from: 300, to: YEAR_SECONDS, default: DAY_SECONDS }),
  minKeyBytes: ALL.minKeyBytes,
  weakKeys: ALL.weakKeys,
  acknowledgeWeakness: ALL.acknowledgeWeakness,
  clock: ALL.clock,
};

/** Who sends, and how long its deliveries are remembered. */
export interface GithubOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * GitHub's webhooks (`X-Hub-Signature-256`). The signature covers the content alone. `X-GitHub-Delivery` and
 * `X-GitHub-Event` are not signed, so what is good once is the content, whatever id stands beside it.
 * @throws ConfigurationError
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function github(options: GithubOptions): Scheme {
  return bodySignatureScheme(
    {
      ...readOptions(OPTIONS, options, "github"),
      signatureHeader: "x-hub-signature-256",
      prefix: "sha256=",
      template: "{body}",
      keyEncodings: ["text"],
    },
    "github",
  );
}
