import { oneOf, type OptionsOf, type Scheme } from "@lacre/core/scheme";
import { issuedKeys, preset, timeless } from "./preset.js";
export type { Scheme } from "@lacre/core/scheme"; // so that what is exported of this type can be named

const OPTIONS = {
  ...timeless("adyen"),
  /**
   * Where the signature stands. `content`, unless given: Adyen's standard webhooks, for payments, with one item in each
   * message. `header`: its other webhooks, such as those of platforms, issuing and the Management API.
   */
  signatureIn: oneOf(["content", "header"], { default: "content" }),
};

/** The only item of a message. */
const ITEM = "notificationItems.0.NotificationRequestItem";
/** What is signed of it. A reference may hold colons; no other field does. */
const FIELDS = [
  "pspReference",
  "originalReference",
  "merchantAccountCode",
  "merchantReference*",
  "amount.value",
  "amount.currency",
  "eventCode",
  "success",
];

const IN_CONTENT = {
  signatureField: `${ITEM}.additionalData.hmacSignature`,
  template: FIELDS.map((field) => `{field:${ITEM}.${field}}`).join(":"),
};
const IN_HEADER = { signatureHeader: "hmacsignature", template: "{body}" };

/** Who sends, and how long its messages are remembered. */
export interface AdyenOptions extends OptionsOf<typeof OPTIONS> {}

/**
 * Adyen's webhooks. A key is the webhook's HMAC key, 64 digits: encoding `hex`.
 *
 * In standard webhooks (`additionalData.hmacSignature`) these fields of the item are signed and nothing else:
 * `pspReference`, `originalReference`, `merchantAccountCode`, `merchantReference`, the amount, `eventCode`, `success`.
 * Decide nothing by the rest, such as `reason` or `additionalData`. In the others (`HmacSignature`) the content is
 * signed as a whole.
 *
 * Waits 10 seconds. What is not answered 2xx comes again three times at once, then after 2, 5, 10, 15, 30 minutes, 1,
 * 2, 4, 8 hours, and every 8 hours for 30 days, the same content.
 * @throws ConfigurationError
 * @see https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
 */
export const adyen = (options: AdyenOptions): Scheme =>
  preset("adyen", OPTIONS, options, ({ signatureIn }) => ({
    ...(signatureIn === "header" ? IN_HEADER : IN_CONTENT),
    encoding: "base64",
    keyEncodings: ["hex"],
    keyLength: issuedKeys(32),
  }));
